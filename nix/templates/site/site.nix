# The site: who works here, with what, and on which GPUs. Every option is described in what
# `nix build .#docs` makes in hubwright's own flake.
{ lib, ... }:
{
  networking.hostName = "gpuhost";
  time.timeZone = "UTC";

  services.hubwright = {
    enable = true;

    # With a name that DNS knows, people reach the hub by HTTPS. Without, it listens on this machine
    # alone: ssh -L 8000:127.0.0.1:8000 gpuhost
    # domain = "hub.lab.example.org";
    # openFirewall = true;

    gpu.enable = true; # false on a machine without NVIDIA's GPUs

    users = {
      administrators = [ "grace" ]; # of the hub
      operators = [ "grace" ]; # of Docker on this host, and so root's equals
    };

    # what people pick from; the first by `order` is the default
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

    # on a disk of their own, once there is one
    # storage.homes = "/data/homes";
    # storage.shared = "/data/shared";
  };

  # for `domain`, if the certificate comes from Let's Encrypt
  # security.acme = {
  #   acceptTerms = true;
  #   defaults.email = "admin@lab.example.org";
  # };

  # whoever looks after the machine; accounts are what stands here, so NixOS notices if nobody gets in
  users.mutableUsers = false;
  users.users.grace = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    openssh.authorizedKeys.keys = [ ]; # your public key
  };
  security.sudo.wheelNeedsPassword = false; # there is no password, only the key
  services.openssh = {
    enable = true;
    settings.PasswordAuthentication = false;
  };

  nix.settings = {
    experimental-features = [
      "nix-command"
      "flakes"
    ];
    # who may bring what was built on another machine
    trusted-users = [ "@wheel" ];
  };

  # NVIDIA's driver is not free software, nor is what nvtop reads its figures with. More is asked for
  # by gpu.open = false ("nvidia-kernel-modules") and gpu.datacenter ("nvidia-dc", "fabricmanager").
  nixpkgs.config.allowUnfreePredicate =
    package:
    lib.elem (lib.getName package) [
      "cuda_nvml_dev"
      "nvidia-persistenced"
      "nvidia-x11"
    ];

  system.stateVersion = "26.05"; # the NixOS of the first installation; it stays
}
