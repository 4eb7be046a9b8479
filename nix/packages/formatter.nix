# `nix fmt`: Nix files with nixfmt, Python files with ruff. --check changes nothing.
{
  writeShellApplication,
  gitMinimal,
  nixfmt-rs, # nixfmt in Rust: the same result without Haskell
  ruff,
}:
writeShellApplication {
  name = "hubwright-format";
  runtimeInputs = [
    gitMinimal
    nixfmt-rs
    ruff
  ];
  text = ''
    cd "$(git rev-parse --show-toplevel)"
    mode=()
    [ "''${1:-}" != --check ] || mode=(--check)
    git ls-files -z '*.nix' | xargs -0 nixfmt "''${mode[@]}"
    ruff format "''${mode[@]}"
  '';
}
