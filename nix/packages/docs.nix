# The documentation: docs/ and a page with every option of the NixOS module.
{
  lib,
  nixosOptionsDoc,
  runCommand,
  module,
}:
let
  evaluated = lib.evalModules {
    modules = [
      module
      # the modules of NixOS, which ours set things in, are not part of the page
      { _module.check = false; }
      { _module.args.pkgs = lib.mkForce { }; }
    ];
  };
  root = toString ../..;
  page = nixosOptionsDoc {
    options = removeAttrs evaluated.options [ "_module" ];
    transformOptions =
      option:
      option
      // {
        declarations = map (file: lib.removePrefix "${root}/" (toString file)) option.declarations;
      };
  };
in
runCommand "hubwright-docs"
  {
    passthru = {
      inherit page;
      inherit (evaluated) options;
    };
  }
  ''
    mkdir -p $out/reference
    cp -r --no-preserve=mode ${../../docs}/. $out/
    {
      echo "# NixOS options"
      echo
      cat ${page.optionsCommonMark}
    } >$out/reference/nixos-options.md
  ''
