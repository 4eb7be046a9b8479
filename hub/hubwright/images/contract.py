"""The contract of a lab image: what hubwright counts on, looked at in one short-lived container.

It holds for a site's own images, too. What such an image may do without is only advised there:
it starts more slowly or less safely, but it starts.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import docker

from hubwright import labels
from hubwright.errors import UserError
from hubwright.images import catalogue
from hubwright.images.locks import locked_version
from hubwright.lab import HOME

PROGRAMS = ("bash", "jupyter-lab", "jupyterhub-singleuser", "python")
"""What must be on the PATH."""

UID = 1000

_TIMEOUT = 600

_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE_KEY|ACCESS_KEY", re.I)
_SECRET_VALUE = re.compile(r"://[^/\s:@]+:[^/\s:@]+@")


@dataclass(frozen=True)
class Finding:
    """One clause of the contract, and whether an image keeps it."""

    name: str
    ok: bool
    detail: str
    required: bool = True
    """False where an image may do without: it is advice."""


def check(client: docker.DockerClient, reference: str) -> list[Finding]:
    """What the contract says about an image; one that bears our label is held to all of it.

    Raises UserError for an image that is not here.
    """
    try:
        config = client.images.get(reference).attrs["Config"]
    except docker.errors.ImageNotFound:
        raise UserError(f"{reference}: no such image on this machine") from None
    image_labels = config.get("Labels") or {}
    lab = image_labels.get(labels.LAB_IMAGE)
    spec = catalogue.load().get(lab) if lab else None
    own = bool(lab)
    start = [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]
    imports = spec.imports if spec else ["ipykernel", "jupyterhub", "jupyterlab"]
    task = {"start": start, "imports": imports, "user": config.get("User") or ""}
    try:
        seen = _look(client, reference, task)
    except _NoAnswerError as answer:
        return [Finding("probe", False, f"Python does not run in it: {answer}")]
    seen["secrets"] += _secret_variables(config.get("Env") or [])
    return [*_labels(image_labels, spec, own), *_judge(seen, own)]


class _NoAnswerError(Exception):
    pass


def _look(client: docker.DockerClient, reference: str, task: dict[str, Any]) -> dict[str, Any]:
    """What the probe sees in a container that is confined as labs are, with an empty home."""
    task |= {"home": HOME, "programs": PROGRAMS}
    try:
        container = client.containers.create(
            reference,
            entrypoint=["python", "-c", files("hubwright.images").joinpath("probe.py").read_text()],
            command=[json.dumps(task)],
            cap_drop=["ALL"],
            # images of Jupyter's own start the single-user server only where there is a token
            environment={"JUPYTERHUB_API_TOKEN": "probe", "HOME": HOME},
            init=True,
            labels={labels.ROLE: labels.ROLE_HELPER},
            network_mode="none",
            security_opt=["no-new-privileges"],
            tmpfs={HOME: f"uid={UID},gid={UID},mode=755"},
            user=f"{UID}:{UID}",
            working_dir=HOME,
        )
    except docker.errors.APIError as error:
        raise _NoAnswerError(error.explanation) from None
    try:
        container.start()
        status = container.wait(timeout=_TIMEOUT)["StatusCode"]
        output = container.logs(stdout=True, stderr=False).decode(errors="replace")
        if status:
            trouble = container.logs(stdout=False, stderr=True).decode(errors="replace")
            raise _NoAnswerError(_last(trouble) or f"exit code {status}")
        found: dict[str, Any] = json.loads(output)
        return found
    except docker.errors.APIError as error:
        raise _NoAnswerError(error.explanation) from None
    finally:
        container.remove(force=True)


def _secret_variables(environment: list[str]) -> list[str]:
    pairs = [entry.partition("=") for entry in environment]
    return [
        f"variable {name}"
        for name, _, value in pairs
        if value and (_SECRET_NAME.search(name) or _SECRET_VALUE.search(value))
    ]


def _labels(
    image_labels: Mapping[str, str], spec: catalogue.LabSpec | None, own: bool
) -> Iterator[Finding]:
    if not own:
        return
    wanted = ["org.opencontainers.image.title", "org.opencontainers.image.version", labels.IMAGE]
    if spec and spec.minimum_driver:
        wanted.append(labels.MINIMUM_DRIVER)
    missing = [name for name in wanted if not image_labels.get(name)]
    yield Finding("labels", not missing, _none_or("missing", missing))


def _judge(seen: Mapping[str, Any], own: bool) -> Iterator[Finding]:
    yield Finding("user", seen["uid"] == UID, f"user id {seen['uid']}; {UID} is expected")
    yield Finding(
        "home",
        not seen["home_problem"],
        seen["home_problem"] or f"{HOME}, mounted, can be written",
    )
    yield Finding("programs", not seen["missing"], _none_or("not on the PATH", seen["missing"]))
    code, output = seen["start"]
    # jupyter-lab prints a version as well: its own
    starts = code == 0 and _last(output) == _last(seen["jupyterhub"][1])
    yield Finding("start", starts, _last(output))
    version, hub_version = _last(seen["jupyterhub"][1]), locked_version("hub", "jupyterhub")
    same = version.split(".")[0] == hub_version.split(".")[0]
    yield Finding("jupyterhub", same, f"{version}; the hub's is {hub_version}")
    failed = [f"{name}: {_last(out)}" for name, (code, out) in seen["imports"].items() if code]
    yield Finding("imports", not failed, _none_or("failed", failed))
    yield Finding("secrets", not seen["secrets"], _none_or("found", seen["secrets"]))
    yield Finding(
        "setuid", not seen["privileged"], _none_or("found", seen["privileged"]), required=own
    )
    yield Finding(
        "rfc3987-syntax",
        not seen["rfc3987_syntax"],
        "there: each start takes half a second longer" if seen["rfc3987_syntax"] else "not there",
        required=own,
    )
    stale = [f"{name} ({count} files)" for name, count in seen["stale"].items()]
    yield Finding("compiled", not stale, _none_or("not valid", stale), required=own)
    code, output = seen["user_site_server"]
    yield Finding(
        "server without ~/.local",
        code == 0,
        "a broken package there is harmless" if code == 0 else f"breaks it: {_last(output)}",
        required=own,
    )
    code, output = seen["user_site_kernel"]
    yield Finding(
        "kernel with ~/.local", code == 0, "seen" if code == 0 else _last(output), required=own
    )


def _none_or(what: str, found: list[str]) -> str:
    shown = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    return f"{what}: {shown}" if found else "as it should be"


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""
