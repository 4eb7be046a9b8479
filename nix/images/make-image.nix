# What all images have in common. The tag is Nix's hash: equal contents, equal tag.
{
  lib,
  dockerTools,
  coreutils,
  fakeNss,
  hubwright,
}:
{
  name,
  repository ? "hubwright/${name}",
  labels ? { },
  contents ? [ ],
  config ? { },
  env ? { },
  users ? fakeNss,
  prepare ? "",
}:
dockerTools.streamLayeredImage {
  name = repository;
  contents = [
    dockerTools.binSh
    dockerTools.caCertificates
    dockerTools.usrBinEnv
    coreutils
    users
  ]
  ++ contents;
  # real directories: runtimes write into /etc, and everybody into /tmp
  fakeRootCommands = ''
    mkdir -p etc tmp var/tmp run usr/bin usr/local/bin
    chmod 1777 tmp var/tmp
    ${prepare}
  '';
  config = config // {
    Env = lib.mapAttrsToList (variable: value: "${variable}=${value}") (
      {
        PATH = "/usr/local/bin:/usr/bin:/bin";
        LANG = "C.UTF-8";
        TZ = "UTC";
        SSL_CERT_FILE = "/etc/ssl/certs/ca-certificates.crt";
        NIX_SSL_CERT_FILE = "/etc/ssl/certs/ca-certificates.crt";
        REQUESTS_CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
      }
      // env
    );
    Labels = {
      "hubwright.image" = name;
      "org.opencontainers.image.version" = hubwright.version;
    }
    // labels;
  };
}
