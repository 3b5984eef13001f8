"""A model's file is data: one that is not what it should be is refused in a sentence, and nothing is written or run."""

import io
import json
import os
import pickle
import random
import sys
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.support.chosen import CASES
from tests.support.model_files import (
    DOCUMENT,
    MANIFEST,
    array_in,
    manifest_of,
    members_of,
    npy,
    npy_saying,
    packed,
    with_document,
)

import lossary
from lossary.choosing.models import archive
from lossary.choosing.models.model import model_of
from lossary.choosing.training.recipes import Part
from lossary.choosing.training.scores import HistogramScores

FORBIDDEN = (
    *("pickle.find_class", "marshal.loads", "ctypes.dlopen", "socket.connect", "subprocess.Popen"),
    *(
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.fork",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.link",
        "os.symlink",
    ),
)
WATCHED: list[bool] = []
SEEN: list[str] = []


def _hook(event: str, arguments: tuple) -> None:
    if not WATCHED:
        return
    if event in FORBIDDEN or (event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
        SEEN.append(f"{event} {arguments}")


sys.addaudithook(_hook)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> dict[str, Path]:
    """Files of a model of trees, and of one of lines."""
    folder = tmp_path_factory.mktemp("files")
    names = {"trees": "text", "lines": "several classes", "dates": "dates"}
    return {kind: CASES[name].choice().model.save(folder / f"{kind}.lossary") for kind, name in names.items()}


@pytest.fixture(scope="module")
def members(saved):
    return {kind: members_of(path) for kind, path in saved.items()}


def loaded(content: bytes, folder: Path):
    """Load a file, watching what is opened and run."""
    path = folder / "model.lossary"
    path.write_bytes(content)
    before = sorted(folder.rglob("*"))
    SEEN.clear()
    WATCHED.append(True)
    try:
        return lossary.load(path)
    finally:
        WATCHED.clear()
        assert SEEN == []
        assert sorted(folder.rglob("*")) == before
        assert path.read_bytes() == content


def refused(content: bytes, folder: Path, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refusal:
        loaded(content, folder)
    assert "is not a model that can be read: " in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 600


def loaded_or_refused(content: bytes, folder: Path):
    """The model, or None: nothing but a refusal is raised."""
    try:
        return loaded(content, folder)
    except ValueError as refusal:
        if "is not a model that can be read: " not in str(refusal):
            raise
        return None


def test_files_put_together_again_are_read(saved, members, tmp_path):
    """The tests' own tools: what follows is refused for what is wrong with it alone."""
    for kind, path in saved.items():
        table = CASES[{"trees": "text", "lines": "several classes", "dates": "dates"}[kind]].table()
        expected = lossary.load(path).predictions(table)
        for packing in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
            again = loaded(packed(members[kind], packing=packing), tmp_path)
            np.testing.assert_array_equal(again.predictions(table), expected)
        same = with_document(members[kind], lambda document: None)
        np.testing.assert_array_equal(loaded(packed(same), tmp_path).predictions(table), expected)


# The archive.


def test_what_is_no_archive_of_a_model_is_refused(members, tmp_path):
    refused(b"", tmp_path, "no archive")
    refused(b"PK\x03\x04 and more", tmp_path, "no archive")
    refused(pickle.dumps({"a": 1}), tmp_path, "no archive")
    refused(packed({}, b"{}"), tmp_path, "no 'format'")
    refused(packed({}, json.dumps({"format": "other"}).encode()), tmp_path, "something else")
    with pytest.raises(FileNotFoundError):
        lossary.load(tmp_path / "nothing.lossary")


def test_another_version_says_so(members, tmp_path):
    lines = members["lines"]
    refused(packed(lines, manifest_of(lines, version=2)), tmp_path, "version 2 of the format.* reads version 1")
    refused(packed(lines, manifest_of(lines, version="1")), tmp_path, "manifest.version is not a whole number")
    refused(packed(lines, manifest_of(lines, more=1)), tmp_path, "'more', which is not known")


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil", "arrays/../../evil.npy", "arrays\\0.npy", "evil.pkl", "arrays/00.npy", "a/"]
)
def test_members_that_no_model_has_are_refused(members, tmp_path, name):
    refused(packed({**members["lines"], name: b"1"}), tmp_path, "which no model has")
    assert not (tmp_path.parent / "evil.json").exists()


def test_members_are_those_of_the_manifest(members, tmp_path):
    lines = members["lines"]
    more = {**lines, f"arrays/{len(lines) - 1}.npy": npy(np.zeros(3))}
    refused(packed(more, manifest_of(lines)), tmp_path, "in the archive or in its manifest alone")
    refused(packed(lines, manifest_of(more)), tmp_path, "in the archive or in its manifest alone")
    last = f"arrays/{len(lines) - 2}.npy"
    refused(packed({name: data for name, data in lines.items() if name != last}), tmp_path, "number from|array|line")
    refused(packed({name: data for name, data in lines.items() if name != DOCUMENT}), tmp_path, "not model.json and")
    stream = tmp_path / "twice.zip"
    stream.write_bytes(packed(lines))
    with zipfile.ZipFile(stream, "a") as again, pytest.warns(UserWarning, match="Duplicate"):
        again.writestr(DOCUMENT, lines[DOCUMENT])
    refused(stream.read_bytes(), tmp_path, "some of one name")


def test_what_differs_from_its_digest_is_refused(members, tmp_path):
    lines = members["lines"]
    changed = {**lines, DOCUMENT: lines[DOCUMENT].replace(b"softmax", b"softmin")}
    refused(packed(changed, manifest_of(lines)), tmp_path, "'model.json' is not what its manifest says")


def test_a_bomb_is_refused_before_it_goes_off(members, tmp_path):
    """A member that says how large it is, and one that lies: neither is unpacked."""
    size = 200_000_000
    bomb = packed({**members["lines"], "arrays/0.npy": bytes(size)})
    assert len(bomb) < 1_000_000
    lying = bytearray(bomb)
    for start in (lying.find(b"arrays/0.npy"), lying.rfind(b"arrays/0.npy")):
        offset = start - (8 if lying[start - 30 : start - 26] == b"PK\x03\x04" else 22)
        lying[offset : offset + 4] = (1000).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "MOST_BYTES", 1 << 24)
        refused(bomb, tmp_path, "unpacks to more than 16,777,216 bytes")
        refused(bytes(lying), tmp_path, "not as long|damaged|CRC|not what its manifest")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


def test_members_beyond_counting_are_refused_before_they_are_listed(members, tmp_path):
    stream = io.BytesIO(packed(members["lines"]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as archive:
        for number in range(20_000):
            archive.writestr(zipfile.ZipInfo(f"arrays/{number:04d}{number}.npy"), b"")
    tracemalloc.start()
    refused(stream.getvalue(), tmp_path, "more members than the 10,000")
    assert tracemalloc.get_traced_memory()[1] < 6_000_000
    tracemalloc.stop()
    small = packed(members["lines"])
    refused(small[:-22] + b"PK\x06\x07" + bytes(16) + small[-22:], tmp_path, "more members")
    refused(small + b"more", tmp_path, "does not end as one")


def test_a_file_cut_short_anywhere_is_refused(saved, tmp_path):
    whole = saved["trees"].read_bytes()
    for end in np.linspace(1, len(whole) - 1, 60).astype(int):
        refused(whole[:end], tmp_path, "archive|read")


def test_a_flipped_bit_is_noticed_or_changes_nothing(saved, tmp_path):
    """Bits that nothing hangs on, such as a member's date, may be anything."""
    whole, table = saved["trees"].read_bytes(), CASES["text"].table()
    expected, draw = lossary.load(saved["trees"]).predictions(table), random.Random(1)
    noticed = 0
    for _ in range(400):
        flipped = bytearray(whole)
        flipped[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        model = loaded_or_refused(bytes(flipped), tmp_path)
        noticed += model is None
        if model is not None:
            np.testing.assert_array_equal(model.predictions(table), expected)
    assert noticed > 300


def test_packing_that_no_model_has_is_refused(members, tmp_path):
    refused(packed(members["lines"], packing=zipfile.ZIP_LZMA), tmp_path, "encrypted, or packed")
    secret = bytearray(packed(members["lines"]))
    secret[6] |= 1
    secret[secret.find(b"PK\x01\x02") + 8] |= 1
    refused(bytes(secret), tmp_path, "encrypted, or packed")


# JSON.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"a": NaN}', "NaN, which is no number"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "a number too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"a": 1, "a": 2}', "a name twice"),
        (b"[" * 100_000, "nested 100,000 deep"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "nested 40 deep"),
        (b"\xff\xfe", "utf-8"),
        (b"{", "Expecting|property name"),
        (b"[]", "not a mapping"),
        (b"null", "not a mapping"),
    ],
)
def test_json_that_no_model_has_is_refused(members, tmp_path, text, words):
    refused(packed({**members["lines"], DOCUMENT: text}), tmp_path, words)
    refused(packed({}, text), tmp_path, words)


# Arrays.


class Evil:
    """Unpickled, it leaves a mark."""

    def __reduce__(self):
        return (os.mkdir, ("evil",))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (npy(np.array([Evil()], dtype=object), allow_pickle=True), "holds object"),
        (npy(np.array(["text"])), "holds <U4"),
        (npy(np.zeros(3, dtype=np.float32)), "holds float32"),
        (npy(np.zeros(3, dtype=">f8")), "holds >f8"),
        (npy(np.zeros(3, dtype=complex)), "holds complex128"),
        (npy(np.asfortranarray(np.zeros((3, 2)))), "row order"),
        (npy(np.array([1.0, np.nan])), "not finite"),
        (npy(np.array([np.inf])), "not finite"),
        (npy_saying("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"), "cannot be 0 bytes"),
        (npy_saying("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", bytes(8)), "cannot be 8 bytes"),
        (npy_saying("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes(24)), "cannot be 24 bytes"),
        (npy_saying("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", bytes(8)), "holds"),
        (npy_saying("__import__('os').mkdir('evil')"), "malformed"),
        (b"", "EOF|magic"),
        (pickle.dumps(Evil()), "magic"),
    ],
)
def test_arrays_that_no_model_has_are_refused(members, tmp_path, data, words):
    refused(packed({**members["lines"], "arrays/0.npy": data}), tmp_path, words)
    assert not Path("evil").exists()


# What is in them.


def places(value, path=()):
    """The paths to all values of a document."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


ODD = [None, True, -1, 0, 1, 10**18, 1.5, -1e300, "", "x", "../x", [], [1], {}, {"a": 1}]


@pytest.mark.parametrize("kind", ["trees", "lines", "dates"])
def test_a_document_with_anything_changed_is_refused_or_predicts(members, tmp_path, kind):
    """Digests are right here: who changes a file can change them too."""
    table = CASES[{"trees": "text", "lines": "several classes", "dates": "dates"}[kind]].table()
    document = json.loads(members[kind][DOCUMENT])
    paths, draw, outcomes = list(places(document))[1:], random.Random(2), {"refused": 0, "predicts": 0}
    for _ in range(250):
        path, odd = draw.choice(paths), draw.choice(ODD)

        def change(changed, path=path, odd=odd):
            for key in path[:-1]:
                changed = changed[key]
            changed[path[-1]] = odd

        model = loaded_or_refused(packed(with_document(members[kind], change)), tmp_path)
        outcomes["refused" if model is None else "predicts"] += 1
        if model is not None:
            # The table may lack what the model asks for now, or hold something else; what is predicted has its rows.
            with np.errstate(all="ignore"), suppress(ValueError):
                assert len(model.predict_table(table)) == len(table)
    assert min(outcomes.values()) > 10


@pytest.mark.parametrize("kind", ["trees", "lines"])
def test_arrays_with_anything_changed_are_refused_or_predict(members, tmp_path, kind):
    """Trees are followed in C++ wherever children point: only what is a tree gets there."""
    table = CASES[{"trees": "text", "lines": "several classes"}[kind]].table()
    names = [name for name in members[kind] if name != DOCUMENT]
    draw, outcomes = np.random.default_rng(3), {"refused": 0, "predicts": 0}
    for _ in range(250):
        name = names[draw.integers(len(names))]
        array = array_in(members[kind][name]).copy()
        if array.size == 0:
            continue
        odd = draw.choice([0, 1, -1, 2, -2, -7, 40, 10**9, -(10**18)])
        array[np.unravel_index(draw.integers(array.size), array.shape)] = odd
        if draw.random() < 0.2:
            array = np.resize(array, (array.shape[0] + 1, *array.shape[1:])) if array.ndim else np.array([1.0, 2.0])
        model = loaded_or_refused(packed({**members[kind], name: npy(array)}), tmp_path)
        outcomes["refused" if model is None else "predicts"] += 1
        assert model is None or len(model.predict_table(table)) == len(table)
    assert min(outcomes.values()) > 10


# Writing.


def test_a_file_is_written_whole_or_not_at_all(saved, tmp_path, monkeypatch):
    model = lossary.load(saved["lines"])
    path = model.save(tmp_path / "model.lossary")
    first = path.read_bytes()
    written = []

    def breaks(self, *given, **more):
        written.append(given)
        if len(written) == 3:
            raise OSError("the disk is full")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", breaks)
    with pytest.raises(OSError, match="the disk is full"):
        model.save(path)
    assert [each.name for each in tmp_path.iterdir()] == ["model.lossary"]
    assert path.read_bytes() == first
    with pytest.raises(FileNotFoundError):
        model.save(tmp_path / "nowhere" / "model.lossary")


def test_what_no_data_describes_is_not_saved(saved, tmp_path):
    """scikit-learn's trees are kept as code, and classes of a loss of one's own take its function."""
    lines, trees = (lossary.load(saved[kind]).content for kind in ("lines", "trees"))
    own = replace(lines.predictor, part=Part("mine", {}))
    part = replace(trees.predictor.parts[0], scores=HistogramScores(None, 3, 0, log=False))
    for content, words in (
        (replace(lines, predictor=own), "mine is a loss of your own"),
        (replace(trees, predictor=replace(trees.predictor, parts=(part,))), "scikit-learn's, which are kept as code"),
    ):
        with pytest.raises(ValueError, match=words):
            model_of(content).save(tmp_path / "model.lossary")
    assert not list(tmp_path.iterdir())


def test_where_no_model_can_be_written_is_said_by_the_name_that_was_given(saved, tmp_path):
    model = lossary.load(next(iter(saved.values())))
    with pytest.raises(FileNotFoundError, match=r"saved as .*absent/m\.lossary: there is no folder .*absent"):
        model.save(tmp_path / "absent" / "m.lossary")
    with pytest.raises(IsADirectoryError, match="that is a folder; name a file in it"):
        model.save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_manifest_names_every_member(saved):
    with zipfile.ZipFile(saved["trees"]) as found:
        assert {*found.namelist()} == {MANIFEST, *json.loads(found.read(MANIFEST))["members"]}
        assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) for entry in found.infolist())
