{ nixpkgs, pkgs, packages, module }:
{
  hubwright = packages.hubwright;
}
