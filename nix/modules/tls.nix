# HTTPS: nginx in front of the proxy, with a certificate of ACME's or one's own.
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
  inherit (cfg.settings) hub;
  own = cfg.tls.certificateFile != null;
  loopback = lib.hasPrefix "127." hub.address;
in
{
  options.services.hubwright = {
    domain = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "hub.lab.example.org";
      description = ''
        Name under which people reach the hub. With one, nginx serves it by HTTPS; with null the hub
        listens on loopback alone, for an SSH tunnel or a web server of your own.
      '';
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the ports of HTTP and HTTPS are opened in the firewall.";
    };

    tls = {
      certificateFile = mkOption {
        type = types.nullOr types.externalPath;
        default = null;
        example = "/var/lib/certificates/hub.pem";
        description = ''
          Certificate of the domain with its chain, as PEM. With null it is ACME's (Let's Encrypt):
          accept its terms in {option}`security.acme.acceptTerms` and give an address in
          {option}`security.acme.defaults.email`.
        '';
      };
      keyFile = mkOption {
        type = types.nullOr types.externalPath;
        default = null;
        example = "/var/lib/certificates/hub.key";
        description = "Key of the certificate, readable by nginx; outside of the Nix store.";
      };
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        # nginx, or a tunnel, is the only way in
        services.hubwright.settings.hub.address = lib.mkDefault "127.0.0.1";

        assertions = [
          {
            assertion = loopback;
            message = ''
              ${opt.settings}.hub.address is ${hub.address}: passwords would cross the network in clear text.
              Leave it on 127.0.0.1 (nothing but 127.* is accepted), and give the hub a name in ${opt.domain}.
            '';
          }
          {
            assertion = hub.base_url == "/" || builtins.match "/.+/" hub.base_url != null;
            message = "${opt.settings}.hub.base_url is ${hub.base_url}: begin and end it with a slash, such as /jupyter/.";
          }
          {
            assertion = own == (cfg.tls.keyFile != null);
            message = "${opt.tls.certificateFile} and ${opt.tls.keyFile} go together: set both, or neither for ACME.";
          }
          {
            assertion = own -> cfg.domain != null;
            message = "${opt.tls.certificateFile} is given, and ${opt.domain} is not: say which name the certificate is for.";
          }
          {
            assertion = cfg.openFirewall -> cfg.domain != null;
            message = "${opt.openFirewall} is set, and nothing would answer: give the hub a name in ${opt.domain}.";
          }
        ];
      }
      (lib.mkIf (cfg.domain != null) {
        services.hubwright.settings.hub.public_url = lib.mkDefault "https://${cfg.domain}${hub.base_url}";

        services.nginx = {
          enable = true;
          recommendedProxySettings = lib.mkDefault true;
          recommendedTlsSettings = lib.mkDefault true;
          virtualHosts.${cfg.domain} = {
            forceSSL = true;
            enableACME = lib.mkDefault (!own); # off for security.acme.certs of one's own
            sslCertificate = lib.mkIf own cfg.tls.certificateFile;
            sslCertificateKey = lib.mkIf own cfg.tls.keyFile;
            locations."/" = {
              proxyPass = "http://${hub.address}:${toString hub.port}";
              proxyWebsockets = true;
              recommendedProxySettings = true;
              extraConfig = ''
                # notebooks and uploads of any size, kernels that say nothing for a day
                client_max_body_size 0;
                proxy_buffering off;
                proxy_request_buffering off;
                proxy_read_timeout 1d;
                proxy_send_timeout 1d;
              '';
            };
          };
        };
        networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [
          80
          443
        ];
      })
    ]
  );
}
