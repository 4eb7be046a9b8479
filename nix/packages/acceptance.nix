# The acceptance suite, to be run against a host: nix run .#acceptance
{
  writeShellApplication,
  hubwright,
}:
writeShellApplication {
  name = "hubwright-acceptance";
  runtimeInputs = [ hubwright.python ];
  text = ''
    suite=${hubwright}/share/hubwright/tests/acceptance
    export PYTHONPATH=${hubwright}/share/hubwright/hub
    exec python3 -s -P -m pytest -c "$suite/pytest.ini" -p no:cacheprovider "$suite" "$@"
  '';
  meta.description = "Proves that a hubwright host works";
}
