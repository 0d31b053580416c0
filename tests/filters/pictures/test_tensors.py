"""Arrays in files: as the library of the format writes and reads them, and refused where anything is wrong."""

import json

import numpy as np
import pytest

from filters.pictures.clip.tensors import MAX_BYTES, METADATA, parse_npz, parse_safetensors, read_bytes, safetensors_of
from tamis.errors import ConfigError

ARRAYS = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.array(0.5, dtype=np.float32),
    "none": np.zeros((0, 4), dtype=np.float32),
}


def parsed(data):
    return parse_safetensors(data, name="file", who="head")


def test_what_is_written_is_read_again_here_and_by_the_library():
    data = safetensors_of(ARRAYS, {"key": "ü"})
    assert data == safetensors_of(ARRAYS, {"key": "ü"})
    arrays, metadata = parsed(data)
    assert metadata == {"key": "ü"}
    library = pytest.importorskip("safetensors.numpy").load(data)
    for name, array in ARRAYS.items():
        for read in (arrays[name], library[name]):
            assert (read.dtype, read.shape) == (array.dtype, array.shape)
            assert (read == array).all()


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
def test_what_the_library_writes_is_read(dtype):
    library = pytest.importorskip("safetensors.numpy")
    arrays = {name: array.astype(dtype) for name, array in ARRAYS.items()}
    read, _ = parsed(library.save(arrays, {"a": "b"}))
    assert {name: array.tolist() for name, array in read.items()} == {name: a.tolist() for name, a in arrays.items()}


def made(header, numbers=b"\0" * 8):
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(head).to_bytes(8, "little") + head + numbers


ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04",
        made(b"[]"),
        made(b"{"),
        (2**63).to_bytes(8, "little") + b"{}",
        made({"a": ONE}, b"\0" * 9),
        made({"a": ONE}, b"\0" * 4),
        made({"a": {**ONE, "shape": [3]}}),
        made({"a": {**ONE, "shape": [-1, -2]}}),
        made({"a": {**ONE, "dtype": "I32"}}),
        made({"a": {**ONE, "data_offsets": [4, 12]}}),
        made({"a": ONE, "b": ONE}),
        made({"a": {**ONE, "data_offsets": ["0", "8"]}}),
        made({"a": ONE, METADATA: {"key": 1}}),
        made({"a": ONE, METADATA: []}),
        made({"a": "b"}),
    ],
)
def test_what_is_not_whole_or_not_of_the_form_is_refused(data):
    with pytest.raises(ConfigError, match="head: file is no whole safetensors file"):
        parsed(data)


def test_an_npz_is_read_and_never_unpickled(tmp_path):
    np.savez(tmp_path / "plain.npz", a=ARRAYS["b"])
    read = parse_npz((tmp_path / "plain.npz").read_bytes(), name="plain.npz", who="head")
    assert read["a"].tolist() == ARRAYS["b"].tolist()

    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    np.savez(tmp_path / "bomb.npz", a=np.array([Bomb()], dtype=object))
    for data in ((tmp_path / "bomb.npz").read_bytes(), b"PK", (tmp_path / "plain.npz").read_bytes()[:-30]):
        with pytest.raises(ConfigError, match="holds Python objects"):
            parse_npz(data, name="bomb.npz", who="head")


def test_an_npz_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("filters.pictures.clip.tensors.MAX_BYTES", 1000)
    np.savez_compressed(tmp_path / "large.npz", a=np.zeros(10_000))
    with pytest.raises(ConfigError, match="unpacks to more than"):
        parse_npz((tmp_path / "large.npz").read_bytes(), name="large.npz", who="head")


def test_a_file_that_is_far_too_large_is_not_read(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="is larger than 256 MiB"):
        read_bytes(tmp_path / "large", who="head")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_bytes(tmp_path / "none", who="head")
