# What can be got wrong, and the words that help.
{
  lib,
  pkgs,
  evaluate,
}:
let
  saysOf =
    site:
    lib.concatMapStringsSep "\n" (assertion: assertion.message) (
      lib.filter (assertion: !assertion.assertion) (evaluate [ site ]).assertions
    );

  # the message names the option, and what to do
  mistake = site: words: {
    expr = lib.filter (word: !lib.hasInfix word (saysOf site)) words;
    expected = [ ];
  };

  profile = changes: { services.hubwright.profiles.it = { title = "It"; } // changes; };
in
lib.mapAttrs' (name: lib.nameValuePair "test mistake: ${name}") {
  "a profile with an image that is not there" = mistake (profile { image = "pytroch"; }) [
    "services.hubwright.profiles"
    ''"pytroch"''
    "Known: base, full, tensorflow, torch"
  ];

  "a profile with GPUs on a host without" = mistake (profile { gpus = 1; }) [
    "services.hubwright.gpu.enable is off: it"
    "set gpus = 0"
  ];

  "devices in a file that is a link" = mistake { environment.etc."cdi/own.json".text = "{ }"; } [
    "can't follow links out of /etc/cdi: cdi/own.json"
    ''mode = "0444"''
  ];

  "a driver that is too old for an image" =
    mistake
      {
        imports = [ (profile { image = "torch"; }) ];
        services.hubwright.gpu.enable = true;
        hardware.nvidia.package = pkgs.linuxPackages.nvidiaPackages.legacy_535;
      }
      [
        "too old"
        "they need 580 (services.hubwright.gpu.driver.minimum)"
        "Choose a newer hardware.nvidia.package"
      ];

  "NVIDIA's as the default runtime" =
    mistake { virtualisation.docker.daemon.settings.default-runtime = "nvidia"; }
      [
        "every container could take every GPU"
        "services.hubwright.gpu.enable gives labs their GPUs by CDI"
      ];

  "labs that would die with Docker" =
    mistake { virtualisation.docker.daemon.settings.live-restore = lib.mkForce false; }
      [
        "live-restore is off"
        "end all labs"
      ];

  "Docker without CDI" =
    mistake { virtualisation.docker.daemon.settings.features.cdi = lib.mkForce false; }
      [ "features.cdi is off" ];

  "Docker on TCP" = mistake { virtualisation.docker.listenOptions = [ "0.0.0.0:2375" ]; } [
    "Docker listens on TCP"
    "DOCKER_HOST=ssh://"
  ];

  "Docker's own cleaning" = mistake { virtualisation.docker.autoPrune.enable = true; } [
    "removes the labs' network"
    "services.hubwright.docker.prune.enable"
  ];

  "passwords in clear text" = mistake { services.hubwright.settings.hub.address = "0.0.0.0"; } [
    "clear text"
    "services.hubwright.domain"
  ];

  "a path without its slashes" = mistake { services.hubwright.settings.hub.base_url = "/jupyter"; } [
    "services.hubwright.settings.hub.base_url is /jupyter"
    "such as /jupyter/"
  ];

  "a certificate without its key" =
    mistake
      {
        services.hubwright = {
          domain = "hub.example.org";
          tls.certificateFile = "/var/lib/hub.pem";
        };
      }
      [
        "services.hubwright.tls.certificateFile and services.hubwright.tls.keyFile go together"
      ];

  "a certificate without a name" =
    mistake
      {
        services.hubwright.tls = {
          certificateFile = "/var/lib/hub.pem";
          keyFile = "/var/lib/hub.key";
        };
      }
      [ "services.hubwright.domain is not" ];

  "open ports without a name" = mistake { services.hubwright.openFirewall = true; } [
    "services.hubwright.openFirewall is set, and nothing would answer"
    "services.hubwright.domain"
  ];

  "backups to nowhere" = mistake { services.hubwright.backup.enable = true; } [
    "services.hubwright.backup.repository"
    "services.hubwright.backup.passwordFile"
  ];

  "somebody in the group docker" =
    mistake
      {
        users.users.mallory = {
          isNormalUser = true;
          extraGroups = [ "docker" ];
        };
      }
      [
        "root's equals: mallory"
        "services.hubwright.users.operators"
      ];

  "an operator without an account" = mistake { services.hubwright.users.operators = [ "garce" ]; } [
    ''the host has no account "garce"''
    "users.users"
  ];

  "a group that is not there" = mistake { services.hubwright.storage.sharedGroup = "data"; } [
    ''services.hubwright.storage.sharedGroup: the host has no group "data"''
    "users.groups"
  ];

  "homes among shared data" =
    mistake
      {
        services.hubwright.storage = {
          shared = "/data";
          homes = "/data/homes";
        };
      }
      [
        "every lab would read every home"
        "Choose a directory outside of /data"
      ];

  "administrators in two places" =
    mistake { services.hubwright.settings.users.admins = [ "ada" ]; }
      [ "Say them in services.hubwright.users.administrators" ];

  "homes in two places" =
    mistake { services.hubwright.settings.storage.homes = lib.mkForce "/srv/homes"; }
      [ "Say them in services.hubwright.storage.homes" ];

  "Docker on TCP by an option" =
    mistake { virtualisation.docker.extraOptions = "-H tcp://0.0.0.0:2375"; }
      [ "Docker listens on TCP" ];

  "profiles in two places" =
    mistake { services.hubwright.settings.profiles.it.title = "It"; }
      [ "say them all in services.hubwright.profiles" ];

  # these end the evaluation; what they say is the module system's
  "a secret in the Nix store" = {
    expr =
      (builtins.tryEval
        (evaluate [
          { services.hubwright.secrets.cookieSecretFile = "${pkgs.writeText "secret" "not any more"}"; }
        ]).services.hubwright.secrets.cookieSecretFile
      ).success;
    expected = false;
  };

  "another backend" = {
    expr =
      (builtins.tryEval
        (evaluate [ { virtualisation.oci-containers.backend = "podman"; } ])
        .virtualisation.oci-containers.backend
      ).success;
    expected = false;
  };
}
