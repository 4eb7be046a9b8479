"""The tests in virtual machines: the script of each is right by the driver's own types.

test_flake.py evaluates their machines; they run where there is KVM: `nix flake check`.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TESTS = [
    path.stem
    for path in sorted((Path(__file__).parents[2] / "nix" / "checks" / "vm").glob("*.nix"))
    if path.stem not in {"default", "fixtures"}
]

DESCRIBED = """
  builtins.mapAttrs (_: test: {
    script = test.config.testScriptString;
    machines = builtins.attrNames test.config.nodes;
    types = test.config.hostPkgs.path + "/nixos/lib";
  }) (import ../../nix/checks/vm { inherit pkgs; inherit (project) packages module; })
"""


@pytest.fixture(scope="module")
def described(nix) -> dict[str, Any]:
    """What each test is: script and machines."""
    root = Path(__file__).parents[2]
    return nix.eval(DESCRIBED.replace("../..", str(root)))


class Checker:
    """Checks scripts as the build of a test's driver does: with types in front, and ruff."""

    def __init__(self, library: Path, directory: Path) -> None:
        """library: nixos/lib of a nixpkgs tree."""
        self._prefix = (library / "test-script-prepend.py").read_text()
        self._driver = library / "test-driver" / "src"
        self._path = directory / "script_with_types.py"
        self._cache = directory / "cache"

    def problems(self, script: str, machines: list[str]) -> str:
        """What is wrong with the script; empty if nothing is."""
        hints = "\n".join(f"{name} = create_fake_qemu_machine()" for name in machines)
        self._path.write_text(f"{self._prefix}\n{hints}\n{script}")
        return self._mypy() + self._ruff()

    def _mypy(self) -> str:
        options = ("--follow-imports=silent", "--ignore-missing-imports", "--check-untyped-defs")
        return self._run(
            *("mypy", "--config-file=", "--python-version=3.13", "--no-error-summary"),
            *(*options, f"--cache-dir={self._cache}"),
            environment={"MYPYPATH": str(self._driver)},
        )

    def _ruff(self) -> str:
        return self._run(*("ruff", "check", "--isolated", "--select=F,E9", "--quiet"))

    def _run(self, *command: str, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            [Path(sys.executable).with_name(command[0]), *command[1:], self._path],
            capture_output=True,
            text=True,
            env=environment or {},
            timeout=300,
            check=False,
        )
        return done.stdout + done.stderr if done.returncode else ""


@pytest.fixture(scope="module")
def checker(described, tmp_path_factory) -> Checker:
    library = next(iter(described.values()))["types"]
    return Checker(Path(library), tmp_path_factory.mktemp("scripts"))


def test_every_file_is_a_test(described):
    assert sorted(described) == TESTS


@pytest.mark.parametrize("name", TESTS)
def test_a_script_is_right(described, checker, name):
    test = described[name]
    assert "gpuhost" in test["machines"]
    assert not checker.problems(test["script"], test["machines"])


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ('gpuhost.wait_for_untt("docker.service")', '"QemuMachine" has no attribute'),
        ("gpuhost.wait_for_unit()", "Missing positional argument"),
        ('gpuhost.succeed("true", timeout="1")', 'Argument "timeout"'),
        ('gpuhots.succeed("true")', "gpuhots"),
        ('t.assertIn(gpuhost.execute("true"), 1)', "assertIn"),
        ("import json", "F401"),
        ('with subtest("open"', "syntax"),
    ],
)
def test_a_script_that_is_wrong_is_refused(checker, script, problem):
    assert problem in checker.problems(script, ["gpuhost"])
