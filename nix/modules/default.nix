# services.hubwright: a JupyterHub for a lab's GPU machine. One file for each concern.
{
  imports = [
    ./backup.nix
    ./docker.nix
    ./gpu.nix
    ./hub.nix
    ./images.nix
    ./monitoring.nix
    ./network.nix
    ./proxy.nix
    ./settings.nix
    ./storage.nix
    ./tls.nix
    ./tools.nix
    ./users.nix
  ];
}
