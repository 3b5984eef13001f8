"""The file of a model: a zip archive of JSON and arrays, written whole or not at all, and read as what may be hostile.

``manifest.json`` names the format, its version, and every other member with its size and SHA-256; ``model.json`` is the
document (``document``), ``arrays/N.npy`` are its arrays of float64 and int64. Nothing in it is code: there is no pickle
anywhere, and members are read into memory, never unpacked. Sizes are checked before and while they are read. The same
model gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from lossary.choosing.models.content import Content
from lossary.choosing.models.document import content_of, document_of, plain
from lossary.choosing.models.nodes import Node
from lossary.tables.whole import written_whole

FORMAT = "lossary model"
VERSION = 1
MANIFEST, DOCUMENT = "manifest.json", "model.json"
ARRAY = re.compile(r"arrays/(0|[1-9]\d{0,3})\.npy")

MOST_MEMBERS = 10_000
MOST_MANIFEST = 1 << 22
MOST_JSON = 1 << 28
MOST_BYTES = 1 << 31
"""Bytes of the manifest, of the document, and of all members together, at most."""

MOST_DIRECTORY = 100 * MOST_MEMBERS
"""Bytes of the list of members at most."""

END, LOCATOR = 22, 20
"""Bytes of what an archive ends with, and of what stands before it in one of zip64, which no model needs."""

MOST_DEPTH = 32
"""Brackets within brackets."""

DTYPES = ("<f8", "<i8")
BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time of every member: what a file holds does not depend on when it was written."""


# Writing.


def write(content: Content, path: Path) -> Path:
    """Write a model. A file that was there is replaced when the new one is complete, and otherwise stays."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the model cannot be saved as {path}: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise IsADirectoryError(f"the model cannot be saved as {path}: that is a folder; name a file in it")
    document, arrays = document_of(content)
    members = {DOCUMENT: _json(document), **{f"arrays/{n}.npy": _npy(array) for n, array in enumerate(arrays)}}
    listed = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in members.items()}
    manifest = _json({"format": FORMAT, "version": VERSION, "members": listed})
    with written_whole(path) as part, part.open("xb") as stream, zipfile.ZipFile(stream, "w") as archive:
        for name, data in {MANIFEST: manifest, **members}.items():
            archive.writestr(_entry(name), data)
    return path


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, BEGINNING)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _json(value: Any) -> bytes:
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False).encode()


def _npy(array: np.ndarray) -> bytes:
    dtype = "<f8" if array.dtype.kind == "f" else "<i8"
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array, dtype=dtype, order="C"), version=(1, 0), allow_pickle=False)
    return stream.getvalue()


# Reading.


def read(path: Path) -> Content:
    """Read a model. Raises ValueError for anything that ``write`` did not write."""
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            members = _members(archive)
            document = _parsed(members.pop(DOCUMENT))
            arrays = [_array(members[f"arrays/{number}.npy"]) for number in range(len(members))]
        return content_of(Node(document, arrays))
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise _refused(path, error) from None
    except Exception as error:  # a damaged archive makes zipfile and zlib raise whatever they meet
        raise _refused(path, error) from None


def _refused(path: Path, error: Exception) -> ValueError:
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, zipfile.BadZipFile):
        reason = f"it is no archive, or a damaged one ({reason})"
    return ValueError(f"{path} is not a model that can be read: {reason}")


def _check_directory(path: Path) -> None:
    """Refuse a directory of members too long to be a model's: it would be read whole before they are counted."""
    with path.open("rb") as stream:
        stream.seek(-min(LOCATOR + END, stream.seek(0, os.SEEK_END)), os.SEEK_END)
        locator, end = (tail := stream.read())[:-END], tail[-END:]
    if not end.startswith(b"PK\x05\x06") or len(end) < END:
        raise zipfile.BadZipFile("it does not end as one")
    if locator.startswith(b"PK\x06\x07") or int.from_bytes(end[12:16], "little") > MOST_DIRECTORY:
        raise ValueError(f"it has more members than the {MOST_MEMBERS:,} that a model may have")


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """All members but the manifest, each as the manifest has it."""
    entries = archive.infolist()
    by_name = {entry.filename: entry for entry in entries}
    if len(entries) > MOST_MEMBERS or len(by_name) != len(entries):
        raise ValueError(f"it has {len(entries):,} members, some of one name or more than {MOST_MEMBERS:,}")
    for entry in entries:
        _check_entry(entry)
    if MANIFEST not in by_name:
        raise ValueError(f"it has no {MANIFEST}: it is another archive")
    listed = _listed(_content(archive, by_name.pop(MANIFEST), MOST_MANIFEST))
    for name in sorted(set(listed) ^ set(by_name)):
        raise ValueError(f"{name[:80]!r} is in the archive or in its manifest alone")
    if DOCUMENT not in listed or set(listed) != {DOCUMENT, *(f"arrays/{n}.npy" for n in range(len(listed) - 1))}:
        raise ValueError(f"its members are not {DOCUMENT} and arrays from 0 on")
    if sum(entry.file_size for entry in by_name.values()) > MOST_BYTES:
        raise ValueError(f"it says that it unpacks to more than {MOST_BYTES:,} bytes")
    members = {}
    for name, entry in by_name.items():
        size, digest = listed[name]
        data = _content(archive, entry, MOST_JSON if name == DOCUMENT else MOST_BYTES)
        if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
            raise ValueError(f"{name!r} is not what its manifest says: the file was damaged or changed")
        members[name] = data
    return members


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if name not in (MANIFEST, DOCUMENT) and not ARRAY.fullmatch(name):
        raise ValueError(f"it has a member {name[:80]!r}, which no model has")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 0x1:
        raise ValueError(f"{name!r} is encrypted, or packed in a way that no model is")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """A member, of which no more is unpacked than it may be, whatever it says of itself."""
    if entry.file_size > most:
        raise ValueError(
            f"{entry.filename!r} says that it unpacks to {entry.file_size:,} bytes, over the {most:,} allowed"
        )
    with archive.open(entry) as stream:
        data = stream.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise ValueError(f"{entry.filename!r} is not as long as it says")
    return data


def _listed(data: bytes) -> dict[str, tuple[int, str]]:
    """Size and digest of each member, by the manifest."""
    node = Node(_parsed(data), (), "manifest")
    if node["format"].value != FORMAT:
        raise ValueError("it is an archive of something else")
    version = node["version"].integer()
    if version != VERSION:
        raise ValueError(
            f"it is in version {version} of the format, and this lossary reads version {VERSION}; install another"
        )
    node.only("format", "version", "members")
    members = {name: each.only("bytes", "sha256") for name, each in node["members"].named()}
    return {name: (each["bytes"].integer(), each["sha256"].text()) for name, each in members.items()}


def _parsed(data: bytes) -> Any:
    """JSON without NaN, infinities, names that occur twice, and brackets beyond counting."""
    text = data.decode("utf-8")
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > MOST_DEPTH:
        raise ValueError(f"its JSON is nested {deepest:,} deep")
    return json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique)


def _no_constant(name: str) -> float:
    raise ValueError(f"its JSON has {name}, which is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"its JSON has a number too large: {text[:40]}")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("its JSON has a name twice")
    return found


def _array(data: bytes) -> np.ndarray:
    """An array of finite numbers, as long as it says before room is made for it."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise ValueError(f"an array is in version {version} of its format")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.str not in DTYPES or is_fortran:
        raise ValueError(f"an array holds {dtype}, and not float64 or int64 in row order")
    rest = data[stream.tell() :]
    if math.prod(shape) * dtype.itemsize != len(rest):
        raise ValueError(f"an array of shape {shape} cannot be {len(rest):,} bytes")
    array = np.frombuffer(rest, dtype).reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError("an array has numbers that are not finite")
    return array
