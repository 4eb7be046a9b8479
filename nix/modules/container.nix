# What hub and proxy have in common as containers: not root, nothing to write to but /tmp, no
# capabilities, on the host's network.
{
  role,
  image,
  user,
  site,
}:
{
  image = "${image.imageName}:${image.imageTag}";
  pull = "never"; # hubwright-images has loaded it
  inherit user;
  networks = [ "host" ];
  labels = {
    "hubwright.hub" = site;
    "hubwright.role" = role;
  };
  extraOptions = [
    "--cap-drop=ALL"
    "--init"
    "--read-only"
    "--security-opt=no-new-privileges"
    "--tmpfs=/tmp:size=64m,mode=1777"
  ];
}
