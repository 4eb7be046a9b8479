"""What `jupyterhub -f` reads: the settings become traitlets, then the site's own files follow."""

import os
from pathlib import Path

from hubwright.configure import configure
from hubwright.runtime import FILE_VARIABLE, Runtime, config_directory

c = get_config()  # type: ignore[name-defined]  # noqa: F821

runtime = Runtime.model_validate_json(Path(os.environ[FILE_VARIABLE]).read_text())
configure(c, runtime)

for extra in sorted(config_directory(runtime.settings).glob("*.py")):
    load_subconfig(str(extra))  # type: ignore[name-defined]  # noqa: F821
