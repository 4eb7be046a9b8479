"""Nix with a nixpkgs tree, and the images that it makes, loaded into Docker."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from nix.realise import ROOT, Nix, NixError, missing_tools, run

IMAGES = {"hub": "hub-image", "proxy": "proxy-image", "base": "lab-image-base"}
"""What they are called in a site, and in nix/default.nix."""


@pytest.fixture(scope="session")
def nix() -> Nix:
    """Nix with a nixpkgs tree, for evaluation."""
    if shutil.which("nix") is None:
        pytest.skip("needs Nix: 'nix' is not installed")
    return Nix(find_nixpkgs())


@pytest.fixture(scope="session")
def builder(nix) -> Nix:
    """Nix that can realise derivations, too."""
    if not nix.has_cache and (missing := missing_tools()):
        pytest.skip(f"Nix has no binary cache here, and for stand-ins lacks {', '.join(missing)}")
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


@pytest.fixture(scope="session")
def images(builder, docker_client) -> Iterator[dict[str, str]]:
    """Tags of hub, proxy and lab image, streamed into Docker; gone afterwards."""
    before = {tag for image in docker_client.images.list() for tag in image.tags}
    tags = {
        name: load(docker_client, builder.realise(builder.eval(f"project.packages.{package}.drvPath")))
        for name, package in IMAGES.items()
    }
    yield tags
    for tag in set(tags.values()) - before:
        docker_client.images.remove(tag)


def load(client: docker.DockerClient, stream: Path) -> str:
    """Loads an image from the script that streams it; its tag."""
    with subprocess.Popen([stream], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        # more than Docker's client waits for an answer by default
        (image,) = client.images.load(process.stdout)
        words = process.stderr.read().decode()
    assert process.returncode == 0, words
    (tag,) = image.tags
    return tag
