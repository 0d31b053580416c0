"""The figures by which activity becomes energy and emissions: sourced, versioned, each a lower, a middle, an upper one.

They are shipped as `coefficients/<version>.csv`; a workspace may name a file of its own, whose rows stand in place of
those of the same kind and name. What was chosen is kept in the log, so that the catalog says by what it counts.

kind,name,year,unit,low,mid,high,source     the columns; low and high may be empty where there is one figure only
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from catalog.files import write_json
from catalog.shape import fault, read_bytes
from tamis.errors import CatalogError, ConfigError

VERSION: Final = "2026-11"
"""Of the shipped table: its file's name."""

WORLD: Final = "WORLD"
"""The region that counts where none is named."""

COLUMNS = ("kind", "name", "year", "unit", "low", "mid", "high", "source")

NEEDED: Final = {
    "machine": ("watts_per_vcpu", "idle_share", "watts_per_gib", "node_factor", "pue"),
    "training": ("mfu", "power_share", "node_factor", "pue"),
}
"""Kind → the names that must be there; `grid` goes by region, `device_watts` and `device_flops` by device."""

_KINDS = (*NEEDED, "device_watts", "device_flops", "grid")


@dataclass(frozen=True, slots=True)
class Range:
    """A lower, a middle and an upper figure; the middle one is a best guess, not a mean."""

    low: float
    mid: float
    high: float

    def __mul__(self, other: Range | float) -> Range:
        """Of figures that are not negative: the lowest of both gives the lowest."""
        by = other if isinstance(other, Range) else Range(other, other, other)
        return Range(self.low * by.low, self.mid * by.mid, self.high * by.high)

    def __truediv__(self, other: Range | float) -> Range:
        """Of figures that are not negative: the lowest over the highest gives the lowest."""
        by = other if isinstance(other, Range) else Range(other, other, other)
        return Range(self.low / by.high, self.mid / by.mid, self.high / by.low)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.mid + other.mid, self.high + other.high)


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One row."""

    kind: str
    name: str
    year: int
    unit: str
    low: float
    mid: float
    high: float
    source: str

    @property
    def range(self) -> Range:
        return Range(self.low, self.mid, self.high)


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The whole table, and the region by whose grid energy becomes emissions."""

    version: str
    region: str
    rows: tuple[Coefficient, ...]

    def of(self, kind: str, name: str) -> Coefficient:
        """One row.

        Raises:
            ConfigError: there is none.
        """
        for row in self.rows:
            if (row.kind, row.name) == (kind, name):
                return row
        raise ConfigError.unknown(_NOUNS.get(kind, kind), name, self.names(kind))

    def names(self, kind: str) -> list[str]:
        return sorted(row.name for row in self.rows if row.kind == kind)

    @property
    def grid(self) -> Coefficient:
        """Grams of CO2e for each kWh in the region."""
        return self.of("grid", self.region)


_NOUNS = {"grid": "region", "device_watts": "hardware", "device_flops": "hardware"}


def shipped(region: str = WORLD) -> Coefficients:
    """The table that comes with Tamis.

    Raises:
        ConfigError: it has no such region.
    """
    text = resources.files("catalog").joinpath("coefficients", f"{VERSION}.csv").read_text(encoding="utf-8")
    chosen = Coefficients(VERSION, region, tuple(_parsed(text, f"{VERSION}.csv")))
    _ = chosen.grid
    return chosen


def chosen(path: Path | None, region: str = WORLD) -> Coefficients:
    """The shipped table, with the rows of a file of the user's in place of those of the same kind and name.

    Raises:
        ConfigError: the file is missing or wrong, each fault with its line; or no table has the region.
    """
    if path is None:
        return shipped(region)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path}: no such table of coefficients, or no UTF-8.") from None
    own = _parsed(text, path.name)
    named = {(row.kind, row.name) for row in own}
    kept = [row for row in shipped().rows if (row.kind, row.name) not in named]
    together = Coefficients(f"{VERSION} and {path.name}", region, (*kept, *own))
    _ = together.grid
    return together


def _parsed(text: str, where: str) -> list[Coefficient]:
    table = csv.DictReader(io.StringIO(text))
    if tuple(table.fieldnames or ()) != COLUMNS:
        raise ConfigError(f"{where}:1: expected the columns {','.join(COLUMNS)}.")
    rows, faults, seen = [], [], set()
    for fields in table:
        at = f"{where}:{table.line_num}"
        try:
            row = _row(fields)
        except ValueError as error:
            faults.append(f"{at}: {error}")
            continue
        if (row.kind, row.name) in seen:
            faults.append(f"{at}: {row.kind}/{row.name} is there twice.")
        seen.add((row.kind, row.name))
        rows.append(row)
    if faults:
        raise ConfigError(*faults)
    return rows


def _row(fields: dict[str, str]) -> Coefficient:
    if None in fields or None in fields.values():
        raise ValueError(f"expected {len(COLUMNS)} fields.")
    kind, name, unit, source = (fields[key].strip() for key in ("kind", "name", "unit", "source"))
    if kind not in _KINDS or not name:
        raise ValueError(f"expected one of {', '.join(_KINDS)}, and a name.")
    if name not in NEEDED.get(kind, (name,)):
        raise ValueError(f"{kind}/{name} is none that is counted by. Known: {', '.join(NEEDED[kind])}.")
    if not source:
        raise ValueError(f"{kind}/{name} has no source.")
    mid = _number(fields["mid"])
    low, high = (_number(fields[key]) if fields[key].strip() else mid for key in ("low", "high"))
    if not low <= mid <= high:
        raise ValueError(f"{kind}/{name}: expected low <= mid <= high.")
    if not mid or (not low and kind in {"training", "device_flops"}):
        raise ValueError(f"{kind}/{name}: must be above 0.")
    return Coefficient(kind, name, int(fields["year"]), unit, low, mid, high, source)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{text.strip()} is no finite number from 0.")
    return value


def keep_choice(store: Path, choice: Coefficients) -> None:
    """Puts on record by what the catalog is to count from now on; the shipped table for the world needs no record."""
    path = _path(store)
    if (path.exists() or choice != shipped()) and read_choice(store) != choice:
        write_json(path, _table().dump_python(choice))


def read_choice(store: Path) -> Coefficients:
    """By what the catalog counts.

    Raises:
        CatalogError: the record of it is damaged.
    """
    path = _path(store)
    if not path.exists():
        return shipped()
    try:
        return _table().validate_json(read_bytes(path), strict=True)
    except ValidationError as error:
        raise CatalogError(f"{path}: is damaged ({fault(error)}).") from None


def _path(store: Path) -> Path:
    return store / "coefficients.json"


def _table() -> TypeAdapter[Coefficients]:
    return TypeAdapter(Coefficients)


__all__ = [
    "COLUMNS",
    "NEEDED",
    "VERSION",
    "WORLD",
    "Coefficient",
    "Coefficients",
    "Range",
    "chosen",
    "keep_choice",
    "read_choice",
    "shipped",
]
