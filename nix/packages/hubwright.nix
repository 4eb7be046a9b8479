# The command: Python's environment, and the files of the project that it works with, laid out as in
# a checkout.
{
  lib,
  runCommand,
  runtimeShell,
  python3,
}:
let
  version = lib.head (
    builtins.match ".*__version__ = \"([^\"]+)\".*" (builtins.readFile ../../hub/hubwright/__init__.py)
  );

  python =
    (python3.withPackages (p: [
      p.docker
      p.httpx
      p.pydantic
      p.pytest
      p.pytest-testinfra
      p.pyyaml
      p.rich
      p.typer
      p.websockets
    ])).overrideAttrs
      { name = "hubwright-python-${python3.version}"; };

  files = lib.fileset.toSource {
    root = ../..;
    fileset = lib.fileset.unions [
      (lib.fileset.fileFilter (file: !file.hasExt "pyc") ../../hub/hubwright)
      (lib.fileset.fileFilter (file: !file.hasExt "pyc") ../../tests/acceptance)
      ../../images
    ];
  };
in
runCommand "hubwright-${version}"
  {
    inherit version;
    pname = "hubwright";
    passthru = { inherit python; };
    meta = {
      description = "A JupyterHub for a lab's GPU machines that proves itself";
      license = lib.licenses.bsd3;
      mainProgram = "hubwright";
      platforms = [ "x86_64-linux" ];
    };
  }
  ''
    mkdir -p $out/bin $out/share
    cp -r ${files} $out/share/hubwright
    chmod -R u+w $out/share/hubwright
    ${python}/bin/python3 -m compileall -q --invalidation-mode unchecked-hash $out/share/hubwright

    cat >$out/bin/hubwright <<EOF
    #!${runtimeShell}
    export PYTHONPATH=$out/share/hubwright/hub
    exec ${python}/bin/python3 -s -P -c 'import sys; sys.argv[0] = "hubwright"; from hubwright.cli import main; main()' "\$@"
    EOF
    chmod +x $out/bin/hubwright
  ''
