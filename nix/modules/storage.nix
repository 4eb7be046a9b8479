# Where homes and shared data lie, and whose they are.
{
  config,
  lib,
  options,
  ...
}:
let
  cfg = config.services.hubwright;
  opt = options.services.hubwright;
  inherit (lib) mkOption types;
  state = cfg.settings.hub.state_directory;
in
{
  options.services.hubwright.storage = {
    homes = mkOption {
      type = types.externalPath;
      default = "${state}/homes";
      defaultText = lib.literalMD "`homes` in the state directory";
      example = "/data/homes";
      description = "Directory with the users' homes. Put it on a disk of its own, and back it up.";
    };
    shared = mkOption {
      type = types.externalPath;
      default = "${state}/shared";
      defaultText = lib.literalMD "`shared` in the state directory";
      example = "/data/shared";
      description = "Directory that every lab sees, read-only, as `~/SHARED`.";
    };
    sharedGroup = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "data";
      description = "Group of the host that may write shared data; null for root alone.";
    };
  };

  config = lib.mkIf cfg.enable {
    services.hubwright.settings.storage = {
      homes = cfg.storage.homes;
      shared = cfg.storage.shared;
    };

    systemd.tmpfiles.settings."10-hubwright" = {
      ${state}.d = {
        user = "root";
        group = "root";
        mode = "0711";
      };
      # labs' owners pass through, and see nobody else's; the colon: whose a directory is that is
      # there already, is its owner's affair
      ${cfg.storage.homes}.d = {
        user = ":root";
        group = ":root";
        mode = ":0711";
      };
      ${cfg.storage.shared}.d =
        if cfg.storage.sharedGroup == null then
          {
            user = ":root";
            group = ":root";
            mode = ":0755";
          }
        else
          {
            user = "root";
            group = cfg.storage.sharedGroup;
            mode = "2775";
          };
    };

    assertions = [
      {
        assertion =
          cfg.settings.storage.homes == cfg.storage.homes
          && cfg.settings.storage.shared == cfg.storage.shared;
        message = ''
          Directories are given twice, in ${opt.settings}.storage as well.
          Say them in ${opt.storage.homes} and ${opt.storage.shared} alone.
        '';
      }
      {
        assertion =
          cfg.storage.sharedGroup != null -> config.users.groups ? ${cfg.storage.sharedGroup};
        message = ''
          ${opt.storage.sharedGroup}: the host has no group "${toString cfg.storage.sharedGroup}".
          Declare it in users.groups, or choose one that is there.
        '';
      }
      {
        assertion = !lib.hasPrefix "${cfg.storage.shared}/" "${cfg.storage.homes}/";
        message = ''
          ${opt.storage.homes} lies in ${opt.storage.shared}: every lab would read every home.
          Choose a directory outside of ${cfg.storage.shared}.
        '';
      }
    ];
  };
}
