# Tests in virtual machines: one file for each, whose testScript says what must hold.
# One of them: nix build .#checks.x86_64-linux.vm-boot
{
  pkgs,
  packages,
  module,
}:
let
  test =
    name:
    pkgs.testers.runNixOSTest {
      imports = [ (./. + "/${name}.nix") ];
      name = "hubwright-${name}";
      globalTimeout = 40 * 60;
      extraBaseModules = {
        imports = [
          module
          ./fixtures.nix
        ];
        services.hubwright.packages = packages;
      };
    };
in
pkgs.lib.genAttrs [
  "accounts"
  "backup"
  "boot"
  "gpu"
  "journey"
  "reboot"
  "restart"
] test
