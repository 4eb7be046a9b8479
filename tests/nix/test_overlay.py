"""What the overlay adds to nixpkgs, held against the wheels themselves and our own pins.

nixpkgs checks the same when it builds such a package, but not every machine can build it.
"""

import base64
import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import BytesParser

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nix.realise import ROOT

PACKAGES = ("jupyterhub", "jupyterhub-idle-culler", "jupyterhub-nativeauthenticator")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "images/locks/hub.txt").read_text()

FACTS = """
let
  python = pkgs.python3.pkgs;
  describe = package: {
    inherit (package) version;
    hash = package.src.outputHash or null;
    dependencies = builtins.listToAttrs (
      map (one: { name = one.pname; value = one.version; }) package.dependencies
    );
  };
  hub = [ "dockerspawner" PACKAGES ];
in
{
  python = pkgs.python3.version;
  packages = pkgs.lib.genAttrs hub (name: describe python.${name});
  # store paths of what is in the command's environment
  command = map (chosen: map builtins.unsafeDiscardStringContext chosen.paths)
    project.packages.hubwright.python.chosenOutputs;
}
""".replace("PACKAGES", " ".join(f'"{name}"' for name in PACKAGES))


@pytest.fixture(scope="module")
def facts(nix):
    return nix.eval(FACTS)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Downloads the wheel that the lock pins."""

    def download(name):
        folder = tmp_path_factory.mktemp(name)
        pinned = re.search(rf"^{name}==.*(\n +--hash.*)+", LOCK, re.MULTILINE)[0]
        (folder / "lock.txt").write_text(pinned)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        pip += ["--only-binary=:all:", "--dest", folder, "--requirement", folder / "lock.txt"]
        subprocess.run(pip, check=True, timeout=300)
        (found,) = folder.glob("*.whl")
        return found

    return download


def pins(requirements):
    """Names and specifiers of requirements."""
    parsed = map(Requirement, requirements)
    return {canonicalize_name(one.name): one.specifier for one in parsed}


def required(wheel, python):
    """What a wheel says that it depends on, in nixpkgs' Python, without extras."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = BytesParser().parsebytes(archive.read(name))
    here = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python}
    here |= {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
    return pins(
        text
        for text in metadata.get_all("Requires-Dist") or []
        if (marker := Requirement(text).marker) is None or marker.evaluate(here)
    )


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_of_ours(facts, wheel, name):
    """Hash and dependencies are those of the wheel; nixpkgs has versions that the wheel takes."""
    package, file = facts["packages"][name], wheel(name)
    digest = hashlib.sha256(file.read_bytes())
    assert package["hash"] == "sha256-" + base64.b64encode(digest.digest()).decode()
    assert f"--hash=sha256:{digest.hexdigest()}" in LOCK
    wanted = required(file, facts["python"])
    given = {canonicalize_name(one): version for one, version in package["dependencies"].items()}
    assert set(given) == set(wanted)
    assert unsatisfied(wanted, given) == []


def test_versions_are_the_pinned_ones(facts):
    wanted = pins(PROJECT["optional-dependencies"]["hub"])
    given = {name: package["version"] for name, package in facts["packages"].items()}
    assert set(given) == set(wanted)
    assert unsatisfied(wanted, given) == []


def test_the_command_has_what_it_needs(facts):
    paths = (path for chosen in facts["command"] for path in chosen)
    matches = (re.fullmatch(r".*/\w+-python3\.\d+-(.+?)-(\d[^-]*)", path) for path in paths)
    given = {canonicalize_name(found[1]): found[2] for found in matches if found}
    wanted = pins(PROJECT["dependencies"])
    assert set(wanted) <= set(given)
    assert unsatisfied(wanted, given) == []


def unsatisfied(wanted, given):
    return [
        f"{name}{specifier}: {given[name]}"
        for name, specifier in wanted.items()
        if not specifier.contains(given[name], prereleases=True)
    ]
