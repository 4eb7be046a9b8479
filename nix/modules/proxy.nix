# The proxy: a container that outlives the hub, since every connection to a lab goes through it.
{ config, lib, ... }:
let
  cfg = config.services.hubwright;
  inherit (cfg.settings) hub network;
  low = hub.port < 1024;
  # the gateway of the labs' network, where the hub listens: the first address of the subnet
  gateway =
    let
      octets = lib.splitString "." (lib.head (lib.splitString "/" network.subnet));
    in
    lib.concatStringsSep "." (lib.take 3 octets ++ [ (toString (lib.toInt (lib.last octets) + 1)) ]);
  common = import ./container.nix {
    role = "proxy";
    image = cfg.packages.proxy-image;
    # it sees nothing of the host but its token
    user = if low then "0:60801" else "60801:60801";
    site = hub.name;
  };
in
{
  config = lib.mkIf cfg.enable {
    virtualisation.oci-containers.containers."${hub.name}-proxy" = common // {
      cmd = [
        "--ip=${hub.address}"
        "--port=${toString hub.port}"
        "--api-ip=127.0.0.1"
        "--api-port=${toString network.proxy_api_port}"
      ]
      ++ lib.optional (
        network.subnet != null
      ) "--error-target=http://${gateway}:${toString network.hub_port}${hub.base_url}hub/error";
      extraOptions =
        common.extraOptions
        ++ lib.optional low "--cap-add=NET_BIND_SERVICE"
        ++ [
          "--mount=type=bind,source=${hub.state_directory}/secrets/proxy-token,target=/run/secrets/proxy-token,readonly"
        ];
    };

    systemd.services."docker-${hub.name}-proxy" = {
      # wants, not requires: hub and site may change, connections stay
      wants = [ "hubwright-prepare.service" ];
      after = [ "hubwright-prepare.service" ];
      serviceConfig = {
        RestartSec = 2;
        Restart = lib.mkForce "always";
      };
      startLimitIntervalSec = 0;
    };
  };
}
