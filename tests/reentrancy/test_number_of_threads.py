"""How many threads a call uses: what the user says, else the environment, else the machine and the container."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import lossary
from lossary.backends.cpu.runtime import processors, threads

from .conftest import Process


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing set, eight processors, and a process whose description is still to be written."""
    monkeypatch.delenv(processors.VARIABLE, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(processors, "PROCESS", tmp_path / "self")
    (tmp_path / "self").mkdir()
    return tmp_path


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def version_2(root: Path, path: str = "/", seen_from: str = "/") -> dict[str, str]:
    mount = f"31 23 0:28 {seen_from} {root}/groups rw,nosuid shared:4 - cgroup2 cgroup rw,nsdelegate\n"
    return {"self/cgroup": f"0::{path}\n", "self/mountinfo": f"22 1 8:1 / / rw - ext4 /dev/sda rw\n{mount}"}


def version_1(root: Path, path: str, seen_from: str = "/") -> dict[str, str]:
    mounts = [
        f"40 31 0:29 / {root}/groups/memory rw - cgroup cgroup rw,memory",
        f"41 31 0:30 {seen_from} {root}/groups/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
    ]
    return {"self/cgroup": f"4:memory:/m\n3:cpu,cpuacct:{path}\n0::/\n", "self/mountinfo": "\n".join(mounts) + "\n"}


def test_processors_are_the_default(unset: Path) -> None:
    assert processors.threads() == 8


@pytest.mark.parametrize(("limit", "expected"), [("max 100000", 8), ("150000 100000", 2), ("5000 100000", 1), ("", 8)])
def test_a_quota_of_version_2(unset: Path, limit: str, expected: int) -> None:
    write(unset, version_2(unset) | {"groups/cpu.max": limit})
    assert processors.threads() == expected


def test_a_quota_of_a_group_further_out_counts(unset: Path) -> None:
    limits = {"groups/a/cpu.max": "300000 100000", "groups/a/b/cpu.max": "max 100000"}
    write(unset, version_2(unset, "/a/b") | limits)
    assert processors.threads() == 3


def test_a_containers_group_is_its_root(unset: Path) -> None:
    write(unset, version_2(unset, "/host/path") | {"groups/cpu.max": "400000 100000"})
    assert processors.threads() == 4


@pytest.mark.parametrize(("quota", "expected"), [("200000", 2), ("-1", 8)])
def test_a_quota_of_version_1(unset: Path, quota: str, expected: int) -> None:
    files = {"cpu.cfs_quota_us": quota, "cpu.cfs_period_us": "100000"}
    inside = {f"groups/cpu,cpuacct/{name}": text + "\n" for name, text in files.items()}
    write(unset, version_1(unset, "/docker/1f", "/docker/1f") | inside)
    assert processors.threads() == expected


def test_what_describes_itself_in_another_way_has_no_quota(unset: Path) -> None:
    write(unset, {"self/cgroup": "unknown\n", "self/mountinfo": "nothing\n"})
    assert processors.threads() == 8


@pytest.mark.parametrize(("openmp", "expected"), [("3", 3), ("2,4", 2), ("16", 8), ("all", 8), ("0", 8), ("", 8)])
def test_no_more_than_openmp_may_have(unset: Path, openmp: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", openmp)
    assert processors.threads() == expected


def test_our_own_variable_wins(unset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(unset, version_2(unset) | {"groups/cpu.max": "100000 100000"})
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv(processors.VARIABLE, " 12 ")
    assert processors.threads() == 12


@pytest.mark.parametrize("given", ["two", "0", "-1", "1.5", "²"])
def test_a_variable_that_is_no_number_is_refused(unset: Path, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(processors.VARIABLE, given)
    with pytest.raises(ValueError, match=f"^LOSSARY_NUM_THREADS must be a whole number of at least 1, not {given!r}; "):
        processors.threads()


@pytest.mark.parametrize(
    "call", ["squared_error.cost([0.0], [1.0])", "softmax_cross_entropy.cost([0], [[0.0, 1.0]])", "thread_count()"]
)
def test_that_is_said_at_first_use_however_small(process: Process, call: str) -> None:
    done = process(f"import lossary; lossary.{call}", LOSSARY_NUM_THREADS="two")
    assert done.stderr.strip().splitlines()[-1].startswith("ValueError: LOSSARY_NUM_THREADS must be")


def test_a_number_holds_until_the_block_ends() -> None:
    before = lossary.thread_count()
    with lossary.threads(3):
        with lossary.threads(5):
            assert lossary.thread_count() == 5
        assert lossary.thread_count() == 3
    assert lossary.thread_count() == before


def test_a_number_holds_from_the_call_on() -> None:
    with lossary.threads(3):
        lossary.threads(4)
        assert lossary.thread_count() == 4


def test_leaving_a_block_leaves_what_is_unset_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_chosen", None)
    with pytest.raises(KeyError), lossary.threads(3):
        raise KeyError
    assert threads._chosen is None


@pytest.mark.parametrize("number", [0, -1, 2.0, "2", None, True])
def test_what_is_no_number_of_threads_is_refused(number: object) -> None:
    before = lossary.thread_count()
    with pytest.raises(ValueError, match="number of threads must be a whole number of at least 1, not "):
        lossary.threads(number)  # type: ignore[arg-type]
    assert lossary.thread_count() == before
