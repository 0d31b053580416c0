"""Small real corpora, one of each format, made anew for every test."""

import csv
import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from corpora.spec import CorpusSpec

TEXTS = ["One text.", "Zwei Texte: äöü.", "trois 🙂", "", "five"]


def png(colour: int) -> bytes:
    with io.BytesIO() as saved:
        Image.new("RGB", (4, 3), (colour, 0, 0)).save(saved, format="PNG")
        return saved.getvalue()


def jsonl(folder: Path) -> CorpusSpec:
    lines = [json.dumps({"text": text, "id": f"i{n}", "licence": "MIT"}) for n, text in enumerate(TEXTS)]
    (folder / "b.jsonl").write_text("\n".join([*lines, "{broken", "[]", '{"other": 1}']), encoding="utf-8")
    (folder / "a.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    with pa.CompressedOutputStream(str(folder / "c.jsonl.zst"), "zstd") as stream:
        stream.write("\n".join(lines).encode())
    return CorpusSpec("letters", "jsonl", str(folder))


def parquet(folder: Path) -> CorpusSpec:
    pictures = [{"bytes": png(n), "path": None} for n in range(3)]
    pq.write_table(pa.table({"text": [*TEXTS, None], "license": ["MIT"] * 6}), folder / "text.parquet")
    pq.write_table(pa.table({"image": pictures, "id": [1, 2, 3]}), folder / "image.parquet")
    return CorpusSpec("tables", "parquet", str(folder))


def csv_file(folder: Path) -> CorpusSpec:
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "id"])
        writer.writerows([text, n] for n, text in enumerate(["two\nlines", *TEXTS]))
        writer.writerow(["ragged", "row", "here"])
    return CorpusSpec("sheets", "csv", str(folder))


def image_folder(folder: Path) -> CorpusSpec:
    (folder / "deep").mkdir()
    for n in range(4):
        (folder / "deep" / f"{n}.png").write_bytes(png(n))
    (folder / "empty.jpg").write_bytes(b"")
    said = {"file_name": "deep/0.png", "license": "CC0-1.0", "title": "mail a@b.example"}
    (folder / "metadata.jsonl").write_text(json.dumps(said))
    return CorpusSpec("pictures", "image-folder", str(folder))


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def webdataset(folder: Path) -> CorpusSpec:
    with tarfile.open(folder / "000.tar", "w") as archive:
        for n in range(3):
            add(archive, f"s/{n}.png", png(n))
            add(archive, f"s/{n}.txt", f"caption {n}".encode())
            add(archive, f"s/{n}.json", json.dumps({"licence": "CC-BY-4.0", "id": n}).encode())
        link = tarfile.TarInfo("../../escape")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        add(archive, "../x@y.example.txt", b"\xff\xfe")
    return CorpusSpec("web", "webdataset", str(folder))


def datasets(folder: Path) -> CorpusSpec:
    pq.write_table(pa.table({"text": TEXTS, "license": ["MIT"] * 5}), folder / "train-0.parquet")
    return CorpusSpec("hub", "datasets", str(folder))


def python_environment(folder: Path) -> CorpusSpec:
    info = folder / "tiny_dist-1.0.dist-info"
    (info / "licenses").mkdir(parents=True)
    (folder / "tiny").mkdir()
    files = {
        "tiny/__init__.py": b'# a comment\n"""What tiny does."""\nimport os\n',
        "tiny/none.py": b"x = 1\n",
        "tiny/long.py": b'"""' + b"long " * 20_000 + b'"""\n',
        "tiny/broken.py": b"def (:\n",
        "tiny/logo.png": png(9),
        "tiny/README.md": b"# tiny\n",
        "tiny/CHANGES.rst": b"\xff not utf-8",
        "tiny_dist-1.0.dist-info/licenses/LICENSE": b"MIT License\n",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: tiny_dist\nVersion: 1.0\nSummary: Tiny.\nAuthor-email: A <a@tiny.example>\n"
        "License-Expression: MIT\nClassifier: License :: OSI Approved :: MIT License\n"
        "Project-URL: Homepage, https://tiny.example/\n\nA long description.\n"
    )
    recorded = [*files, "tiny_dist-1.0.dist-info/METADATA", "tiny_dist-1.0.dist-info/RECORD"]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in recorded))
    return CorpusSpec("environment", "python-environment", str(folder))


MAKERS: dict[str, Callable[[Path], CorpusSpec]] = {
    "csv": csv_file,
    "datasets": datasets,
    "image-folder": image_folder,
    "jsonl": jsonl,
    "parquet": parquet,
    "python-environment": python_environment,
    "webdataset": webdataset,
}


@pytest.fixture(autouse=True)
def _offline(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))


@pytest.fixture(params=sorted(MAKERS))
def corpus(request, tmp_path) -> CorpusSpec:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return MAKERS[request.param](folder)
