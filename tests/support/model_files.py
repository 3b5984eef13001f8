"""Files of models, taken apart and put together again by somebody who means harm."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

MANIFEST, DOCUMENT = "manifest.json", "model.json"

Members = dict[str, bytes]


def members_of(path: Path) -> Members:
    """What is in a file, without its manifest."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}


def manifest_of(members: Mapping[str, bytes], **changed: Any) -> bytes:
    """The manifest that tells the truth of these members."""
    listed = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in members.items()}
    return json.dumps({"format": "lossary model", "version": 1, "members": listed, **changed}).encode()


def packed(members: Mapping[str, bytes], manifest: bytes | None = None, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A file of these members, digests and all."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        archive.writestr(MANIFEST, manifest_of(members) if manifest is None else manifest)
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def with_document(members: Members, change: Callable[[Any], object]) -> Members:
    """The same members, but for something in the document."""
    document = json.loads(members[DOCUMENT])
    change(document)
    return {**members, DOCUMENT: json.dumps(document).encode()}


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    """An array's file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def npy_saying(header: str, data: bytes = b"") -> bytes:
    """An array's file that says of itself what it likes."""
    padded = header.encode() + b" " * (117 - len(header)) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + data


def array_in(data: bytes) -> np.ndarray:
    """An array out of its file."""
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
