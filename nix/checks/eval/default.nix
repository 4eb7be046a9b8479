# Evaluation tests: what sites are rendered to, and what is said of those that can't be. They need
# nothing built. One alone: nix eval .#checks.x86_64-linux.eval.tests.NAME
{
  nixpkgs,
  pkgs,
  packages,
  module,
}:
let
  inherit (pkgs) lib;

  # one instance for all sites; drivers are not free
  sitePkgs = import nixpkgs {
    inherit (pkgs.stdenv.hostPlatform) system;
    config.allowUnfree = true;
  };

  machine = {
    nixpkgs.pkgs = sitePkgs;
    boot.loader.grub.enable = false;
    fileSystems."/" = {
      device = "/dev/disk/by-label/nixos";
      fsType = "ext4";
    };
    system.stateVersion = "26.05";
  };

  evaluate =
    modules:
    (import (nixpkgs + "/nixos/lib/eval-config.nix") {
      system = null;
      modules = [
        module
        machine
        {
          services.hubwright = {
            enable = true;
            inherit packages;
          };
        }
      ]
      ++ modules;
    }).config;

  arguments = {
    inherit lib evaluate;
    pkgs = sitePkgs;
  };
  tests = import ./sites.nix arguments // import ./mistakes.nix arguments;
  failures = lib.runTests tests;
in
pkgs.runCommand "hubwright-eval-tests"
  {
    passthru = { inherit tests failures; };
    # evaluated before anything is built: a failure shows what was expected and what came
    result =
      if failures == [ ] then
        "${toString (lib.length (lib.attrNames tests))} tests"
      else
        throw "evaluation tests failed:\n${lib.generators.toPretty { } failures}";
  }
  ''
    echo "$result" >$out
  ''
