# What `nix flake check` holds.
{
  nixpkgs,
  pkgs,
  packages,
  module,
}:
let
  inherit (pkgs) lib;
  prefixed = prefix: lib.mapAttrs' (name: lib.nameValuePair "${prefix}-${name}");
in
{
  # building them imports every Python package that the overlay adds
  inherit (packages) hubwright hub-image proxy-image;

  # an option without a description fails the build of its page
  inherit (packages) docs;

  eval = import ./eval {
    inherit
      nixpkgs
      pkgs
      packages
      module
      ;
  };
}
// prefixed "vm" (import ./vm { inherit pkgs packages module; })
