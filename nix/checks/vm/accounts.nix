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
        [ -e ${password} ] || od --address-radix=n --format=x1 --read-bytes=16 /dev/urandom | tr -d ' \n' >${password}
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

    with subtest("No secret shows in Docker, in process arguments or in the store"):
        gpuhost.succeed("docker inspect $(docker ps --all --quiet) >/root/inspected")
        for secret in SECRETS:
            # exit code 0 as soon as it is found, whatever can't be read
            search = f"grep --quiet --no-messages --text --fixed-strings --file={secret}"
            gpuhost.succeed(f"test -s {secret} && {search} {secret}")
            gpuhost.fail(f"{search} /root/inspected")
            gpuhost.fail(f"{search} /proc/[0-9]*/cmdline")
            gpuhost.fail(f"{search} --recursive $(nix-store --query --requisites /run/current-system | grep -E 'hubwright|unit-|-etc$')")

    with subtest("Nor is it read by anybody but who needs it"):
        for secret in SECRETS:
            gpuhost.fail(f"runuser --user nobody -- cat {secret}")
  '';
}
