{
  mkShellNoCC,
  formatter,
  hubwright,
  ruff,
  shellcheck,
}:
mkShellNoCC {
  packages = [
    formatter
    hubwright.python
    ruff
    shellcheck
  ];
}
