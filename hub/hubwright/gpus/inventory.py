"""The devices of a host, read from its CDI specifications.

The format is the Container Device Interface's: JSON or YAML files with `kind`, and `devices` with
`name` and `containerEdits.deviceNodes` (github.com/cncf-tags/container-device-interface, SPEC.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hubwright.errors import UserError


@dataclass(frozen=True)
class Device:
    """One thing that can be leased: a GPU, or a MIG slice of one."""

    id: str
    """Its CDI name, such as `nvidia.com/gpu=GPU-5d5ba0d6-...`."""
    nodes: frozenset[str]
    """The device nodes that a lab with it gets."""

    @property
    def name(self) -> str:
        """The part of the id that tells devices of one kind apart."""
        return self.id.partition("=")[2]


def read_inventory(
    directories: Sequence[Path], kind: str, ignore: Iterable[str] = ()
) -> list[Device]:
    """The devices of `kind`, in the order of the specifications, each once.

    nvidia-ctk lists a GPU by its index and by its UUID; names with the same nodes are one device,
    and the UUID is its name. In a later directory a device of the same name wins, as CDI says.
    Raises UserError for a specification that can't be read.
    """
    by_name: dict[str, frozenset[str]] = {}
    for directory in directories:
        for path in sorted([*directory.glob("*.json"), *directory.glob("*.yaml")]):
            specification = _load(path)
            if specification.get("kind") != kind:
                continue
            for device in specification.get("devices") or []:
                by_name[str(device["name"])] = _nodes(device)
    by_nodes: dict[frozenset[str], str] = {}
    for name, nodes in by_name.items():
        if name in ignore:
            continue
        key = nodes or frozenset({f"name:{name}"})
        if key not in by_nodes or _is_uuid(name):
            by_nodes[key] = name
    return [Device(f"{kind}={name}", by_name[name]) for name in by_nodes.values()]


def _load(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())  # JSON is YAML
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: this CDI specification can't be read: {reason}") from None
    if not isinstance(document, dict):
        raise UserError(f"{path}: not a CDI specification; make it again with nvidia-ctk")
    return document


def _nodes(device: dict[str, Any]) -> frozenset[str]:
    edits = device.get("containerEdits") or {}
    return frozenset(str(node["path"]) for node in edits.get("deviceNodes") or [])


def _is_uuid(name: str) -> bool:
    return name.startswith(("GPU-", "MIG-"))
