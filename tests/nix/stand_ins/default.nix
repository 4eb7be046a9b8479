# What stands in for what would have to be compiled. For each: `for`, the names of the derivations
# that it stands for (a regular expression of the whole name), `from`, what is made in their stead,
# and `below`, the part of it that they are to hold.
{ nixpkgs }:
let
  run = import ./run.nix;
  images = ../../../images;

  debian = import ./debian.nix {
    inherit run;
    packages = [
      "bash"
      "coreutils"
      "diffutils"
      "findutils"
      "gawk"
      "git"
      "grep"
      "gzip"
      "less"
      "nano"
      "procps"
      "sed"
      "tar"
      "xutils-dev"
    ];
  };
  fromDebian = names: package: {
    for = names;
    from = debian;
    below = "packages/${package}";
  };

  python = import ./python.nix {
    inherit run debian;
    uvLock = images + "/locks/uv.txt";
  };
  environment = names: name: lock: {
    for = "${names}-3\\.13\\..*";
    from = python name lock;
  };
in
{
  bash = fromDebian "bash(-interactive)?-5\\..*" "bash";
  coreutils = fromDebian "coreutils-9\\..*" "coreutils";
  diffutils = fromDebian "diffutils-[0-9.]+" "diffutils";
  findutils = fromDebian "findutils-[0-9.]+" "findutils";
  gawk = fromDebian "gawk-[0-9.]+" "gawk";
  grep = fromDebian "gnugrep-[0-9.]+" "grep";
  gzip = fromDebian "gzip-[0-9.]+" "gzip";
  sed = fromDebian "gnused-[0-9.]+" "sed";
  tar = fromDebian "gnutar-[0-9.]+" "tar";
  git = fromDebian "git-minimal-2\\..*" "git";
  less = fromDebian "less-[0-9]+" "less";
  nano = fromDebian "nano-[0-9.]+" "nano";
  procps = fromDebian "procps-[0-9.]+" "procps";
  lndir = fromDebian "lndir-1\\..*" "xutils-dev";
  libraries = fromDebian "(gcc|zlib)-[0-9.]+" "libraries";
  python = fromDebian "python3-3\\.13\\.[0-9]+" "python";

  hub-python = environment "hubwright-hub-python" "hub-python" (images + "/locks/hub.txt");
  lab-python = environment "hubwright-lab-base-python" "lab-python" (images + "/locks/base.txt");
  command-python = environment "hubwright-python" "command-python" ../../../requirements/runtime.txt;

  proxy = {
    for = "configurable-http-proxy-.*";
    from = import ./proxy.nix {
      inherit run debian;
      proxy = images + "/proxy";
      lock = images + "/locks/proxy.txt";
    };
  };

  # the machine's own, with what its owner added
  authorities = {
    for = "nss-cacert-.*";
    from =
      run "stand-in-authorities" { bundle = /etc/ssl/certs/ca-certificates.crt; }
        "install -D -m 644 $bundle $out/etc/ssl/certs/ca-bundle.crt";
  };

  # nixpkgs checks the style of its own scripts when they are built
  flake8 = {
    for = "python3\\.13-flake8-.*";
    from = run "stand-in-flake8" { } "mkdir -p $out/bin; ln -s /bin/true $out/bin/flake8";
  };

  standard-environment = {
    for = ".*stdenv-linux";
    from = import ./stdenv.nix { inherit nixpkgs run; };
  };
}
