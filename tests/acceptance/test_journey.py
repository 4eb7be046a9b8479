"""One user's whole journey, from the log-in page to the removal of the account."""

import json
import socket

import pytest

from acceptance.person import PASSWORD, until
from hubwright import labels
from hubwright.gpus.holders import split_devices
from hubwright.lab import HOME, PORT, container_name

NOTE = "hubwright was here"


def lab_of(site, person):
    return site.client.containers.get(container_name(site.settings, person.name, ""))


class TestJourney:
    broken_at = None

    def test_accounts(self, site, journey):
        """Create two throw-away users; each chooses a password by a link that works once."""
        for person in (journey.first, journey.second):
            path = site.api.add(person.name)
            link = site.url.removesuffix(site.settings.hub.base_url) + path
            assert person.choose_password(link, PASSWORD).status_code == 200
            assert person.http.get(link).status_code in {403, 410}, "the link works twice"

    def test_log_in(self, journey):
        """Log in through the form, wrong password refused."""
        refused = journey.first.log_in("not " + PASSWORD)
        assert refused.status_code in {200, 403} and "/hub/login" in str(refused.url)
        answer = journey.first.log_in(PASSWORD)
        assert answer.status_code == 200, answer.status_code
        assert "/hub/login" not in str(answer.url), "still on the log-in page"

    def test_spawn_form(self, site, journey):
        """Choose a profile on the spawn form."""
        page = journey.first.spawn_page()
        for key in site.settings.profiles:
            assert f'value="{key}"' in page, f"the form does not offer {key}"
        journey.first.start_lab(site.profile_key)

    def test_progress(self, journey):
        """Follow the progress events until the lab is ready."""
        events = journey.first.progress()
        assert events[-1].get("ready"), events
        assert len(events) > 2, f"it tells too little: {events}"

    def test_ready(self, site, journey):
        """Open JupyterLab."""
        answer = journey.first.open_lab()
        assert answer.status_code == 200, answer.status_code
        assert str(answer.url).startswith(journey.first.lab_url), answer.url
        assert journey.first.lab_get("status").status_code == 200

    def test_python(self, journey):
        """Run Python in a kernel, by its websocket."""
        with journey.first.kernel() as kernel:
            assert kernel.run("print(6 * 7)") == "42\n"

    def test_limits(self, site, journey):
        """See the limits of CPU and memory from inside."""
        code = """
import json, os, pathlib
def first(*paths):
    for path in paths:
        if pathlib.Path(path).exists():
            return pathlib.Path(path).read_text().split()
cgroup = "/sys/fs/cgroup"
quota = first(f"{cgroup}/cpu.max") or (
    first(f"{cgroup}/cpu/cpu.cfs_quota_us") + first(f"{cgroup}/cpu/cpu.cfs_period_us"))
memory = first(f"{cgroup}/memory.max", f"{cgroup}/memory/memory.limit_in_bytes")
print(json.dumps([int(quota[0]) / int(quota[1]), int(memory[0]), os.getuid()]))
"""
        with journey.first.kernel() as kernel:
            cpu, memory, uid = json.loads(kernel.run(code))
        assert cpu == site.profile.cpu
        assert memory == site.profile.memory
        assert uid == site.settings.storage.uid

    def test_devices(self, site, journey):
        """See exactly the leased GPUs, or none."""
        leased = split_devices(lab_of(site, journey.first).labels[labels.DEVICES])
        if site.profile.gpus != "all":
            assert len(leased) == site.profile.gpus
        code = """
import re, shutil, subprocess
if shutil.which("nvidia-smi"):
    done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True)
    for line in done.stdout.splitlines():
        print(*re.findall(r"UUID: ([^)]+)", line))
"""
        with journey.first.kernel() as kernel:
            seen = kernel.run(code).split()
        assert sorted(seen) == sorted(device.partition("=")[2] for device in leased)

    def test_files(self, journey):
        """Write in ~/work, and fail to write in ~/SHARED."""
        code = f"""
import pathlib
(pathlib.Path.home() / "work" / "note.txt").write_text({NOTE!r})
try:
    (pathlib.Path.home() / "SHARED" / "note.txt").write_text({NOTE!r})
except OSError as error:
    print(error.errno)
"""
        with journey.first.kernel() as kernel:
            assert kernel.run(code) == "30\n", "~/SHARED must be read-only (errno 30, EROFS)"

    def test_again(self, site, journey):
        """Stop, start again: the file is there, with the right owner."""
        journey.first.stop_lab()
        journey.first.start_lab(site.profile_key)
        assert journey.first.progress()[-1].get("ready")
        journey.first.open_lab()
        code = """
import pathlib
path = pathlib.Path.home() / "work" / "note.txt"
print(path.read_text(), path.stat().st_uid, path.stat().st_gid)
"""
        storage = site.settings.storage
        with journey.first.kernel() as kernel:
            assert kernel.run(code) == f"{NOTE} {storage.uid} {storage.gid}\n"
        found = (site.home(journey.first.name) / "work" / "note.txt").stat()
        assert (found.st_uid, found.st_gid) == (storage.uid, storage.gid)

    def test_stranger(self, journey):
        """A second user reaches neither the first one's lab nor the files by their addresses."""
        second = journey.second
        second.log_in(PASSWORD)
        for path in ("lab", "api/contents", "api/contents/work/note.txt", "files/work/note.txt"):
            answer = second.http.get(f"{journey.first.lab_url}/{path}")
            assert answer.status_code in {403, 404}, f"{path}: {answer.status_code}"
            assert NOTE not in answer.text
        mine = journey.first.lab_get("contents/work/note.txt")
        assert NOTE in mine.text, "the control fails: the owner can't read the file either"

    def test_neighbour(self, site, journey):
        """From inside a second lab, neither the first lab nor its files can be reached."""
        second = journey.second
        profile = site.least_profile
        if site.settings.profiles[profile].gpus and not site.has_free_device():
            pytest.skip("every profile takes a GPU, and none is free for a second lab")
        second.start_lab(profile)
        assert second.progress()[-1].get("ready")
        second.open_lab()
        lab = lab_of(site, journey.first)
        address = lab.attrs["NetworkSettings"]["Networks"][site.settings.hub.name]["IPAddress"]
        socket.create_connection((address, PORT), timeout=5).close()  # the control: it is there
        connect = f"""
import socket
try:
    socket.create_connection(({address!r}, {PORT}), timeout=2).close()
    print("reached")
except OSError:
    print("not reached")
"""
        search = f"""
import pathlib
print([str(path) for path in pathlib.Path({HOME!r}).rglob("note.txt")])
"""
        with second.kernel() as kernel:
            own = connect.replace(address, "127.0.0.1")
            assert kernel.run(own) == "reached\n", "the control fails: nothing can be reached"
            assert kernel.run(connect) == "not reached\n"
            assert kernel.run(search) == "[]\n"

    def test_removal(self, site, journey):
        """Remove the users and their homes."""
        for person in (journey.first, journey.second):
            name = container_name(site.settings, person.name, "")
            site.remove(person.name)
            assert not site.home(person.name).exists()
            until(
                f"{name} is gone",
                lambda name=name: (
                    not site.client.containers.list(all=True, filters={"name": f"^{name}$"})
                ),
            )
            assert person.name not in {account["name"] for account in site.api.accounts()}
        answer = journey.first.http.get(f"{journey.first.url}/hub/home")
        assert "/hub/login" in str(answer.url), "the removed user's session still works"
