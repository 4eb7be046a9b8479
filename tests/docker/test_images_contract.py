"""The contract of a lab image: ours keep it, and a bad image fails where it is bad."""

import io

import pytest

from hubwright import labels
from hubwright.errors import UserError
from hubwright.images import builder, catalogue, contract
from hubwright.images.context import File, archive
from hubwright.images.environment import BuildEnvironment
from hubwright.steps import QuietSteps

ENVIRONMENT = BuildEnvironment.from_mapping({})

BAD = """
FROM {base}
USER root
RUN cp /usr/bin/id /usr/local/bin/privileged && chmod u+s /usr/local/bin/privileged \
 && python3 -c 'import site; print(site.getsitepackages()[0])' > /tmp/site \
 && mkdir "$(cat /tmp/site)/rfc3987_syntax" \
 && touch "$(cat /tmp/site)/rfc3987_syntax/__init__.py" "$(cat /tmp/site)/tornado/web.py" \
 && rm -rf "$(cat /tmp/site)/tornado/__pycache__" "$(cat /tmp/site)/ipywidgets" \
 && rm /usr/local/bin/jupyter-lab \
 && printf 'machine example.org login x password y\\n' > /root/.netrc && chmod 755 /root \
 && chmod 644 /root/.netrc
ENV DEPLOY_TOKEN=abc
LABEL org.opencontainers.image.title=""
CMD ["python3", "-m", "jupyterhub.singleuser"]
"""


@pytest.fixture(scope="module")
def base(docker_client):
    """The lab image `base`, built if need be."""
    return builder.ensure(docker_client, ["base"], QuietSteps(), ENVIRONMENT)["base"]


@pytest.fixture
def image(docker_client):
    """Builds an image from the text of a Dockerfile, for this test alone."""
    tags = []

    def build(dockerfile):
        tags.append(f"hubwright-test/contract:{len(tags)}")
        files = {"Dockerfile": File(dockerfile.encode())}
        docker_client.images.build(
            fileobj=io.BytesIO(archive(files)),
            custom_context=True,
            tag=tags[-1],
            rm=True,
            forcerm=True,
        )
        return tags[-1]

    yield build
    for tag in tags:
        docker_client.images.remove(tag, force=True)


def broken(findings):
    return {finding.name for finding in findings if not finding.ok}


@pytest.mark.parametrize("name", catalogue.load())
def test_our_images_keep_the_contract(docker_client, base, name):
    tag = builder.tag_of(name, ENVIRONMENT)
    if builder.size_of(docker_client, tag) is None:
        pytest.skip(f"{name} is not built here: 'hubwright images build {name}' does it")
    findings = contract.check(docker_client, tag)
    assert [finding for finding in findings if not finding.ok] == []
    assert len(findings) == 13


def test_a_bad_image_fails_where_it_is_bad(docker_client, base, image):
    findings = contract.check(docker_client, image(BAD.format(base=base)))
    assert broken(findings) == {
        "labels",
        "user",
        "programs",
        "imports",
        "secrets",
        "setuid",
        "rfc3987-syntax",
        "compiled",
        "server without ~/.local",
    }
    details = {finding.name: finding.detail for finding in findings}
    assert "jupyter-lab" in details["programs"]
    assert "ipywidgets" in details["imports"]
    assert "/root/.netrc" in details["secrets"]
    assert "variable DEPLOY_TOKEN" in details["secrets"]
    assert "/usr/local/bin/privileged" in details["setuid"]
    assert "tornado" in details["compiled"]


def test_an_image_that_starts_something_else(docker_client, base, image):
    findings = contract.check(docker_client, image(f'FROM {base}\nCMD ["jupyter-lab"]\n'))
    assert broken(findings) == {"start", "server without ~/.local"}


def test_a_site_s_own_image_is_advised_where_it_may_do_without(docker_client, base, image):
    own = f'FROM {base}\nLABEL {labels.LAB_IMAGE}=""\nCMD ["jupyterhub-singleuser"]\n'
    findings = contract.check(docker_client, image(own))
    assert [(finding.name, finding.required) for finding in findings if not finding.ok] == [
        ("server without ~/.local", False)
    ]


def test_an_image_without_python(docker_client, base):
    findings = contract.check(docker_client, "hubwright/debian:13")
    assert [(finding.name, finding.ok) for finding in findings] == [("probe", False)]


def test_no_container_is_left(docker_client, base):
    contract.check(docker_client, base)
    role = f"{labels.ROLE}={labels.ROLE_HELPER}"
    left = docker_client.containers.list(all=True, filters={"label": role, "ancestor": base})
    assert left == []


def test_an_image_that_is_not_there(docker_client):
    with pytest.raises(UserError, match="no such image on this machine"):
        contract.check(docker_client, "hubwright-test/no-such-image:1")
