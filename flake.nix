{
  description = "A JupyterHub for a lab's GPU machines that proves itself";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  # The project is nix/default.nix; here its parts get the names that flakes give them.
  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [ "x86_64-linux" ]; # NVIDIA's wheels, and the machines that labs have
      project = lib.genAttrs systems (system: import ./nix { inherit nixpkgs system; });
      each = part: lib.mapAttrs (_: part) project;
    in
    {
      nixosModules.hubwright = {
        imports = [ ./nix/modules ];
        # every host runs what is built and tested here, whatever nixpkgs it has itself
        config.services.hubwright.packages = lib.mapAttrs (
          _: lib.mkDefault
        ) project.x86_64-linux.packages;
      };
      nixosModules.default = self.nixosModules.hubwright;

      nixosConfigurations.gpuhost = lib.nixosSystem {
        modules = [
          self.nixosModules.default
          ./nix/hosts/gpuhost
        ];
      };

      packages = each (part: part.packages);
      checks = each (part: part.checks);
      formatter = each (part: part.formatter);
      devShells = each (part: { default = part.devShell; });

      overlays.default = import ./nix/overlay.nix;

      templates.default = {
        path = ./nix/templates/site;
        description = "A lab's own GPU host with hubwright, in four files";
      };
    };
}
