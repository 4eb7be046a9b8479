# Images: streamed into Docker when their tag is not there yet, and never again.
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

  catalogue = lib.importTOML ../../images/labs.toml;

  wanted = lib.unique (
    if cfg.profiles == { } then
      [ "base" ]
    else
      lib.mapAttrsToList (_: profile: profile.image) cfg.profiles
  );
  unknown = lib.filter (name: !cfg.images ? ${name}) wanted;
  used = lib.getAttrs (lib.subtractLists unknown wanted) cfg.images;
  streams = lib.filter (package: package != null) (
    [
      cfg.packages.hub-image
      cfg.packages.proxy-image
    ]
    ++ lib.mapAttrsToList (_: image: image.package) used
  );
  tagOf = package: "${package.imageName}:${package.imageTag}";

  referencesOf =
    which:
    lib.mapAttrs (_: image: {
      inherit (image) reference title;
    }) (lib.filterAttrs (_: which) used);

  imagesFile = (pkgs.formats.json { }).generate "hubwright-images.json" {
    hub = tagOf cfg.packages.hub-image;
    labs = referencesOf (image: image.package != null);
  };
in
{
  options.services.hubwright = {
    images = mkOption {
      default = { };
      example = lib.literalExpression ''
        {
          ours = {
            title = "Our own";
            reference = "registry.example.org/lab/notebook:2026-11";
          };
        }
      '';
      description = ''
        Lab images that profiles may name. Those of images/labs.toml are there already; only what
        a profile uses is built and loaded.
      '';
      type = types.attrsOf (
        types.submodule (
          { name, config, ... }:
          {
            options = {
              title = mkOption {
                type = types.str;
                default = name;
                defaultText = lib.literalMD "the image's name";
                description = "What people call it.";
              };
              package = mkOption {
                type = types.nullOr types.package;
                default = null;
                description = ''
                  The image as a script that streams it, as `dockerTools.streamLayeredImage` makes
                  it; null for an image of a registry.
                '';
              };
              reference = mkOption {
                type = types.str;
                default = tagOf config.package;
                defaultText = lib.literalMD "name and tag of the package";
                description = ''
                  The image as Docker names it. Without a package it is pulled once, when the hub is
                  started and it is not there.
                '';
              };
              minimumDriver = mkOption {
                type = types.nullOr types.str;
                default = null;
                example = "580";
                description = "The oldest NVIDIA driver that its CUDA works with; null without CUDA.";
              };
            };
          }
        )
      );
    };

    usedImages = mkOption {
      type = types.raw;
      internal = true;
      readOnly = true;
      default = used;
      description = "The images that profiles use.";
    };

    neededImages = mkOption {
      type = types.listOf types.str;
      internal = true;
      readOnly = true;
      default = lib.unique (
        map tagOf streams ++ lib.mapAttrsToList (_: image: image.reference) used
      );
      description = "What the site needs of Docker's images, by their names.";
    };

    imagesFile = mkOption {
      type = types.package;
      internal = true;
      readOnly = true;
      default = imagesFile;
      description = "What `hubwright host prepare` is told about images.";
    };
  };

  config = lib.mkIf cfg.enable {
    services.hubwright.images = lib.mapAttrs (name: spec: {
      title = lib.mkDefault spec.title;
      package = lib.mkDefault cfg.packages."lab-image-${name}";
      minimumDriver = lib.mkDefault (spec.minimum_driver or null);
    }) catalogue;

    # images of a registry are the site file's: hubwright pulls them
    services.hubwright.settings.images = referencesOf (image: image.package == null);

    assertions = map (name: {
      assertion = false;
      message = ''
        ${opt.profiles}: a profile asks for the image "${name}", which is not there.
        Known: ${lib.concatStringsSep ", " (lib.attrNames cfg.images)}. Choose one of these, or describe it in ${opt.images}.
      '';
    }) unknown;

    systemd.services.hubwright-images = {
      description = "Images of hubwright, loaded into Docker";
      wantedBy = [ "multi-user.target" ];
      # wants, not requires: a restart of Docker must not run this again
      wants = [ "docker.service" ];
      after = [ "docker.service" ];
      startLimitIntervalSec = 3600;
      path = [ config.virtualisation.docker.package ];
      script = "set -o pipefail\n" + lib.concatMapStrings (package: ''
        if docker image inspect ${tagOf package} >/dev/null 2>&1; then
          echo "${tagOf package} is there"
        else
          echo "${tagOf package} is being loaded"
          ${package} | docker load
        fi
      '') streams;
      serviceConfig = import ./hardening.nix // {
        Type = "oneshot";
        RemainAfterExit = true;
        Restart = "on-failure";
        RestartMode = "direct";
        RestartSec = 10;
        TimeoutStartSec = "infinity"; # tens of gigabytes
      };
    };
  };
}
