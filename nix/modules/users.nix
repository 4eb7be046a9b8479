# People: who administers the hub, who has an account from the start, and who may use Docker.
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
  inDocker = lib.unique (
    config.users.groups.docker.members
    ++ lib.attrNames (
      lib.filterAttrs (
        _: user: lib.elem "docker" user.extraGroups || user.group == "docker"
      ) config.users.users
    )
  );
  undeclared = lib.subtractLists cfg.users.operators inDocker;
in
{
  options.services.hubwright.users = {
    administrators = mkOption {
      type = types.nonEmptyListOf types.str;
      default = [ "admin" ];
      example = [ "grace" ];
      description = ''
        Accounts of the hub that administer it. The first one's password is in the file
        `admin-password` of the state directory after the first start, unless
        {option}`services.hubwright.users.adminPasswordFile` brings it.
      '';
    };
    adminPasswordFile = mkOption {
      type = types.nullOr types.externalPath;
      default = null;
      example = "/run/secrets/hubwright-admin";
      description = ''
        File with the first administrator's first password, outside of the Nix store. It counts when
        the account is made; later the password is changed on the hub's pages.
      '';
    };
    names = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [
        "ada"
        "emmy"
      ];
      description = ''
        Accounts that are there from the start. `hubwright user add` makes more, and links with
        which people choose their passwords.
      '';
    };
    operators = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "grace" ];
      description = ''
        Accounts of the host, not of the hub, that may use Docker. That makes them root's equals;
        nobody else may be in the group `docker`.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    services.hubwright.settings.users = {
      admins = cfg.users.administrators;
      names = cfg.users.names;
    };

    users.groups.docker.members = cfg.users.operators;

    assertions = [
      {
        assertion =
          cfg.settings.users.admins == cfg.users.administrators
          && cfg.settings.users.names == cfg.users.names;
        message = ''
          Users are given twice, in ${opt.settings}.users as well.
          Say them in ${opt.users.administrators} and ${opt.users.names} alone.
        '';
      }
      {
        assertion = undeclared == [ ];
        message = ''
          In the group docker, which makes them root's equals: ${lib.concatStringsSep ", " undeclared}.
          Name them in ${opt.users.operators} if they should be, or take them out of the group.
        '';
      }
    ]
    ++ map (name: {
      assertion = config.users.users ? ${name};
      message = ''
        ${opt.users.operators}: the host has no account "${name}".
        Declare it in users.users, or take it from the list; users of the hub need none.
      '';
    }) cfg.users.operators;
  };
}
