# What people have is there after the machine was off.
{
  nodes.gpuhost.services.hubwright.enable = true;

  testScript = ''
    NOTE = "/var/lib/hubwright/homes/ada/work/note.txt"

    gpuhost.wait_for_unit("hubwright-accounts.service")
    password = gpuhost.succeed("cat /var/lib/hubwright/admin-password")

    with subtest("A user writes a file, and leaves the lab running"):
        gpuhost.succeed("visit sign-up ada")
        gpuhost.succeed("""visit run ada standard 'open("work/note.txt", "w").write("kept")'""")
        t.assertEqual(gpuhost.succeed(f"cat {NOTE}"), "kept")

    with subtest("The machine is shut down in time, and starts again"):
        gpuhost.shutdown()
        gpuhost.start()
        gpuhost.wait_for_unit("multi-user.target")
        gpuhost.wait_for_unit("hubwright-accounts.service")
        gpuhost.wait_until_succeeds("hub-answers", timeout=120)
        failed = "systemctl list-units --failed --no-legend 'hubwright-*' 'docker*'"
        t.assertEqual(gpuhost.succeed(failed), "")

    with subtest("Accounts are there, and nothing was made anew"):
        gpuhost.succeed("visit log-in ada")
        t.assertEqual(gpuhost.succeed("cat /var/lib/hubwright/admin-password"), password)
        journal = gpuhost.succeed("journalctl --boot --unit hubwright-images.service --output cat")
        t.assertNotIn("is being loaded", journal)

    with subtest("The lab starts again, and the file is in it"):
        code = 'print(open("work/note.txt").read())'
        t.assertEqual(gpuhost.succeed(f"visit run ada standard '{code}'"), "kept\n")
  '';
}
