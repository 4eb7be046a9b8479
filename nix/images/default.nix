# The images, as scripts that stream them into Docker:
# $(nix build --no-link --print-out-paths .#hub-image) | docker load
{ pkgsFor }:
let
  inherit (pkgsFor) plain;
  inherit (plain) lib;

  catalogue = lib.importTOML ../../images/labs.toml;

  # every lab image holds what `base` has, as images/labs.toml says
  specOf =
    name: spec:
    spec
    // lib.genAttrs [ "packages" "apt" ] (
      key: lib.unique (catalogue.base.${key} ++ spec.${key} or [ ])
    );

  toolsFor =
    pkgs:
    let
      makeImage = pkgs.callPackage ./make-image.nix {
        hubwright = plain.callPackage ../packages/hubwright.nix { };
      };
    in
    {
      inherit makeImage;
      lab = pkgs.callPackage ./lab.nix {
        inherit makeImage;
        packageNames = import ./package-names.nix { inherit lib pkgs; };
      };
    };

  pkgsOf = spec: if spec ? cuda then pkgsFor."cuda${toString spec.cuda}" else plain;
  labImage = name: spec: (toolsFor (pkgsOf spec)).lab name (specOf name spec);
  inherit (toolsFor plain) makeImage;
in
{
  hub-image = plain.callPackage ./hub.nix { inherit makeImage; };
  proxy-image = plain.callPackage ./proxy.nix { inherit makeImage; };
}
// lib.mapAttrs' (name: spec: lib.nameValuePair "lab-image-${name}" (labImage name spec)) catalogue
