"""The pictures of a target: which they are, in an order of their own, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from releases.subsets.example_pictures import MOST_BYTES, read_pictures
from releases.subsets.section import Target
from tamis.errors import ConfigError


def target(*examples: str) -> Target:
    return Target(examples=list(examples))


def made(folder: Path, **files: bytes) -> Path:
    for name, data in files.items():
        (folder / f"{name}.png").parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.png").write_bytes(data)
    return folder


def test_files_and_folders_are_read_without_repetitions_in_an_order_of_their_bytes(tmp_path: Path) -> None:
    made(tmp_path / "shown", a=b"one", b=b"two")
    (tmp_path / "shown" / "notes.txt").write_text("no picture")
    made(tmp_path, c=b"two", d=b"three")
    found = read_pictures(target("shown", "c.png", "d.png"), tmp_path)
    assert [row.raw for row in found.rows()] == [path.read_bytes() for _, path in found.files]
    assert sorted(row.raw for row in found.rows()) == [b"one", b"three", b"two"]
    other = read_pictures(target("d.png", "c.png", "shown/a.png"), tmp_path)
    assert other.digest == found.digest
    assert [sha256 for sha256, _ in other.files] == [sha256 for sha256, _ in found.files]
    assert read_pictures(target("d.png"), tmp_path).digest != found.digest


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("nowhere.png", r"nowhere\.png: cannot be read"),
        ("notes.txt", r"notes\.txt is no picture by its name: expected one that ends in \.jpg"),
        ("empty", "no file in the folder empty is a picture"),
        ("large.png", "large.png has more than 10,485,760 bytes"),
    ],
)
def test_what_is_no_picture_is_said_before_any_work(tmp_path: Path, example: str, said: str) -> None:
    made(tmp_path, large=b"\0" * (MOST_BYTES + 1))
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("a line")
    with pytest.raises(ConfigError, match=said):
        read_pictures(target(example), tmp_path)


def test_a_file_that_changes_while_the_run_is_at_work_is_an_error(tmp_path: Path) -> None:
    found = read_pictures(target("a.png"), made(tmp_path, a=b"one"))
    made(tmp_path, a=b"other")
    with pytest.raises(ConfigError, match=r"a\.png was changed while the run was at work"):
        list(found.rows())
