# The hub may end, be killed and be changed: labs, kernels and their connections go on.
{
  nodes.gpuhost = {
    services.hubwright.enable = true;
    specialisation.changed.configuration.services.hubwright.settings.limits.idle_hours = 8;
  };

  testScript = ''
    import json

    COUNTED = "/root/counted"
    HUB = "docker-hubwright-hub.service"


    def container(name: str) -> str:
        """The container of that name, and since when it runs."""
        return gpuhost.succeed(
            f"docker inspect --format '{{{{.Id}}}} {{{{.State.StartedAt}}}}' {name}"
        )


    def idle_hours() -> float | None:
        """What the hub is told."""
        told = json.loads(gpuhost.succeed("cat /var/lib/hubwright/hub/runtime.json"))
        return told["settings"]["limits"]["idle_hours"]


    def goes_on() -> None:
        """The hub answers, and all along the same kernel has counted over the same connection."""
        gpuhost.wait_until_succeeds("hub-answers", timeout=120)
        reached = len(gpuhost.succeed(f"cat {COUNTED}").splitlines())
        gpuhost.wait_until_succeeds(f"test $(wc -l <{COUNTED}) -gt {reached + 5}", timeout=60)
        lines = [line.split() for line in gpuhost.succeed(f"cat {COUNTED}").splitlines()]
        t.assertEqual([int(number) for number, _ in lines], list(range(1, len(lines) + 1)))
        t.assertEqual(len({process for _, process in lines}), 1)
        t.assertEqual(container("hubwright-lab-ada"), lab)
        t.assertEqual(container("hubwright-proxy"), proxy)


    gpuhost.wait_for_unit("hubwright-accounts.service")

    with subtest("A kernel counts"):
        gpuhost.succeed("visit sign-up ada")
        gpuhost.succeed(
            f"systemd-run --unit=counter --setenv=PATH=/run/current-system/sw/bin"
            f" --property=StandardOutput=truncate:{COUNTED}"
            " /run/current-system/sw/bin/visit count ada standard"
        )
        gpuhost.wait_until_succeeds(f"test -s {COUNTED}", timeout=120)
        lab = container("hubwright-lab-ada")
        proxy = container("hubwright-proxy")
        hub = container("hubwright-hub")
        goes_on()

    with subtest("The hub is restarted"):
        gpuhost.succeed(f"systemctl restart {HUB}")
        goes_on()
        t.assertNotEqual(container("hubwright-hub"), hub)

    with subtest("The hub is killed, and comes back by itself"):
        hub = container("hubwright-hub")
        gpuhost.succeed("kill -9 $(docker inspect --format '{{.State.Pid}}' hubwright-hub)")
        gpuhost.wait_until_succeeds(
            f"test \"$(docker inspect --format '{{{{.Id}}}}' hubwright-hub)\" != {hub.split()[0]}",
            timeout=60,
        )
        goes_on()

    with subtest("The hub's settings are changed"):
        t.assertIsNone(idle_hours())
        hub = container("hubwright-hub")
        gpuhost.succeed(
            "/run/booted-system/specialisation/changed/bin/switch-to-configuration test >&2"
        )
        goes_on()
        t.assertEqual(idle_hours(), 8)
        t.assertNotEqual(container("hubwright-hub"), hub)
        failed = "systemctl list-units --failed --no-legend 'hubwright-*' 'docker*'"
        t.assertEqual(gpuhost.succeed(failed), "")

    with subtest("The user is still let into the lab, and works on in it"):
        t.assertEqual(gpuhost.succeed("visit run ada standard 'print(6 * 7)'"), "42\n")
        goes_on()

    with subtest("Docker is restarted: the connection is lost, the lab is not"):
        gpuhost.succeed("systemctl restart docker.service")
        gpuhost.wait_until_succeeds("hub-answers", timeout=120)
        t.assertEqual(container("hubwright-lab-ada"), lab)
        t.assertEqual(gpuhost.succeed("visit run ada standard 'print(6 * 7)'"), "42\n")
        t.assertEqual(container("hubwright-lab-ada"), lab)
  '';
}
