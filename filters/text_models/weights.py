"""Where a model's files lie on this machine, and the digest of what is loaded. Nothing is ever fetched."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.util import find_spec
from pathlib import Path

from tamis.errors import ConfigError

_WEIGHTS = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
_LOADED = (
    "config.json",
    "encoder_config/config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
)


def require_packages(packages: tuple[str, ...], *, extra: str, who: str, instead: str) -> None:
    """Says which extra to install, or what to do `instead`.

    Raises:
        ConfigError: one of the packages is not installed.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ConfigError(
            f"{who}: {' and '.join(missing)} not installed. A model takes what runs it: "
            f"pip install 'tamis[{extra}]', {instead}."
        )


def model_folder(where: str, *, who: str, revision: str | None = None) -> Path:
    """The folder of a model: `where` itself, or what the hub's cache on this machine holds under that name.

    Args:
        where: a folder, or a name on the hub.
        who: asks for it: how a message begins.
        revision: commit or branch of the hub's name; the cache's main one if not given.

    Raises:
        ConfigError: there is no such folder, nothing of that name in the cache, or no weights as safetensors.
    """
    given = Path(where).expanduser()
    folder = given if given.exists() else _cached(where, who=who, revision=revision)
    if not folder.is_dir():
        raise ConfigError(f"{who}: {where} is a file. Name the folder that holds config.json and {_WEIGHTS}.")
    _check_files(folder, where=where, who=who)
    return folder


def model_digest(folder: Path, *, who: str) -> str:
    """SHA-256 (64 hex digits) over the names and bytes of every weight, config and tokenizer file in `folder`."""
    whole = hashlib.sha256()
    for path in sorted(_loaded(folder, who=who)):
        with path.open("rb") as file:
            part = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{part}\n".encode())
    return whole.hexdigest()


def _loaded(folder: Path, *, who: str) -> set[Path]:
    named = {path for pattern in _LOADED for path in folder.glob(pattern) if path.is_file()}
    return named | set(_weight_files(folder, who=who))


def _weight_files(folder: Path, *, who: str) -> list[Path]:
    if (folder / _WEIGHTS).exists():
        return [folder / _WEIGHTS]
    if not (folder / _INDEX).exists():
        return []
    try:
        parts = json.loads((folder / _INDEX).read_bytes())["weight_map"].values()
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigError(f"{who}: {folder / _INDEX} does not say which weights there are. Fetch it again.") from error
    return [folder / _INDEX, *(folder / part for part in set(parts))]


def _cached(where: str, *, who: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    if where.startswith((".", "~", "/")) or where.count("/") > 1:
        raise ConfigError(f"{who}: there is no folder {where}. Put the model's files there, or name another.")
    try:
        return Path(snapshot_download(where, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        home = os.environ.get("HF_HOME", "~/.cache/huggingface")
        raise ConfigError(
            f"{who}: {where} is neither a folder nor in the model cache of this machine ({home}). Nothing is fetched "
            f"during a run: fetch it beforehand with `hf download {where}`, or copy its files into a folder and name "
            "that."
        ) from error


def _check_files(folder: Path, *, where: str, who: str) -> None:
    weights = _weight_files(folder, who=who)
    absent = [path.name for path in weights if not path.exists()]
    if absent:
        raise ConfigError(
            f"{who}: {where} lacks {len(absent)} of {len(weights)} weight files, {absent[0]} first. Fetch it again."
        )
    if not weights and any(path for pattern in _PICKLES for path in folder.glob(pattern)):
        raise ConfigError(
            f"{who}: {where} has its weights as a pickle, which can run code when it is opened. Convert it on a "
            f"machine that you can lose (load it there and save_pretrained it again) and bring {_WEIGHTS} here."
        )
    if not weights:
        raise ConfigError(f"{who}: {where} has no weights. Put {_WEIGHTS} beside its config.json.")
    if not (folder / "config.json").exists():
        raise ConfigError(f"{who}: {where} has no config.json. Put the one that came with the weights beside them.")
    # Without any, transformers makes up a tokenizer to which every word is unknown.
    if not any(path for pattern in _TOKENIZERS for path in folder.glob(pattern)):
        raise ConfigError(
            f"{who}: {where} has no tokenizer. Put the tokenizer.json that came with the weights beside them."
        )
