"""Reads lists of domains and addresses: folders as UT1 (Université Toulouse Capitole) lays them out, and single files.

A folder has one for each category, with the files `domains` and `urls`; `expressions`, which are patterns, are not
read. A file is a category: a domain or an address on each line, or as in a hosts file behind `0.0.0.0`, `127.0.0.1` or
`::1`, or as Adblock Plus writes a domain and all below it, `||example.org^`. `#` begins a comment, and `!` a line that
is one. What else a list for Adblock Plus has (patterns, exceptions, rules for some pages alone) is no address here.

A list that lost an entry lets something through: a line that is no address refuses the list, unless the operator wants
such lines left out, and then how many these are is on record. No message quotes an entry.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from filters.addresses.index import Hashes, hashes_of, url_name, without_www
from filters.addresses.normal import addresses
from filters.given_files import Faults, bytes_given
from tamis.errors import ConfigError, did_you_mean
from tamis.labels import safe_word

MAX_BYTES: Final = 2_000_000_000
_CHUNK: Final = 8_000_000
"""Characters that are read at once: what bounds the memory of reading."""

_FILES: Final = ("domains", "urls")
_NAMED: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})=(.+)", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ADBLOCK: Final = r"^\|\|([^/^$*|\s]+)\^$"
_HIDING: Final = r"#[@?$%]*#"
"""In a rule of Adblock Plus for what a page shows: what stands before it is no address that is listed."""
_REMARK: Final = r"^(?:!|\[Adblock)"
"""A comment of a list for Adblock Plus, and how such a list begins."""
_HOSTS_FILE: Final = r"^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+"


@dataclass(frozen=True, slots=True)
class Category:
    """What is listed under one name."""

    name: str
    files: tuple[tuple[str, str], ...]
    """(name, SHA-256) of each."""
    left_out: int
    """Lines that are no address."""
    domains: Hashes = field(repr=False)
    urls: Hashes = field(repr=False)
    url_hosts: Hashes = field(repr=False)


def read_lists(given: tuple[str, ...], *, categories: tuple[str, ...], leave_out: bool) -> list[Category]:
    """The categories of all lists, by name.

    Args:
        given: each a folder of categories, the folder of one, or a file; `NAME=PATH` for either of the last two.
        categories: those that are read; empty: all.
        leave_out: lines that are no address are counted instead of refusing the list.

    Raises:
        ConfigError: a list cannot be read, a line is wrong, two categories have one name, or one of `categories` is in
            no list.
    """
    named = [each for path in given for each in _named(path)]
    names = [name for name, _ in named]
    problems = [f"two lists are called {name!r}: write NAME=PATH for one of them." for name in _twice(names)]
    problems += [
        f"url_lists: no list has the category {safe_word(name)!r}.{did_you_mean(name, names)}"
        for name in categories
        if name not in names
    ]
    problems += [
        f"a category of the lists {safe_word(name)!r}: its name stands in the catalog, so it may have 64 letters, "
        "digits, `.`, `_` and `-`. Rename it, or write NAME=PATH."
        for name in names
        if not _NAME.fullmatch(name) or safe_word(name) != name
    ]
    read = []
    for name, files in sorted(named):
        if not categories or name in categories:
            try:
                read.append(_category(name, files, leave_out=leave_out))
            except ConfigError as error:
                problems += error.problems
    if problems:
        raise ConfigError(*problems)
    return read


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _named(given: str) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """(category, files) of each category there."""
    match = None if Path(given).exists() else _NAMED.fullmatch(given)
    path = Path(match[2] if match else given)
    if not path.is_dir():
        yield (match[1] if match else path.stem), (path,)
    elif files := _files(path):
        yield (match[1] if match else path.name), files
    else:
        below = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and not folder.is_symlink()]
        found = [(folder.name, files) for folder in below if (files := _files(folder))]
        if not found:
            raise ConfigError(f"{path.name}: holds no folder with a file `domains` or `urls`.")
        yield from found


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in _FILES if (folder / name).is_file())


def _category(name: str, files: tuple[Path, ...], *, leave_out: bool) -> Category:
    told, domains, urls, hosts, left_out = [], [], [], [], 0
    for path in files:
        data = bytes_given(path, most=MAX_BYTES, what="A list")
        shown = f"{name}/{path.name}" if path.name in _FILES else path.name
        faults = Faults(shown)
        for lines in _lines(data):
            known = lines.hstack(addresses(lines["text"]))
            wrong = known.filter(pl.col("host").is_null())
            left_out += wrong.height
            if not leave_out:
                for line in wrong["line"].head(faults.room):
                    faults.note(line, "is no domain and no address (`leave_out: true` leaves such lines out)")
                faults.note_more(max(0, wrong.height - faults.room))
            is_url = pl.col("rest").str.replace(r"/+$", "") != ""
            domains.append(hashes_of(known.filter(~is_url)["host"]))
            paths = known.filter(is_url)
            urls.append(hashes_of(paths.select(url_name(pl.col("host"), pl.col("rest"))).to_series()))
            hosts.append(np.unique(hashes_of(paths.select(without_www(pl.col("host"))).to_series())))
        faults.say()
        told.append((shown, hashlib.sha256(data).hexdigest()))
    joined = [np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *parts])) for parts in (domains, urls, hosts)]
    if not len(joined[0]) and not len(joined[1]):
        raise ConfigError(f"{name}: holds no addresses; take it out of `lists` if that is meant.")
    return Category(name, tuple(told), left_out, *joined)


def _lines(data: bytes) -> Iterator[pl.DataFrame]:
    """Frames of `line`, counted from 1, and `text`; without comments, blank lines and what hosts files begin with."""
    file = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", errors="replace", newline="\n")
    first = 1
    while chunk := file.readlines(_CHUNK):
        text = pl.col("text").str.replace(r"(?:^|\s)#.*", "").str.strip_chars()
        lines = pl.DataFrame({"text": chunk}).with_row_index("line", offset=first).with_columns(text)
        of_hosts = pl.col("text").str.contains(_HOSTS_FILE)
        name = pl.col("text").str.replace(_HOSTS_FILE, "").str.strip_chars()
        local = of_hosts & ~name.str.contains(".", literal=True)  # localhost, broadcasthost
        told = (pl.col("text") != "") & ~local & ~pl.col("text").str.contains(_REMARK)
        domain = pl.col("text").str.replace(_ADBLOCK, "${1}")
        is_hiding = pl.col("text").str.contains(_HIDING)
        yield lines.filter(told).with_columns(
            pl.when(is_hiding).then(pl.lit("##")).when(of_hosts).then(name).otherwise(domain).alias("text")
        )
        first += len(chunk)
