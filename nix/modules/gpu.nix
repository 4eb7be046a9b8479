# NVIDIA's driver, and its GPUs as CDI devices. A host without any is supported as well.
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
  driver = config.hardware.nvidia.package.version;
  minimums = lib.filter (version: version != null) (
    lib.mapAttrsToList (_: image: image.minimumDriver) cfg.usedImages
  );
  newest = lib.foldl' (a: b: if lib.versionOlder a b then b else a) "0";
  wanting = lib.attrNames (lib.filterAttrs (_: profile: profile.gpus != 0) cfg.profiles);
  # devices that somebody else describes
  specifications = lib.filterAttrs (name: _: lib.hasPrefix "cdi/" name) config.environment.etc;
  links = lib.attrNames (lib.filterAttrs (_: file: file.mode == "symlink") specifications);
  generator = "nvidia-container-toolkit-cdi-generator";
in
{
  options.services.hubwright.gpu = {
    enable = lib.mkEnableOption "NVIDIA's driver and GPUs that labs can lease";

    open = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether NVIDIA's open kernel modules are used. Turing (RTX 20, T4) and later take either
        kind, Blackwell only the open ones; set this to false for what is older than Turing.
      '';
    };

    datacenter = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether the GPUs are joined by NVSwitch (HGX and DGX machines), which needs the data-center
        driver and its fabric manager. All other machines, those with A100 or H100 cards included,
        leave this off.
      '';
    };

    driver.minimum = mkOption {
      type = types.str;
      default = newest minimums;
      defaultText = lib.literalMD "the newest that an image of a profile asks for";
      example = "580";
      description = "The oldest driver that this site works with; an older one fails to evaluate.";
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = wanting == [ ] || cfg.gpu.enable || specifications != { };
            message = ''
              Profiles ask for GPUs, and ${opt.gpu.enable} is off: ${lib.concatStringsSep ", " wanting}.
              Turn it on, or set gpus = 0 in these profiles.
            '';
          }
          {
            assertion = links == [ ];
            message = ''
              environment.etc: the hub's container can't follow links out of /etc/cdi: ${lib.concatStringsSep ", " links}.
              Set mode = "0444" there, which makes it a file.
            '';
          }
        ];
      }
      (lib.mkIf cfg.gpu.enable {
        services.xserver.videoDrivers = lib.mkIf (!cfg.gpu.datacenter) [ "nvidia" ];
        hardware.nvidia = {
          open = lib.mkDefault cfg.gpu.open;
          datacenter.enable = cfg.gpu.datacenter;
          # without it the driver forgets its state when nobody looks, and the next start waits for it
          nvidiaPersistenced = lib.mkDefault true;
          nvidiaSettings = lib.mkDefault false;
          videoAcceleration = lib.mkDefault false;
        };
        # makes /run/opengl-driver, where programs of nixpkgs look for the driver; data-center mode
        # would leave it out
        hardware.graphics.enable = true;
        hardware.nvidia-container-toolkit = {
          enable = true;
          # an index means another GPU after the next boot
          device-name-strategy = "uuid";
        };

        systemd.services.${generator} = {
          # requiredBy would stop Docker, and with it the hub, whenever the generator is restarted
          requiredBy = lib.mkForce [ ];
          wantedBy = [ "docker.service" ];
          # a new driver counts from the next boot on: the one that runs goes with what is there
          restartIfChanged = false;
          # the hub looks into the directory: a new one in its place it would not see
          serviceConfig.RuntimeDirectoryPreserve = true;
        };

        systemd.services.nvidia-persistenced.restartIfChanged = false;
        systemd.services.nvidia-fabricmanager = lib.mkIf cfg.gpu.datacenter {
          restartIfChanged = false;
        };

        assertions = [
          {
            assertion = lib.versionAtLeast driver cfg.gpu.driver.minimum;
            message = ''
              The NVIDIA driver ${driver} is too old for the images of this site: they need ${cfg.gpu.driver.minimum} (${opt.gpu.driver.minimum}).
              Choose a newer hardware.nvidia.package, or images with an older CUDA in ${opt.profiles}.
            '';
          }
          {
            assertion = cfg.gpu.open -> lib.versionAtLeast driver "515";
            message = ''
              ${opt.gpu.open}: the driver ${driver} has no open kernel modules.
              Set it to false, or choose a newer hardware.nvidia.package.
            '';
          }
        ];
      })
    ]
  );
}
