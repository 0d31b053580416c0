"""Copies a sealed release from where it lies, or the part of it that has some licence classes alone.

It is copied into `TO/.pulling/` file by file, each one's SHA-256 held against the manifest while it is copied, and
becomes `TO/NAME/VERSION` by one rename. What a start that was cut off has copied, the next one goes on with: a whole
file is kept if its digest is right, and of one that was begun the rest is asked for. Whoever pins a digest gets what it
names, or nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pyarrow as pa

from catalog.files import move_whole, sha256_of, sync, write_json, write_whole
from catalog.verify import file_faults, strays
from releases.lineage import PartOf, part_version, version_order
from releases.part import Card, Parent, expect_classes, files_beside_part, files_of_part, make_part
from releases.seal import MANIFEST, manifest_from, manifest_of
from releases.sources import NotThereError, Readable, Source
from releases.verify import verify_release
from tamis.errors import BusyError, ConfigError, ReleaseError
from tamis.failpoints import reach

PULLING = ".pulling"
"""The folder for what is not through yet. A release in it lies two folders deeper than one that is sealed."""

LARGEST_MANIFEST = 16 * 2**20
"""Bytes: a manifest of some 80,000 files, and so of eight billion texts."""

_BLOCK = 2**20

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")

Progress = Callable[[int, int], None]
"""Told of bytes that are there, and of how many there will be."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which release is asked for, and what it is pinned by."""

    name: str
    version: str | None
    """Null: the newest of those with the digest."""
    digest: str | None
    """SHA-256 of its manifest, or its content digest; null if it is not pinned."""

    @classmethod
    def of(cls, release: str, digest: str | None = None) -> Wanted:
        """As a command line has it: `NAME@VERSION` or `NAME@sha256:DIGEST`.

        Raises:
            ConfigError: it is neither, or the digest is none.
        """
        name, _, rest = release.partition("@")
        pinned = [each for each in (rest if rest.startswith("sha256:") else None, digest) if each is not None]
        digests = {each.removeprefix("sha256:").lower() for each in pinned}
        if not all(_DIGEST.fullmatch(each) for each in digests):
            raise ConfigError("The digest is not 64 hex digits. `tamis releases` and `tamis verify` show digests.")
        if len(digests) > 1:
            raise ConfigError("Two different digests are asked for. Give one of them.")
        version = None if rest.startswith("sha256:") or (digests and not rest) else rest
        if not _NAME.fullmatch(name) or (version is not None and not _VERSION.fullmatch(version)):
            raise ConfigError(f"{release!r} is no release. Expected NAME@VERSION or NAME@sha256:DIGEST.")
        return cls(name, version, digests.pop() if digests else None)


@dataclass(frozen=True, slots=True)
class Found:
    """A release of a source: its manifest, read once."""

    folder: str
    """Of the source."""
    manifest: Mapping[str, Any]
    data: bytes
    digest: str

    @property
    def release_id(self) -> str:
        return f"{self.manifest['name']}@{self.manifest['version']}"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What is there now."""

    folder: Path
    release_id: str
    digest: str
    """SHA-256 of its manifest."""
    copied: int
    """Bytes that this start has copied."""
    new: bool
    """False: it was there before, every file as it was sealed."""


def pull(
    source: Source,
    wanted: Wanted,
    to: Path,
    *,
    classes: Sequence[str] = (),
    card: Card,
    progress: Progress = lambda done, total: None,
) -> Pulled:
    """Copies a release, or its items of some licence classes, into `to`/NAME/VERSION.

    Args:
        source: where it lies; only read.
        wanted: which one.
        to: a folder of releases; made if it is not there.
        classes: licence classes; none: the whole release.
        card: words the card of a part.
        progress: told of what is copied.

    Raises:
        ReleaseError: there is no such release, it is not what was pinned, a file is not what its manifest says, or
            another one is there already by that name.
        ConfigError: it has no item of a class.
        BusyError: another process pulls the same.
        DiskFullError: the disk is full after all.
    """
    found = find(source, wanted)
    classes = tuple(dict.fromkeys(classes))
    expect_classes(found.manifest, classes)
    if classes and wanted.digest not in {None, found.digest}:
        raise ConfigError(
            f"{found.release_id} is pinned by its content digest, which only the whole release can be held against. "
            "For a part of it give the digest of its manifest."
        )
    version = part_version(found.manifest["version"], classes) if classes else found.manifest["version"]
    target = to / found.manifest["name"] / version
    staging = to / PULLING / found.manifest["name"] / f"{version}-{found.digest[:16]}"
    if target.exists():
        _expect_the_same(target, found, is_part=bool(classes))
        _clear(staging, to)  # it is there still if the last start ended between renaming and clearing
        return Pulled(target, f"{found.manifest['name']}@{version}", sha256_of(target / MANIFEST), 0, new=False)
    with _held(staging):
        copy, release = _Copy(source, found, staging, progress), staging / "release"
        if classes:
            manifest = _pull_part(copy, classes, card)
            _sweep(release, manifest)
            write_json(release / MANIFEST, manifest)
        else:
            _sweep(release, found.manifest)
            _pull_whole(copy, wanted)
            write_whole(release / MANIFEST, found.data)
        reach("pull.copied")
        digest = sha256_of(release / MANIFEST)
        if not move_whole(release, target):
            _expect_the_same(target, found, is_part=bool(classes))
    _clear(staging, to)
    return Pulled(target, f"{found.manifest['name']}@{version}", digest, copy.copied, new=True)


def find(source: Source, wanted: Wanted) -> Found:
    """The release that is asked for.

    Raises:
        ReleaseError: there is none, it is not what was pinned, or its manifest is not fit to be copied by.
    """
    if wanted.version is not None:
        found = _read_version(source, wanted.name, wanted.version)
        if wanted.digest not in {None, found.digest, found.manifest["content_digest"]}:
            raise ReleaseError(
                f"{found.release_id} of {source.where} is not what was pinned: its manifest has the digest "
                f"{found.digest}, its content {found.manifest['content_digest']}. Nothing was copied. Ask whoever "
                "gave you the digest which of the two is right."
            )
        return found
    there = sorted(source.versions(wanted.name), key=lambda version: (version_order(version), version), reverse=True)
    for version in there:
        found = _read(source, wanted.name, version)
        if wanted.digest in {found.digest, found.manifest["content_digest"]}:
            return found
    versions = f"its versions there are {', '.join(there)}" if there else f"there is no {wanted.name}"
    raise ReleaseError(f"{source.where}: no release {wanted.name} has this digest; {versions}. Nothing was copied.")


def _read_version(source: Source, name: str, version: str) -> Found:
    try:
        return _read(source, name, version)
    except NotThereError as error:
        missing = str(error)
    try:
        there = ", ".join(sorted(source.versions(name), key=version_order)) or "none"
    except ReleaseError:
        raise ReleaseError(missing) from None
    raise ReleaseError(f"{source.where}: there is no {name}@{version}. Versions of {name} there: {there}.")


def _read(source: Source, name: str, version: str) -> Found:
    folder = f"{name}/{version}"
    with source.open(f"{folder}/{MANIFEST}") as stream:
        data = b"".join(_blocks(stream.bytes, f"{source.where}: {folder}/{MANIFEST}", LARGEST_MANIFEST))
    manifest = manifest_from(data, where=f"{source.where}: {folder}/{MANIFEST}")
    if (manifest["name"], manifest["version"]) != (name, version):
        raise ReleaseError(
            f"{source.where}: {folder} says that it is {manifest['name']}@{manifest['version']}. Nothing was copied."
        )
    _expect_separate_files(manifest, f"{name}@{version}")
    return Found(folder, manifest, data, hashlib.sha256(data).hexdigest())


def _expect_separate_files(manifest: Mapping[str, Any], release: str) -> None:
    """The shape of a manifest keeps its paths inside the folder; they must be unlike one another, too.

    Raises:
        ReleaseError: two of them are one file, if only where case does not count, or one lies below another.
    """
    paths = [PurePosixPath(file["path"].casefold()) for file in manifest["files"]]
    taken = {*paths, PurePosixPath(MANIFEST)}
    if len(taken) <= len(paths) or any(parent in taken for path in paths for parent in path.parents):
        raise ReleaseError(f"{release}: its manifest names a file twice, or one inside another. Nothing was copied.")


class _Copy:
    """Copies files of a release into a staging folder."""

    def __init__(self, source: Source, found: Found, staging: Path, progress: Progress) -> None:
        self.found = found
        self.staging = staging
        self.copied = 0
        self._source = source
        self._progress = progress

    def files(self, wanted: Sequence[tuple[Mapping[str, Any], str]]) -> None:
        """Copies files: (as the manifest has it, the folder inside the staging folder that it goes to).

        Raises:
            ReleaseError: one is not what the manifest says, or there is no room for all of them.
        """
        done, total = 0, sum(file["bytes"] for file, _ in wanted)
        self._expect_room(total)
        for file, folder in wanted:
            self._file(file, self.staging / folder / file["path"], partial(self._tell, done, total))
            done += file["bytes"]
            self._progress(done, total)
            reach("pull.file")

    def _tell(self, done: int, total: int, size: int) -> None:
        self._progress(done + size, total)

    def _expect_room(self, needed: int) -> None:
        there = sum(path.stat().st_size for path in self.staging.rglob("*") if path.is_file())
        free = shutil.disk_usage(self.staging).free
        if needed - there > free:
            raise ReleaseError(
                f"{self.found.release_id} needs {needed - there:,} bytes, and {self.staging.parents[2]} has {free:,}. "
                "Free some space, or choose another folder."
            )

    def _file(self, file: Mapping[str, Any], target: Path, progress: Callable[[int], None]) -> None:
        if target.is_file() and sha256_of(target) == file["sha256"]:
            return
        part = self.staging / "parts" / file["sha256"]
        part.parent.mkdir(exist_ok=True)
        resumed = part.exists()
        digest = self._bytes(file, part, progress)
        if digest != file["sha256"] and resumed:  # what lay there may have been damaged when the start was cut off
            part.unlink()
            digest = self._bytes(file, part, progress)
        if digest != file["sha256"]:
            part.unlink()
            raise ReleaseError(
                f"{self._named(file)} is not what was sealed (its sha256 differs). The release is not copied."
            )
        sync(part)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)

    def _bytes(self, file: Mapping[str, Any], part: Path, progress: Callable[[int], None]) -> str:
        """Writes what is missing of a file to `part`; returns the SHA-256 of the whole."""
        with part.open("a+b") as out:
            out.seek(0)
            digest = hashlib.sha256()
            size = _digest_of_part(out, digest, file["bytes"])
            if size == file["bytes"]:  # a web server has no answer to who asks for what follows the last byte
                return digest.hexdigest()
            with self._source.open(f"{self.found.folder}/{file['path']}", start=size) as stream:
                if stream.size not in {None, file["bytes"]}:
                    raise ReleaseError(
                        f"{self._named(file)} has {stream.size:,} bytes, and its manifest says {file['bytes']:,}. "
                        "The release is not copied."
                    )
                if stream.at != size:
                    out.truncate(0)
                    digest, size = hashlib.sha256(), 0
                for block in _blocks(stream.bytes, self._named(file), file["bytes"] - size):
                    out.write(block)
                    digest.update(block)
                    size += len(block)
                    self.copied += len(block)
                    progress(size)
                    reach("pull.block")
        if size < file["bytes"]:
            raise ReleaseError(f"{self._named(file)} {_cut_off(size)}")
        return digest.hexdigest()

    def _named(self, file: Mapping[str, Any]) -> str:
        return f"{self._source.where}: {self.found.release_id}: {file['path']}"


def _digest_of_part(part: IO[bytes], digest: Any, most: int) -> int:
    """Feeds a digest with what is there of a file; more than there can be is taken away. Returns how much it is."""
    size = 0
    while block := part.read(min(_BLOCK, most - size)):
        digest.update(block)
        size += len(block)
    part.truncate(size)
    return size


def _blocks(stream: Readable, named: str, most: int) -> Iterator[bytes]:
    """The rest of a stream, which may have `most` bytes.

    Raises:
        ReleaseError: it has more, or breaks off.
    """
    read = 0
    while True:
        try:
            block = stream.read(_BLOCK)
        except (OSError, http.client.HTTPException, pa.ArrowException):
            raise ReleaseError(f"{named} {_cut_off(read)}") from None
        if not block:
            return
        read += len(block)
        if read > most:
            raise ReleaseError(f"{named} has more bytes than it may have. The release is not copied.")
        yield bytes(block)


def _cut_off(size: int) -> str:
    return f"broke off after {size:,} bytes. Start again: what is copied is kept, and the rest is asked for."


def _pull_whole(copy: _Copy, wanted: Wanted) -> None:
    copy.files([(file, "release") for file in copy.found.manifest["files"]])
    if wanted.digest == copy.found.manifest["content_digest"]:
        _expect_content(copy)


def _expect_content(copy: _Copy) -> None:
    """A manifest that nobody pinned can say any content digest: it is made anew from the rows."""
    release = copy.staging / "release"
    (release / MANIFEST).write_bytes(copy.found.data)
    faults = verify_release(release)
    if faults:
        (release / MANIFEST).unlink()
        raise ReleaseError("\n".join([*faults, "What was pinned is not what lies there. The release is not copied."]))


def _pull_part(copy: _Copy, classes: Sequence[str], card: Card) -> dict[str, Any]:
    whole = copy.found.manifest
    copy.files(
        [
            *((file, "release") for file in files_of_part(whole, classes)),
            *((file, "parent") for file in files_beside_part(whole)),
        ]
    )
    parent = Parent(whole, copy.found.data, copy.found.digest, copy.staging / "parent")
    return make_part(copy.staging / "release", parent, classes, card=card)


def _expect_the_same(target: Path, found: Found, *, is_part: bool) -> None:
    """Checks that what is there already is what was asked for, file by file.

    Raises:
        ReleaseError: it is not.
    """
    manifest = manifest_of(target)
    part_of = PartOf.of(manifest)
    digest = part_of.digest if is_part and part_of else sha256_of(target / MANIFEST)
    if digest != found.digest:
        raise ReleaseError(
            f"{target}: another {manifest['name']}@{manifest['version']} lies there, with the digest "
            f"{sha256_of(target / MANIFEST)}. Two workspaces may each have sealed one. Choose another folder."
        )
    files = manifest["files"]
    named = {MANIFEST, *(file["path"] for file in files)}
    listed = ((file["path"], file["sha256"], None) for file in files)
    faults = [*strays(target, named, where="its manifest"), *file_faults(target, listed, done="sealed")]
    if faults:
        raise ReleaseError(
            "\n".join([*(f"{target}: {fault}" for fault in faults), "Take the folder away and pull again."])
        )


@contextmanager
def _held(staging: Path) -> Iterator[None]:
    """Holds a staging folder for one process; the lock goes with the process, however it ends."""
    (staging / "release").mkdir(parents=True, exist_ok=True)
    with (staging / ".lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"{staging}: another process pulls the same release here. Wait for it.") from None
        yield


def _sweep(release: Path, manifest: Mapping[str, Any]) -> None:
    """Takes away what no manifest names: what a start that was cut off was about to write."""
    named = {file["path"] for file in manifest["files"]}
    for path in sorted(release.rglob("*"), reverse=True):
        if path.is_symlink() or (path.is_file() and path.relative_to(release).as_posix() not in named):
            path.unlink()


def _clear(staging: Path, to: Path) -> None:
    """Removes what staging leaves; folders above it only where nothing else is being pulled."""
    shutil.rmtree(staging, ignore_errors=True)
    for folder in (staging.parent, to / PULLING):
        try:
            folder.rmdir()
        except OSError:
            return


__all__ = ["LARGEST_MANIFEST", "PULLING", "Found", "Pulled", "Wanted", "find", "pull"]
