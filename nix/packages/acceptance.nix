# The acceptance suite, to be run against a host: nix run .#acceptance -- --hosts=ssh://gpuhost
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
