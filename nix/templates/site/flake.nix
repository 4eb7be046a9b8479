{
  description = "Our lab's GPU host";

  inputs = {
    # where you have hubwright from; a directory is named git+file:///home/grace/hubwright
    hubwright.url = "github:OWNER/hubwright";
    # the host is built from the nixpkgs that hubwright is tested with
    nixpkgs.follows = "hubwright/nixpkgs";
  };

  outputs =
    { nixpkgs, hubwright, ... }:
    {
      nixosConfigurations.gpuhost = nixpkgs.lib.nixosSystem {
        modules = [
          hubwright.nixosModules.default
          ./hardware.nix
          ./site.nix
        ];
      };
    };
}
