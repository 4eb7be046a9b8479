# The hub: JupyterHub with hubwright's configuration.
{
  lib,
  runCommand,
  python3,
  makeImage,
}:
let
  python =
    (python3.withPackages (p: [
      p.dockerspawner
      p.jupyterhub
      p.jupyterhub-idle-culler
      p.jupyterhub-nativeauthenticator
      p.pydantic
      p.pyyaml
    ])).overrideAttrs
      { name = "hubwright-hub-python-${python3.version}"; };

  # without the parts that run on the host alone: a change there leaves the hub alone
  onTheHost = lib.fileset.unions [
    ../../hub/hubwright/cli
    ../../hub/hubwright/deploy
    ../../hub/hubwright/images
  ];
  sources = lib.fileset.fileFilter (file: !file.hasExt "pyc") ../../hub/hubwright;
  files = lib.fileset.toSource {
    root = ../../hub;
    fileset = lib.fileset.difference sources onTheHost;
  };

  package = runCommand "hubwright-hub" { } ''
    cp -r --no-preserve=mode ${files} $out
    ${python}/bin/python3 -m compileall -q --invalidation-mode unchecked-hash $out
  '';
in
makeImage {
  name = "hub";
  env = {
    PATH = "${python}/bin:/usr/local/bin:/usr/bin:/bin";
    PYTHONPATH = "${package}";
  };
  config = {
    Cmd = [
      "${python}/bin/jupyterhub"
      "-f"
      "${package}/hubwright/jupyterhub_config.py"
    ];
    WorkingDir = "/srv/hubwright";
  };
  prepare = "mkdir -p srv/hubwright";
}
