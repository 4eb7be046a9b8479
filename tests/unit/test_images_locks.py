"""The locks: everything is pinned by hash, and none names a registry."""

import json
import re
import tomllib

import pytest

from hubwright import project
from hubwright.errors import UserError
from hubwright.images import catalogue
from hubwright.images.locks import locked_version

ROOT = project.root()
LOCKS = sorted([*ROOT.glob("images/locks/*.txt"), *ROOT.glob("requirements/*.txt")])
NODE_LOCK = json.loads((ROOT / "images/proxy/package-lock.json").read_text())


def requirements(path):
    """The entries of a lock: each requirement with its hashes."""
    text = path.read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_there_is_one_for_everything():
    names = {path.relative_to(ROOT).as_posix() for path in LOCKS}
    wanted = {"hub", "proxy", "uv", *catalogue.load()}
    assert names == {
        *(f"images/locks/{name}.txt" for name in wanted),
        *(f"requirements/{name}.txt" for name in ("build", "dev", "runtime")),
    }


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_locks(path):
    entries = requirements(path)
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)
    assert "://" not in path.read_text()
    assert not [entry for entry in entries if entry.startswith(("rfc3987-syntax", "--"))]


@pytest.mark.parametrize("name", catalogue.load())
def test_a_lab_s_lock_holds_its_packages(name):
    locked = {entry.split("==")[0] for entry in requirements(ROOT / f"images/locks/{name}.txt")}
    named = {re.split(r"[\[=<>~!]", package)[0] for package in catalogue.load()[name].packages}
    assert named <= locked


@pytest.mark.parametrize("name", catalogue.load())
def test_a_lab_has_one_cuda(name):
    """Those of two versions overwrite each other's files."""
    suffixes = {
        match[1]
        for entry in requirements(ROOT / f"images/locks/{name}.txt")
        if (match := re.match(r"nvidia-.*-(cu[0-9]+)==", entry))
    }
    assert len(suffixes) == (1 if catalogue.load()[name].minimum_driver else 0)


def test_the_hub_s_lock_holds_what_pyproject_pins():
    pins = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for pin in pins["hub"]:
        package, version = pin.split("==")
        assert locked_version("hub", package) == version


@pytest.mark.parametrize("name", catalogue.load())
def test_labs_have_the_hub_s_jupyterhub(name):
    assert locked_version(name, "jupyterhub") == locked_version("hub", "jupyterhub")


def test_a_package_that_is_not_there():
    with pytest.raises(UserError, match="pins no torch"):
        locked_version("base", "torch")


def test_the_proxy_s_lock():
    packages = {name: entry for name, entry in NODE_LOCK["packages"].items() if name}
    assert packages["node_modules/configurable-http-proxy"]["version"] == "5.3.0"
    for entry in packages.values():
        assert entry["integrity"].startswith("sha512-")
        assert "resolved" not in entry
