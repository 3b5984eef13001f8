"""Only folders and files that nobody else can write to are read, because what lies there is run."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lossary.backends.cpu.cache import file, folder

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs owners and modes")
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
STRANGER = 54321


def kept(path: Path) -> Path:
    """A file with a right checksum, as an attacker can make it."""
    code = b"machine code"
    path.write_bytes(hashlib.sha256(code).hexdigest().encode() + b"\n" + code)
    path.chmod(0o644)
    return path


def given_away(path: Path) -> None:
    os.chown(path, STRANGER, STRANGER)


FOLDERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "others may write": (lambda p: p.chmod(0o777), "others may write to"),
    "others may write, sticky": (lambda p: p.chmod(0o1777), "others may write to"),
    "a group may write": (lambda p: (os.chown(p, -1, STRANGER) if ROOT else None, p.chmod(0o773)), "others may write"),
    "the one above": (lambda p: p.parent.chmod(0o777), "others may write to"),
    "no folder": (lambda p: (p.rmdir(), p.write_text("")), "is no folder"),
}
if ROOT:
    FOLDERS["another's"] = (given_away, "belongs to another user")
    FOLDERS["below another's"] = (lambda p: given_away(p.parent), "belongs to another user")


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_others_could_fill_is_not_used(name, cache):
    spoil, words = FOLDERS[name]
    assert folder.readable() == [cache]
    assert folder.writable() == cache
    spoil(cache)
    assert folder.readable() == []
    with pytest.raises(folder.Refusal, match=words):
        folder.writable()


def test_a_sticky_folder_above_is_fine_because_nobody_can_rename_in_it(cache):
    cache.parent.chmod(0o1777)
    assert folder.readable() == [cache]


def test_a_link_is_followed_once_and_what_it_leads_to_is_judged(cache, tmp_path, monkeypatch):
    link = tmp_path / "link"
    link.symlink_to(cache)
    monkeypatch.setenv("LOSSARY_CACHE_DIR", str(link))
    assert folder.readable() == [cache]
    cache.chmod(0o777)
    assert folder.readable() == []


def test_the_default_folder_is_the_users_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("LOSSARY_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert stat.S_IMODE(folder.writable().stat().st_mode) == 0o700


def test_without_a_home_kernels_go_to_a_folder_for_temporary_files(tmp_path, monkeypatch):
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("LOSSARY_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert folder.writable() == tmp_path / f"lossary-{os.geteuid()}"
    assert stat.S_IMODE(folder.writable().stat().st_mode) == 0o700


def test_a_plain_file_of_the_users_is_read(cache):
    assert file.read(kept(cache / "a.kernel")) == b"machine code"


@pytest.mark.parametrize("mode", [0o666, 0o646, 0o602])
def test_a_file_that_others_may_write_to_is_not_read(mode, cache):
    path = kept(cache / "a.kernel")
    path.chmod(mode)
    assert file.read(path) is None


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_a_file_of_another_user_is_not_read(cache):
    path = kept(cache / "a.kernel")
    given_away(path)
    assert file.read(path) is None


def test_links_pipes_folders_and_broken_files_are_not_read(cache):
    kept(cache / "a.kernel")
    (cache / "link").symlink_to(cache / "a.kernel")
    os.mkfifo(cache / "pipe")  # reading one would wait for its writer
    (cache / "folder").mkdir()
    (cache / "short").write_bytes((cache / "a.kernel").read_bytes()[:-1])
    assert [file.read(cache / name) for name in ("link", "pipe", "folder", "short", "none")] == [None] * 5


def test_planted_code_is_not_run_and_one_warning_says_why(python, cache):
    call = "import lossary; print(lossary.squared_error.cost([0.0], [3.0]), lossary.absolute_error.cost([0.0], [3.0]))"
    assert python(call).stdout == "9.0 3.0\n"
    # An attacker swaps two kernels: each would give the other's numbers.
    first, second = sorted(cache.glob("*.kernel"))
    first.rename(cache / "other")
    second.rename(first)
    (cache / "other").rename(second)
    assert python(call).stdout == "3.0 9.0\n"
    cache.chmod(0o777)
    done = python(call)
    assert done.stdout == "9.0 3.0\n"
    assert done.stderr.count("CacheWarning") == 1
    assert "others may write to" in done.stderr
