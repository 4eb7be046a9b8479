"""The docs say what the code does."""

import subprocess
import sys
from pathlib import Path

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
