# nixpkgs' standard environment that takes every tool from the machine (pkgs/stdenv/native).
{ nixpkgs, run }:
let
  # three tools that every standard environment brings along; nothing here asks for them
  tool =
    name:
    run name { } "mkdir -p $out/bin; ln -s /usr/bin/${name} $out/bin/"
    // {
      pname = name;
      outputName = "out";
    };
in
(import nixpkgs {
  system = "x86_64-linux";
  config = { };
  overlays = [
    (_: _: {
      file = tool "file";
      patchelf = tool "patchelf";
      xz = tool "xz";
    })
  ];
  stdenvStages =
    stages: import (nixpkgs + "/pkgs/stdenv/native") (removeAttrs stages [ "crossOverlays" ]);
}).stdenvNoCC
