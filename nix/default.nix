# The project as one attribute set: packages, modules, checks, documentation. flake.nix gives its
# parts the names that flakes have; without flakes: nix-build nix -A packages.lab-image
{
  nixpkgs ? fetchTarball {
    url = "https://github.com/${locked.owner}/${locked.repo}/archive/${locked.rev}.tar.gz";
    sha256 = locked.narHash;
  },
  system ? builtins.currentSystem,
  locked ? (builtins.fromJSON (builtins.readFile ../flake.lock)).nodes.nixpkgs.locked,
}:
let
  pkgsFor = import ./nixpkgs.nix { inherit nixpkgs system; };
  pkgs = pkgsFor.plain;
  inherit (pkgs) lib;

  images = import ./images { inherit pkgsFor; };
  hubwright = pkgs.callPackage ./packages/hubwright.nix { };
in
rec {
  packages = images // {
    inherit hubwright;
    default = hubwright;
    acceptance = pkgs.callPackage ./packages/acceptance.nix { inherit hubwright; };
    docs = pkgs.callPackage ./packages/docs.nix { module = ./modules; };
    # what `nix build .#lab-image` stands for
    lab-image = images.lab-image-torch;
  };

  module = ./modules;

  checks = import ./checks {
    inherit
      nixpkgs
      pkgs
      packages
      module
      ;
  };

  formatter = pkgs.callPackage ./packages/formatter.nix { };
  devShell = pkgs.callPackage ./packages/dev-shell.nix { inherit formatter hubwright; };
}
