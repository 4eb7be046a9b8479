# images/labs.toml names packages as PyPI and Debian do; here stands what nixpkgs calls them.
# Versions are those of nixpkgs.
{ lib, pkgs }:
let
  # nixpkgs has PyTorch as a wheel for CUDA 13, and from source for CUDA 12
  torch =
    package: python: spec:
    if spec.cuda or null == 13 then python."${package}-bin" else python.${package};

  differentPython = {
    opencv-python-headless = python: _: python.opencv4;
    torch = torch "torch";
    torchvision = torch "torchvision";
  };

  programs = {
    gcc = [ pkgs.gcc ];
    git = [ pkgs.gitMinimal ];
    less = [ pkgs.less ];
    libc6-dev = [ ]; # part of gcc
    nano = [ pkgs.nano ];
    procps = [ pkgs.procps ];
  };

  # "tensorflow[and-cuda]>=2.20,<3" -> "tensorflow"
  nameOf = requirement: lib.head (builtins.match "([A-Za-z0-9._-]+).*" requirement);

  unknown =
    name:
    throw "images/labs.toml: nixpkgs has no '${name}'; say in nix/images/package-names.nix what it calls it";
in
{
  python =
    python: spec:
    map (
      requirement:
      let
        name = nameOf requirement;
      in
      (differentPython.${name} or (p: _: p.${name} or (unknown name))) python spec
    ) spec.packages;

  programs = spec: lib.concatMap (name: programs.${name} or (unknown name)) spec.apt;
}
