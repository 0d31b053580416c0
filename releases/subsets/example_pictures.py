"""The pictures of a target: which files they are in. They are opened when something is chosen, by the same reader as
pictures of a corpus.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corpora.batch import Row, image_row
from corpora.files import files_below, sha256_of_file
from corpora.image_folder import SUFFIXES
from corpora.spec import CorpusSpec
from releases.subsets.nearness import Halves
from releases.subsets.section import Target
from tamis.errors import ConfigError
from tamis.ids import digest_of
from tamis.labels import safe_word

MOST_BYTES = CorpusSpec("", "", "").max_item_bytes
"""Of an example: what an item of a corpus may have, where its recipe says nothing."""


@dataclass(frozen=True, slots=True)
class ExamplePictures:
    """The pictures of a target, without repetitions, in an order that their bytes alone decide."""

    files: tuple[tuple[str, Path], ...]
    """SHA-256, path."""
    digest: str
    """Of all of them."""
    vectors: Halves | None = field(default=None, repr=False)
    """Of each file, where items are put in order by them."""

    def rows(self) -> Iterator[Row]:
        """What is in the files, as a reader of a corpus has it.

        Raises:
            ConfigError: a file is not what it was when its digest was taken.
        """
        for sha256, path in self.files:
            if _sha256(path) != sha256:
                raise ConfigError(
                    f"subset.target: {safe_word(path.name)} was changed while the run was at work. Start again."
                )
            yield image_row(path.read_bytes(), limit=MOST_BYTES, labels={}, claims=())


def read_pictures(target: Target, base: Path) -> ExamplePictures:
    """Lists the pictures of a target.

    Args:
        target: the section.
        base: the folder that its files and folders are relative to.

    Raises:
        ConfigError: a file is not there, cannot be read, is no picture by its name or too large; a folder has none.
    """
    by_digest: dict[str, Path] = {}
    for path in _files(target, base):
        by_digest.setdefault(_sha256(path), path)
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(
                f"subset.target: {safe_word(path.name)} has more than {MOST_BYTES:,} bytes. Scale it down, or take it "
                "out."
            )
    return ExamplePictures(tuple(sorted(by_digest.items())), digest_of(sorted(by_digest)))


def _files(target: Target, base: Path) -> Iterator[Path]:
    for name in target.examples:
        path = base / name
        said = safe_word(Path(name).name)
        if path.is_dir():
            found: Iterable[Path] = list(files_below(CorpusSpec("examples", "image-folder", str(path)), SUFFIXES))
            if not found:
                raise ConfigError(f"subset.target: no file in the folder {said} is a picture. Check `examples`.")
            yield from found
        elif not path.is_file():
            raise ConfigError(f"subset.target: {said}: cannot be read (there is no such file or folder).")
        elif not path.name.lower().endswith(SUFFIXES):
            raise ConfigError(
                f"subset.target: {said} is no picture by its name: expected one that ends in {', '.join(SUFFIXES)}, "
                "or a folder of such files."
            )
        else:
            yield path


def _sha256(path: Path) -> str:
    try:
        return sha256_of_file(path)
    except OSError as error:
        raise ConfigError(f"subset.target: {safe_word(path.name)}: cannot be read ({error.strerror}).") from None
