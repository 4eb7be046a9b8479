# Accounts: those of the configuration, those that are added, and secrets that show nowhere.
let
  password = "/var/lib/secrets/grace";
in
{
  nodes.gpuhost = {
    services.hubwright = {
      enable = true;
      users = {
        administrators = [ "grace" ];
        names = [ "emmy" ];
        adminPasswordFile = password;
      };
    };

    # what sops or agenix would do
    systemd.services.made-up-secret = {
      requiredBy = [
        "hubwright-accounts.service"
        "hubwright-prepare.service"
      ];
      before = [
        "hubwright-accounts.service"
        "hubwright-prepare.service"
      ];
      script = ''
        umask 077
        mkdir -p ${dirOf password}
        [ -e ${password} ] || head -c 64 /dev/urandom | sha256sum | head -c 32 >${password}
      '';
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
      };
    };
  };

  testScript = ''
    import json

    SECRETS = [
        "${password}",
        *(
            f"/var/lib/hubwright/secrets/{name}"
            for name in ("cookie-secret", "proxy-token", "command-line-token", "metrics-token")
        ),
    ]

    gpuhost.wait_for_unit("hubwright-accounts.service")

    with subtest("The administrator has the password that was brought, and no other is made"):
        gpuhost.succeed("visit --password-file ${password} log-in grace")
        gpuhost.fail("visit log-in grace")
        gpuhost.fail("test -e /var/lib/hubwright/admin-password")

    with subtest("Whom the configuration names has an account"):
        accounts = {
            account["name"]: account
            for account in json.loads(gpuhost.succeed("hubwright user list --json"))
        }
        t.assertEqual(set(accounts), {"grace", "emmy"})
        t.assertTrue(accounts["grace"]["admin"])
        t.assertFalse(accounts["emmy"]["admin"])

    with subtest("Who is added chooses a password by the link, and logs in"):
        gpuhost.fail("visit log-in ada")
        gpuhost.succeed("visit sign-up ada")
        gpuhost.succeed("visit log-in ada")

    with subtest("Accounts outlast a restart of the hub, and of what makes them"):
        gpuhost.succeed("systemctl restart docker-hubwright-hub.service")
        gpuhost.succeed("systemctl restart hubwright-accounts.service")
        gpuhost.wait_until_succeeds("hub-answers", timeout=120)
        gpuhost.succeed("visit log-in ada")
        gpuhost.succeed("visit --password-file ${password} log-in grace")

    # exit code 0 as soon as what comes in is found, whatever can't be read
    SEARCH = "grep --quiet --no-messages --text --fixed-strings --file=-"

    with subtest("No secret shows in Docker, or in the arguments of a process"):
        gpuhost.succeed("docker inspect $(docker ps --all --quiet) >/root/inspected")
        gpuhost.succeed(f"echo hubwright-proxy | {SEARCH} /root/inspected")
        gpuhost.succeed(f"echo --api-ip=127.0.0.1 | {SEARCH} /proc/[0-9]*/cmdline")
        for secret in SECRETS:
            gpuhost.succeed(f"{SEARCH} {secret} <{secret}")
            gpuhost.fail(f"{SEARCH} /root/inspected <{secret}")
            gpuhost.fail(f"{SEARCH} /proc/[0-9]*/cmdline <{secret}")

    with subtest("Nor in any file that everybody reads, units and site file included"):
        search = f"runuser --user nobody -- {SEARCH}"
        gpuhost.succeed(f"echo root | {search} /etc/passwd")
        gpuhost.succeed(f"echo state_directory | {search} /etc/hubwright/hubwright.json")
        for secret in SECRETS:
            gpuhost.fail(f"{search} --recursive /etc /run /tmp /var <{secret}")
            gpuhost.fail(f"{search} --dereference-recursive /etc/hubwright /etc/systemd <{secret}")
  '';
}
