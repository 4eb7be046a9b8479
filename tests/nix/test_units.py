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
STARTED = ("docker-hubwright-proxy", "docker-hubwright-hub", "hubwright-accounts")


@pytest.fixture(scope="module")
def described(builder):
    return builder.eval(f"import {SITE} {{ inherit project pkgs; }}")


@pytest.fixture(scope="module")
def host(request, builder, described, docker_client):
    """A host on which the site's units have been started."""
    units = {name: builder.realise(drv) for name, drv in described["units"].items()}
    site_file = builder.realise(described["siteFile"])
    store = Mount("/nix/store", "/nix/store", type="bind", read_only=True)
    failed_before = request.session.testsfailed
    name = f"hw-host-{secrets.token_hex(3)}"
    with DisposableHost(docker_client, name, mounts=[store]) as host:
        try:
            install(host, described)
            for unit, directory in units.items():
                host.run("cp", f"{directory}/{unit}", f"/etc/systemd/system/{unit}")
            host.run("mkdir", "-p", "/etc/hubwright")
            host.run("ln", "-s", str(site_file), "/etc/hubwright/hubwright.json")
            host.run("systemctl", "daemon-reload")
            host.run("systemctl", "start", *STARTED)
            host.command = command_of(host)
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
    host.write("/etc/cdi/made-up.json", made_up_gpus.specification(2).encode())
    smi = f"{made_up_gpus.DIRECTORY}/nvidia-smi"
    host.write(smi, made_up_gpus.NVIDIA_SMI.encode(), 0o755)


def command_of(host):
    """The command `hubwright` of the site's packages, as the units call it."""
    line = host.run("systemctl", "show", "--property=ExecStart", "hubwright-prepare")
    return line.partition("path=")[2].partition(" ")[0]


def container_id(host, role):
    return host.run("docker", "inspect", "--format", "{{.Id}}", f"hubwright-{role}").strip()


def answers(host):
    status = json.loads(host.run(host.command, "status", "--json", check=False))
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


@pytest.mark.parametrize("profile", ["standard", "gpu"])
def test_the_journey(host, profile):
    """The same suite as everywhere, by the packaged command; with a GPU by CDI, and without."""
    done = host.run(host.command, "validate", "--profile", profile)
    assert "the site is sound" in done


def test_the_first_administrator_s_password_came_as_a_credential(host):
    kept = host.run("cat", "/var/lib/hubwright/admin-password").strip()
    assert kept == PASSWORD
    inspected = host.run("docker", "inspect", "hubwright-hub", "hubwright-proxy")
    assert PASSWORD not in inspected
    shown = host.run("systemctl", "show", "docker-hubwright-hub", "hubwright-accounts")
    assert PASSWORD not in shown


def test_images_are_loaded_once(host):
    host.run("systemctl", "restart", "hubwright-images")
    words = host.run("journalctl", "--unit=hubwright-images", "--output=cat", "--lines=4")
    assert words.count("is there") == 3
    assert "Loaded image" not in words


def test_a_restart_of_the_hub_leaves_the_proxy_alone(host):
    hub, proxy = container_id(host, "hub"), container_id(host, "proxy")
    host.run("systemctl", "restart", "docker-hubwright-hub")
    until("the hub answers", lambda: answers(host))
    assert container_id(host, "proxy") == proxy
    assert container_id(host, "hub") != hub


def test_a_killed_hub_comes_back(host):
    hub = container_id(host, "hub")
    host.run("docker", "kill", "--signal=KILL", "hubwright-hub")
    until(
        "another hub answers", lambda: container_exists(host) and container_id(host, "hub") != hub
    )
    until("the hub answers", lambda: answers(host))


def container_exists(host):
    return host.succeeds("docker", "inspect", "hubwright-hub")


def test_a_restart_of_docker_brings_everything_back(host):
    host.run("systemctl", "restart", "docker")
    until("the hub answers", lambda: answers(host))
    assert host.run("systemctl", "is-active", "docker-hubwright-proxy").strip() == "active"


def test_cleaning_up_spares_what_the_site_needs(host):
    before = host.run("docker", "image", "ls", "--quiet", "--no-trunc")
    host.run("systemctl", "start", "hubwright-prune")
    assert host.run("docker", "image", "ls", "--quiet", "--no-trunc") == before
    assert "hubwright" in host.run("docker", "network", "ls", "--format", "{{.Name}}")


def test_former_images_are_removed(host):
    names = ("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    before = host.run(*names)
    host.run("docker", "commit", "hubwright-proxy", "hubwright/proxy:former")
    host.run("systemctl", "start", "hubwright-prune")
    assert host.run(*names) == before
