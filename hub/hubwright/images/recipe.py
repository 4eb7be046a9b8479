"""Recipes: for each image the files, arguments and labels that it is made from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import hubwright
from hubwright import labels, project
from hubwright.errors import UserError
from hubwright.images import catalogue
from hubwright.images.catalogue import LabSpec
from hubwright.images.context import File, Files, fingerprint, tree
from hubwright.images.environment import BuildEnvironment

DEBIAN = "hubwright/debian:13"
"""The base image: pulled, or made on this machine."""

HUB = "hub"
PROXY = "proxy"
PYTHON = "python"
"""The image that all others are made from."""

_NOT_IN_HUB = frozenset({"cli", "deploy", "images"})
"""Parts of the package that run on the host alone: a change there leaves the hub's image alone."""


@dataclass(frozen=True)
class Recipe:
    """Everything that an image is made from; equal recipes have equal tags."""

    name: str
    repository: str
    files: Files
    arguments: Mapping[str, str]
    labels: Mapping[str, str]

    @cached_property
    def tag(self) -> str:
        """The image as Docker names it. It does not depend on the machine's proxies or mirrors:
        hashes pin what comes in over them."""
        described = [
            f"{key}={value}"
            for part in (self.arguments, self.labels)
            for key, value in sorted(part.items())
        ]
        return f"{self.repository}:{fingerprint(self.files, *described)}"


def python_recipe(environment: BuildEnvironment) -> Recipe:
    """Debian with Python and the machine's own certificate authorities."""
    certificates = {
        f"certificates/{hashlib.sha256(data).hexdigest()[:12]}.crt": File(data)
        for data in environment.certificates
    }
    # Docker refuses to copy a directory that is not there
    files = {**_files(PYTHON, "strip-setuid"), **certificates, "certificates/README": File(b"")}
    return _recipe(PYTHON, files, {"DEBIAN": DEBIAN})


def recipe_of(name: str, environment: BuildEnvironment) -> Recipe:
    """The recipe of 'hub', 'proxy' or a lab image. Raises UserError for any other name."""
    python = python_recipe(environment).tag
    if name == HUB:
        package = project.root() / "hub" / "hubwright"
        files = {
            **_files(HUB, "install-packages", lock=HUB),
            **tree(package, "hubwright/", _NOT_IN_HUB),
        }
        return _recipe(HUB, files, {"PYTHON": python})
    if name == PROXY:
        files = _files(PROXY, "install-packages", "strip-setuid", lock=PROXY)
        return _recipe(PROXY, files, {"PYTHON": python, "DEBIAN": DEBIAN})
    labs = catalogue.load()
    if name not in labs:
        raise UserError(f"{name}: no such image; known: {', '.join([HUB, PROXY, *labs])}")
    return _lab_recipe(name, labs[name], python)


def _lab_recipe(name: str, spec: LabSpec, python: str) -> Recipe:
    files = _files("lab", "install-packages", "strip-setuid", lock=name)
    more = {
        labels.LAB_IMAGE: name,
        "org.opencontainers.image.title": spec.title,
        "org.opencontainers.image.description": spec.description,
    }
    if spec.minimum_driver:
        more[labels.MINIMUM_DRIVER] = spec.minimum_driver
    arguments = {"PYTHON": python, "APT": " ".join(sorted(spec.apt))}
    return _recipe(name, files, arguments, more, repository=f"hubwright/lab-{name}")


def _recipe(
    name: str,
    files: Files,
    arguments: Mapping[str, str],
    more_labels: Mapping[str, str] | None = None,
    repository: str = "",
) -> Recipe:
    return Recipe(
        name=name,
        repository=repository or f"hubwright/{name}",
        files=files,
        arguments=arguments,
        labels={
            labels.IMAGE: name,
            "org.opencontainers.image.version": hubwright.__version__,
            **(more_labels or {}),
        },
    )


def _files(directory: str, *common: str, lock: str = "") -> dict[str, File]:
    """The files of images/`directory`, with some of those that images share, and a lock."""
    images = project.root() / "images"
    files = {**tree(images / directory), **{name: File.read(images / name) for name in common}}
    if lock:
        path = images / "locks" / f"{lock}.txt"
        if not path.is_file():
            raise UserError(f"{path}: no such file; 'scripts/lock {lock}' makes it")
        files["lock.txt"] = File.read(path)
        files["uv.txt"] = File.read(path.with_name("uv.txt"))
    return files
