"""The docs say what the code does."""

import json
import subprocess
import sys
from pathlib import Path

from hubwright.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_the_site_file_reference_is_current():
    script = ROOT / "scripts" / "site_file_reference.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_site_file_of_the_tutorial_is_sound():
    from hubwright import sitefile

    text = (ROOT / "docs" / "tutorial" / "first-hub.md").read_text()
    block = text[text.index("    [profiles.small]") : text.index("Check it,")]
    toml = "\n".join(line.removeprefix("    ") for line in block.splitlines())
    settings = sitefile.parse(toml, "tutorial")
    assert list(settings.profiles) == ["small", "large"]


def test_the_schema_that_the_nixos_options_are_made_from_is_current():
    kept = json.loads((ROOT / "nix/modules/settings.schema.json").read_text())
    assert kept == Settings.model_json_schema(), (
        "make it anew: hubwright config schema >nix/modules/settings.schema.json"
    )
