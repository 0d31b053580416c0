"""Writes filters/data/licence_index.bin from the texts, names and addresses of the SPDX licence list.

The texts come from the npm package spdx-license-list (CC0-1.0) and stay out of the repository; the index holds hashes
of every five words, where words of granting stand, and the names and addresses of the licences:

    npm pack spdx-license-list@6.12.0
    python -m tools.build_licence_index spdx-license-list-6.12.0.tgz
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from filters.rights.spdx import read_expression
from filters.rights.texts.index import INDEX, pack
from filters.rights.texts.shingles import plain_text, words_of
from filters.rights.texts.weight import weighs
from tools.build_spdx_fingerprints import preference, texts_of

TARGET = Path(__file__).parent.parent / "filters" / "data" / INDEX

WITH = {
    "-with-autoconf-exception": "Autoconf-exception",
    "-with-bison-exception": "Bison-exception-2.2",
    "-with-classpath-exception": "Classpath-exception-2.0",
    "-with-font-exception": "Font-exception-2.0",
    "-with-GCC-exception": "GCC-exception",
}
"""Ids of old that name a licence with an exception: their texts are the licence's own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A text of the list, and the ids that share it, the preferred one first."""

    ids: tuple[str, ...]
    shingles: NDArray[np.uint32]
    weighty: NDArray[np.bool_]
    """For each word counted, whether it grants or limits."""


def entries(texts: dict[str, str]) -> list[Entry]:
    """One for each text, in the order of what it says, so that texts that are nearly the same pack well."""
    shared: dict[bytes, list[tuple[str, Entry]]] = {}
    for spdx_id, text in texts.items():
        words = words_of(plain_text(text))
        shingles = words.shingles
        if not len(shingles):
            continue
        weighty = np.array([weighs(words.word(place)) for place in words.counted.tolist()], dtype=np.bool_)
        shared.setdefault(shingles.tobytes(), []).append((spdx_id, Entry((), shingles, weighty)))
    merged = [
        Entry(tuple(sorted((spdx_id for spdx_id, _ in same), key=preference)), same[0][1].shingles, same[0][1].weighty)
        for same in shared.values()
    ]
    return sorted(merged, key=lambda entry: entry.ids)


def kept(texts: dict[str, str]) -> dict[str, str]:
    """Those of ids that are understood; an id of old that has a successor of the same text is left out."""
    return {
        spdx_id: text
        for spdx_id, text in sorted(texts.items())
        if read_expression(spdx_id).expression and not any(old in spdx_id for old in WITH) and not spdx_id.endswith("+")
        and f"{spdx_id}-only" not in texts
    }  # fmt: skip


def names_of(tarball: Path) -> dict[str, tuple[str, list[str]]]:
    """Name and addresses by id."""
    with tarfile.open(tarball) as archive:
        member = archive.extractfile("package/spdx-full.json")
        licences = json.load(member) if member else {}
    return {
        spdx_id: (licence["name"], sorted(set(re.findall(r"\S+", licence.get("url", "")))))
        for spdx_id, licence in sorted(licences.items())
    }


def build(tarball: Path) -> bytes:
    version, texts = texts_of(tarball)
    chosen = kept(texts)
    names = {spdx_id: named for spdx_id, named in names_of(tarball).items() if spdx_id in chosen}
    about = {
        "from": f"npm:spdx-license-list@{version}",
        "tarball_sha256": hashlib.sha256(tarball.read_bytes()).hexdigest(),
        "licence": "CC0-1.0",
    }
    return pack(about, names=names, entries=[(entry.ids, entry.shingles, entry.weighty) for entry in entries(chosen)])


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tarball", type=Path)
    packed = build(parser.parse_args(arguments).tarball)
    TARGET.write_bytes(packed)
    sys.stdout.write(f"{len(packed):,} bytes written\n")


if __name__ == "__main__":
    main()
