# A derivation from a script that works with the machine's tools and its network. Its name in the
# store follows from the script and from what the script reads, so it is made once.
name: variables: script:
let
  # the machine's ways to the outside, as far as they are set
  outside = builtins.listToAttrs (
    builtins.filter (variable: variable.value != "") (
      map
        (name: {
          inherit name;
          value = builtins.getEnv name;
        })
        [
          "HTTP_PROXY"
          "HTTPS_PROXY"
          "NO_PROXY"
          "NPM_CONFIG_REGISTRY"
          "PIP_INDEX_URL"
          "UV_DEFAULT_INDEX"
        ]
    )
  );
  authorities = "/etc/ssl/certs/ca-certificates.crt";
in
derivation (
  {
    inherit name;
    system = builtins.currentSystem;
    builder = "/bin/bash";
    args = [
      "-euc"
      ''
        export HOME=$TMPDIR
        ${script}
        # Bash would give way to the last program of a script; Nix kills a builder that closes its
        # output before it ends, as `install` and `ln` do
        exit 0
      ''
    ];
    PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    LC_ALL = "C.UTF-8";
    NODE_EXTRA_CA_CERTS = authorities;
    PIP_CERT = authorities;
    PIP_DISABLE_PIP_VERSION_CHECK = "1";
    SSL_CERT_FILE = authorities;
  }
  // outside
  // variables
)
