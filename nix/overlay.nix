# What nixpkgs lacks or has too old: the hub's own Python packages, in the versions of
# pyproject.toml, which the images for Docker have, too.
_final: prev: {
  pythonPackagesExtensions = prev.pythonPackagesExtensions ++ [
    (python: _: {
      jupyterhub = python.callPackage ./packages/jupyterhub.nix { };
      jupyterhub-idle-culler = python.callPackage ./packages/jupyterhub-idle-culler.nix { };
      jupyterhub-nativeauthenticator =
        python.callPackage ./packages/jupyterhub-nativeauthenticator.nix
          { };
    })
  ];
}
