"""Builds what the project describes in Nix, where neither a binary cache nor sources are in reach.

What is text or wiring (scripts, units, configuration files, image layers) is built by Nix, for
real, from the real derivation. What would have to be compiled or downloaded becomes a stand-in
under its real store path:

* where stand_ins/default.nix knows the derivation's name: links to what is made there, which the
  stand-in refers to, so that images contain it;
* anything else: bin/ and sbin/ are the machine's own.

Stand-ins stay in the store, where whatever builds later takes them for the real thing. So they are
only put where Nix has no binary cache to get the real thing from; where it has one, everything is
really built.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hubwright.exclusive import exclusively

ROOT = Path(__file__).parents[2]
STAND_INS = Path(__file__).with_name("stand_ins")
TOOLS = ("dpkg-deb", "fakeroot", "jq", "mmdebstrap", "patchelf")
"""What the machine must have where stand-ins are made."""

Derivation = dict[str, Any]

_FLAGS = ("--extra-experimental-features", "nix-command flakes")
_LOCALLY = (
    *("--option", "sandbox", "false", "--option", "build-users-group", ""),
    *("--option", "builders", "", "--option", "substitute", "false"),
)


class NixError(Exception):
    """Nix did not do what it was asked for; with its last words."""


def run(*command: str, stdin: str | None = None, timeout: float = 600) -> str:
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode:
        words = "\n".join(done.stderr.strip().splitlines()[-40:])
        raise NixError(f"{' '.join(command)[:200]}: {words}")
    return done.stdout


@dataclass(frozen=True)
class StandIn:
    """What stands in for derivations of some names."""

    name: str
    pattern: str
    below: str

    def stands_for(self, derivation: Derivation) -> bool:
        return re.fullmatch(self.pattern, derivation["name"]) is not None


class Nix:
    """Nix with a nixpkgs tree: evaluates the project, and builds what it describes."""

    def __init__(self, nixpkgs: str) -> None:
        self.nixpkgs = nixpkgs

    def eval(self, expression: str) -> Any:
        """Value of an expression, in which `project` is nix/default.nix and `pkgs` its nixpkgs."""
        given = f'{{ nixpkgs = {self.nixpkgs}; system = "x86_64-linux"; }}'
        project, pkgs = f"import {ROOT}/nix {given}", f"import {ROOT}/nix/nixpkgs.nix {given}"
        text = f"let project = {project}; pkgs = ({pkgs}).plain; in {expression}"
        return json.loads(run("nix", *_FLAGS, "eval", "--impure", "--json", "--expr", text))

    @cached_property
    def has_cache(self) -> bool:
        """Whether there is somewhere to get the real thing from."""
        return bool(run("nix", *_FLAGS, "config", "show", "substituters").strip())

    def realise(self, drv: str) -> Path:
        """Output of a derivation, built as far as that can be done."""
        if self.has_cache:
            return Path(self._build([f"{drv}^out"], timeout=3600))
        with exclusively("nix-stand-ins"):
            self._put_stand_ins(drv)
            return Path(self._build([*_LOCALLY, f"{drv}^out"]))

    def _build(self, arguments: list[str], timeout: float = 900) -> str:
        build = ("build", "--no-link", "--print-out-paths", "--print-build-logs")
        return run("nix", *_FLAGS, *build, *arguments, timeout=timeout).strip()

    def _put_stand_ins(self, drv: str) -> None:
        """Leaves below the derivation only what Nix can build here."""
        show = ("derivation", "show", "--recursive", drv)
        derivations = json.loads(run("nix", *_FLAGS, *show))
        wanted = list(self._walk(derivations, drv))
        known = path_info([path for path, _ in wanted])
        outdated: list[str] = []
        missing: list[tuple[str, Path | None]] = []
        for path, stand_in in wanted:
            use = self.made(stand_in.name) / stand_in.below if stand_in else None
            info = known[path]
            if not info:
                missing.append((path, use))
            elif use and not info["deriver"] and store_path(use) not in info["references"]:
                outdated += info["references"] or [path]  # what has a deriver is the real thing
        if outdated:
            self._delete(outdated)
            self._put_stand_ins(drv)
            return
        for path, use in missing:
            put(Path(path), use)
        if missing:
            run("nix-store", "--register-validity", "--reregister", stdin=registration(missing))

    def _delete(self, paths: Iterable[str]) -> None:
        """Removes from the store what stood in, with all that was made with it."""
        users = run("nix-store", "--query", "--referrers-closure", *paths).split()
        run("nix-store", "--delete", "--ignore-liveness", *users)
        self._paths.clear()

    def _walk(
        self, derivations: dict[str, Derivation], root: str
    ) -> Iterator[tuple[str, StandIn | None]]:
        """Outputs that are not built below the root, and what stands in for them, if anything."""
        seen, open_ = {root}, [root]
        while open_:
            for inner in derivations[open_.pop()]["inputDrvs"]:
                if inner in seen:
                    continue
                seen.add(inner)
                derivation = derivations[inner]
                known = (known for known in self._stand_ins if known.stands_for(derivation))
                stand_in = next(known, None)
                if stand_in is None and is_wiring(derivation):
                    open_.append(inner)
                else:
                    for output in derivation["outputs"].values():
                        yield output["path"], stand_in

    @cached_property
    def _stand_ins(self) -> list[StandIn]:
        facts = "_: known: { inherit (known) for; below = known.below or null; }"
        text = f"builtins.mapAttrs ({facts}) ({self._stand_ins_expression})"
        found = json.loads(run("nix", *_FLAGS, "eval", "--impure", "--json", "--expr", text))
        return [StandIn(name, known["for"], known["below"] or "") for name, known in found.items()]

    @property
    def _stand_ins_expression(self) -> str:
        return f"import {STAND_INS} {{ nixpkgs = {self.nixpkgs}; }}"

    def made(self, name: str) -> Path:
        """Where what stands in lies in the store; made if need be, once."""
        if name not in self._paths:
            text = f"({self._stand_ins_expression}).{name}.from"
            self._paths[name] = self._build([*_LOCALLY, "--impure", "--expr", text])
        return Path(self._paths[name])

    @cached_property
    def _paths(self) -> dict[str, str]:
        return {}


def is_wiring(derivation: Derivation) -> bool:
    """Text, or a script over its inputs: no source, no download."""
    env = derivation["env"]
    env = env | json.loads(env.get("__json", "{}"))
    if env.get("outputHash") or env.get("src"):
        return False
    return "buildCommand" in env or "text" in env or derivation["builder"] == "/bin/sh"


def path_info(paths: Iterable[str]) -> dict[str, dict[str, Any] | None]:
    """What the store knows about paths; None for one that is not there."""
    known: dict[str, Any] = json.loads(run("nix", *_FLAGS, "path-info", "--json", *paths))
    return known


def store_path(path: Path) -> str:
    """/nix/store/NAME of a path below it."""
    return str(Path(*path.parts[:4]))


def put(path: Path, use: Path | None) -> None:
    """Makes the stand-in, anew if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.mkdir()
    if use is None:
        (path / "bin").symlink_to("/usr/bin")
        (path / "sbin").symlink_to("/usr/sbin")
        return
    for entry in use.iterdir():
        if entry.is_dir():  # a real directory, since images and environments merge them
            (path / entry.name).mkdir()
            for inner in entry.iterdir():
                (path / entry.name / inner.name).symlink_to(inner)
        else:
            (path / entry.name).symlink_to(entry)


def registration(made: Iterable[tuple[str, Path | None]]) -> str:
    """What nix-store --register-validity reads: path, deriver, number of references, these."""
    return "".join(
        f"{path}\n\n1\n{store_path(use)}\n" if use else f"{path}\n\n0\n" for path, use in made
    )


def missing() -> list[str]:
    """What this machine lacks for stand-ins."""
    lacking = [name for name in TOOLS if not shutil.which(name)]
    if os.geteuid():
        lacking.append("root's rights")
    if Path("/etc/NIXOS").exists():
        lacking.append("a store that the system itself does not run on")
    return lacking
