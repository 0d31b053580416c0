"""Tar files: no member is lost without a word, and no sidecar without holding what it speaks of."""

import gzip
import io
import json
import random
import tarfile

import polars as pl
import pytest

from corpora import webdataset
from corpora.spec import CorpusSpec
from corpora.table import reader_for
from corpora.webdataset import UNREADABLE
from tamis.errors import SourceError
from tests.corpora.conftest import add, png

BLOCK = tarfile.BLOCKSIZE


def packed(*members, mode="w", **kwargs):
    with io.BytesIO() as saved:
        with tarfile.open(fileobj=saved, mode=mode, **kwargs) as archive:
            for name, data in members:
                add(archive, name, data)
        return saved.getvalue()


def read(folder, data, *, name="a.tar", **facts):
    """The shard's rows, and that `count` finds as many of them."""
    (folder / name).write_bytes(data)
    reader = reader_for(CorpusSpec("web", "webdataset", str(folder), licence="MIT", **facts))
    (shard,) = reader.shards()
    rows = pl.concat(reader.batches(shard, size=3))
    assert reader.count(shard) == rows.height
    return rows


def claims(rows):
    return {row["path"]: [claim["value"] for claim in row["claims"]] for row in rows.iter_rows(named=True)}


def licence(said):
    return json.dumps({"licence": said}).encode()


TEXTS = packed(*((f"{n}.txt", f"text {n}".encode()) for n in range(4)))
"""Four members, each of a header and a block."""


def damaged_header(data):
    broken = bytearray(data)
    broken[2 * BLOCK + 3] ^= 1
    return bytes(broken)


DAMAGED = {
    "a byte of the second header": (damaged_header(TEXTS), 1),
    "cut within a header": (TEXTS[: 4 * BLOCK + 100], 2),
    "cut at a member's end": (TEXTS[: 4 * BLOCK], 2),
    "cut after one block of zeros": (TEXTS[: 9 * BLOCK], 4),
    "cut within the padding": (TEXTS[: 8 * BLOCK - 100], 4),
    "cut within the data": (TEXTS[: 7 * BLOCK + 3], 3),
    "two archives, one after the other": (TEXTS + TEXTS, 4),
    "something after the end": (TEXTS + b"x", 4),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("damage", sorted(DAMAGED))
def test_damage_is_said_after_what_came_before_it(tmp_path, damage, pack):
    data, readable = DAMAGED[damage]
    rows = read(tmp_path, pack(data))
    assert rows["reason"].to_list() == [None] * readable + ["stream_damaged"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_in_order_has_no_damage_however_it_is_packed(tmp_path, mode):
    rows = read(tmp_path, packed(("a.txt", b"x" * 2000), ("b.png", png(1)), mode=mode))
    assert rows["reason"].to_list() == [None, None]


def test_an_archive_without_members_is_empty(tmp_path):
    (tmp_path / "a.tar").write_bytes(packed())
    reader = reader_for(CorpusSpec("web", "webdataset", str(tmp_path)))
    (shard,) = reader.shards()
    assert list(reader.batches(shard, size=3)) == []
    assert reader.count(shard) == 0


def test_the_checksum_of_a_compressed_stream_is_looked_at(tmp_path):
    data = bytearray(gzip.compress(TEXTS))
    data[-6] ^= 1
    assert read(tmp_path, bytes(data))["reason"].to_list() == [None] * 4 + ["stream_damaged"]


@pytest.mark.parametrize("seed", range(150))
def test_a_flipped_byte_never_loses_a_member_without_a_word(tmp_path, seed):
    drawn = random.Random(seed)
    kind = drawn.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
    members = [(f"{n}{'/long' * 30 * (n % 2)}.txt", b"t" * drawn.choice([1, 511, 512, 513])) for n in range(4)]
    whole = read(tmp_path, packed(*members, format=kind))
    data = bytearray(packed(*members, format=kind))
    data[drawn.randrange(len(data) - 10_000 if len(data) > 20_000 else 5_000)] ^= 1 << drawn.randrange(8)
    try:
        rows = read(tmp_path, bytes(data))
    except SourceError:
        return
    assert rows.height == whole.height or rows["reason"].to_list()[-1] == "stream_damaged"


@pytest.mark.parametrize("size", ["-1", "-512", str(2**63), str(2**61), "9" * 30])
def test_an_absurd_size_ends_the_archive_as_damage(tmp_path, size):
    with io.BytesIO() as saved:
        with tarfile.open(fileobj=saved, mode="w", format=tarfile.PAX_FORMAT) as archive:
            add(archive, "first.txt", b"first")
            member = tarfile.TarInfo("second.txt")
            member.pax_headers = {"size": size}
            archive.addfile(member)
        data = saved.getvalue()
    assert read(tmp_path, data)["reason"].to_list() == [None, "stream_damaged"]


def test_a_sparse_member_is_held_and_its_map_is_not_read(tmp_path):
    sparse = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s.txt", "GNU.sparse.realsize": "9"}
    with io.BytesIO() as saved:
        with tarfile.open(fileobj=saved, mode="w", format=tarfile.PAX_FORMAT) as archive:
            member = tarfile.TarInfo("GNUSparseFile.0/s.txt")
            member.pax_headers, member.size = sparse, 4
            archive.addfile(member, io.BytesIO(b"9999"))
            add(archive, "next.txt", b"next")
        data = saved.getvalue()
    assert read(tmp_path, data)["reason"].to_list() == ["member_not_regular", None]


def test_a_name_of_many_megabytes_is_not_read_into_memory(tmp_path):
    name = tarfile.TarInfo("././@LongLink")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 5_000_000
    data = packed(("a.txt", b"a"))[: 2 * BLOCK] + name.tobuf(tarfile.GNU_FORMAT) + b"x" * 5_000_192 + TEXTS
    assert read(tmp_path, data)["reason"].to_list() == [None, "stream_damaged"]


def test_long_names_and_folders_are_counted_as_they_are_read(tmp_path):
    for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with io.BytesIO() as saved:
            with tarfile.open(fileobj=saved, mode="w", format=kind) as archive:
                folder = tarfile.TarInfo("folder.txt/")
                folder.type = tarfile.DIRTYPE
                archive.addfile(folder)
                add(archive, "p/" * 60 + "a.txt", b"a")
                add(archive, ("ä" if kind != tarfile.USTAR_FORMAT else "p/") * 50 + "/b.cls", b"b")
                link = tarfile.TarInfo("c.txt")
                link.type, link.linkname = tarfile.SYMTYPE, "p" * 90
                archive.addfile(link)
            data = saved.getvalue()
        assert read(tmp_path, data)["reason"].to_list() == [None, "member_not_regular"]


def test_the_last_suffix_says_what_a_member_is(tmp_path):
    names = ["report.v2.txt", ".hid.txt", "pic.v2.png", "x.TXT", "no", "txt", "a.txt.bak"]
    rows = read(tmp_path, packed(*((name, png(1) if "png" in name else b"text") for name in names)))
    assert rows["path"].to_list() == ["report.v2.txt", ".hid.txt", "pic.v2.png", "x.TXT"]
    assert rows["reason"].null_count() == 4


def test_a_sidecar_speaks_for_its_neighbours_of_the_same_name(tmp_path):
    rows = read(
        tmp_path,
        packed(
            ("a.v1.txt", b"text"),
            ("a.v1.json", licence("CC0-1.0")),
            (".b.txt", b"text"),
            (".c.txt", b"text"),
            (".c.json", licence("GPL-3.0")),
            ("d.txt", b"text"),
        ),
    )
    assert claims(rows) == {
        "a.v1.txt": ["CC0-1.0", "MIT"],
        ".b.txt": ["MIT"],
        ".c.txt": ["GPL-3.0", "MIT"],
        "d.txt": ["MIT"],
    }


def test_of_several_sidecars_each_is_heard(tmp_path):
    rows = read(
        tmp_path, packed(("a.json", licence("CC0-1.0")), ("a.more.json", licence("GPL-3.0")), ("a.txt", b"text"))
    )
    assert claims(rows) == {"a.txt": ["CC0-1.0", "MIT", "GPL-3.0"]}


BAD_SIDECARS = {
    "broken": [("a.txt", b"text"), ("a.json", b'{"licence": ')],
    "no object": [("a.txt", b"text"), ("a.json", b'["GPL-3.0"]')],
    "empty": [("a.txt", b"text"), ("a.json", b"")],
    "too large": [("a.txt", b"text"), ("a.json", b'{"x": "' + b"y" * 1000 + b'"}')],
    "one of two broken": [("a.txt", b"text"), ("a.json", licence("MIT")), ("a.x.json", b"{")],
    "too late": [("a.txt", b"text"), ("b.txt", b"text"), ("a.json", licence("GPL-3.0"))],
    "too early": [("a.json", licence("GPL-3.0")), ("b.txt", b"text"), ("a.txt", b"text")],
}


@pytest.mark.parametrize("fault", sorted(BAD_SIDECARS))
def test_a_sidecar_that_cannot_be_relied_on_is_a_claim(tmp_path, fault):
    said = claims(read(tmp_path, packed(*BAD_SIDECARS[fault]), max_item_bytes=500))
    assert UNREADABLE in said.pop("a.txt")
    assert said in ({}, {"b.txt": ["MIT"]})


def test_a_sidecar_that_is_a_link_is_a_claim(tmp_path):
    with io.BytesIO() as saved:
        with tarfile.open(fileobj=saved, mode="w") as archive:
            add(archive, "a.txt", b"text")
            link = tarfile.TarInfo("a.json")
            link.type, link.linkname = tarfile.SYMTYPE, "b.json"
            archive.addfile(link)
        data = saved.getvalue()
    assert claims(read(tmp_path, data))["a.txt"] == [UNREADABLE, "MIT"]


def test_a_sidecar_lost_to_damage_is_a_claim(tmp_path):
    data = packed(("a.txt", b"text"), ("b.txt", b"text"), ("b.json", licence("GPL-3.0")))[: 4 * BLOCK + 9]
    said = claims(read(tmp_path, data))
    assert (said["a.txt"], said["b.txt"]) == (["MIT"], [UNREADABLE, "MIT"])


def test_members_of_one_name_are_not_held_together_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(webdataset, "MAX_PAYLOAD", 10_000)
    texts = [(f"a.{n}.txt", b"x" * 4000) for n in range(20)]
    held = []
    group = webdataset.WebDatasetReader._group

    def watched(self, members, **facts):
        held.append(sum(len(member.data) for member in members))
        return group(self, members, **facts)

    monkeypatch.setattr(webdataset.WebDatasetReader, "_group", watched)
    assert set(map(tuple, claims(read(tmp_path, packed(*texts))).values())) == {("MIT",)}
    assert max(held) <= 14_000
    late = claims(read(tmp_path, packed(*texts, ("a.json", licence("GPL-3.0")))))
    assert all(UNREADABLE in said for said in late.values())


@pytest.mark.parametrize("data", [b"no tar" * 200, b"", b"\0" * 700, gzip.compress(TEXTS, mtime=0)[:9]])
def test_what_is_no_tar_fails_its_shard_and_is_not_counted(tmp_path, data):
    (tmp_path / "a.tar").write_bytes(data)
    reader = reader_for(CorpusSpec("web", "webdataset", str(tmp_path)))
    (shard,) = reader.shards()
    for look in (lambda: list(reader.batches(shard, size=3)), lambda: reader.count(shard)):
        with pytest.raises(SourceError) as error:
            look()
        assert error.value.code == "shard_unreadable"
