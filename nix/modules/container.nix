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
  # what they say is in the journal by way of their units; there it would stand twice
  log-driver = "json-file";
  extraOptions = [
    "--cap-drop=ALL"
    "--init"
    "--log-opt=max-file=3"
    "--log-opt=max-size=10m"
    "--read-only"
    "--security-opt=no-new-privileges"
    "--tmpfs=/tmp:size=64m,mode=1777"
  ];
}
