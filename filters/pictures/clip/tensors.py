"""Named arrays of numbers in a file: safetensors, and NumPy's .npz to import from. Nothing in either is run.

Safetensors is eight bytes with the length of a JSON header (names, types, shapes, places; little-endian), the header,
and the numbers. It is read here by itself, so that weights that NumPy can compute take no library: all that the format
forbids is refused, and so is what is no number of 16, 32 or 64 bits.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from tamis.errors import ConfigError

Tensors = Mapping[str, npt.NDArray[np.floating[Any]]]

MAX_BYTES: Final = 256 * 1024**2
"""Of a file, and of what it comes to: heads are far smaller."""

METADATA: Final = "__metadata__"

_TYPES: Final = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}
_LENGTH: Final = 8
_FAULTS = (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, zipfile.BadZipFile)


def read_bytes(path: Path, *, who: str) -> bytes:
    """The bytes of a file of weights.

    Raises:
        ConfigError: it cannot be read, or is far too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{who}: {path.name} is larger than {MAX_BYTES // 1024**2} MiB, which no head is.")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{who}: {path.name} cannot be read ({error.strerror}).") from None


def parse_safetensors(data: bytes, *, name: str, who: str) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    """The arrays of a file by name, and its metadata.

    Raises:
        ConfigError: it is damaged, no safetensors, or holds what is no number of 16, 32 or 64 bits.
    """
    try:
        end = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
        header = orjson.loads(data[_LENGTH:end])
        metadata = header.pop(METADATA, {})
        arrays, at = {}, end
        for tensor, said in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            arrays[tensor], at = _array(data, at, end, said)
        if at != len(data) or not all(isinstance(word, str) for pair in metadata.items() for word in pair):
            raise ValueError
    except _FAULTS:
        raise ConfigError(
            f"{who}: {name} is no whole safetensors file of 16, 32 or 64 bit numbers. Fetch or convert it again."
        ) from None
    return arrays, metadata


def _array(data: bytes, at: int, start: int, said: Mapping[str, Any]) -> tuple[npt.NDArray[Any], int]:
    """One array, which begins where the one before it ends, and its end."""
    dtype, shape = np.dtype(_TYPES[said["dtype"]]), said["shape"]
    begin, end = (start + offset for offset in said["data_offsets"])
    if begin != at or end > len(data) or min(shape, default=0) < 0 or end - begin != prod(shape) * dtype.itemsize:
        raise ValueError
    return np.frombuffer(data[begin:end], dtype=dtype).reshape(shape), end


def safetensors_of(tensors: Tensors, metadata: Mapping[str, str]) -> bytes:
    """A file of these arrays in single precision, in this order: the same ones give the same bytes."""
    numbers = {name: array.astype("<f4").tobytes() for name, array in tensors.items()}
    header: dict[str, Any] = {METADATA: dict(metadata)}
    at = 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at := at + len(numbers[name])]}
    head = orjson.dumps(header)
    head += b" " * (-len(head) % _LENGTH)
    return len(head).to_bytes(_LENGTH, "little") + head + b"".join(numbers.values())


def parse_npz(data: bytes, *, name: str, who: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an .npz by name; one that holds Python objects, which would be unpickled, is refused.

    Raises:
        ConfigError: it cannot be read, comes to too much, or holds something else than numbers.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            whole = sum(member.file_size for member in packed.infolist())
        if whole > MAX_BYTES:
            raise ConfigError(f"{who}: {name} unpacks to more than {MAX_BYTES // 1024**2} MiB, which no head does.")
        with np.load(BytesIO(data), allow_pickle=False) as held:
            arrays = {array: held[array] for array in held.files}
    except _FAULTS:
        raise ConfigError(
            f"{who}: {name} is no whole .npz, or holds Python objects, which could run code when they are opened. "
            "Save plain arrays with `numpy.savez`."
        ) from None
    return arrays
