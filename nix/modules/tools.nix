# Programs for those who look after the host.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.hubwright;
in
{
  options.services.hubwright.tools.enable =
    lib.mkEnableOption "the installation of tmux, htop and nvtop on the host"
    // {
      default = true;
    };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [
      cfg.packages.hubwright
    ]
    ++ lib.optionals cfg.tools.enable [
      pkgs.htop
      pkgs.tmux
    ]
    ++ lib.optional (cfg.tools.enable && cfg.gpu.enable) pkgs.nvtopPackages.nvidia;
  };
}
