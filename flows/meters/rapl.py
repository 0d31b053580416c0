"""RAPL: what Linux knows of the energy of processors and memory, in `/sys/class/powercap`.

Each domain has a counter of microjoules that begins again at `max_energy_range_uj`: after three quarters of an hour at
100 W on many machines, so a thread reads it every minute. Packages are counted, and memory (`dram`), which is beside
them; cores and graphics are within their package, and `psys` has the package within it. Kernels since 5.10 let only
root read (CVE-2020-8694), and virtual machines have none: then there is no meter.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")

_EVERY = 60.0
"""Seconds between readings, so that no counter begins again twice between two of them."""


@dataclass(slots=True)
class _Domain:
    device: str
    counter: Path
    range: int
    last: int
    total: int = 0

    def read(self) -> bool:
        value = _number(self.counter)
        if value is None:
            return False
        self.total += value - self.last if value >= self.last else value + self.range - self.last
        self.last = value
        return True


class Rapl:
    """The readable domains below a folder, `POWERCAP` or one that is laid out alike."""

    name = "rapl"

    def __init__(self, domains: list[_Domain], *, every: float = _EVERY) -> None:
        self._domains = domains
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_reading, args=(every,), daemon=True)
        self._thread.start()

    @classmethod
    def find(cls, folder: Path = POWERCAP, *, every: float = _EVERY) -> Rapl | None:
        """The meter; null where there is nothing to read."""
        domains = list(_domains(folder))
        return cls(domains, every=every) if domains else None

    def read(self) -> Mapping[str, float]:
        with self._lock:
            return {domain.device: domain.total / 1e6 for domain in self._domains if domain.read()}

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _keep_reading(self, every: float) -> None:
        while not self._ended.wait(every):
            self.read()


def _domains(folder: Path) -> Iterator[_Domain]:
    for path in sorted(folder.glob("intel-rapl:*")):  # AMD's have this name too
        said = _text(path / "name")
        within = path.name.count(":") == 2
        if said is None or not (said.startswith("dram") if within else said.startswith("package")):
            continue
        value, size = _number(path / "energy_uj"), _number(path / "max_energy_range_uj")
        if value is not None and size is not None:
            yield _Domain(f"{path.name.removeprefix('intel-rapl:')} {said}", path / "energy_uj", size, value)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _number(path: Path) -> int | None:
    said = _text(path)
    return int(said) if said is not None and said.isdecimal() else None
