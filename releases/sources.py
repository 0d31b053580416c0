"""Where releases are pulled from: a folder of this machine, an object store, or a web server. They are only read.

Nothing that a source says is believed: how large a file is and what is in it, the manifest says, and the digest that
the manifest itself was pinned by. What this module keeps is the promise that no link is followed out of a folder and
nothing but a plain file is opened.
"""

from __future__ import annotations

import errno
import http
import http.client
import os
import stat
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

import pyarrow as pa
from pyarrow import fs

from tamis.errors import ConfigError, ReleaseError

_SECONDS = 60.0
"""After which a web server that says nothing is given up."""

_WEB = ("http", "https")
_STORES = ("s3", "gs")

SCHEMES = (*_STORES, *_WEB)
"""What an address may begin with."""


class NotThereError(ReleaseError):
    """A source has no such file."""


class Readable(Protocol):
    """The bytes of a file, in their order."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Stream:
    """A file that is open for reading."""

    bytes: Readable
    size: int | None
    """Of the whole file; null where the source does not say."""
    at: int
    """From which offset on it is read: the one that was asked for, or 0 where a source cannot begin in the middle."""


class Source(Protocol):
    """A place with releases, as `NAME/VERSION/FILE`."""

    @property
    def where(self) -> str:
        """What it is called in messages."""
        ...

    def versions(self, name: str) -> list[str]:
        """The versions of a release, in no order.

        Raises:
            ReleaseError: this source cannot be listed, or does not answer.
        """
        ...

    @contextmanager
    def open(self, path: str, *, start: int = 0) -> Iterator[Stream]:
        """Opens a file for reading from `start` on.

        Raises:
            ReleaseError: it cannot be read; a NotThereError if there is none.
        """
        ...


def source_at(address: str) -> Source:
    """The source that an address names: one that is no URL is a folder.

    Raises:
        ConfigError: there is no such folder, or the URL is of another kind.
    """
    if "://" not in address:
        return FolderSource(Path(address))
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in SCHEMES:
        raise ConfigError(f"{parts.scheme}://: releases are pulled from a folder, or from {', '.join(SCHEMES)}.")
    if parts.username or parts.password:
        raise ConfigError(
            f"{parts.scheme}://: an address with a password in it is not taken, for addresses stand in messages. Give "
            "credentials as the environment of your store has them."
        )
    if parts.scheme in _WEB and (parts.query or parts.fragment):
        raise ConfigError(f"{parts.scheme}://: an address of a web server ends with the folder, without `?` and `#`.")
    if parts.scheme in _WEB:
        return WebSource(address.rstrip("/"))
    try:
        system, root = fs.FileSystem.from_uri(address)
    except (pa.ArrowException, OSError):
        raise ConfigError(f"{address.partition('?')[0]}: is no address that pyarrow can open.") from None
    return StoreSource(system, root.rstrip("/"), address.partition("?")[0].rstrip("/"))


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder of releases, or the folder of one of them."""

    root: Path

    @property
    def where(self) -> str:
        return str(self.root)

    def versions(self, name: str) -> list[str]:
        return sorted(path.name for path in (self.root / name).glob("*") if path.is_dir() and not path.is_symlink())

    @contextmanager
    def open(self, path: str, *, start: int = 0) -> Iterator[Stream]:
        try:
            handle = _open_plain(self.root, PurePosixPath(path))
        except FileNotFoundError:
            raise NotThereError(f"{self.root / path}: there is no such file.") from None
        except OSError as error:
            raise ReleaseError(f"{self.root / path}: {_why(error)}.") from None
        with os.fdopen(handle, "rb") as file:
            file.seek(start)
            yield Stream(file, os.fstat(handle).st_size, start)


@dataclass(frozen=True, slots=True)
class SealedFolder:
    """The folder of one release, wherever it lies and whatever it is called."""

    folder: Path
    version: str

    @property
    def where(self) -> str:
        return str(self.folder)

    def versions(self, name: str) -> list[str]:
        """The one that it is; whether it is of this name, its manifest says."""
        return [self.version]

    @contextmanager
    def open(self, path: str, *, start: int = 0) -> Iterator[Stream]:
        inside = PurePosixPath(*PurePosixPath(path).parts[2:])
        with FolderSource(self.folder).open(inside.as_posix(), start=start) as stream:
            yield stream


def _open_plain(root: Path, path: PurePosixPath) -> int:
    """A file below a folder, reached through no link: each folder on the way is opened from the one above it."""
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
        # without O_NONBLOCK a named pipe would be waited for
        file = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.ELOOP, "no plain file")
    return file


def _why(error: OSError) -> str:
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return "is a link or no plain file, and nothing in a release may be one"
    return f"cannot be read ({error.strerror})"


@dataclass(frozen=True, slots=True)
class StoreSource:
    """A folder of releases in whatever pyarrow has a file system for."""

    system: fs.FileSystem
    root: str
    where: str

    def versions(self, name: str) -> list[str]:
        try:
            found = self.system.get_file_info(fs.FileSelector(f"{self.root}/{name}", allow_not_found=True))
        except (pa.ArrowException, OSError):
            raise ReleaseError(
                f"{self.where}: cannot be listed. Name the version instead, and give `--digest`."
            ) from None
        return sorted(each.base_name for each in found if each.type == fs.FileType.Directory)

    @contextmanager
    def open(self, path: str, *, start: int = 0) -> Iterator[Stream]:
        try:
            file = self.system.open_input_file(f"{self.root}/{path}")
            size = file.size()
            file.seek(start)
        except FileNotFoundError:
            raise NotThereError(f"{self.where}/{path}: there is no such file.") from None
        except (pa.ArrowException, OSError) as error:
            raise ReleaseError(f"{self.where}/{path}: cannot be read ({type(error).__name__}).") from None
        with file:
            yield Stream(file, size, start)


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirection to the same scheme and host alone: whoever serves a release sends nobody elsewhere."""

    def redirect_request(  # noqa: PLR0917 # as urllib has it
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        there, here = (urllib.parse.urlsplit(url) for url in (newurl, req.full_url))
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            return None  # the answer is an error then, as it came
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@dataclass(frozen=True, slots=True)
class WebSource:
    """A folder of releases behind a web server."""

    where: str

    def versions(self, name: str) -> list[str]:
        raise ReleaseError(
            f"{self.where}: a web server cannot be listed. Name the version, {name}@VERSION, and give `--digest`."
        )

    @contextmanager
    def open(self, path: str, *, start: int = 0) -> Iterator[Stream]:
        url = f"{self.where}/{urllib.parse.quote(path)}"
        # only http and https come here, see `source_at`
        asked = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310
        try:
            answer = urllib.request.build_opener(_SameHost).open(asked, timeout=_SECONDS)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.HTTPStatus.NOT_FOUND:
                raise NotThereError(f"{url}: there is no such file.") from None
            raise ReleaseError(f"{url}: cannot be read (the server said {error.code}).") from None
        except (OSError, http.client.HTTPException) as error:
            raise ReleaseError(f"{url}: cannot be read ({type(error).__name__}).") from None
        with answer:
            begun = start if answer.status == http.HTTPStatus.PARTIAL_CONTENT else 0
            length = answer.headers.get("Content-Length", "")
            yield Stream(answer, begun + int(length) if length.isdecimal() else None, begun)
