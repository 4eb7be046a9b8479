# Backups with restic: accounts, secrets and homes, and the way back.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  cfg = config.services.hubwright;
  opt = options.services.hubwright;
  inherit (lib) mkOption types;
  inherit (cfg.settings.hub) name;
  state = cfg.settings.hub.state_directory;
  database = "${state}/hub/jupyterhub.sqlite";
  copy = "${state}/backup/jupyterhub.sqlite";

  restore = pkgs.writeShellApplication {
    name = "hubwright-restore";
    runtimeInputs = [
      pkgs.coreutils
      config.systemd.package
    ];
    text = ''
      usage='usage: hubwright-restore SNAPSHOT|latest

      Brings accounts, secrets and homes back as they were; "restic-hubwright snapshots" lists when.
      Hub and proxy stop meanwhile, labs go on. What is there now is kept: files that the snapshot lacks stay, and the
      present database is moved aside.'
      [ $# = 1 ] || { echo "$usage" >&2; exit 2; }
      [ "$(id -u)" = 0 ] || { echo "hubwright-restore: run as root" >&2; exit 2; }
      systemctl stop docker-${name}-hub.service
      # whatever happens: a hub that is not touched yet goes on
      trap 'systemctl start docker-${name}-hub.service' EXIT
      /run/current-system/sw/bin/restic-hubwright restore "$1" --target /
      if [ -e ${database} ]; then
        mv ${database} "${database}.$(date +%Y%m%dT%H%M%S)"
        rm -f ${database}-wal ${database}-shm
      fi
      install -o 60800 -g 60800 -m 0600 ${copy} ${database}
      # the proxy, too: hub and proxy know each other by a secret, which may be another one now
      systemctl restart hubwright-prepare.service docker-${name}-proxy.service docker-${name}-hub.service
      # reads its token when it starts
      systemctl try-restart prometheus.service || true
      echo "restored; the hub is starting"
    '';
  };
in
{
  options.services.hubwright.backup = {
    enable = lib.mkEnableOption "backups of accounts, secrets and homes with restic";
    repository = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "sftp:backup@nas.example.org:/hubwright";
      description = "Where restic keeps them.";
    };
    passwordFile = mkOption {
      type = types.nullOr types.externalPath;
      default = null;
      example = "/run/secrets/restic";
      description = ''
        File with the repository's password, outside of the Nix store. Keep a copy elsewhere: without
        it the backups are lost.
      '';
    };
    environmentFile = mkOption {
      type = types.nullOr types.externalPath;
      default = null;
      description = "File with variables that the repository needs, such as keys of S3.";
    };
    dates = mkOption {
      type = types.str;
      default = "daily";
      description = "When; the form is that of {manpage}`systemd.time(7)`.";
    };
    exclude = mkOption {
      type = types.listOf types.str;
      default = [
        "**/.cache"
        "**/.local/share/Trash"
      ];
      description = "Patterns of files in homes that are left out.";
    };
    keep = mkOption {
      type = types.listOf types.str;
      default = [
        "--keep-daily 7"
        "--keep-weekly 5"
        "--keep-monthly 12"
      ];
      description = "Which backups restic keeps.";
    };
  };

  config = lib.mkIf (cfg.enable && cfg.backup.enable) {
    services.restic.backups.hubwright = {
      inherit (cfg.backup) environmentFile exclude;
      repository = cfg.backup.repository;
      passwordFile = cfg.backup.passwordFile;
      initialize = true;
      pruneOpts = cfg.backup.keep;
      timerConfig = {
        OnCalendar = cfg.backup.dates;
        Persistent = true;
        RandomizedDelaySec = "30min";
      };
      paths = [
        copy
        "${state}/secrets"
        cfg.storage.homes
      ];
      # a copy of the database while it is being written to would not be one
      backupPrepareCommand = ''
        install -d -m 0700 ${state}/backup
        rm -f ${copy}
        ${lib.getExe pkgs.sqlite} -readonly ${database} ".backup '${copy}'"
      '';
    };

    # what is not mounted would be backed up as empty
    systemd.services.restic-backups-hubwright.unitConfig.RequiresMountsFor = [
      state
      cfg.storage.homes
    ];

    environment.systemPackages = [ restore ];

    assertions = [
      {
        assertion = cfg.backup.repository != null && cfg.backup.passwordFile != null;
        message = ''
          ${opt.backup.enable} is set, and it is not said where backups go.
          Set ${opt.backup.repository} and ${opt.backup.passwordFile}.
        '';
      }
    ];
  };
}
