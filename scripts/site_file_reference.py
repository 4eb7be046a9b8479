#!/usr/bin/env -S .venv/bin/python
"""Prints docs/reference/site-file.md from the models in hub/hubwright/settings.py."""

import json
import sys
from pathlib import Path
from typing import Any

from hubwright.settings import Settings

HEAD = """\
# The site file

`hubwright.toml`, or the same as JSON. Every key has a default: an empty file is a working site.
This page is made from the models by `scripts/site_file_reference.py`; `hubwright config schema`
prints the JSON Schema, `hubwright config show` what is in force.
"""


def kind(schema: dict[str, Any]) -> str:
    """A short word for what is accepted."""
    if "anyOf" in schema:
        return " or ".join(kind(branch) for branch in schema["anyOf"] if branch != {"type": "null"})
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    words = {"integer": "whole number", "string": "text", "object": "table"}
    return words.get(schema.get("type", ""), schema.get("type", "table"))


def rows(model: dict[str, Any]) -> str:
    lines = ["| key | accepted | default | |", "|---|---|---|---|"]
    for key, schema in model["properties"].items():
        default = f"`{json.dumps(schema['default'])}`" if schema.get("default") is not None else ""
        required = "required" if key in model.get("required", []) else default
        lines.append(f"| `{key}` | {kind(schema)} | {required} | {schema.get('description', '')} |")
    return "\n".join(lines)


def page() -> str:
    schema = Settings.model_json_schema()
    parts = [HEAD]
    for area, field in Settings.model_fields.items():
        properties = schema["properties"][area]
        name = "NAME" if properties.get("type") == "object" else ""
        target = properties.get("$ref") or next(
            iter(properties.get("patternProperties", {}).values()),
            properties.get("additionalProperties", {}),
        ).get("$ref")
        model = schema["$defs"][target.rsplit("/", 1)[1]]
        title = f"[{area}.{name}]" if name else f"[{area}]"
        text = field.description or " ".join(model.get("description", "").split())
        parts.append(f"## {title}\n\n{text}\n\n{rows(model)}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    target = Path(__file__).resolve().parents[1] / "docs" / "reference" / "site-file.md"
    if "--check" in sys.argv:
        sys.exit(
            0 if target.read_text() == page() else f"{target}: run {Path(__file__).name} again"
        )
    target.write_text(page())
