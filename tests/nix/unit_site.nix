# A site of NixOS whose units are run on a disposable host, and what the host needs of it.
{ project, pkgs }:
let
  inherit
    (import (pkgs.path + "/nixos/lib/eval-config.nix") {
      system = null;
      modules = [
        project.module
        {
          nixpkgs.pkgs = pkgs;
          boot.loader.grub.enable = false;
          fileSystems."/" = {
            device = "/dev/disk/by-label/nixos";
            fsType = "ext4";
          };
          system.stateVersion = "26.05";

          services.hubwright = {
            enable = true;
            inherit (project) packages;
            profiles = {
              standard = {
                title = "Standard";
                cpu = 1;
                memory = "1G";
              };
              gpu = {
                title = "One GPU";
                order = 1;
                memory = "1G";
                gpus = 1;
              };
            };
            users.administrators = [ "grace" ];
            users.adminPasswordFile = "/etc/secrets/admin";
            backup = {
              enable = true;
              repository = "/var/backup/hubwright";
              passwordFile = "/etc/secrets/restic";
            };
            extraConfig = "c.JupyterHub.shutdown_on_logout = True";
          };
          # devices that are made up
          environment.etc."cdi/made-up.json" = {
            mode = "0444";
            text = "{ }";
          };
        }
      ];
    })
    config
    ;
  inherit (pkgs) lib;
  programs = lib.genAttrs [ "hubwright" "hubwright-restore" "restic-hubwright" ] (
    name: lib.findFirst (package: lib.getName package == name) null config.environment.systemPackages
  );
  units = [
    "docker-hubwright-hub.service"
    "docker-hubwright-proxy.service"
    "hubwright-accounts.service"
    "hubwright-images.service"
    "hubwright-prepare.service"
    "hubwright-prune.service"
    "restic-backups-hubwright.service"
  ];
in
{
  files =
    (pkgs.linkFarm "hubwright-test-site" (
      lib.genAttrs units (name: "${config.systemd.units.${name}.unit}/${name}")
      // lib.mapAttrs (name: package: "${package}/bin/${name}") programs
      // {
        "hubwright.json" = config.services.hubwright.siteFile;
        share = "${config.services.hubwright.packages.hubwright}/share/hubwright";
        python = config.services.hubwright.packages.hubwright.python;
      }
    )).drvPath;
  daemon = config.virtualisation.docker.daemon.settings;
  directories = lib.mapAttrs (_: types: types.d) config.systemd.tmpfiles.settings."10-hubwright";
  dockerGroup = config.users.groups.docker.gid;
  # nothing that can't be here
  broken = map (assertion: assertion.message) (lib.filter (a: !a.assertion) config.assertions);
}
