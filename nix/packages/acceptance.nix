# nix run .#acceptance -- --hosts=ssh://gpuhost: the host's own acceptance suite, from anywhere;
# without --hosts the one of this flake, on this host.
{
  writeShellApplication,
  hubwright,
  openssh,
}:
writeShellApplication {
  name = "hubwright-acceptance";
  runtimeInputs = [
    hubwright
    openssh
  ];
  text = ''
    exec hubwright validate "$@"
  '';
  meta.description = "Proves that a hubwright host works";
}
