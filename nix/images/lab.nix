# A lab: JupyterLab, started for JupyterHub, and the packages of one table of images/labs.toml.
{
  lib,
  bashInteractive,
  diffutils,
  fakeNss,
  findutils,
  gawk,
  glibc,
  gnugrep,
  gnused,
  gnutar,
  gzip,
  python3,
  runCommand,
  stdenv,
  tzdata,
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
      # and packages of their own are what users install with pip
      postBuild = ''
        rm -rf $out/${python3.sitePackages}/rfc3987_syntax*
        rm -f $out/lib/${python3.libPrefix}/EXTERNALLY-MANAGED
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
    # the environment's own pip takes it for a virtual environment, without the user's packages
    for pip in pip pip3; do
      cat >$out/usr/local/bin/$pip <<EOF
    #!/bin/sh
    exec ${python}/bin/python3 -m pip "\$@"
    EOF
    done
    chmod +x $out/usr/local/bin/*
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
    # what a terminal's user takes for granted
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
    mkdir -p home/jovyan lib64
    # programs in wheels, and the driver's of hosts that are not NixOS, look for it there
    ln -s ${glibc}/lib/ld-linux-x86-64.so.2 lib64/
    chown 1000:1000 home/jovyan
  '';
  env = {
    HOME = "/home/jovyan";
    SHELL = "/bin/bash";
    EDITOR = "nano";
    TZDIR = "${tzdata}/share/zoneinfo";
    # nvidia-smi comes into /usr/bin with a lease
    PATH = "/home/jovyan/.local/bin:/usr/local/bin:${python}/bin:/usr/bin:/bin";
    # CUDA in wheels that users install themselves: the driver as CDI mounts it on NixOS and on
    # other hosts, and what wheels take for granted; never glibc, which is the image's own
    LD_LIBRARY_PATH = lib.concatStringsSep ":" [
      "/usr/local/nvidia/lib64"
      "/run/opengl-driver/lib"
      "/usr/lib/x86_64-linux-gnu"
      "/usr/lib64"
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
