# The acceptance suite, as it is packaged, proves the hub sound.
{
  nodes.gpuhost =
    { config, ... }:
    {
      services.hubwright = {
        enable = true;
        profiles.small = {
          title = "Small";
          order = 1;
          cpu = 0.5;
          memory = "512M";
          shm = "64M";
        };
      };
      environment.systemPackages = [ config.services.hubwright.packages.acceptance ];
    };

  testScript = ''
    gpuhost.wait_for_unit("hubwright-accounts.service")

    with subtest("The site file is where commands look"):
        gpuhost.succeed("hubwright config check /etc/hubwright/hubwright.json")

    with subtest("A user walks the whole journey"):
        verdict = gpuhost.succeed("hubwright validate")
        t.assertIn("the site is sound", verdict)

    with subtest("The suite walks it with another profile, too"):
        gpuhost.succeed("hubwright-acceptance --profile=small")

    with subtest("Nothing is left behind"):
        t.assertEqual(gpuhost.succeed("docker ps --all --quiet --filter label=hubwright.user"), "")
        t.assertEqual(gpuhost.succeed("find /var/lib/hubwright/homes -name 'probe-*'"), "")
        t.assertNotIn("probe-", gpuhost.succeed("hubwright user list --json"))
  '';
}
