# The hub: a container, what has to be there before it starts, and the accounts after it has.
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
  hubwright = lib.getExe cfg.packages.hubwright;
  uid = "60800";

  bind =
    path: readOnly:
    "--mount=type=bind,source=${path},target=${path}" + lib.optionalString readOnly ",readonly";
  extraConfig = "${state}/jupyterhub_config.d/50-nixos.py";

  # by the names that `hubwright host` knows
  credentials =
    files:
    lib.mapAttrsToList (secret: file: "${secret}:${file}") (
      lib.filterAttrs (_: file: file != null) files
    );
  others = lib.subtractLists [ "${name}-hub" "${name}-proxy" ] (
    lib.attrNames config.virtualisation.oci-containers.containers
  );
  # it looks up devices where the generator writes them
  devices = lib.optional cfg.gpu.enable "nvidia-container-toolkit-cdi-generator.service";
  # units that run the command on the host: the directories are theirs
  hostUnit = import ./hardening.nix // {
    CapabilityBoundingSet = [
      ""
      "CAP_CHOWN"
      "CAP_DAC_OVERRIDE"
      "CAP_FOWNER"
    ];
    MemoryDenyWriteExecute = false; # Python's ctypes
    # Docker's API, the hub's, and a registry for images of one
    RestrictAddressFamilies = [
      "AF_INET"
      "AF_INET6"
      "AF_UNIX"
    ];
    Type = "oneshot";
    RemainAfterExit = true;
    # what waits for it goes on waiting; after five times it is told
    Restart = "on-failure";
    RestartMode = "direct";
    RestartSec = 5;
  };
in
{
  options.services.hubwright = {
    secrets = {
      cookieSecretFile = mkOption {
        type = types.nullOr types.externalPath;
        default = null;
        example = "/run/secrets/hubwright-cookie";
        description = ''
          File with the secret that signs log-in cookies (64 hexadecimal digits), outside of the Nix
          store. With null one is made at the first start and kept in the state directory. When its
          content changes, restart `hubwright-prepare`; everybody has to log in again.
        '';
      };
      proxyTokenFile = mkOption {
        type = types.nullOr types.externalPath;
        default = null;
        example = "/run/secrets/hubwright-proxy";
        description = ''
          File with the token by which the hub and its proxy know each other, outside of the Nix
          store. With null one is made at the first start and kept in the state directory. When its
          content changes, restart `hubwright-prepare` and the unit of the proxy.
        '';
      };
    };

    extraConfig = mkOption {
      type = types.lines;
      default = "";
      example = "c.JupyterHub.shutdown_on_logout = True";
      description = "Python for JupyterHub, read after everything else. It lies in the Nix store.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = pkgs.stdenv.hostPlatform.system == "x86_64-linux";
        message = "${opt.enable}: hubwright's images are for x86_64-linux, and this host is ${pkgs.stdenv.hostPlatform.system}.";
      }
    ];

    warnings = lib.optional (others != [ ]) ''
      hubwright runs containers by Docker, and so NixOS runs these by Docker, too: ${lib.concatStringsSep ", " others}.
      What podman keeps of them stays with podman; move it, or say nothing if they are new.
    '';

    systemd.services.hubwright-prepare = {
      description = "Directories, secrets and network of hubwright";
      wants = [
        "docker.service"
        "hubwright-images.service"
        "network-online.target"
      ];
      after = [
        "docker.service"
        "hubwright-images.service"
        "network-online.target"
        "systemd-tmpfiles-setup.service"
      ];
      startLimitIntervalSec = 300;
      unitConfig.RequiresMountsFor = [
        state
        cfg.storage.homes
        cfg.storage.shared
      ];
      serviceConfig = hostUnit // {
        LoadCredential = credentials {
          cookie-secret = cfg.secrets.cookieSecretFile;
          proxy-token = cfg.secrets.proxyTokenFile;
        };
        ProtectHome = false; # homes may lie there
        # once more, and not confined: disks may have been mounted since
        ExecStartPre = "+${config.systemd.package}/bin/systemd-tmpfiles --create ${
          lib.concatMapStringsSep " " (path: "--prefix=${path}") [
            state
            cfg.storage.homes
            cfg.storage.shared
          ]
        }";
        ReadWritePaths = [
          state
          cfg.storage.homes
          cfg.storage.shared
        ];
        ExecStart = "${hubwright} host prepare --site ${cfg.siteFile} --images ${cfg.imagesFile}";
        # a copy: the hub sees its directory, and not the Nix store
        ExecStartPost =
          if cfg.extraConfig == "" then
            "${pkgs.coreutils}/bin/rm -f ${extraConfig}"
          else
            "${pkgs.coreutils}/bin/install -m 0644 ${pkgs.writeText "hubwright-extra-config.py" cfg.extraConfig} ${extraConfig}";
      };
    };

    virtualisation.oci-containers = {
      backend = "docker";
      containers."${name}-hub" =
        let
          common = import ./container.nix {
            role = "hub";
            image = cfg.packages.hub-image;
            user = "${uid}:${uid}";
            site = name;
          };
        in
        common
        // {
          workdir = "${state}/hub";
          environment = {
            HOME = "/tmp";
            HUBWRIGHT_RUNTIME = "${state}/hub/runtime.json";
          };
          volumes =
            # Docker makes those that are missing; there may be no GPU yet
            map (directory: "${directory}:${directory}:ro") cfg.settings.gpus.cdi_directories;
          extraOptions = common.extraOptions ++ [
            # in the group of Docker's socket: it starts the labs
            "--group-add=${toString config.users.groups.docker.gid}"
            (bind "${state}/hub" false)
            (bind "${state}/secrets" true)
            (bind "${state}/jupyterhub_config.d" true)
            (bind cfg.storage.homes false)
            (bind "/var/run/docker.sock" false)
          ];
        };
    };

    systemd.services."docker-${name}-hub" = {
      # a new site restarts the hub, and nothing else
      requires = [ "hubwright-prepare.service" ];
      wants = devices;
      after = [ "hubwright-prepare.service" ] ++ devices;
      serviceConfig = {
        RestartSec = 2;
        Restart = lib.mkForce "always"; # also when Docker was restarted
      };
      startLimitIntervalSec = 0;
    };

    systemd.services.hubwright-accounts = {
      description = "Accounts of hubwright that the site names";
      wantedBy = [ "multi-user.target" ];
      wants = [ "docker-${name}-hub.service" ];
      after = [ "docker-${name}-hub.service" ];
      restartTriggers = [ cfg.siteFile ];
      startLimitIntervalSec = 900;
      serviceConfig = hostUnit // {
        # the hub does without, should the file be gone one day
        LoadCredential = credentials { admin-password = cfg.users.adminPasswordFile; };
        ReadWritePaths = [ state ];
        ExecStart = "${hubwright} host accounts --site ${cfg.siteFile}";
      };
    };
  };
}
