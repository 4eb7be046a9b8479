# Docker as labs need it: it may be restarted without ending them, gives devices by CDI, and keeps
# what is theirs when it is cleaned up.
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
  daemon = config.virtualisation.docker.daemon.settings;
in
{
  options.services.hubwright.docker = {
    dataRoot = mkOption {
      type = types.nullOr types.externalPath;
      default = null;
      example = "/data/docker";
      description = "Where Docker keeps images and containers; null for /var/lib/docker.";
    };
    addressPools = mkOption {
      type = types.listOf (
        types.submodule {
          options = {
            base = mkOption {
              type = types.str;
              example = "172.28.0.0/14";
              description = "IPv4 network that Docker's networks are cut from.";
            };
            size = mkOption {
              type = types.ints.between 8 28;
              default = 20;
              description = "Length of the prefix of each of them: 20 has room for 4000 labs.";
            };
          };
        }
      );
      default = [ ];
      example = lib.literalExpression ''[ { base = "172.28.0.0/14"; } ]'';
      description = ''
        Networks that Docker may use. Set it where Docker's own choice (172.17.0.0/16 and what
        follows, 192.168.0.0/16) collides with those of the institute.
      '';
    };
    prune = {
      enable =
        lib.mkEnableOption "the removal of images that nothing uses, those of this site excepted, every week"
        // {
          default = true;
        };
      dates = mkOption {
        type = types.str;
        default = "Sun 04:00";
        description = "When; the form is that of {manpage}`systemd.time(7)`.";
      };
    };
  };

  config = lib.mkIf cfg.enable {
    virtualisation.docker = {
      enable = true;
      enableOnBoot = true;
      daemon.settings = {
        # labs go on while Docker is restarted or updated
        live-restore = lib.mkDefault true;
        features.cdi = lib.mkDefault true;
      }
      // lib.optionalAttrs (cfg.docker.dataRoot != null) { data-root = cfg.docker.dataRoot; }
      // lib.optionalAttrs (cfg.docker.addressPools != [ ]) {
        default-address-pools = cfg.docker.addressPools;
      };
    };
    systemd.services.docker.unitConfig.RequiresMountsFor = lib.mkIf (cfg.docker.dataRoot != null) [
      cfg.docker.dataRoot
    ];

    systemd.services.hubwright-prune = lib.mkIf cfg.docker.prune.enable {
      description = "Removal of images that nothing uses";
      after = [ "docker.service" ];
      startAt = cfg.docker.prune.dates;
      path = [ config.virtualisation.docker.package ];
      environment.HOME = "/tmp"; # its own: the builder keeps notes there
      # not `docker system prune`: it would take the labs' network while nobody has a lab
      script = ''
        kept=$(for image in ${lib.escapeShellArgs cfg.neededImages}; do
          docker image inspect --format '{{.Id}}' "$image" || true
        done)
        docker image ls --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}' |
          while read -r id name; do
            case "$kept ${toString cfg.neededImages} " in *"$id"* | *" $name "*) continue ;; esac
            # what was pulled by its hash has no tag
            case "$name" in *"<none>") name=$id ;; esac
            docker image rm "$name" || echo "$name is still used"
          done
        docker image prune --force
        docker builder prune --force
      '';
      serviceConfig = import ./hardening.nix // {
        Type = "oneshot";
      };
    };

    assertions = [
      {
        assertion =
          daemon.default-runtime or "runc" != "nvidia" && !config.virtualisation.docker.enableNvidia;
        message = ''
          Docker's default runtime is NVIDIA's: every container could take every GPU, whatever is leased.
          Remove virtualisation.docker.enableNvidia and default-runtime; ${opt.gpu.enable} gives labs their GPUs by CDI.
        '';
      }
      {
        assertion = daemon.live-restore;
        message = ''
          virtualisation.docker.daemon.settings.live-restore is off: each restart of Docker would end all labs.
          Leave it on while ${opt.enable} is set.
        '';
      }
      {
        assertion = daemon.features.cdi;
        message = ''
          virtualisation.docker.daemon.settings.features.cdi is off, and labs get their GPUs by CDI.
          Leave it on while ${opt.enable} is set.
        '';
      }
      {
        assertion =
          lib.all (lib.hasPrefix "/") config.virtualisation.docker.listenOptions
          && !lib.any (lib.hasPrefix "tcp:") (daemon.hosts or [ ])
          && !lib.hasInfix "tcp:" config.virtualisation.docker.extraOptions;
        message = ''
          Docker listens on TCP: whoever reaches that port is root on this host.
          Leave sockets alone in virtualisation.docker (listenOptions, extraOptions, hosts); DOCKER_HOST=ssh://... does the same safely.
        '';
      }
      {
        assertion = !config.virtualisation.docker.autoPrune.enable;
        message = ''
          virtualisation.docker.autoPrune removes the labs' network while nobody has a lab, and lab images.
          Turn it off; ${opt.docker.prune.enable} cleans up and spares them.
        '';
      }
      {
        assertion = !config.virtualisation.docker.rootless.setSocketVariable;
        message = ''
          virtualisation.docker.rootless.setSocketVariable points the command hubwright at another Docker.
          Turn it off while ${opt.enable} is set.
        '';
      }
    ];
  };
}
