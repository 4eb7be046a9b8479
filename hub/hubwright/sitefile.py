"""Reads a site file (TOML, or JSON) into Settings; every mistake is named, all at once."""

import difflib
import json
import tomllib
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hubwright.errors import UserError
from hubwright.settings import Settings

DEFAULT = Path("hubwright.toml")
"""The site file that commands take when none is named: in the current directory."""

SYSTEM = Path("/etc/hubwright/hubwright.json")
"""The one that they take where that is not there: NixOS keeps the site of the machine here."""


def load(path: Path) -> Settings:
    """Settings from `path`.

    Raises UserError, with one line for each mistake, naming the file and the key.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; name the site file with --site") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: can't be read: {error}") from None
    return parse(text, str(path), json_document=path.suffix == ".json")


def load_or_default(path: Path | None) -> Settings:
    """Settings from `path`; else from the first of DEFAULT and SYSTEM; else the defaults."""
    candidates = [path] if path is not None else [DEFAULT, SYSTEM]
    for candidate in candidates:
        if candidate == path or candidate.exists():
            return load(candidate)
    return Settings()


def parse(text: str, source: str, *, json_document: bool = False) -> Settings:
    """Settings from the text of a site file; `source` is what messages call it."""
    try:
        document = json.loads(text) if json_document else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "JSON" if json_document else "TOML"
        raise UserError(f"{source}: not {kind}: {error}") from None
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise UserError(*sorted({f"{source}: {line}" for line in _explain(error)})) from None


def _explain(error: ValidationError) -> Iterator[str]:
    """One line for each key that is wrong; the branches of a union join in one line."""
    wanted: dict[str, list[str]] = {}
    given: dict[str, str] = {}
    for problem in error.errors():
        location = _location(problem["loc"])
        key = ".".join(location)
        if problem["type"] == "extra_forbidden":
            yield f"{key}: unknown key{_nearest(location)}"
        elif problem["type"] == "missing":
            yield f"{key}: missing; it says: {_description(location)}"
        elif not location:
            yield str(problem.get("ctx", {}).get("error", "a table is accepted, with areas in it"))
        else:
            given[key] = _given(problem["input"])
            accepted = wanted.setdefault(key, [])
            if (want := _wanted(problem)) not in accepted:
                accepted.append(want)
    for key, accepted in wanted.items():
        description = _description(key.split("."))
        yield f"{key}: {given[key]} was given; accepted: {' or '.join(accepted)}" + (
            f" ({description})" if description else ""
        )


def _location(parts: Sequence[str | int]) -> list[str]:
    """The key, without the parts by which pydantic names a branch of a union."""
    return [
        str(part)
        for part in parts
        if not (isinstance(part, str) and (part in _BRANCHES or "[" in part))
    ]


_BRANCHES = {"int", "float", "str", "constrained-int", "constrained-str"}


def _given(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "string": "a text",
    "bool": "true or false",
    "list": "a list",
    "dict": "a table",
    "model": "a table",
}


def _wanted(problem: Any) -> str:
    kind: str = problem["type"]
    context = problem.get("ctx", {})
    if kind == "value_error":
        return str(context["error"]).removesuffix(" is accepted").replace(" are accepted in", " in")
    if kind == "literal_error":
        return str(context["expected"])
    if kind == "string_pattern_mismatch":
        return f"a text that matches {context['pattern']}"
    if kind in {"string_too_short", "too_short"}:
        return "at least one"
    first = kind.split("_")[0]
    if first in _KINDS and kind.split("_")[-1] in {"type", "parsing", "float"}:
        return _KINDS[first]
    return str(problem["msg"]).removeprefix("Input should be ")


def _description(location: Sequence[str]) -> str:
    model = _model_at(location[:-1])
    field = model.model_fields.get(location[-1]) if model else None
    return field.description or "" if field else ""


def _nearest(location: Sequence[str]) -> str:
    model = _model_at(location[:-1])
    if model is None:
        return ""
    known = list(model.model_fields)
    given = location[-1]
    match = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    if match:
        prefix = "".join(f"{part}." for part in location[:-1])
        return f"; did you mean '{prefix}{match[0]}'?"
    return f"; known here: {', '.join(known)}"


def _model_at(location: Sequence[str]) -> type[BaseModel] | None:
    """The model that describes the table at `location`."""
    annotation: Any = Settings
    for part in location:
        annotation = _model_of(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = annotation.model_fields.get(part)
            if field is None:
                return None
            annotation = field.annotation
        elif typing.get_origin(annotation) in {dict, list}:
            annotation = typing.get_args(annotation)[-1]
        else:
            return None
    annotation = _model_of(annotation)
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_model else None


def _model_of(annotation: Any) -> Any:
    """`annotation` without Annotated and without None."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        rest = [a for a in typing.get_args(annotation) if a is not type(None)]
        annotation = rest[0] if len(rest) == 1 else annotation
    return annotation
