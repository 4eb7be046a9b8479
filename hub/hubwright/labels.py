"""The labels by which hubwright knows its own containers, networks and images.

Docker's labels are the truth about labs and leases: there is no second database of them.
"""

PREFIX = "hubwright"

HUB = f"{PREFIX}.hub"
"""Name of the site's hub (`hub.name` in the site file); on everything that hubwright makes."""

ROLE = f"{PREFIX}.role"
"""What the container is: one of the ROLE_ values below."""

ROLE_HUB = "hub"
ROLE_PROXY = "proxy"
ROLE_LAB = "lab"
ROLE_HELPER = "helper"

USER = f"{PREFIX}.user"
"""The user's name as the user writes it (a lab)."""

SERVER = f"{PREFIX}.server"
"""The name of the user's server; empty for the default one (a lab)."""

PROFILE = f"{PREFIX}.profile"
"""The key of the profile that the lab was started with (a lab)."""

DEVICES = f"{PREFIX}.devices"
"""The leased devices: CDI names joined by commas; empty for none (a lab)."""

UNTIL = f"{PREFIX}.until"
"""When the lab's hours end: seconds since the epoch; absent without a limit (a lab)."""

SPEC = f"{PREFIX}.spec"
"""Hash of everything the container was made from; a different one means it must be replaced."""

LAB_IMAGE = f"{PREFIX}.lab-image"
"""Name of the lab image in images/labs.toml (an image)."""

MINIMUM_DRIVER = f"{PREFIX}.minimum-driver"
"""The oldest NVIDIA driver that the image's CUDA works with (an image)."""

IMAGE = f"{PREFIX}.image"
"""Name of the image: 'hub', 'proxy', a lab image's name, or what those are made from (an image)."""

STAGE = f"{PREFIX}.stage"
"""Name of the image that this is only a stage of, to be removed after the build (an image)."""
