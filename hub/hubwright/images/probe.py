"""Looks at a lab image from inside: run in a container of it, never imported.

It gets one JSON document as its argument (`home`, `user`: the image's, `start`: its entry point
and command, `programs`, `imports`) and prints one, with what it has seen. It judges nothing. It
needs nothing but Python 3.9, since it runs in users' images, too.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import re
import shutil
import site
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

Ran = tuple[int, str]
"""Exit code and output."""

POISON = "raise SystemExit('the user site was imported')\n"
SERVER_MODULES = ("jupyterhub", "jupyter_server", "jupyterlab", "tornado", "traitlets")
SKIPPED = {"/proc", "/sys", "/dev", "/run"}
TESTS = re.compile(r"/tests?/")
SECRET_FILE = re.compile(
    r"^(\.netrc|_netrc|\.pypirc|\.git-credentials|id_(rsa|dsa|ecdsa|ed25519)|.*\.key|.*\.pem"
    r"|\.npmrc|pip\.conf|\.dockercfg|\.env|credentials(\.json)?|auth\.json)$"
)
SECRET_TEXT = re.compile(
    rb"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----|://[^/\s:@]+:[^/\s:@]+@"
    rb"|(?im:^\s*machine\s+\S[\s\S]*?password\s+\S)|_authToken\s*=\s*\S"
    rb"|(?im:^\s*(password|aws_secret_access_key|[A-Z0-9_]*(TOKEN|SECRET|PASSWORD))\s*[:=]\s*\S)"
    rb'|"auth"\s*:\s*"[A-Za-z0-9+/=]+"'
)


def run(command: list[str]) -> Ran:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, str(error)
    return done.returncode, done.stdout.decode(errors="replace").strip()


def walk(top: str) -> Iterator[tuple[Path, os.stat_result]]:
    """Every plain file below `top`."""
    try:
        entries = list(os.scandir(top))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.path not in SKIPPED:
                yield from walk(entry.path)
        elif entry.is_file(follow_symlinks=False):
            try:
                yield Path(entry.path), entry.stat(follow_symlinks=False)
            except OSError:
                continue


def find_files() -> tuple[list[str], list[str]]:
    """Setuid and setgid files, and files that hold secrets."""
    privileged, secrets = [], []
    for path, status in walk("/"):
        if status.st_mode & (stat.S_ISUID | stat.S_ISGID):
            privileged.append(str(path))
        # packages' tests bring keys that open nothing
        if SECRET_FILE.match(path.name) and not TESTS.search(str(path)):
            try:
                if SECRET_TEXT.search(path.read_bytes()):
                    secrets.append(str(path))
            except OSError:
                secrets.append(f"{path} (can't be read)")
    return sorted(privileged), sorted(secrets)


def count_stale() -> dict[str, int]:
    """For each module of the server, how many of its files have no valid compiled form, if any."""
    found = {}
    for name in SERVER_MODULES:
        spec = importlib.util.find_spec(name)
        if spec and spec.submodule_search_locations:
            found[name] = sum(
                path.suffix == ".py" and not TESTS.search(str(path)) and not compiled(path, status)
                for path, status in walk(spec.submodule_search_locations[0])
            )
    return {name: count for name, count in found.items() if count}


def compiled(path: Path, status: os.stat_result) -> bool:
    """Whether Python would take the compiled form of a file as it is."""
    try:
        header = Path(importlib.util.cache_from_source(str(path))).read_bytes()[:16]
    except OSError:
        return False
    if header[:4] != importlib.util.MAGIC_NUMBER:
        return False
    flags, modified, size = struct.unpack("<3I", header[4:])
    if flags & 1:
        return True
    return bool(modified == int(status.st_mtime) & 0xFFFFFFFF and size == status.st_size)


def try_user_site(start: list[str]) -> tuple[Ran, Ran]:
    """The server with broken packages in ~/.local, and a kernel with a sound one."""
    base = Path.home() / ".local"
    packages = Path(site.getusersitepackages())
    if base not in packages.parents:
        problem = 127, f"{packages} is not below ~/.local"
        return problem, problem
    for name in ("tornado", "jupyter_server"):
        (packages / name).mkdir(parents=True)
        (packages / name / "__init__.py").write_text(POISON)
    (packages / "hubwright_probe.py").write_text("")
    server = run(start)
    kernel = run([sys.executable, "-c", "import hubwright_probe"])
    shutil.rmtree(base)
    return server, kernel


def user_id(user: str) -> int | None:
    """The id of the image's user, which a name or a number stands for; None if there is none."""
    name = user.partition(":")[0] or "0"
    try:
        return int(name) if name.isdecimal() else pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def try_to_write(home: str) -> str:
    """What is wrong with writing to `home`, if anything."""
    path = Path(home) / ".hubwright-probe"
    try:
        path.write_text("x")
        path.unlink()
    except OSError as error:
        return str(error)
    return ""


def main() -> None:
    given = json.loads(sys.argv[1])
    start = [*given["start"], "--version"]
    home_problem = try_to_write(given["home"])
    privileged, secrets = find_files()
    imports = {name: run([sys.executable, "-c", f"import {name}"]) for name in given["imports"]}
    not_asked = 127, "not tried: the home can't be written"
    server, kernel = (not_asked, not_asked) if home_problem else try_user_site(start)
    seen = {
        "uid": user_id(given["user"]),
        "home_problem": home_problem,
        "missing": [name for name in given["programs"] if not shutil.which(name)],
        "start": run(start),
        "jupyterhub": run(["jupyterhub-singleuser", "--version"]),
        "privileged": privileged,
        "secrets": secrets,
        "imports": imports,
        "rfc3987_syntax": importlib.util.find_spec("rfc3987_syntax") is not None,
        "stale": count_stale(),
        "user_site_server": server,
        "user_site_kernel": kernel,
    }
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
