# The only place that imports nixpkgs. One instance for each CUDA generation: the whole set must be
# of one, since packages of two don't work in one process.
{ nixpkgs, system }:
let
  instance =
    {
      config ? { },
      overlays ? [ ],
    }:
    import nixpkgs {
      inherit system config;
      overlays = [ (import ./overlay.nix) ] ++ overlays;
    };

  cuda =
    overlay:
    instance {
      config = {
        cudaSupport = true;
        allowUnfreePredicate =
          package:
          plain._cuda.lib.allowUnfreeCudaPredicate package
          || builtins.elem (plain.lib.getName package) redistributable;
      };
      overlays = [
        withoutHaskell
        overlay
      ];
    };

  # not free, not under NVIDIA's CUDA licence either: wheels that may be passed on
  redistributable = [
    "cuda-bindings"
    "torch"
    "torchvision"
    "triton"
  ];

  # Slimmed-down copies of nixpkgs, such as machines without a network have, lack the Haskell
  # packages. All that CUDA's libraries take from them is pandoc, for man pages.
  withoutHaskell = final: prev: {
    pandoc =
      if prev.haskellPackages ? pandoc-cli then
        prev.pandoc
      else
        final.runCommand "pandoc-stand-in" { } "mkdir $out";
  };
  plain = instance { };
in
{
  inherit plain;
  cuda12 = cuda (_: _: { });
  cuda13 = cuda (final: _: { cudaPackages = final.cudaPackages_13; });
}
