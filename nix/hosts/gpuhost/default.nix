# The reference host: read it in a minute, adapt it in five. What is particular to the machine
# stands in hardware.nix.
{ lib, ... }:
{
  imports = [ ./hardware.nix ];

  networking.hostName = "gpuhost";
  time.timeZone = "UTC";

  services.hubwright = {
    enable = true;
    domain = "hub.lab.example.org";
    openFirewall = true;

    gpu.enable = true;

    users = {
      administrators = [ "grace" ];
      operators = [ "grace" ];
    };

    profiles = {
      standard = {
        title = "Standard";
        description = "JupyterLab with Python, for everyday work.";
        cpu = 2;
        memory = "8G";
      };
      gpu = {
        title = "One GPU";
        description = "PyTorch with a GPU of your own, for a day.";
        order = 1;
        image = "torch";
        cpu = 8;
        memory = "64G";
        shm = "16G";
        gpus = 1;
        hours = 24;
      };
    };

    settings.limits.idle_hours = 12;

    storage = {
      homes = "/data/homes";
      shared = "/data/shared";
    };

    backup = {
      enable = true;
      repository = "sftp:backup@nas.lab.example.org:/gpuhost";
      passwordFile = "/etc/secrets/restic";
    };

    monitoring.enable = true;
  };

  # people's certificates: Let's Encrypt wants to know whom to write to
  security.acme = {
    acceptTerms = true;
    defaults.email = "admin@lab.example.org";
  };

  # who looks after the machine
  users.users.grace = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    openssh.authorizedKeys.keys = [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleKeyOfGraceThatOpensNothing grace"
    ];
  };
  services.openssh = {
    enable = true;
    settings.PasswordAuthentication = false;
  };

  # `nixos-rebuild switch --target-host grace@gpuhost --sudo`
  security.sudo.wheelNeedsPassword = false;
  nix.settings = {
    experimental-features = [
      "flakes"
      "nix-command"
    ];
    trusted-users = [ "@wheel" ];
  };

  # NVIDIA's driver is not free software, nor is what nvtop reads its figures with
  nixpkgs.config.allowUnfreePredicate =
    package:
    lib.elem (lib.getName package) [
      "cuda_nvml_dev"
      "nvidia-persistenced"
      "nvidia-x11"
    ];

  system.stateVersion = "26.05";
}
