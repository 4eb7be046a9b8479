# The labs' network, as far as the host has to know it: its bridge, and what labs reach through it.
{ config, lib, ... }:
let
  cfg = config.services.hubwright;
in
{
  config = lib.mkIf cfg.enable {
    # a name of its own, so that the firewall can tell labs from everybody else
    services.hubwright.settings.network.bridge = lib.mkDefault "hubwright0";
    # and a subnet that is known beforehand, so that the proxy finds the hub's error pages
    services.hubwright.settings.network.subnet = lib.mkDefault "172.30.0.0/16";

    # else they would ask for addresses on the labs' bridge and on each lab's cable
    networking.dhcpcd.denyInterfaces = [
      cfg.settings.network.bridge
      "docker*"
      "veth*"
    ];
    networking.networkmanager.unmanaged = map (name: "interface-name:${name}") [
      cfg.settings.network.bridge
      "docker*"
      "veth*"
    ];

    networking.firewall.interfaces.${cfg.settings.network.bridge}.allowedTCPPorts = [
      cfg.settings.network.hub_port
    ];
  };
}
