"""Pictures that mean harm, in a whole run: each has a verdict or is held with a reason, and the run goes on."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import duckdb
import polars as pl
import pytest
from PIL import Image, ImageDraw

from catalog.query import query
from flows.means import Means
from flows.stages import Outcome, curate_all
from flows.workspace import Workspace

RECIPE = """\
name: hostile
corpora:
  - {name: pictures, format: image-folder, path: pictures, licence: CC0-1.0}
filters: {nsfw: {}, picture_hashes: {}, licence: {}, exact_duplicates: {}}
policy: policy.yaml
release: {name: hostile, version: "1"}
"""
POLICY = """\
name: test
version: "1"
nsfw: {review_at: 0.9, drop_at: 0.95}
licence: {allow: [public_domain]}
exact_duplicates: {}
limits: [{filter: picture_hashes, measure: width, above: 60000, outcome: hold}]
"""


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    with BytesIO() as data:
        image.save(data, format=kind, **options)
        return data.getvalue()


def _photo(mode: str = "RGB") -> Image.Image:
    image = Image.linear_gradient("L").resize((96, 64)).convert("RGB")
    ImageDraw.Draw(image).ellipse((10, 8, 60, 56), fill=(120, 150, 220))
    return image.convert(mode)


def _png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")


def _transparent() -> Image.Image:
    image = _photo("RGBA")
    image.putalpha(0)
    return image


def _hostile() -> Iterator[tuple[str, bytes, str | None]]:
    """(file name, bytes, the reason it is held for; null where it is looked at and stays)."""
    frames = [Image.new("RGB", (48, 48), (number, 40, 90)) for number in range(0, 250, 10)]
    yield "bomb.png", _png_that_claims(9_000, 9_000), "picture_too_large"
    yield "larger-bomb.png", _png_that_claims(100_000, 100_000), "picture_too_large"
    yield "long.png", _saved(Image.new("1", (65_000, 1)), "PNG"), "picture_too_large"
    yield "truncated.jpg", _saved(_photo(), "JPEG")[:-200], "picture_truncated"
    yield "truncated.png", _saved(_photo(), "PNG")[:-200], "picture_truncated"
    yield "a-png-named.jpg", _saved(_photo(), "PNG", compress_level=1), None
    yield "eps.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file\n", "picture_format_refused"
    yield "svg.png", b'<?xml version="1.0"?><svg onload="alert(1)"/>', "picture_format_refused"
    yield "text.gif", b"GIF89a but no picture at all", "picture_unreadable"
    yield "empty.png", b"", "record_empty"
    yield "cmyk.jpg", _saved(_photo("CMYK"), "JPEG"), None
    yield "grey16.png", _saved(_photo("L").convert("I;16"), "PNG"), None
    yield "one-pixel.png", _saved(Image.new("RGB", (1, 1), "teal"), "PNG"), None
    yield "animated.gif", _saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), None
    yield "transparent.png", _saved(_transparent(), "PNG"), None
    yield "palette.png", _saved(_photo("P"), "PNG", transparency=bytes(range(256))), None


HOSTILE = {name: (data, reason) for name, data, reason in _hostile()}


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "pictures").mkdir()
    for name, (data, _) in HOSTILE.items():
        (folder / "pictures" / name).write_bytes(data)
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "policy.yaml").write_text(POLICY)
    return curate_all(Workspace.of(folder), Means(0, quiet=True))


def test_every_hostile_picture_ends_in_a_verdict_or_is_held_with_its_reason(curated: Outcome) -> None:
    asked = "SELECT path, verdict, reason FROM item ORDER BY path"
    found = {path: (verdict, why) for path, verdict, why in query(curated.catalog.path, asked).rows}
    assert set(found) == set(HOSTILE)
    for name, (_, reason) in HOSTILE.items():
        verdict, why = found[name]
        assert verdict == ("keep" if reason is None else "hold"), name
        assert why == reason, name


def test_what_stays_leaves_as_it_came(curated: Outcome) -> None:
    files = sorted((curated.release.folder / "images").rglob("*.parquet"))
    released = pl.concat(pl.read_parquet(file) for file in files)
    wanted = {name: data for name, (data, reason) in HOSTILE.items() if reason is None}
    assert dict(zip(released["path"], (image["bytes"] for image in released["image"]), strict=True)) == wanted


def test_hashes_stay_in_the_log_and_out_of_the_catalog(curated: Outcome) -> None:
    folder = curated.catalog.path.parents[1] / "store" / "runs" / curated.report.stem / "shard-00000"
    prints = pl.read_parquet(folder / "prints.parquet")
    assert prints["filter"].unique().to_list() == ["picture_hashes"]
    words = {word for word in prints.filter(pl.col("algorithm") == "pdq")["bits_0"] if word > 1 << 32}
    with duckdb.connect(str(curated.catalog.path), read_only=True) as catalog:
        columns = catalog.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE data_type = 'UBIGINT'"
        ).fetchall()
        for schema, table, column in columns:
            values = catalog.execute(f'SELECT "{column}" FROM "{schema}"."{table}"').fetchall()
            assert words.isdisjoint(value for (value,) in values), (table, column)
