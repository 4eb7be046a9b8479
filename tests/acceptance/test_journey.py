"""One user's whole journey, from the log-in page to the removal of the account."""

import json

from acceptance.person import PASSWORD, until
from hubwright import labels
from hubwright.gpus.holders import split_devices
from hubwright.lab import HOME, PORT, container_name

NOTE = "hubwright was here"


def lab_of(site, person):
    return site.client.containers.get(container_name(site.settings, person.name, ""))


def start(site, person):
    person.start_lab(site.profile_key)
    events = person.progress()
    assert events[-1].get("ready"), events
    person.open_lab()
    return events


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
        start(site, journey.first)
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

    def test_stranger(self, site, journey):
        """A second user reaches neither the first one's lab nor the files."""
        second = journey.second
        second.log_in(PASSWORD)
        start(site, second)
        for path in ("lab", "api/contents", "api/contents/work/note.txt", "files/work/note.txt"):
            answer = second.http.get(f"{journey.first.lab_url}/{path}")
            assert answer.status_code in {403, 404}, f"{path}: {answer.status_code}"
            assert NOTE not in answer.text
        mine = journey.first.lab_get("contents/work/note.txt")
        assert NOTE in mine.text, "the control fails: the owner can't read the file either"

        lab = lab_of(site, journey.first)
        address = lab.attrs["NetworkSettings"]["Networks"][site.settings.hub.name]["IPAddress"]
        connect = """
import socket
try:
    socket.create_connection(({!r}, {}), timeout=2).close()
    print("reached")
except OSError:
    print("not reached")
"""
        with second.kernel() as kernel:
            assert kernel.run(connect.format(address, PORT)) == "not reached\n"
            own = kernel.run(connect.format("127.0.0.1", PORT)) + kernel.run(
                "import socket; print(socket.gethostbyname(socket.gethostname()))"
            )
            assert own.startswith("reached\n"), "the control fails: no connection works at all"
            code = f"""
import pathlib
print([str(p) for p in pathlib.Path({HOME!r}).rglob("note.txt")])
"""
            assert kernel.run(code) == "[]\n"

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
