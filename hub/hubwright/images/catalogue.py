"""The lab images that there are: images/labs.toml."""

import difflib
import tomllib

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hubwright import project
from hubwright.errors import UserError
from hubwright.settings import Key, Settings

BASE = "base"
"""The lab image whose packages every other one holds, too."""


class LabSpec(BaseModel):
    """One table of labs.toml, together with what it has from `base`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    description: str
    packages: list[str]
    """Python packages, as PyPI names them; their versions are in images/locks/."""
    apt: list[str] = []
    """Debian packages."""
    imports: list[str]
    """Modules that must import in a fresh lab."""
    cuda: int | None = None
    """Major version of the CUDA that the packages bring; None without CUDA."""
    minimum_driver: str | None = Field(None, pattern=r"^[0-9]+(\.[0-9]+)*$")
    """The oldest NVIDIA driver that the image's CUDA works with; None without CUDA."""


def load() -> dict[str, LabSpec]:
    """Every lab image by name, in the order of labs.toml. Raises UserError for a bad table."""
    path = project.root() / "images" / "labs.toml"
    try:
        return parse(path.read_text())
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        lines = str(error).splitlines()
        raise UserError(f"{path}: {' '.join(line.strip() for line in lines)}") from None


def parse(text: str) -> dict[str, LabSpec]:
    """Every lab image of a document like labs.toml. Raises TOMLDecodeError, ValidationError."""
    tables = TypeAdapter(dict[Key, LabSpec]).validate_python(tomllib.loads(text))
    base = tables.get(BASE)
    return {name: _with(base, spec) if base else spec for name, spec in tables.items()}


def _with(base: LabSpec, spec: LabSpec) -> LabSpec:
    return spec.model_copy(
        update={
            key: sorted({*getattr(base, key), *getattr(spec, key)})
            for key in ("packages", "apt", "imports")
        }
    )


def check_profiles(settings: Settings) -> None:
    """Raises UserError with a line for each profile whose image is not known."""
    known = [*settings.images, *(name for name in load() if name not in settings.images)]
    problems = [
        f"profiles.{key}.image: '{profile.image}' was given; {_accepted(profile.image, known)}"
        for key, profile in settings.profiles.items()
        if profile.image not in known
    ]
    if problems:
        raise UserError(*problems)


def _accepted(given: str, known: list[str]) -> str:
    match = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    nearest = f"; did you mean '{match[0]}'?" if match else ""
    return f"accepted: {', '.join(known)} (or describe it in [images.{given}]){nearest}"
