"""The units of a NixOS site, from their real derivations, on a host with systemd and Docker."""

import json
import secrets

import pytest
from docker.types import Mount

from hosts import made_up_gpus
from hosts.disposable import DisposableHost, until
from nix.realise import ROOT

SITE = ROOT / "tests" / "nix" / "unit_site.nix"
PASSWORD = "correct horse battery staple"
VISIT = """\
#!/bin/sh
export PYTHONPATH={files}/share/tests
exec {files}/python/bin/python3 -s -P /root/visit.py "$@"
"""
"""A person with a browser, as the tests in virtual machines have one."""

STARTED = ("docker-hubwright-proxy", "docker-hubwright-hub", "hubwright-accounts")


@pytest.fixture(scope="module")
def described(builder):
    return builder.eval(f"import {SITE} {{ inherit project pkgs; }}")


@pytest.fixture(scope="module")
def host(request, builder, described, docker_client):
    """A host on which the site's units have been started."""
    files = builder.realise(described["files"])
    store = Mount("/nix/store", "/nix/store", type="bind", read_only=True)
    failed_before = request.session.testsfailed
    name = f"hw-host-{secrets.token_hex(3)}"
    with DisposableHost(docker_client, name, mounts=[store]) as host:
        try:
            install(host, described)
            units = [path for path in files.iterdir() if path.suffix == ".service"]
            host.run("cp", *map(str, units), "/etc/systemd/system/")
            host.run("install", "-D", f"{files}/hubwright.json", "/etc/hubwright/hubwright.json")
            # what the restore command calls it by
            host.run("mkdir", "-p", "/run/current-system/sw")
            host.run("ln", "-s", "/usr/local/bin", "/run/current-system/sw/bin")
            for program in ("hubwright", "hubwright-restore", "restic-hubwright"):
                host.run("ln", "-s", f"{files}/{program}", f"/usr/local/bin/{program}")
            host.write("/root/visit", VISIT.format(files=files).encode(), 0o755)
            host.write("/root/visit.py", (ROOT / "nix/checks/vm/visit.py").read_bytes())
            host.run("systemctl", "daemon-reload")
            host.run("systemctl", "start", *STARTED)
        except BaseException:
            host.print_logs()
            raise
        yield host
        if request.session.testsfailed > failed_before:
            host.print_logs()


def install(host, described):
    """What NixOS would have made besides the units: Docker's settings, directories, devices."""
    host.run("groupmod", "--gid", str(described["dockerGroup"]), "docker")
    host.write("/etc/docker/daemon.json", json.dumps(described["daemon"]).encode())
    # the settings say where it listens; Debian's unit would say it once more
    drop_in = "[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd\n"
    host.write("/etc/systemd/system/docker.service.d/nixos.conf", drop_in.encode())
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "restart", "docker.socket", "docker.service")
    lines = [
        f"d {path} {given['mode']} {given['user']} {given['group']} - -\n"
        for path, given in described["directories"].items()
    ]
    host.write("/etc/tmpfiles.d/hubwright.conf", "".join(lines).encode())
    host.run("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/hubwright.conf")
    host.write("/etc/secrets/admin", f"{PASSWORD}\n".encode(), 0o600)
    host.write("/etc/secrets/restic", b"another secret\n", 0o600)
    host.write("/etc/cdi/made-up.json", made_up_gpus.specification(2).encode())
    smi = f"{made_up_gpus.DIRECTORY}/nvidia-smi"
    host.write(smi, made_up_gpus.NVIDIA_SMI.encode(), 0o755)


def container_id(host, role):
    """Empty while there is none."""
    name = f"name=^hubwright-{role}$"
    return host.run("docker", "ps", "--no-trunc", "--quiet", "--filter", name).strip()


def answers(host):
    status = json.loads(host.run("hubwright", "status", "--json", check=False))
    return status["ok"]


def test_nothing_is_wrong_with_the_site(described):
    assert described["broken"] == []


def test_everything_is_started(host):
    until("the hub answers", lambda: answers(host))
    for unit in (*STARTED, "hubwright-images", "hubwright-prepare"):
        assert host.run("systemctl", "is-active", unit).strip() == "active"


def test_hub_and_proxy_are_confined(host):
    for role, uid in (("hub", "60800:60800"), ("proxy", "60801:60801")):
        (found,) = json.loads(host.run("docker", "inspect", f"hubwright-{role}"))
        confined = found["HostConfig"]
        assert found["Config"]["User"] == uid
        assert confined["ReadonlyRootfs"]
        assert confined["CapDrop"] == ["ALL"] and not confined["CapAdd"]
        assert confined["SecurityOpt"] == ["no-new-privileges"]


def test_the_journey(host):
    """The same suite as everywhere, by the packaged command."""
    assert "the site is sound" in host.run("hubwright", "validate")


def test_the_first_administrator_s_password_came_as_a_credential(host):
    host.write("/root/password", PASSWORD.encode())
    host.run("/root/visit", "--password-file=/root/password", "log-in", "grace")
    assert not host.succeeds("test", "-e", "/var/lib/hubwright/admin-password")
    inspected = host.run("docker", "inspect", "hubwright-hub", "hubwright-proxy")
    assert PASSWORD not in inspected
    shown = host.run("systemctl", "show", "docker-hubwright-hub", "hubwright-accounts")
    assert PASSWORD not in shown


def test_images_are_loaded_once(host):
    host.run("systemctl", "restart", "hubwright-images")
    words = host.run("journalctl", "--unit=hubwright-images", "--output=cat", "--lines=4")
    assert words.count("is there") == 3
    assert "Loaded image" not in words


def test_the_journey_by_ssh(host):
    """From any machine: the suite runs where the site is, with a GPU by CDI this time."""
    host.run("ssh-keygen", "-q", "-N", "", "-f", "/root/.ssh/id_ed25519")
    host.run("cp", "/root/.ssh/id_ed25519.pub", "/root/.ssh/authorized_keys")
    host.run("sh", "-c", "ssh-keyscan localhost >/root/.ssh/known_hosts 2>/dev/null")
    done = host.run("hubwright", "validate", "--hosts=ssh://root@localhost:22", "--profile=gpu")
    assert "the site is sound" in done
    refused = host.run("hubwright", "validate", "--hosts=ssh://nobody@localhost", check=False)
    assert "ssh can't connect" in refused and "Traceback" not in refused


@pytest.fixture(scope="module")
def counting(host):
    """A kernel that counts, over one connection, while the tests go on: how far it has come."""
    host.run("/root/visit", "sign-up", "ada")
    unit = ("systemd-run", "--unit=counter", "--property=StandardOutput=truncate:/root/counted")
    host.run(*unit, "/root/visit", "count", "ada", "standard")

    def counted():
        lines = [line.split() for line in host.run("cat", "/root/counted").splitlines()]
        assert [int(number) for number, _ in lines] == list(range(1, len(lines) + 1))
        assert len({kernel for _, kernel in lines}) < 2
        return len(lines)

    host.run("touch", "/root/counted")
    until("the kernel counts", lambda: counted() > 3)
    return counted


def go_on(host, counting):
    """The hub answers, and the same kernel counts on over the same connection."""
    until("the hub answers", lambda: answers(host))
    reached = counting()
    until("the kernel counts on", lambda: counting() > reached + 3)


def test_a_restart_of_the_hub_leaves_proxy_and_labs_alone(host, counting):
    before = {role: container_id(host, role) for role in ("hub", "proxy", "lab-ada")}
    host.run("systemctl", "restart", "docker-hubwright-hub")
    go_on(host, counting)
    after = {role: container_id(host, role) for role in before}
    assert [role for role in before if before[role] != after[role]] == ["hub"]


def test_a_killed_hub_comes_back(host, counting):
    hub = container_id(host, "hub")
    host.run("docker", "kill", "--signal=KILL", "hubwright-hub")
    until("there is another hub", lambda: container_id(host, "hub") not in {"", hub})
    go_on(host, counting)


def test_a_restart_of_docker_leaves_labs_alone(host, counting):
    lab = container_id(host, "lab-ada")
    host.run("systemctl", "restart", "docker")
    until("the hub answers", lambda: answers(host))
    assert container_id(host, "lab-ada") == lab
    # the connection went with the proxy; the lab is the same, and its user is let in
    assert host.run("/root/visit", "run", "ada", "standard", "print(6 * 7)") == "42\n"
    assert container_id(host, "lab-ada") == lab


def names_of_images(host):
    return set(host.run("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())


def test_cleaning_up_spares_what_the_site_needs(host):
    """Former images go, under each of their names."""
    before = names_of_images(host)
    for name in ("hubwright/proxy:former", "elsewhere/proxy:former"):
        host.run("docker", "commit", "hubwright-proxy", name)
    host.run("docker", "tag", "hubwright/proxy:former", "another/name:former")
    host.run("systemctl", "start", "hubwright-prune")
    assert names_of_images(host) == before
    assert "hubwright" in host.run("docker", "network", "ls", "--format", "{{.Name}}").split()


def test_what_was_backed_up_comes_back(host):
    home = "/var/lib/hubwright/homes/grace-notes"
    host.write(f"{home}/note.txt", b"written before")
    host.run("/root/visit", "sign-up", "emmy")
    host.run("systemctl", "start", "restic-backups-hubwright")

    host.run("rm", "-r", home)
    host.run("hubwright", "user", "remove", "emmy")
    host.run("hubwright-restore", "latest")
    until("the hub answers", lambda: answers(host))
    assert host.run("cat", f"{home}/note.txt") == "written before"
    host.run("/root/visit", "log-in", "emmy")
