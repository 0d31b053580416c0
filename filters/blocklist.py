"""Finds what is on lists of hashes that somebody keeps of what must not be used.

How: by the bytes of an item (SHA-256, SHA-1, MD5), or by how a picture looks (PDQ, pHash, dHash, within a number of
bits). A picture is compared as it is shown and, where its EXIF orientation turns it, as it is stored. What is on record
of a match is the list, the entry, the algorithm and the distance, never a hash; the list is named by its digest, so
that a changed one is another filter, and everything is compared anew.

It says that an item is like something on a list. What is on the list, and whether rightly, only its authors know. It is
no detector of anything: it knows what is on the lists, tells nobody, and sends nothing anywhere.

Known misses: another encoding of a picture has other bytes, and none of the digests finds it. PDQ says nothing of
pictures that are nearly flat (`too_flat`). pHash and dHash take flat pictures for one another. No hash of a look finds
a picture that was mirrored, turned without a word in its EXIF, or cropped by more than a few percent, and of an
animation only the first frame is compared. Of texts the bytes alone are.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from math import inf
from pathlib import Path

import polars as pl

from filters.blocklists.algorithms import ALGORITHMS
from filters.blocklists.files import Blocklist, read_blocklist
from filters.blocklists.lookup import Lookup
from filters.pictures.decode import MAX_PIXELS, PIXEL_CEILING, Problem, status_of
from filters.pictures.look import Looks, look_at
from filters.pictures.prints import MIN_PDQ_QUALITY, PrintsReading, frame_of
from tamis.errors import ConfigError
from tamis.records import PRINTS, STATUS, Columns, FilterSpec, Findings, Measure

_PRINTS = PrintsReading()
_PROBLEM_COLUMNS: Columns = {"position": pl.UInt64, "problem": pl.String, "unseen": STATUS}
_PROBLEMS = pl.Schema(_PROBLEM_COLUMNS)


class BlocklistFilter:
    """How many entries of the lists an item matches, and the best of them.

    Args:
        lists: files of `filters.blocklists.files`; the first one is named where two match equally well.
        algorithms: `LIST=ALGORITHM` for each `.txt` that holds other hashes than PDQ, by its name without the suffix.
        max_pixels: larger pictures are `too_long` without being decoded, if a list asks how pictures look.

    Raises:
        ConfigError: a list cannot be read, two have one name, a number is out of range, or an algorithm is unknown or
            said of no list.
    """

    PATHS = ("lists",)

    def __init__(
        self, *, lists: tuple[str, ...], algorithms: tuple[str, ...] = (), max_pixels: int = MAX_PIXELS
    ) -> None:
        self.max_pixels = max_pixels
        if not 1 <= max_pixels <= PIXEL_CEILING:
            raise ConfigError(f"blocklist: max_pixels is {max_pixels}, expected 1 to {PIXEL_CEILING}.")
        said = _said(algorithms)
        read = _read(lists, said)
        self._lookup = Lookup(read)
        self.readings = (_PRINTS,) if self._lookup.perceptual else ()
        """None where no list asks how a picture looks: then no picture need be decoded."""
        self._spec = self._make_spec(read, said)

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        return self.find_in(batch, look_at(batch, [self]))

    def find_in(self, batch: pl.DataFrame, looks: Looks) -> Findings:
        prints, problems = self._seen(batch, looks)
        flat = prints.filter((pl.col("algorithm") == "pdq") & (pl.col("quality") < MIN_PDQ_QUALITY))["position"]
        is_too_flat = pl.col("position").is_in(flat.implode()) & pl.lit("pdq" in self._lookup.perceptual)
        found = (
            batch.select("position")
            .join(self._lookup.matches(batch, prints), on="position", how="left", validate="1:1", maintain_order="left")
            .join(problems, on="position", how="left", validate="1:1", maintain_order="left")
        )
        # What is listed by its bytes is listed, whether or not anybody can see it.
        unseen = pl.col("unseen").is_not_null() & pl.col("listed").is_null()
        return Findings(
            items=found.select(
                "position",
                status=pl.when(unseen).then("unseen").otherwise(pl.lit("seen")).cast(STATUS),
                listed=pl.when(~unseen).then(pl.col("listed").fill_null(0)).cast(pl.Float64),
                algorithm="algorithm",
                distance=pl.col("distance").cast(pl.Float64),
                list="list",
                entry="entry",
                too_flat=pl.when(~unseen).then(is_too_flat).cast(pl.Float64),
                problem="problem",
            )
        )

    def _seen(self, batch: pl.DataFrame, looks: Looks) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The hashes of the pictures, and what is wrong with those that have none."""
        if not self.readings:
            return PRINTS.to_frame(), _PROBLEMS.to_frame()
        pictures = batch.filter(pl.col("kind").cast(pl.String) == "image")
        seen = list(looks.of(pictures, max_pixels=self.max_pixels))
        problems: list[tuple[int, Problem, str]] = [
            (position, look.problem, status_of(look.problem)) for position, look in seen if look.problem is not None
        ]
        prints = frame_of((position, look.arrays[_PRINTS.key]) for position, look in seen if look.problem is None)
        return prints, pl.DataFrame(problems, schema=_PROBLEMS, orient="row")

    def _make_spec(self, lists: list[Blocklist], said: Mapping[str, str]) -> FilterSpec:
        algorithms = ", ".join(ALGORITHMS)
        most = max(algorithm.most for algorithm in ALGORITHMS.values())
        libraries = ("imagehash", "numpy", "pdqhash", "pillow", "scipy") if self.readings else ()
        return FilterSpec(
            name="blocklist",
            version="1",
            kinds=("text", "image"),
            reads="content",
            measures=(
                Measure("listed", "number", "How many entries of the lists it matches.", (0, inf)),
                Measure("algorithm", "label", f"By what the best entry names it: {algorithms}; null if none does."),
                Measure("distance", "number", "In how many bits it differs from the best entry.", (0, most)),
                Measure("list", "label", "The list of the best entry: its file's name without the suffix."),
                Measure("entry", "label", "What that list calls the entry, or the line it stands in."),
                Measure(
                    "too_flat", "number", "1 if a list asks for PDQ, which says nothing of so flat a picture.", (0, 1)
                ),
                Measure("problem", "label", "Why nobody could see the picture: a code of tamis.reasons; or null."),
            ),
            parameters=(
                *((("max_pixels", self.max_pixels),) if self.readings else ()),
                *((("algorithms", tuple(sorted(said.items()))),) if said else ()),
            ),
            models=tuple((each.name, each.sha256) for each in lists),
            libraries=tuple((name, version(name)) for name in libraries),
        )


def _said(algorithms: tuple[str, ...]) -> dict[str, str]:
    """List → algorithm."""
    said: dict[str, str] = {}
    for each in algorithms:
        name, equals, algorithm = (part.strip() for part in each.rpartition("="))
        if not (name and equals):
            raise ConfigError("blocklist: algorithms: expected LIST=ALGORITHM, such as needles=sha256.")
        if algorithm not in ALGORITHMS:
            raise ConfigError.unknown("algorithm", algorithm, ALGORITHMS, where="blocklist: algorithms")
        if name in said:
            raise ConfigError(f"blocklist: algorithms: {name} is named twice.")
        said[name] = algorithm
    return said


def _read(lists: tuple[str, ...], said: Mapping[str, str]) -> list[Blocklist]:
    """All lists; the faults of all of them are said at once."""
    paths = [Path(each) for each in lists]
    problems = [] if paths else ["the filter 'blocklist' needs a file in `lists`: without one it would find nothing."]
    read = []
    for path in paths:
        try:
            read.append(read_blocklist(path, algorithm=said.get(path.stem, "")))
        except ConfigError as error:
            problems += error.problems
    stems = sorted({path.stem for path in paths})
    problems += [
        str(ConfigError.unknown("list", name, stems, where="blocklist: algorithms"))
        for name in said
        if name not in stems
    ]
    names = [each.name for each in read]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [f"two lists are called {name!r}, and are told apart by that: rename one." for name in twice]
    if problems:
        raise ConfigError(*problems)
    return read
