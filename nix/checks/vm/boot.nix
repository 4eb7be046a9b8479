# A host without GPUs, behind nginx with a certificate of its own, boots to a hub that serves.
{ pkgs, nodes, ... }:
let
  domain = "hub.example.org";
  address = nodes.gpuhost.networking.primaryIPAddress;
  certificate = pkgs.runCommand "certificate" { nativeBuildInputs = [ pkgs.openssl ]; } ''
    mkdir $out
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 \
      -subj /CN=${domain} -addext subjectAltName=DNS:${domain} \
      -keyout $out/key.pem -out $out/certificate.pem
  '';
in
{
  nodes = {
    gpuhost = {
      services.hubwright = {
        enable = true;
        inherit domain;
        openFirewall = true;
        tls = {
          certificateFile = "/etc/hub/certificate.pem";
          keyFile = "/etc/hub/key.pem";
        };
      };
      environment.etc = {
        "hub/certificate.pem".source = "${certificate}/certificate.pem";
        "hub/key.pem".source = "${certificate}/key.pem";
      };
    };

    client.networking.hosts.${address} = [ domain ];
  };

  testScript = ''
    CLIENT = "curl --silent --show-error --max-time 10 --cacert ${certificate}/certificate.pem"

    start_all()

    with subtest("The host boots to a hub that serves"):
        gpuhost.wait_for_unit("multi-user.target")
        for unit in ("images", "prepare", "accounts"):
            gpuhost.wait_for_unit(f"hubwright-{unit}.service")
        for role in ("hub", "proxy"):
            gpuhost.wait_for_unit(f"docker-hubwright-{role}.service")
        gpuhost.wait_until_succeeds("hub-answers", timeout=120)
        failed = "systemctl list-units --failed --no-legend 'hubwright-*' 'docker*'"
        t.assertEqual(gpuhost.succeed(failed), "")

    with subtest("There is an administrator, whose password is in a file of root's"):
        password = "/var/lib/hubwright/admin-password"
        t.assertEqual(gpuhost.succeed(f"stat --format '%a %U' {password}"), "600 root\n")
        gpuhost.succeed(f"visit --password-file {password} log-in admin")

    with subtest("Images are loaded once"):
        journal = "journalctl --unit hubwright-images.service --output cat"
        t.assertEqual(gpuhost.succeed(journal).count("is being loaded"), 3)
        gpuhost.succeed("systemctl restart hubwright-images.service")
        t.assertEqual(gpuhost.succeed(journal).count("is being loaded"), 3)
        t.assertEqual(gpuhost.succeed(journal).count("is there"), 3)

    with subtest("A clean-up leaves them, also that which no lab runs on, and takes others"):
        for name in ("hubwright/proxy:former", "somebody/else:1"):
            gpuhost.succeed(
                "tar --create --files-from=/dev/null"
                f" | docker import --change 'LABEL made.for={name}' - {name}"
            )
        gpuhost.succeed("systemctl start hubwright-prune.service")
        left = gpuhost.succeed("docker images --format '{{.Repository}}:{{.Tag}}'")
        for name in ("hub", "lab-base", "proxy"):
            t.assertIn(f"hubwright/{name}:", left)
        t.assertNotIn("former", left)
        t.assertNotIn("somebody", left)

    with subtest("People reach it by HTTPS, and HTTP leads there"):
        client.wait_for_unit("multi-user.target")
        gpuhost.wait_for_unit("nginx.service")
        page = client.succeed(f"{CLIENT} --fail https://${domain}/hub/login")
        t.assertIn("password", page)
        asked = f"{CLIENT} --output /dev/null --write-out '%{{http_code}} %{{redirect_url}}'"
        answer = client.succeed(f"{asked} http://${domain}/hub/login")
        t.assertEqual(answer, "301 https://${domain}/hub/login")

    with subtest("Nothing else of it is reached from another machine"):
        for port in (8000, 8001, 8081):
            client.fail(f"{CLIENT} http://${domain}:{port}/")

    with subtest("Nor is the hub's own port by a route to the labs' network"):
        hub = "http://172.30.0.1:8081/hub/health"
        gpuhost.succeed(f"curl --fail --silent --max-time 10 {hub}")
        client.succeed("ip route add 172.30.0.0/16 via ${address}")
        client.succeed("ping -c 1 -W 5 172.30.0.1")
        client.fail(f"{CLIENT} {hub}")
  '';
}
