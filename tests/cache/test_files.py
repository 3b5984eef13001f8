"""A kernel's file is there whole or not at all, whatever happens, and others may read what they are given."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
import zipfile
from pathlib import Path

import pytest

import lossary
from lossary.backends.cpu.cache import file, key
from lossary.backends.cpu.specs.pointwise import KernelSpec

PACKAGE = Path(lossary.__file__).parent
WHERE = "import lossary; print(lossary.__file__, lossary.squared_error.cost([0.0], [3.0]))"


def spec(name: str = "squared_error") -> KernelSpec:
    record = lossary.squared_error.record.with_quantities(name=name)
    return KernelSpec(record, "f8", "f8", None, "f8", ("grad",), total=False, scaled=False, per_example=())


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["replace", "chmod"])
def test_a_full_disk_leaves_nothing_behind(step, cache, monkeypatch):
    monkeypatch.setattr(Path, step, full)
    with pytest.raises(OSError, match="No space"):
        file.write(cache / "a.kernel", b"code")
    assert list(cache.iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_what_is_being_written_stays(cache):
    old, young, foreign = cache / f"1{file.PART}", cache / f"2{file.PART}", cache / "tmpold"
    for path in (old, young, foreign):
        path.write_bytes(b"half")
    long_ago = time.time() - 2 * file.ABANDONED
    for path in (old, foreign):
        os.utime(path, (long_ago, long_ago))
    file.write(cache / "a.kernel", b"code")
    assert sorted(path.name for path in cache.iterdir()) == [f"2{file.PART}", "a.kernel", "tmpold"]
    assert file.read(cache / "a.kernel") == b"code"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs modes")
def test_others_may_read_a_kernel_whatever_the_umask(cache):
    before = os.umask(0o077)
    try:
        file.write(cache / "a.kernel", b"code")
    finally:
        os.umask(before)
    assert stat.S_IMODE((cache / "a.kernel").stat().st_mode) == 0o644


@pytest.mark.parametrize("name", ["x" * 300, "é" * 150])
def test_a_long_name_fits(name, cache):
    found = key.file_name(spec(name))
    assert len(os.fsencode(found)) <= 255
    assert found != key.file_name(spec(name + "x"))
    file.write(cache / found, b"code")


def test_a_write_that_fails_is_said_and_the_answer_is_right(python):
    done = python(
        """
        import errno, lossary
        from lossary.backends.cpu.cache import file
        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")
        file.write = full
        print(lossary.squared_error.cost([0.0], [3.0]))
        """
    )
    assert done.stdout == "9.0\n"
    assert done.stderr.count("cannot be written to (No space left on device)") == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be another user")
def test_a_user_without_a_home_reads_what_root_has_warmed():
    with tempfile.TemporaryDirectory(dir="/tmp") as top:
        Path(top).chmod(0o755)
        image = Path(top) / "kernels"
        script = """
            import os, sys, numpy.ma, lossary
            from lossary.backends.cpu.cache import store
            from lossary.backends.cpu.cache import key
            lossary.squared_error, key._surroundings()  # this Python itself may not be readable for others
            os.setuid(int(sys.argv[1]))
            print(lossary.squared_error.cost([0.0], [3.0]), len(store.compiled))
        """
        environment = {"PYTHONPATH": str(PACKAGE.parent), "LOSSARY_CACHE_DIR": str(image), "PATH": os.environ["PATH"]}
        answers = []
        for user in (0, 54321):
            done = subprocess.run(
                [sys.executable, "-c", textwrap.dedent(script), str(user)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            answers.append((done.stdout, done.stderr))
        assert answers == [("9.0 1\n", ""), ("9.0 0\n", "")]


def test_an_install_from_a_zip_file_works(python, tmp_path):
    archive = tmp_path / "lossary.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in PACKAGE.rglob("*.py"):
            packed.write(path, path.relative_to(PACKAGE.parent))
    done = python(WHERE, sources=str(archive))
    assert done.stdout.startswith(str(archive))
    assert done.stdout.endswith(" 9.0\n")


def test_an_install_of_byte_code_alone_works(python, tmp_path):
    target = tmp_path / "site" / "lossary"
    subprocess.run([sys.executable, "-m", "compileall", "-q", "-b", str(_copied(target))], check=True)
    for path in target.rglob("*.py"):
        path.unlink()
    done = python(WHERE, sources=str(target.parent))
    assert done.stdout == f"{target / '__init__.pyc'} 9.0\n"


def _copied(target: Path) -> Path:
    for path in PACKAGE.rglob("*.py"):
        copy = target / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return target
