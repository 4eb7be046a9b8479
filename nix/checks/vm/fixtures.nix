# What the machines of all tests have, and the GPUs that some are made up with.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.fixtures;
  hub = config.services.hubwright;
  inherit (lib) mkOption types;

  # a person with a browser, as the acceptance suite has one
  visit = pkgs.writeShellScriptBin "visit" ''
    export PYTHONPATH=${hub.packages.hubwright}/share/hubwright/tests
    exec ${hub.packages.hubwright.python}/bin/python3 -s -P ${./visit.py} "$@"
  '';

  hubAnswers = pkgs.writeShellScriptBin "hub-answers" ''
    exec curl --fail --silent --show-error --max-time 10 http://127.0.0.1:8000/hub/health
  '';

  uuid = number: "GPU-00000000-0000-0000-0000-00000000000${toString number}";

  # a device is a node and a variable in the lab's environment
  device = number: {
    name = uuid number;
    containerEdits = {
      deviceNodes = [
        {
          path = "/dev/made-up-gpu${toString number}";
          hostPath = "/dev/null";
        }
      ];
      env = [ "MADE_UP_GPU_${toString number}=${uuid number}" ];
    };
  };

  # lists the devices that the lab was given, as `nvidia-smi -L` does
  nvidiaSmi = pkgs.writeTextFile {
    name = "nvidia-smi";
    executable = true;
    destination = "/bin/nvidia-smi";
    text = ''
      #!/bin/sh
      for number in 0 1 2 3; do
        eval "uuid=\''${MADE_UP_GPU_$number:-}"
        [ -z "$uuid" ] || echo "GPU $number: Made up (UUID: $uuid)"
      done
    '';
  };

  specification = mounts: {
    cdiVersion = "0.5.0";
    kind = "nvidia.com/gpu";
    devices = map device (lib.range 0 (cfg.gpus - 1));
    containerEdits = { inherit mounts; };
  };

  # as in the test of nixpkgs for its toolkit: prints what NVIDIA's would find out
  toolkit = pkgs.writeShellScriptBin "nvidia-ctk" ''
    cat ${pkgs.writeText "made-up-gpus.json" (builtins.toJSON (specification [ ]))}
  '';
  driver = nvidiaSmi // {
    version = "600.0";
  };
in
{
  options.fixtures = {
    gpus = mkOption {
      type = types.ints.between 0 4;
      default = 0;
      description = "GPUs that are made up.";
    };
    driver = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether the GPUs are found by NVIDIA's toolkit, or rather by what stands in for it, as with
        `services.hubwright.gpu`; else their specification is a file in /etc/cdi.
      '';
    };
  };

  config = lib.mkMerge [
    {
      documentation.enable = false;
      nix.settings.substituters = lib.mkForce [ ];
    }

    (lib.mkIf hub.enable {
      virtualisation = {
        cores = 2;
        diskSize = 16 * 1024;
        memorySize = 4 * 1024;
      };
      environment.systemPackages = [
        hubAnswers
        visit
      ];
      services.hubwright = {
        tools.enable = false;
        profiles.standard = {
          title = "Standard";
          cpu = 1;
          memory = "1G";
        };
      };
    })

    (lib.mkIf (cfg.gpus != 0) {
      services.hubwright.profiles.gpu = {
        title = "One GPU";
        order = 1;
        cpu = 1;
        memory = "1G";
        gpus = 1;
      };
    })

    (lib.mkIf (cfg.gpus != 0 && !cfg.driver) {
      environment.etc."cdi/made-up.json" = {
        # a file, and no link into /etc/static: the hub's container does not see that
        mode = "0444";
        text = builtins.toJSON (specification [
          {
            hostPath = "${nvidiaSmi}/bin/nvidia-smi";
            containerPath = "/usr/bin/nvidia-smi";
            options = [
              "ro"
              "nosuid"
              "nodev"
              "bind"
            ];
          }
        ]);
      };
    })

    (lib.mkIf (cfg.gpus != 0 && cfg.driver) {
      services.hubwright.gpu.enable = true;
      services.xserver.videoDrivers = lib.mkForce [ ];
      hardware.nvidia.package = driver;
      hardware.nvidia-container-toolkit = {
        package = toolkit;
        suppressNvidiaDriverAssertion = true;
      };
    })
  ];
}
