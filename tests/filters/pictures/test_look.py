"""Pictures are decoded once for all, in a process that may die of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from filters.base import run_filter
from filters.nsfw import NsfwFilter
from filters.picture_hashes import PictureHashesFilter
from filters.pictures.decoder import Decoder, Look
from filters.pictures.look import Looks, look_at
from filters.pictures.prints import PrintsReading
from tamis.testing import image_batch, text_batch
from tests.filters.pictures.misbehaving import SIDE, Misbehaving

Saved = Callable[..., bytes]
LIMIT = 1_000_000
NSFW = NsfwFilter()


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    made = Decoder(seconds=2)
    yield made
    made.close()


@pytest.fixture
def pictures(saved: Saved) -> list[bytes]:
    return [saved(Image.new("RGB", (width, 4), "red"), "PNG") for width in (8, SIDE, 21)]


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ("die", "picture_crashed"),
        ("raise", "picture_crashed"),
        ("hang", "picture_out_of_time"),
        ("eat", "picture_out_of_memory"),
    ],
)
def test_a_picture_that_kills_costs_itself_alone(
    decoder: Decoder, pictures: list[bytes], how: str, problem: str
) -> None:
    looks = [decoder.look(picture, (Misbehaving(how),), max_pixels=LIMIT) for picture in pictures]
    assert [look.problem for look in looks] == [None, problem, None]
    assert [look.arrays["misbehaving"].tolist() for look in looks if look.problem is None] == [[8], [21]]


def test_a_child_serves_many_pictures_and_other_readings_get_another(decoder: Decoder, pictures: list[bytes]) -> None:
    first = decoder.look(pictures[0], (), max_pixels=LIMIT)
    assert first == Look(width=8, height=4, pixels=32, arrays={})
    child = decoder._child
    decoder.look(pictures[1], (), max_pixels=LIMIT)
    assert decoder._child is child
    assert decoder.look(pictures[2], (PrintsReading(),), max_pixels=LIMIT).arrays["prints"].shape == (3, 7)
    assert child is not None
    assert child.process.poll() is not None


def test_a_child_that_does_not_start_is_no_fault_of_a_picture(
    decoder: Decoder, pictures: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("filters.pictures.decoder.sys.executable", "/bin/false")
    with pytest.raises(RuntimeError, match="TAMIS_DEBUG"):
        decoder.look(pictures[0], (), max_pixels=LIMIT)


def test_the_child_can_write_no_file(decoder: Decoder, pictures: list[bytes]) -> None:
    decoder.look(pictures[0], (), max_pixels=LIMIT)
    limits = Path(f"/proc/{decoder.process}/limits").read_text()
    assert limits.split("Max file size")[1].split()[0] == "0"
    assert limits.split("Max address space")[1].split()[0] != "unlimited"


def test_each_content_is_decoded_once_for_all_filters(saved: Saved, drawing: Image.Image) -> None:
    batch = image_batch([saved(drawing, "PNG"), saved(drawing, "PNG"), None, saved(drawing, "JPEG"), b"no picture"])
    filters = [PictureHashesFilter(), NSFW]
    looks = look_at(batch, filters)
    assert len(looks.by_content) == 3
    assert sorted(looks.by_content[_content(batch, 0)].arrays) == ["nsfw", "prints"]
    for each in filters:
        together, alone = run_filter(each, batch, looks=looks), run_filter(each, batch)
        assert together.items.equals(alone.items)
        assert together.prints.equals(alone.prints)


def test_a_filter_with_a_lower_limit_keeps_it_among_others(saved: Saved, drawing: Image.Image) -> None:
    batch = image_batch([saved(drawing, "PNG")])
    small = PictureHashesFilter(max_pixels=100)
    looks = look_at(batch, [small, NSFW])
    assert run_filter(small, batch, looks=looks).items["problem"].to_list() == ["picture_too_large"]
    assert run_filter(NSFW, batch, looks=looks).items["problem"].to_list() == [None]


def test_nothing_is_decoded_where_nobody_looks() -> None:
    assert look_at(text_batch(["prose"]), [NSFW]) == Looks({})
    assert look_at(image_batch([b"never decoded"]), []) == Looks()


def test_what_a_child_sends_back_is_never_unpickled_nor_trusted(pictures: list[bytes], decoder: Decoder) -> None:
    decoder.look(pictures[0], (), max_pixels=LIMIT)
    child = decoder._child
    assert child is not None
    reads, writes = os.pipe()
    child.back.close()
    child.back = type(child.back)(reads, writable=False)
    forged = type(child.back)(writes, readable=False)
    forged.send_bytes(b'{"problem": null, "width": 1, "height": 1, "pixels": 1, "arrays": [["x", "|O", [1]]]}')
    forged.send_bytes(b"12345678")
    assert decoder.look(pictures[0], (), max_pixels=LIMIT).problem == "picture_crashed"
    forged.close()


def test_arrays_come_over_as_they_were(decoder: Decoder, saved: Saved) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), "PNG")
    [reading] = NsfwFilter.readings
    look = decoder.look(data, (reading,), max_pixels=LIMIT)
    assert (look.arrays["nsfw"].shape, look.arrays["nsfw"].dtype) == ((1, 224, 224, 3), np.dtype(np.uint8))
    again = decoder.look(data, (reading,), max_pixels=LIMIT)
    assert np.array_equal(look.arrays["nsfw"], again.arrays["nsfw"])


def _content(batch: pl.DataFrame, position: int) -> tuple[int, int]:
    row = batch.row(position, named=True)
    return row["content_hi"], row["content_lo"]
