# What is backed up comes back: accounts, secrets and homes.
{
  nodes.gpuhost = {
    services.hubwright = {
      enable = true;
      backup = {
        enable = true;
        repository = "/var/backup/hubwright";
        passwordFile = "/etc/restic-password";
      };
    };
    environment.etc."restic-password".text = "no secret in a test";
  };

  testScript = ''
    STATE = "/var/lib/hubwright"
    DATABASE = f"{STATE}/hub/jupyterhub.sqlite"
    NOTE = f"{STATE}/homes/ada/work/note.txt"

    gpuhost.wait_for_unit("hubwright-accounts.service")

    with subtest("A backup is made while the hub serves"):
        gpuhost.succeed("visit sign-up ada")
        gpuhost.succeed("""visit run ada standard 'open("work/note.txt", "w").write("kept")'""")
        token = gpuhost.succeed(f"cat {STATE}/secrets/command-line-token")
        gpuhost.succeed("systemctl start restic-backups-hubwright.service")
        gpuhost.succeed("hub-answers")
        t.assertIn(NOTE, gpuhost.succeed("restic-hubwright ls latest"))

    with subtest("The database is damaged, and a home is lost"):
        gpuhost.succeed("systemctl stop docker-hubwright-hub.service")
        gpuhost.succeed("docker rm --force hubwright-lab-ada")
        gpuhost.succeed(f"dd if=/dev/urandom of={DATABASE} bs=4096 count=4 conv=notrunc")
        gpuhost.succeed(f"rm -r {STATE}/homes/ada")
        gpuhost.succeed("systemctl start docker-hubwright-hub.service")
        gpuhost.wait_until_succeeds(
            "journalctl --unit=docker-hubwright-hub.service | grep -q DatabaseError", timeout=60
        )
        gpuhost.fail("hub-answers")

    with subtest("hubwright-restore says how it is used"):
        status, words = gpuhost.execute("hubwright-restore 2>&1")
        t.assertEqual(status, 2)
        t.assertIn("SNAPSHOT|latest", words)

    def all_is_back() -> None:
        gpuhost.wait_until_succeeds("hub-answers", timeout=120)
        t.assertEqual(gpuhost.succeed(f"cat {STATE}/secrets/command-line-token"), token)
        gpuhost.succeed("visit log-in ada")
        t.assertEqual(gpuhost.succeed(f"cat {NOTE}"), "kept")
        code = 'print(open("work/note.txt").read())'
        t.assertEqual(gpuhost.succeed(f"visit run ada standard '{code}'"), "kept\n")

    with subtest("It brings everything back, and keeps the damaged database aside"):
        gpuhost.succeed("hubwright-restore latest >&2")
        all_is_back()
        gpuhost.succeed(f"ls {DATABASE}.*")

    with subtest("It also does on a machine that has made secrets and accounts of its own"):
        gpuhost.succeed("systemctl stop docker-hubwright-hub docker-hubwright-proxy")
        gpuhost.succeed("docker rm --force hubwright-lab-ada")
        gpuhost.succeed(f"rm -r {STATE}/secrets/* {STATE}/hub/* {STATE}/homes/* {STATE}/backup")
        gpuhost.succeed("systemctl restart hubwright-prepare.service")
        gpuhost.succeed("systemctl start docker-hubwright-proxy.service")
        gpuhost.succeed("systemctl restart hubwright-accounts.service")
        gpuhost.fail("visit log-in ada")
        gpuhost.succeed("hubwright-restore latest >&2")
        all_is_back()
  '';
}
