"""Build contexts and tags: equal files give equal tags, anything else another one."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubwright.images.context import EXECUTABLE, File, archive, fingerprint, tree

FILES = {"Dockerfile": File(b"FROM x\n"), "a/b/c.py": File(b"1\n"), "run": File(b"", EXECUTABLE)}

contexts = st.dictionaries(
    st.from_regex(r"[a-z]{1,3}(/[a-z]{1,3}){0,2}\.x", fullmatch=True),
    st.builds(File, st.binary(max_size=8), st.sampled_from([0o644, EXECUTABLE])),
    max_size=4,
)


def test_the_archive_holds_the_files_and_their_directories():
    with tarfile.open(fileobj=io.BytesIO(archive(FILES))) as tar:
        assert tar.getnames() == ["a", "a/b", "Dockerfile", "a/b/c.py", "run"]
        assert {entry.mtime for entry in tar} == {0}
        assert tar.getmember("run").mode == EXECUTABLE


def test_order_does_not_count():
    turned = dict(reversed(FILES.items()))
    assert archive(turned) == archive(FILES)
    assert fingerprint(turned) == fingerprint(FILES)


@given(contexts, contexts)
def test_equal_fingerprints_are_equal_files(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (one == other)


@pytest.mark.parametrize(
    "change",
    [
        {"Dockerfile": File(b"FROM y\n")},
        {"run": File(b"")},
        {"new": File(b"")},
    ],
    ids=["bytes", "mode", "name"],
)
def test_every_change_counts(change):
    assert fingerprint({**FILES, **change}) != fingerprint(FILES)


def test_arguments_count_and_do_not_run_together():
    assert fingerprint({}, "ab", "c") != fingerprint({}, "a", "bc")


def test_a_tree_has_no_compiled_files_and_not_what_is_left_out(tmp_path):
    for name in ("a.py", "__pycache__/a.pyc", "sub/b.py", "sub/__pycache__/b.pyc", "out/c.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    (tmp_path / "a.py").chmod(0o700)
    found = tree(tmp_path, "p/", frozenset({"out"}))
    assert found == {"p/a.py": File(b"a.py", EXECUTABLE), "p/sub/b.py": File(b"sub/b.py")}
