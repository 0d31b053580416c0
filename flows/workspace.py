"""A workspace: the folder that `tamis init` makes and every command works in. Nothing outside it is written."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from catalog.keyed import read_key
from catalog.log import Log
from catalog.publish import Published, current
from releases.policy import preset_text, presets
from tamis.errors import BusyError, ConfigError, is_disk_full


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders of a workspace; `recipe` is the file that was named."""

    root: Path
    recipe: Path

    @classmethod
    def of(cls, recipe: Path) -> Workspace:
        """The workspace around a recipe file, or around the `recipe.yaml` of a folder.

        Raises:
            ConfigError: there is no such file.
        """
        path = recipe / "recipe.yaml" if recipe.is_dir() else recipe
        if not path.is_file():
            raise ConfigError(f"{path}: no such recipe. `tamis init FOLDER` makes a workspace with one to start from.")
        root = path.parent.resolve()  # a recipe may be a link to another place; the workspace is where the link lies
        return cls(root, root / path.name)

    @property
    def log(self) -> Log:
        return Log(self.root / "store")

    @property
    def catalogs(self) -> Path:
        return self.root / "catalog"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def key_file(self) -> Path:
        """The key of the digests in log and catalog; it lies beside them and never in them."""
        return self.root / "keys" / "content.key"

    @property
    def key_id(self) -> str:
        """The id of the key; empty where no run has made one yet."""
        return read_key(self.key_file).id if self.key_file.exists() else ""

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def suppression_list(self) -> Path:
        return self.root / "suppression.jsonl"

    @property
    def prefect_home(self) -> Path:
        return self.root / ".prefect"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the workspace for one run; the lock goes with the process, however it ends.

        Raises:
            BusyError: another process holds it.
        """
        store = self.root / "store"
        with _writable(self.root):
            store.mkdir(parents=True, exist_ok=True, mode=0o700)
            opened = (store / ".lock").open("a+")
        with opened as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                message = f"{self.root}: process {holder} is at work here. Wait for it, or use another workspace."
                raise BusyError(message) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield


def init_workspace(folder: Path, *, policy: str) -> list[Path]:
    """Makes a workspace with a recipe and a policy to start from; returns the files written.

    Args:
        folder: made if it is not there.
        policy: the name of the preset that policy.yaml starts as.

    Raises:
        ConfigError: there is no such preset, or one of the files is there already; nothing is written then.
    """
    if policy not in presets():
        raise ConfigError.unknown("preset", policy, presets())
    recipe = (resources.files("flows") / "templates" / "recipe.yaml").read_text(encoding="utf-8")
    start = preset_text(policy).replace(f"name: {policy}\n", "name: first-steps\n", 1)
    about = f"# What to allow. It starts as the preset `{policy}`; docs/policy.md explains every key.\n"
    targets = {folder / "recipe.yaml": recipe, folder / "policy.yaml": about + start}
    there = [str(path) for path in targets if path.exists()]
    if there:
        raise ConfigError(f"{', '.join(there)}: already there. Choose another folder; nothing was written.")
    with _writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in targets.items():
            path.write_text(text, encoding="utf-8")
    return list(targets)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise
        raise ConfigError(f"{folder}: cannot be written to ({error.strerror}). Choose another folder.") from None


def root_of(place: Path) -> Path:
    """The root of the workspace that `place`, a folder or a recipe in it, belongs to.

    Raises:
        ConfigError: there is no such place.
    """
    if not place.exists():
        raise ConfigError(f"{place}: no such workspace. `tamis init FOLDER` makes one.")
    return (place if place.is_dir() else place.parent).resolve()


def releases_in(place: Path) -> Path:
    """The folder of releases that `place` is or has: a workspace, a recipe in one, or such a folder itself.

    Raises:
        ConfigError: there is no such place.
    """
    root = root_of(place)
    return root / "releases" if (root / "releases").is_dir() or (root / "recipe.yaml").is_file() else root


def published_in(place: Path) -> Published:
    """The newest published catalog of a workspace.

    Raises:
        CatalogError: nothing is published yet.
    """
    return current(root_of(place) / "catalog")


def release_folder(releases: Path, release: str) -> Path:
    """The folder of `name@version`.

    Raises:
        ConfigError: there is no such release.
    """
    name, _, version = release.partition("@")
    folder = releases / name / version
    if not version or not folder.is_dir() or folder.resolve().parents[1] != releases.resolve():
        known = [f"{path.parent.name}@{path.name}" for path in releases.glob("*/*")]
        raise ConfigError.unknown("release", release, known)
    return folder
