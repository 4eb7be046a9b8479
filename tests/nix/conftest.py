"""Nix with a nixpkgs tree, and the images that it makes, loaded into Docker."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

import docker
import pytest

from nix.realise import ROOT, Nix, NixError, missing, run

IMAGES = "with project.packages; { hub = hub-image; proxy = proxy-image; base = lab-image-base; }"
"""The images by their names in a site."""


@pytest.fixture(scope="session")
def nix() -> Nix:
    """Nix with a nixpkgs tree, for evaluation."""
    if shutil.which("nix") is None:
        pytest.skip("needs Nix: 'nix' is not installed")
    return Nix(find_nixpkgs())


@pytest.fixture(scope="session")
def builder(nix) -> Nix:
    """Nix that can realise derivations, too."""
    if not nix.has_cache and (lacking := missing()):
        pytest.skip(f"Nix has no binary cache here, and for stand-ins lacks {', '.join(lacking)}")
    return nix


def find_nixpkgs() -> str:
    """A nixpkgs tree: the one that is named, the one that is at hand, or the flake's own."""
    if given := os.environ.get("HUBWRIGHT_NIXPKGS"):
        return given
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    tree = cache / "hubwright" / "nixpkgs"
    if tree.is_dir():
        return str(tree)
    expression = f'(builtins.getFlake "git+file://{ROOT}").inputs.nixpkgs.outPath'
    flags = ("--extra-experimental-features", "nix-command flakes", "--impure", "--raw")
    try:
        return run("nix", "eval", *flags, "--expr", expression, timeout=90)
    except (NixError, subprocess.TimeoutExpired):
        pytest.skip(f"needs nixpkgs: no {tree}, no HUBWRIGHT_NIXPKGS, and it can't be downloaded")


@dataclass(frozen=True)
class NixImage:
    """An image that Nix makes."""

    tag: str
    stream: Path
    """The script that streams it into Docker."""


@pytest.fixture(scope="session")
def nix_images(builder) -> dict[str, NixImage]:
    """Hub, proxy and lab image by their names in a site."""
    facts = '_: image: { inherit (image) drvPath; tag = with image; imageName + ":" + imageTag; }'
    described = builder.eval(f"builtins.mapAttrs ({facts}) ({IMAGES})")
    return {
        name: NixImage(image["tag"], builder.realise(image["drvPath"]))
        for name, image in described.items()
    }


@pytest.fixture(scope="session")
def images(nix_images, docker_client) -> Iterator[dict[str, str]]:
    """Tags of hub, proxy and lab image, which Docker has; what was loaded is gone afterwards."""
    before = {tag for image in docker_client.images.list() for tag in image.tags}
    tags = {name: image.tag for name, image in nix_images.items()}
    try:
        for image in nix_images.values():
            with subprocess.Popen([image.stream], stdout=PIPE, stderr=DEVNULL) as process:
                docker_client.images.load(process.stdout)
            assert process.returncode == 0, image.stream
        yield tags
    finally:
        for tag in set(tags.values()) - before:
            with suppress(docker.errors.ImageNotFound):
                docker_client.images.remove(tag)
