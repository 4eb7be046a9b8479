"""GPUs that are made up: a CDI specification, and an `nvidia-smi` that lists what a lab was given.

A device of it is a variable in the lab's environment; so everything but CUDA itself can be tried.
"""

import json

KIND = "nvidia.com/gpu"
DIRECTORY = "/opt/made-up-gpus"

NVIDIA_SMI = """\
#!/bin/sh
for number in 0 1 2 3 4 5 6 7; do
  eval "uuid=\\${MADE_UP_GPU_$number:-}"
  [ -z "$uuid" ] || echo "GPU $number: Made up (UUID: $uuid)"
done
"""


def uuid(number: int) -> str:
    return f"GPU-00000000-0000-0000-0000-00000000000{number}"


def specification(devices: int) -> str:
    """The CDI specification of that many devices, by UUID as hosts should have them, and `all`."""

    def edits(numbers: range) -> dict[str, list[str]]:
        return {"env": [f"MADE_UP_GPU_{number}={uuid(number)}" for number in numbers]}

    one = [
        {"name": uuid(number), "containerEdits": edits(range(number, number + 1))}
        for number in range(devices)
    ]
    mount = {
        "hostPath": f"{DIRECTORY}/nvidia-smi",
        "containerPath": "/usr/bin/nvidia-smi",
        "options": ["ro", "nosuid", "nodev", "bind"],
    }
    return json.dumps(
        {
            "cdiVersion": "0.5.0",
            "kind": KIND,
            "devices": [*one, {"name": "all", "containerEdits": edits(range(devices))}],
            "containerEdits": {"mounts": [mount]},
        }
    )
