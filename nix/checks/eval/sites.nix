# Four sites, and what they are rendered to.
{
  lib,
  pkgs,
  evaluate,
}:
let
  gpuhost = evaluate [
    (removeAttrs (import ../../hosts/gpuhost { inherit lib; }) [
      "imports"
      "nixpkgs"
      "system"
    ])
  ];

  plain = evaluate [ ];

  tls = evaluate [
    {
      services.hubwright = {
        domain = "hub.example.org";
        openFirewall = true;
        tls.certificateFile = "/var/lib/certificates/hub.pem";
        tls.keyFile = "/var/lib/certificates/hub.key";
        settings.hub.base_url = "/jupyter/";
      };
    }
  ];

  exclusive = evaluate [
    {
      services.hubwright = {
        gpu.enable = true;
        profiles.one = {
          title = "One GPU";
          gpus = 1;
        };
        profiles.all = {
          title = "All GPUs";
          gpus = "all";
          order = -1;
        };
        settings.gpus.slots = 1;
        extraConfig = "c.JupyterHub.shutdown_on_logout = True";
        secrets.cookieSecretFile = "/run/secrets/cookie";
        docker.dataRoot = "/data/docker";
        docker.addressPools = [ { base = "172.28.0.0/14"; } ];
      };
    }
  ];

  siteOf = config: builtins.fromJSON config.services.hubwright.siteFile.site;
  wrong =
    config: map (assertion: assertion.message) (lib.filter (a: !a.assertion) config.assertions);
  serviceOf = config: name: config.systemd.services.${name};
  container = config: role: config.virtualisation.oci-containers.containers."hubwright-${role}";
  has = text: part: lib.hasInfix part text;

  sound = name: config: {
    "test ${name}: nothing is wrong with it" = {
      expr = {
        wrong = wrong config;
        inherit (config) warnings;
      };
      expected = {
        wrong = [ ];
        warnings = [ ];
      };
    };
  };
in
sound "gpuhost" gpuhost
// sound "no GPU" plain
// sound "TLS" tls
// sound "exclusive GPUs" exclusive
// {
  # the site file

  "test gpuhost: profiles are rendered in full" = {
    expr = (siteOf gpuhost).profiles.gpu;
    expected = {
      title = "One GPU";
      description = "PyTorch with a GPU of your own, for a day.";
      image = "torch";
      order = 1;
      cpu = 8;
      memory = "64G";
      shm = "16G";
      pids = 1024;
      gpus = 1;
      hours = 24;
    };
  };

  "test gpuhost: people, places and limits" = {
    expr = {
      inherit (siteOf gpuhost) users;
      inherit (siteOf gpuhost) storage;
      inherit ((siteOf gpuhost).limits) idle_hours;
      inherit ((siteOf gpuhost).hub) address;
      inherit (siteOf gpuhost) network;
    };
    expected = {
      users = {
        admins = [ "grace" ];
        names = [ ];
      };
      storage = {
        homes = "/data/homes";
        shared = "/data/shared";
        uid = 1000;
        gid = 1000;
      };
      idle_hours = 12;
      address = "127.0.0.1";
      network = {
        bridge = "hubwright0";
        hub_port = 8081;
        proxy_api_port = 8001;
        subnet = "172.30.0.0/16";
      };
    };
  };

  "test TLS: links lead where people reach the hub" = {
    expr = (siteOf tls).hub.public_url;
    expected = "https://hub.example.org/jupyter/";
  };

  "test no GPU: without profiles hubwright's own counts" = {
    expr = (siteOf plain) ? profiles;
    expected = false;
  };

  "test exclusive GPUs: all or one" = {
    expr = {
      all = (siteOf exclusive).profiles.all.gpus;
      one = (siteOf exclusive).profiles.one.gpus;
      inherit ((siteOf exclusive).gpus) slots;
    };
    expected = {
      all = "all";
      one = 1;
      slots = 1;
    };
  };

  "test gpuhost: only images that profiles use are loaded" = {
    expr = lib.sort lib.lessThan (lib.attrNames gpuhost.services.hubwright.usedImages);
    expected = [
      "base"
      "torch"
    ];
  };

  # GPUs

  "test gpuhost: driver, CDI and Docker" = {
    expr = {
      inherit (gpuhost.hardware.nvidia) open nvidiaPersistenced;
      graphics = gpuhost.hardware.graphics.enable;
      nouveau = lib.elem "nouveau" gpuhost.boot.blacklistedKernelModules;
      names = gpuhost.hardware.nvidia-container-toolkit.device-name-strategy;
      inherit (gpuhost.virtualisation.docker.daemon.settings.features) cdi;
      runtime = gpuhost.virtualisation.docker.daemon.settings.default-runtime or "none";
    };
    expected = {
      open = true;
      nvidiaPersistenced = true;
      graphics = true;
      nouveau = true;
      names = "uuid";
      cdi = true;
      runtime = "none";
    };
  };

  "test gpuhost: Docker does not depend on the CDI generator" = {
    expr =
      let
        generator = serviceOf gpuhost "nvidia-container-toolkit-cdi-generator";
      in
      {
        inherit (generator) requiredBy before;
        wanted = lib.elem "docker.service" generator.wantedBy;
        kept = generator.serviceConfig.RuntimeDirectoryPreserve;
      };
    expected = {
      requiredBy = [ ];
      before = [ ];
      wanted = true;
      kept = true;
    };
  };

  "test gpuhost: the newest driver that an image asks for" = {
    expr = gpuhost.services.hubwright.gpu.driver.minimum;
    expected = "580";
  };

  "test data center: its driver, with the place where programs look for it" = {
    expr =
      let
        config = evaluate [
          {
            services.hubwright.gpu = {
              enable = true;
              datacenter = true;
            };
          }
        ];
      in
      {
        wrong = wrong config;
        graphics = config.hardware.graphics.enable;
        fabric = config.systemd.services ? nvidia-fabricmanager;
        x11 = lib.elem "nvidia" config.services.xserver.videoDrivers;
      };
    expected = {
      wrong = [ ];
      graphics = true;
      fabric = true;
      x11 = false;
    };
  };

  "test no GPU: no driver" = {
    expr = {
      cdi = plain.systemd.services ? nvidia-container-toolkit-cdi-generator;
      drivers = lib.elem "nvidia" plain.services.xserver.videoDrivers;
      wanted = lib.any (lib.hasPrefix "nvidia") (serviceOf plain "docker-hubwright-hub").wants;
    };
    expected = {
      cdi = false;
      drivers = false;
      wanted = false;
    };
  };

  # containers and units

  "test gpuhost: hub and proxy are confined" = {
    expr = map (
      role:
      let
        it = container gpuhost role;
      in
      {
        inherit (it)
          user
          pull
          networks
          privileged
          ;
        missing = lib.subtractLists it.extraOptions [
          "--cap-drop=ALL"
          "--init"
          "--read-only"
          "--security-opt=no-new-privileges"
        ];
      }
    ) [ "hub" "proxy" ];
    expected =
      map
        (user: {
          inherit user;
          pull = "never";
          networks = [ "host" ];
          privileged = false;
          missing = [ ];
        })
        [
          "60800:60800"
          "60801:60801"
        ];
  };

  "test gpuhost: the proxy listens on loopback and knows where the hub is" = {
    expr = (container gpuhost "proxy").cmd;
    expected = [
      "--ip=127.0.0.1"
      "--port=8000"
      "--api-ip=127.0.0.1"
      "--api-port=8001"
      "--error-target=http://172.30.0.1:8081/hub/error"
    ];
  };

  "test gpuhost: a restart of the hub leaves the proxy alone" = {
    expr =
      let
        proxy = serviceOf gpuhost "docker-hubwright-proxy";
        hub = serviceOf gpuhost "docker-hubwright-hub";
      in
      {
        proxy = proxy.requires ++ proxy.bindsTo ++ proxy.partOf;
        hub = hub.requires;
        docker = lib.elem "docker.service" (proxy.after ++ hub.after);
        generator = lib.elem "nvidia-container-toolkit-cdi-generator.service" hub.after;
        inherit (hub.serviceConfig) Restart;
      };
    expected = {
      proxy = [ ];
      hub = [ "hubwright-prepare.service" ];
      docker = true;
      generator = true;
      Restart = "always";
    };
  };

  "test gpuhost: labs outlive a restart of Docker" = {
    expr = gpuhost.virtualisation.docker.daemon.settings.live-restore;
    expected = true;
  };

  "test gpuhost: images are loaded by tag, once" = {
    expr =
      let
        inherit (serviceOf gpuhost "hubwright-images") script requires;
        streams = lib.length (lib.splitString "| docker load" script) - 1;
        looks = lib.length (lib.splitString "docker image inspect hubwright/" script) - 1;
      in
      {
        inherit streams looks requires;
        latest = has script ":latest";
      };
    expected = {
      streams = 4; # hub, proxy, base, torch
      looks = 4;
      requires = [ ];
      latest = false;
    };
  };

  "test gpuhost: own units are hardened" = {
    expr = map (name: (serviceOf gpuhost name).serviceConfig.ProtectSystem) [
      "hubwright-accounts"
      "hubwright-images"
      "hubwright-prepare"
      "hubwright-prune"
    ];
    expected = [
      "strict"
      "strict"
      "strict"
      "strict"
    ];
  };

  "test gpuhost: cleaning up spares lab images and the labs' network" = {
    expr =
      let
        inherit (serviceOf gpuhost "hubwright-prune") script;
      in
      {
        spared = lib.all (has script) gpuhost.services.hubwright.neededImages;
        system = has script "system prune";
        daily = gpuhost.virtualisation.docker.autoPrune.enable;
      };
    expected = {
      spared = true;
      system = false;
      daily = false;
    };
  };

  "test exclusive GPUs: secrets come as credentials" = {
    expr = (serviceOf exclusive "hubwright-prepare").serviceConfig.LoadCredential;
    expected = [ "cookie-secret:/run/secrets/cookie" ];
  };

  "test exclusive GPUs: the site's own Python comes where the hub reads it, and goes again" = {
    expr =
      let
        after = config: (serviceOf config "hubwright-prepare").serviceConfig.ExecStartPost;
        file = "/var/lib/hubwright/jupyterhub_config.d/50-nixos.py";
      in
      {
        there = has (after exclusive) "install -m 0644" && lib.hasSuffix file (after exclusive);
        gone = lib.hasSuffix "rm -f ${file}" (after gpuhost);
      };
    expected = {
      there = true;
      gone = true;
    };
  };

  "test exclusive GPUs: Docker's directory and networks" = {
    expr = {
      inherit (exclusive.virtualisation.docker.daemon.settings) data-root default-address-pools;
    };
    expected = {
      data-root = "/data/docker";
      default-address-pools = [
        {
          base = "172.28.0.0/14";
          size = 20;
        }
      ];
    };
  };

  # the way in

  "test gpuhost: the firewall lets in HTTPS, and labs to the hub" = {
    expr = {
      world = gpuhost.networking.firewall.allowedTCPPorts;
      labs = gpuhost.networking.firewall.interfaces.hubwright0.allowedTCPPorts;
    };
    expected = {
      world = [
        22
        80
        443
      ];
      labs = [ 8081 ];
    };
  };

  "test gpuhost: HTTPS by ACME, HTTP is redirected" = {
    expr =
      let
        host = gpuhost.services.nginx.virtualHosts."hub.lab.example.org";
      in
      {
        inherit (host) forceSSL enableACME;
        inherit (host.locations."/") proxyPass proxyWebsockets;
      };
    expected = {
      forceSSL = true;
      enableACME = true;
      proxyPass = "http://127.0.0.1:8000";
      proxyWebsockets = true;
    };
  };

  "test TLS: a certificate of one's own" = {
    expr = {
      inherit (tls.services.nginx.virtualHosts."hub.example.org")
        enableACME
        sslCertificate
        sslCertificateKey
        ;
      error = lib.last (container tls "proxy").cmd;
    };
    expected = {
      enableACME = false;
      sslCertificate = "/var/lib/certificates/hub.pem";
      sslCertificateKey = "/var/lib/certificates/hub.key";
      error = "--error-target=http://172.30.0.1:8081/jupyter/hub/error";
    };
  };

  "test no GPU: without a domain nothing listens for the world" = {
    expr = {
      nginx = plain.services.nginx.enable;
      ports = plain.networking.firewall.allowedTCPPorts;
      inherit ((siteOf plain).hub) address;
    };
    expected = {
      nginx = false;
      ports = [ ];
      address = "127.0.0.1";
    };
  };

  # people and places

  "test gpuhost: Docker is for operators alone" = {
    expr = gpuhost.users.groups.docker.members;
    expected = [ "grace" ];
  };

  "test gpuhost: directories and their owners" = {
    expr = lib.mapAttrs (_: types: types.d.mode) gpuhost.systemd.tmpfiles.settings."10-hubwright";
    expected = {
      "/data/homes" = ":0711";
      "/data/shared" = ":0755";
      "/var/lib/hubwright" = "0711";
    };
  };

  # looking after it

  "test gpuhost: backups hold secrets, homes and a copy of the database" = {
    expr =
      let
        backup = gpuhost.services.restic.backups.hubwright;
      in
      {
        inherit (backup) paths passwordFile;
        copied = has backup.backupPrepareCommand ".backup '/var/lib/hubwright/backup/jupyterhub.sqlite'";
      };
    expected = {
      paths = [
        "/var/lib/hubwright/backup/jupyterhub.sqlite"
        "/var/lib/hubwright/secrets"
        "/data/homes"
      ];
      passwordFile = "/etc/secrets/restic";
      copied = true;
    };
  };

  "test gpuhost: figures of hub and GPUs, with the token as a credential" = {
    expr = {
      jobs = map (job: job.job_name) gpuhost.services.prometheus.scrapeConfigs;
      credentials = gpuhost.systemd.services.prometheus.serviceConfig.LoadCredential;
      exporter = gpuhost.services.prometheus.exporters.nvidia-gpu.listenAddress;
    };
    expected = {
      jobs = [
        "hubwright"
        "hubwright-gpus"
      ];
      credentials = [ "hubwright-metrics-token:/var/lib/hubwright/secrets/metrics-token" ];
      exporter = "127.0.0.1";
    };
  };

  "test gpuhost: no secret is in the site file" = {
    expr = lib.any (config: has config.services.hubwright.siteFile.site "secrets") [
      gpuhost
      exclusive
    ];
    expected = false;
  };
}
