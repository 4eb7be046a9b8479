# Figures: the hub's and the GPUs', for Prometheus, and a dashboard of them for Grafana.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.hubwright;
  inherit (cfg.settings) hub network;
  exporter = config.services.prometheus.exporters.nvidia-gpu;
  token = "hubwright-metrics-token";
  dashboards = pkgs.linkFarm "hubwright-dashboards" { "hubwright.json" = ./dashboard.json; };
in
{
  options.services.hubwright.monitoring.enable =
    lib.mkEnableOption "figures of hub and GPUs in Prometheus, and a dashboard where Grafana is enabled";

  config = lib.mkIf (cfg.enable && cfg.monitoring.enable) {
    services.prometheus = {
      enable = true;
      listenAddress = lib.mkDefault "127.0.0.1";
      # the token is there when the hub is, not when this is built
      checkConfig = lib.mkDefault "syntax-only";
      scrapeConfigs = [
        {
          job_name = "hubwright";
          metrics_path = "${hub.base_url}hub/metrics";
          authorization = {
            type = "token";
            credentials_file = "/run/credentials/prometheus.service/${token}";
          };
          static_configs = [ { targets = [ "${hub.address}:${toString hub.port}" ]; } ];
        }
      ]
      ++ lib.optional cfg.gpu.enable {
        job_name = "hubwright-gpus";
        static_configs = [ { targets = [ "127.0.0.1:${toString exporter.port}" ]; } ];
      };
      exporters.nvidia-gpu = lib.mkIf cfg.gpu.enable {
        enable = true;
        listenAddress = lib.mkDefault "127.0.0.1";
      };
    };

    systemd.services.prometheus = {
      wants = [ "hubwright-prepare.service" ];
      after = [ "hubwright-prepare.service" ];
      # the token may come late
      startLimitIntervalSec = 0;
      serviceConfig = {
        LoadCredential = [ "${token}:${hub.state_directory}/secrets/metrics-token" ];
        RestartSec = 10;
      };
    };

    environment.etc."hubwright/grafana-dashboard.json".source = ./dashboard.json;

    services.grafana.provision = lib.mkIf config.services.grafana.enable {
      enable = true;
      datasources.settings.datasources = [
        {
          name = "hubwright";
          uid = "hubwright";
          type = "prometheus";
          url = "http://${config.services.prometheus.listenAddress}:${toString config.services.prometheus.port}";
        }
      ];
      dashboards.settings.providers = [
        {
          name = "hubwright";
          options.path = dashboards;
        }
      ];
    };
  };
}
