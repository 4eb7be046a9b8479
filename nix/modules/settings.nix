# The site: its settings, rendered to the JSON that hubwright reads, and checked when it is built.
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
  fromSchema = import ./schema-options.nix {
    inherit lib;
    schema = lib.importJSON ./settings.schema.json;
  };
in
{
  options.services.hubwright = {
    enable = lib.mkEnableOption "hubwright, a JupyterHub whose users get labs with GPUs in containers";

    packages = lib.mkOption {
      type = lib.types.lazyAttrsOf lib.types.package;
      description = ''
        hubwright's packages: `hubwright` (the command), `hub-image`, `proxy-image`, and a
        `lab-image-NAME` for each table of images/labs.toml. The flake's module sets them to the
        flake's own.
      '';
      defaultText = lib.literalMD "the packages of the flake that the module comes from";
    };

    settings = lib.mkOption {
      type = lib.types.submodule {
        freeformType = lib.types.attrsOf lib.types.anything;
        # said elsewhere: services.hubwright.profiles and services.hubwright.images
        options =
          fromSchema.options
          // lib.genAttrs [ "profiles" "images" ] (
            name: fromSchema.options.${name} // { visible = "shallow"; }
          );
      };
      default = { };
      example = lib.literalExpression ''
        {
          limits.idle_hours = 12;
          gpus.slots = 2;
        }
      '';
      description = ''
        The site file. Everything that it may hold is an option here, of the same name; what other
        options of this module stand for ({option}`services.hubwright.profiles`, users, storage)
        is better said there.
      '';
    };

    profiles = lib.mkOption {
      type = fromSchema.options.profiles.type;
      default = { };
      example = lib.literalExpression ''
        {
          standard = {
            title = "Standard";
            cpu = 2;
            memory = "8G";
          };
          gpu = {
            title = "One GPU";
            order = 1;
            image = "torch";
            cpu = 8;
            memory = "64G";
            gpus = 1;
            hours = 24;
          };
        }
      '';
      description = ''
        What users pick from on the spawn page. The first one by `order`, and then by name, is the
        default. Without any there is one called Standard, with the image `base`.
      '';
    };

    siteFile = lib.mkOption {
      type = lib.types.package;
      readOnly = true;
      description = "The site file as hubwright reads it: checked JSON, without secrets.";
      defaultText = lib.literalMD "made from {option}`services.hubwright.settings`";
    };
  };

  config = lib.mkIf cfg.enable {
    services.hubwright.settings.profiles = cfg.profiles;

    services.hubwright.siteFile =
      pkgs.runCommand "hubwright.json"
        {
          # `config check` names every mistake; here none has the chance to stop a hub that runs
          site = builtins.toJSON (
            lib.filterAttrs (name: value: name != "profiles" || value != { }) (
              fromSchema.withoutNulls cfg.settings
            )
          );
          passAsFile = [ "site" ];
        }
        ''
          cp "$sitePath" hubwright.json
          ${lib.getExe cfg.packages.hubwright} config check hubwright.json
          cp hubwright.json $out
        '';

    # where the command looks when no site file is named
    environment.etc."hubwright/hubwright.json".source = cfg.siteFile;

    assertions = [
      {
        assertion = cfg.settings.profiles == cfg.profiles;
        message = "Profiles are given twice: say them all in ${opt.profiles}, and none in ${opt.settings}.";
      }
    ];
  };
}
