# Labs lease GPUs that are made up: a file in /etc/cdi describes them on one host, and what stands
# in for NVIDIA's toolkit finds them on the other.
{
  nodes = {
    gpuhost = {
      services.hubwright.enable = true;
      fixtures.gpus = 2;
    };
    generated = {
      services.hubwright.enable = true;
      fixtures.gpus = 2;
      fixtures.driver = true;
    };
  };

  testScript = ''
    SEEN = (
        "import shutil, subprocess; "
        'print(shutil.which("nvidia-smi") and subprocess.run('
        '["nvidia-smi", "-L"], capture_output=True, text=True).stdout.strip())'
    )
    GPUS = [f"GPU-00000000-0000-0000-0000-00000000000{number}" for number in (0, 1)]

    start_all()

    with subtest("The toolkit's devices are written down before the hub starts"):
        generated.wait_for_unit("nvidia-container-toolkit-cdi-generator.service")
        written = generated.succeed("cat /run/cdi/nvidia-container-toolkit.json")
        for gpu in GPUS:
            t.assertIn(gpu, written)

    for host in (gpuhost, generated):
        host.wait_for_unit("hubwright-accounts.service")

        with subtest(f"{host.name}: a user's journey with a GPU, and without one"):
            for profile in ("gpu", "standard"):
                verdict = host.succeed(f"hubwright validate --profile {profile}")
                t.assertIn("the site is sound", verdict)

        with subtest(f"{host.name}: a lab without GPUs sees none"):
            host.succeed("visit sign-up ada")
            t.assertEqual(host.succeed(f"visit run ada standard '{SEEN}'"), "None\n")
            lab = host.succeed("docker ps --quiet --filter label=hubwright.user=ada").strip()
            host.fail(f"docker exec {lab} env | grep MADE_UP_GPU")
            host.fail(f"docker exec {lab} ls /dev | grep made-up-gpu")

        with subtest(f"{host.name}: each lab sees the one that it leased, and nobody else's"):
            seen = []
            for name in ("emmy", "grace"):
                host.succeed(f"visit sign-up {name}")
                seen.append(host.succeed(f"visit run {name} gpu '{SEEN}'"))
            for gpu in GPUS:
                t.assertEqual(sum(gpu in text for text in seen), 1, seen)
                t.assertEqual("".join(seen).count(gpu), 1, seen)

        with subtest(f"{host.name}: a third one is told that none is free"):
            host.succeed("visit sign-up hedy")
            status, words = host.execute(f"visit run hedy gpu '{SEEN}' 2>&1")
            t.assertNotEqual(status, 0)
            t.assertIn("No GPU is free", words)
            t.assertIn("2 of 2 are in use", words)
  '';
}
