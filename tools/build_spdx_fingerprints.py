"""Writes filters/data/spdx_fingerprints.json from the texts of the SPDX licence list.

The texts come from the npm package spdx-license-list (CC0-1.0) and stay out of the repository:

    npm pack spdx-license-list@6.12.0
    python -m tools.build_spdx_fingerprints spdx-license-list-6.12.0.tgz
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from filters.rights.texts.known import FINGERPRINTS, fingerprints, is_title_of

TARGET = Path(__file__).parent.parent / "filters" / "data" / FINGERPRINTS

END_OF_TERMS = "END OF TERMS AND CONDITIONS"
"""After it some licences say how to apply them; copies come with and without that part."""


def texts_of(tarball: Path) -> tuple[str, dict[str, str]]:
    """The package's version, and the text of each licence by SPDX id."""
    with tarfile.open(tarball) as archive:
        version: str = _json(archive, "package/package.json")["version"]
        licences = _json(archive, "package/spdx-full.json")
    return version, {spdx_id: licence["licenseText"] for spdx_id, licence in licences.items()}


def _json(archive: tarfile.TarFile, name: str) -> dict:
    member = archive.extractfile(name)
    if member is None:
        raise SystemExit(f"{name} is not in the tarball.")
    return json.load(member)


def variants(text: str) -> Iterator[str]:
    yield text
    terms, end, _ = text.partition(END_OF_TERMS)
    if end:
        yield terms + end
        yield terms


def preference(spdx_id: str) -> tuple[bool, bool, int, str]:
    """Sorts ids of the same text: the stricter `-only` before the deprecated plain id, then the shortest."""
    return spdx_id.endswith("-or-later"), not spdx_id.endswith("-only"), len(spdx_id), spdx_id


def build(tarball: Path) -> dict:
    version, texts = texts_of(tarball)
    ids_of: dict[str, set[str]] = {}
    for spdx_id, text in texts.items():
        for variant in variants(text):
            for title, digest in fingerprints(variant):
                if is_title_of(title, [spdx_id]):
                    ids_of.setdefault(digest, set()).add(spdx_id)
    return {
        "from": f"npm:spdx-license-list@{version}",
        "tarball_sha256": hashlib.sha256(tarball.read_bytes()).hexdigest(),
        "licence": "CC0-1.0",
        "fingerprints": {digest: sorted(ids_of[digest], key=preference) for digest in sorted(ids_of)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tarball", type=Path)
    stored = build(parser.parse_args().tarball)
    TARGET.write_text(json.dumps(stored, indent=0, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(f"{len(stored['fingerprints'])} fingerprints written\n")


if __name__ == "__main__":
    main()
