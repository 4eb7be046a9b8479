"""`make bench`: starts both hubs, takes turns, prints ratios, keeps the raw numbers.

python -m bench [--singles 10] [--storms 10,40] [--out FILE]
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import sites
from bench.client import Client, Start, Target
from hubwright.deploy import engine
from hubwright.images.environment import BuildEnvironment
from hubwright.project import root
from hubwright.steps import reporter

console = Console(highlight=False)


async def singles(clients: dict[str, Client], number: int) -> dict[str, list[float]]:
    """Seconds from request to ready, one lab at a time, the hubs taking turns."""
    found: dict[str, list[float]] = {name: [] for name in clients}
    for client in clients.values():
        await client.add(["single"])
        await client.start("single")  # the first start makes the home: not what is measured
        await client.stop(["single"])
    for _ in range(number):
        for name, client in clients.items():
            start = await client.start("single")
            assert not start.failure, f"{name}: {start.failure}"
            found[name].append(start.seconds)
            await client.stop(["single"])
    return found


async def storm(client: Client, number: int) -> list[Start]:
    """`number` users start at once."""
    users = [f"storm-{i}" for i in range(number)]
    await client.add(users)
    return await client.start_together(users)


async def measure(
    docker_client: Any, targets: list[Target], number: int, storms: list[int]
) -> dict[str, Any]:
    clients = {target.name: Client(target) for target in targets}
    results: dict[str, Any] = {"idle": {}, "storms": {}}
    for target in targets:
        services, _ = sites.memory(docker_client, target)
        results["idle"][target.name] = sum(services)
    results["singles"] = await singles(clients, number)
    for size in storms:
        results["storms"][size] = {}
        for target in targets:
            client = clients[target.name]
            console.print(f"{size} at once: {target.name} ...")
            starts = await storm(client, size)
            good = [start.seconds for start in starts if not start.failure]
            _, labs = sites.memory(docker_client, target) if size == storms[0] else ([], [])
            results["storms"][size][target.name] = {
                "failures": [start.failure for start in starts if start.failure],
                "seconds": sorted(good),
                "memory_per_lab": statistics.median(labs) if labs else None,
            }
            await client.stop([f"storm-{i}" for i in range(size)])
    for client in clients.values():
        await client.__aexit__()
    return results


def show(results: dict[str, Any]) -> None:
    table = Table(title="ours against stock", box=None, header_style="dim")
    for column in ("", "ours", "stock", "ratio"):
        table.add_column(column, justify="left" if not column else "right")

    def row(title: str, one: float | None, two: float | None, unit: str) -> None:
        ratio = f"{one / two:.2f}" if one and two else ""
        texts = ["-" if value is None else f"{value:.2f} {unit}" for value in (one, two)]
        table.add_row(title, *texts, ratio)

    ours, stock = (results["singles"][name] for name in ("ours", "stock"))
    title = f"spawn to ready, one at a time (median of {len(ours)})"
    row(title, statistics.median(ours), statistics.median(stock), "s")
    for size, both in results["storms"].items():
        one, two = both["ours"], both["stock"]
        failed = [len(side["failures"]) for side in (one, two)]
        table.add_row(f"{size} at once: failures", str(failed[0]), str(failed[1]), "")
        for title, pick in (("median", statistics.median), ("last", max)):
            values = [pick(side["seconds"]) if side["seconds"] else None for side in (one, two)]
            row(f"{size} at once: {title}", values[0], values[1], "s")
        if one["memory_per_lab"]:
            row("memory of a lab", one["memory_per_lab"] / 1e6, two["memory_per_lab"] / 1e6, "MB")
    idle = results["idle"]
    row("idle memory of hub and proxy", idle["ours"] / 1e6, idle["stock"] / 1e6, "MB")
    sizes = results["image_bytes"]
    row("lab image", sizes["ours"] / 1e6, sizes["stock"] / 1e6, "MB")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--singles", type=int, default=10)
    parser.add_argument("--storms", default="10,40")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    environment = BuildEnvironment.from_mapping(os.environ)
    with reporter(console) as steps:
        docker_client = engine.ensure(steps)
        with (
            sites.ours(docker_client, steps, environment) as ours,
            sites.stock(docker_client, steps, environment) as stock,
        ):
            storms = [int(size) for size in given.storms.split(",")]
            measured = measure(docker_client, [ours, stock], given.singles, storms)
            results = asyncio.run(measured)
            images = {
                "ours": sites.our_lab_image(environment, docker_client),
                "stock": f"{sites.STOCK}-lab",
            }
    results["image_bytes"] = {
        name: docker_client.images.get(image).attrs["Size"] for name, image in images.items()
    }
    results["machine"] = {"cores": os.cpu_count(), "kernel": platform.release()}
    results["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    show(results)
    out = given.out or root() / "bench" / "results" / f"{time.strftime('%Y-%m-%d')}.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(results, indent=2) + "\n")
    console.print(f"raw numbers: {out}")


if __name__ == "__main__":
    main()
