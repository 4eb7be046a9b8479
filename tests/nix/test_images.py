"""The images that Nix makes: streamed into Docker, held to the contract, and walked by a user.

Where Nix has no binary cache, Python environments, the proxy and tools are stand-ins (see
realise.py): what is put together and how it starts is tested, not what nixpkgs compiles. So nobody
sees there whether nix/images/lab.nix leaves rfc3987-syntax out of the environment.
"""

import hashlib
import re
import stat
import subprocess
import tarfile

import pytest

import hubwright
from hubwright import labels
from hubwright.deploy import up
from hubwright.deploy.state import PROXY_ID
from hubwright.images import contract
from hubwright.images.locks import locked_version

NAMES = ("hub", "proxy", "base")


@pytest.fixture(scope="module")
def files(docker_client, images):
    """Every file of an image, as tar describes it, by its path."""
    known = {}

    def look(name):
        if name not in known:
            container = docker_client.containers.create(images[name])
            try:
                export = Chunks(container.export())
                with tarfile.open(fileobj=export, mode="r|") as archive:
                    known[name] = {member.name: member for member in archive}
            finally:
                container.remove()
        return known[name]

    return look


class Chunks:
    """A file to read, from chunks."""

    def __init__(self, chunks):
        self.chunks, self.rest = iter(chunks), b""

    def read(self, size):
        while len(self.rest) < size and (chunk := next(self.chunks, b"")):
            self.rest += chunk
        found, self.rest = self.rest[:size], self.rest[size:]
        return found


@pytest.fixture
def run(docker_client, images):
    """Runs a command in an image, as labs, hub and proxy run: without a single capability."""

    def in_image(name, *command, **options):
        container = docker_client.containers.create(
            images[name], entrypoint=list(command), cap_drop=["ALL"], init=True, **options
        )
        try:
            container.start()
            code = container.wait(timeout=120)["StatusCode"]
            return code, container.logs().decode(errors="replace").strip()
        finally:
            container.remove(force=True)

    return in_image


def test_the_lab_image_keeps_the_contract(docker_client, images):
    findings = contract.check(docker_client, images["base"])
    assert [finding for finding in findings if not finding.ok] == []
    assert len(findings) == 13


def test_equal_derivation_equal_image(nix, nix_images):
    """Nobody's clock or order of files gets into what is streamed."""
    image = nix_images["proxy"]
    streams = [subprocess.run([image.stream], capture_output=True, check=True) for _ in range(2)]
    first, second = (hashlib.sha256(stream.stdout).hexdigest() for stream in streams)
    assert first == second
    assert nix.eval("project.packages.proxy-image.imageTag") == image.tag.partition(":")[2]


@pytest.mark.parametrize("name", NAMES)
def test_directories(files, name):
    """Runtimes write into /etc, and everybody into /tmp."""
    found = files(name)
    for directory in ("etc", "run", "tmp", "usr/bin", "usr/local/bin", "var/tmp"):
        assert found[directory].isdir(), directory
    for directory in ("tmp", "var/tmp"):
        assert stat.S_IMODE(found[directory].mode) == 0o1777
    assert {"bin/sh", "bin/cat", "usr/bin/env", "etc/passwd"} <= set(found)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_setuid(files, name):
    privileged = stat.S_ISUID | stat.S_ISGID
    assert [path for path, member in files(name).items() if member.mode & privileged] == []


def test_the_labs_user_has_a_home(files, run):
    home = files("base")["home/jovyan"]
    assert (home.isdir(), home.uid, home.gid) == (True, 1000, 1000)
    script = 'echo x >~/x; echo "$(id -un) $(id -u) $PWD"; for p; do command -v "$p"; done'
    programs = ("awk", "diff", "find", "git", "grep", "gzip", "less", "nano", "ps", "sed", "tar")
    programs += ("python3", "pip", "jupyter-lab")
    code, output = run("base", "/bin/bash", "-euc", script, "-", *programs)
    assert code == 0, output
    user, *found = output.splitlines()
    assert user == "jovyan 1000 /home/jovyan"
    assert [path.rpartition("/")[2] for path in found] == list(programs)


WHEEL = """
import zipfile
with zipfile.ZipFile("/tmp/own-1-py3-none-any.whl", "w") as wheel:
    wheel.writestr("own.py", "")
    wheel.writestr("own-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: own\\nVersion: 1\\n")
    wheel.writestr("own-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
    wheel.writestr("own-1.dist-info/RECORD", "")
"""


@pytest.mark.parametrize("pip", ["pip", "pip3 --verbose", "python3 -m pip"])
def test_users_install_packages(run, pip):
    """Into their homes, in a terminal and in a notebook; kernels have them."""
    script = f"""
python3 -c "$1"
{pip} install --no-index /tmp/own-1-py3-none-any.whl
python3 -c 'import own; print(own.__file__)'
"""
    code, output = run("base", "/bin/bash", "-euc", script, "-", WHEEL)
    assert code == 0, output
    assert output.splitlines()[-1].startswith("/home/jovyan/.local/lib/python3")


@pytest.mark.parametrize("name", NAMES)
def test_labels(docker_client, images, name):
    found = docker_client.images.get(images[name]).labels
    assert found["org.opencontainers.image.version"] == hubwright.__version__
    assert found[labels.IMAGE] == name


def test_the_hub_has_its_part_of_the_package(run):
    code, output = run("hub", "jupyterhub", "--version")
    assert (code, output) == (0, locked_version("hub", "jupyterhub"))
    look = """
import importlib.util, hubwright.configure, hubwright.spawner
print([name for name in ("cli", "deploy", "images")
       if importlib.util.find_spec(f"hubwright.{name}")])
"""
    assert run("hub", "python3", "-c", look) == (0, "[]")


def test_the_hubs_package_is_compiled(files):
    found = files("hub")
    sources = [path for path in found if re.search(r"-hubwright-hub/.*\.py$", path)]
    assert sources
    for path in sources:
        folder, _, name = path.rpartition("/")
        assert f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-313.pyc" in found


def test_the_proxy_is_nobody(docker_client, images, run):
    config = docker_client.images.get(images["proxy"]).attrs["Config"]
    assert config["User"] == f"{PROXY_ID}:{PROXY_ID}"
    code, output = run("proxy", *config["Entrypoint"])
    assert code == 2
    assert output.endswith(f"/run/secrets/proxy-token: can't be read by user {PROXY_ID}")
    assert run("proxy", "configurable-http-proxy", "--version")[0] == 0


@pytest.mark.parametrize("name", NAMES)
def test_authorities(run, name):
    script = 'cat "$SSL_CERT_FILE" "$NIX_SSL_CERT_FILE" "$REQUESTS_CA_BUNDLE"'
    code, output = run(name, "/bin/sh", "-euc", script)
    assert code == 0 and output.count("BEGIN CERTIFICATE") > 300, output[:500]


@pytest.mark.parametrize("name", ["hub", "base"])
def test_python_trusts_the_authorities(run, name):
    count = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    code, output = run(name, "python3", "-c", count)
    assert code == 0 and int(output) > 100


def test_the_journey(monkeypatch, builder, new_site, images):
    """`up` brings up a site of these images, and the packaged suite walks through it."""
    monkeypatch.setattr(up.builder, "ensure", lambda *_: images)
    site = new_site()
    site.up()
    for role in ("hub", "proxy"):
        assert site.container(role).image.tags == [images[role]]
    suite = builder.realise(builder.eval("project.packages.acceptance.drvPath"))
    command = [suite / "bin/hubwright-acceptance", "--site", site.site_file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the site is sound: 13 steps" in done.stdout, done.stdout
