# A lab: JupyterLab, started for JupyterHub, and the packages of one table of images/labs.toml.
{
  lib,
  bashInteractive,
  diffutils,
  fakeNss,
  findutils,
  gawk,
  gnugrep,
  gnused,
  gnutar,
  gzip,
  python3,
  runCommand,
  stdenv,
  writeTextDir,
  zlib,
  makeImage,
  packageNames,
}:
name: spec:
let
  python =
    (python3.buildEnv.override {
      extraLibs = packageNames.python python3.pkgs spec;
      # what users install into ~/.local counts in their kernels
      permitUserSite = true;
      # it builds a grammar at import, half a second of each start, and jsonschema does without
      postBuild = ''
        rm -rf $out/${python3.sitePackages}/rfc3987_syntax*
      '';
    }).overrideAttrs
      { name = "hubwright-lab-${name}-python-${python3.version}"; };

  # -s: what users install can't break their server; -P: nor can files in the home
  start = runCommand "hubwright-start-lab" { } ''
    mkdir -p $out/usr/local/bin
    cat >$out/usr/local/bin/start-lab <<EOF
    #!/bin/sh
    exec ${python}/bin/python3 -s -P -m jupyterhub.singleuser "\$@"
    EOF
    chmod +x $out/usr/local/bin/start-lab
  '';

  configuration = runCommand "hubwright-lab-configuration" { } ''
    mkdir -p $out/etc/jupyter/labconfig
    cp ${../../images/lab/jupyter}/* $out/etc/jupyter/
    cp ${../../images/lab/overrides.json} $out/etc/jupyter/labconfig/default_setting_overrides.json
  '';
in
makeImage {
  inherit name;
  repository = "hubwright/lab-${name}";
  labels = {
    "hubwright.lab-image" = name;
    "org.opencontainers.image.title" = spec.title;
    "org.opencontainers.image.description" = spec.description;
  }
  // lib.optionalAttrs (spec ? minimum_driver) {
    "hubwright.minimum-driver" = spec.minimum_driver;
  };
  contents = [
    bashInteractive
    configuration
    start
    # what Debian's smallest system has, and a terminal's user takes for granted
    diffutils
    findutils
    gawk
    gnugrep
    gnused
    gnutar
    gzip
  ]
  ++ packageNames.programs spec;
  users = fakeNss.override {
    extraPasswdLines = [ "jovyan:x:1000:1000:jovyan:/home/jovyan:/bin/bash" ];
    extraGroupLines = [ "jovyan:x:1000:" ];
  };
  prepare = ''
    mkdir -p home/jovyan
    chown 1000:1000 home/jovyan
  '';
  env = {
    HOME = "/home/jovyan";
    SHELL = "/bin/bash";
    # nvidia-smi comes into /usr/bin with a lease
    PATH = "/home/jovyan/.local/bin:/usr/local/bin:${python}/bin:/usr/bin:/bin";
    # CUDA in wheels that users install themselves: the driver as CDI mounts it on NixOS and on
    # other hosts, and what wheels take for granted; never glibc, which is the image's own
    LD_LIBRARY_PATH = lib.concatStringsSep ":" [
      "/usr/local/nvidia/lib64"
      "/run/opengl-driver/lib"
      "/usr/lib/x86_64-linux-gnu"
      (lib.makeLibraryPath [
        stdenv.cc.cc
        zlib
      ])
    ];
    JUPYTER_RUNTIME_DIR = "/tmp/jupyter-runtime";
    NVIDIA_VISIBLE_DEVICES = "void";
    NVIDIA_DRIVER_CAPABILITIES = "compute,utility";
  };
  config = {
    User = "1000:1000";
    WorkingDir = "/home/jovyan";
    ExposedPorts."8888/tcp" = { };
    Cmd = [ "/usr/local/bin/start-lab" ];
  };
}
