"""Where a CLIP model's files come from, and what names them: every way to name a model ends in one folder of files.

A model is what its weights, its config and its tokenizer are together. Weights alone are refused: without the config
it is a guess which activation they were trained with and how pictures are to be prepared, and a wrong guess gives
numbers that look right. A model named by tag or by its place on the hub is taken from the cache of this machine, and
fetched where it is not there; HF_HUB_OFFLINE=1 forbids that. For a folder nothing is ever fetched.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filters.pictures.clip.library import open_clip
from tamis.errors import ConfigError, did_you_mean, is_disk_full
from tamis.ids import canonical_json, digest_of

LOCAL, HUB = "local-dir:", "hf-hub:"

CONFIG = "open_clip_config.json"
WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "model.safetensors")
"""Names of weights, the first that is there counts: the order of open_clip."""

_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "vocab.txt",
              "merges.txt", "spiece.model", "tokenizer.model", "added_tokens.json")  # fmt: skip
_CARD = "README.md"
_PICKLES = ("*.bin", "*.pt", "*.pth")

_LICENCE = re.compile(r"^license:[ \t]*[\"']?([\w.+ -]{1,64}?)[\"']?[ \t]*$", flags=re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?$", flags=re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ClipFiles:
    """The files of a model on this machine."""

    name: str
    """As the recipe has it; of a folder its last part alone."""
    config: bytes
    weights: Path
    tokenizer: tuple[Path, ...]
    """Empty where the model has that of open_clip."""
    licence: str
    """What the model's card states; empty where it states none."""
    sha256: tuple[tuple[str, str], ...]
    """(file name, sha256) of each, in this order: config, weights, tokenizer."""

    @property
    def digest(self) -> str:
        """Names the model, wherever it lies: 64 hex digits over the digests of its files."""
        return digest_of(list(self.sha256))

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """All of it in one folder as open_clip wants it, for as long as it is being loaded."""
        with TemporaryDirectory() as made:
            folder = Path(made)
            (folder / CONFIG).write_bytes(self.config)
            for path in (self.weights, *self.tokenizer):
                name = WEIGHTS[0] if path == self.weights else path.name
                (folder / name).symlink_to(path.resolve())
            yield folder


def find_model(model: str, *, revision: str = "") -> ClipFiles:
    """The files of a model.

    Args:
        model: a tag of open_clip's, `ARCHITECTURE/TAG` such as `ViT-B-32-quickgelu/openai`; `hf-hub:ORG/REPO`;
            `local-dir:FOLDER`; or a folder.
        revision: commit, branch or tag of the repository on the hub; empty: its main one.

    Raises:
        ConfigError: there is no such model, a file of it is missing or damaged, or it is named by its weights alone.
    """
    if model.startswith(HUB):
        return _of_repository(model.removeprefix(HUB), name=model, revision=revision)
    if model.startswith(LOCAL) or Path(model).expanduser().is_dir():
        if revision:
            raise ConfigError(f"clip: revision is {revision!r}, and {model} is a folder, which has none.")
        return _of_folder(Path(model.removeprefix(LOCAL)).expanduser(), shown=model)
    if _is_path(model):
        raise ConfigError(
            f"clip: {model} names weights by their path. They do not say with which activation they were trained and "
            f"how pictures are to be prepared for them. Put them beside their {CONFIG}, and name the folder: "
            f"{LOCAL}FOLDER."
        )
    return _of_tag(model, revision=revision)


def _is_path(model: str) -> bool:
    return (
        model.startswith((".", "~", "/"))
        or Path(model).exists()
        or Path(model).suffix in {".safetensors", ".bin", ".pt", ".pth", ".npz"}
    )


def _of_folder(folder: Path, *, shown: str) -> ClipFiles:
    if not folder.is_dir():
        raise ConfigError(f"clip: {shown}: there is no such folder. Put the model's files there, or name another.")
    config = folder / CONFIG
    if not config.is_file():
        raise ConfigError(f"clip: {shown} has no {CONFIG}. Put the one that came with the weights beside them.")
    name = LOCAL + folder.resolve().name
    return _files(name, config.read_bytes(), folder, shown=shown)


def _of_repository(repository: str, *, name: str, revision: str) -> ClipFiles:
    folder = _downloaded(repository, revision=revision, shown=name)
    if not (folder / CONFIG).is_file():
        raise ConfigError(f"clip: {name} has no {CONFIG}: it is no model that open_clip knows how to load.")
    return _files(name, (folder / CONFIG).read_bytes(), folder, shown=name)


def _of_tag(model: str, *, revision: str) -> ClipFiles:
    """The library's own config of an architecture, with how the tag's weights want their pictures."""
    library = open_clip()
    architecture, _, tag = model.rpartition("/")
    own = library.get_model_config(architecture) if architecture else None
    if own is None:
        known = library.list_models()
        raise ConfigError(
            f"clip: unknown model {model!r}.{did_you_mean(architecture or model, known)} Name one as ARCHITECTURE/TAG, "
            f"as {HUB}ORG/REPO, or as {LOCAL}FOLDER."
        )
    trained = library.get_pretrained_cfg(architecture, tag)
    if not trained:
        tags = library.list_pretrained_tags_by_model(architecture)
        raise ConfigError.unknown("tag of open_clip", tag, tags, where=f"clip: {model}")
    _check_activation(own, trained, model=model)
    repository = str(trained.get("hf_hub", "")).rpartition("/")[0]
    if not repository:
        raise ConfigError(
            f"clip: the weights of {model} are on no hub, only as a file that can run code when it is opened. Convert "
            f"them on a machine that you can lose, and name the folder: {LOCAL}FOLDER."
        )
    preparation = {key: trained[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in trained}
    config = canonical_json({"model_cfg": own, "preprocess_cfg": preparation})
    return _files(model, config, _downloaded(repository, revision=revision, shown=model), shown=model)


def _check_activation(own: Mapping[str, Any], trained: Mapping[str, Any], *, model: str) -> None:
    """open_clip only warns."""
    if bool(own.get("quick_gelu")) == bool(trained.get("quick_gelu")):
        return
    architecture, _, tag = model.rpartition("/")
    plain = architecture.removesuffix("-quickgelu")
    meant = f"{plain}-quickgelu/{tag}" if trained.get("quick_gelu") else f"{plain}/{tag}"
    raise ConfigError(
        f"clip: the weights of {model} were trained with another activation than {architecture} has, so that its "
        f"vectors would be wrong. Name it {meant}."
    )


def _files(name: str, config: bytes, folder: Path, *, shown: str) -> ClipFiles:
    weights = _weights(folder, shown=shown)
    _check_config(config, shown=shown)
    tokenizer = tuple(folder / each for each in _TOKENIZER if (folder / each).is_file())
    sha256 = (
        (CONFIG, hashlib.sha256(config).hexdigest()),
        (WEIGHTS[0], _sha256(weights)),
        *((path.name, _sha256(path)) for path in tokenizer),
    )
    return ClipFiles(name, config, weights, tokenizer, _licence(folder / _CARD), sha256)


def _weights(folder: Path, *, shown: str) -> Path:
    there = [folder / name for name in WEIGHTS if (folder / name).is_file()]
    if there:
        return there[0]
    if any(path for pattern in _PICKLES for path in folder.glob(pattern)):
        raise ConfigError(
            f"clip: {shown} has its weights as a pickle, which can run code when it is opened. Convert it on a machine "
            f"that you can lose, and bring {WEIGHTS[0]} here."
        )
    raise ConfigError(
        f"clip: {shown} has no weights, and without them a model answers at random. Put {WEIGHTS[0]} beside {CONFIG}."
    )


def _check_config(config: bytes, *, shown: str) -> None:
    try:
        text = json.loads(config)["model_cfg"]["text_cfg"]
        borrowed = "hf_model_name" in text
    except (ValueError, LookupError, TypeError) as error:
        raise ConfigError(f"clip: the {CONFIG} of {shown} does not say what the model is. Fetch it again.") from error
    if borrowed:
        raise ConfigError(
            f"clip: the text side of {shown} is fetched from a hub by name when it is loaded, which no digest covers. "
            "Name a model whose config has no hf_model_name."
        )


def _licence(card: Path) -> str:
    """The line `license` of the card's front matter, as Hugging Face has it."""
    if not card.is_file():
        return ""
    front = _FRONT_MATTER.match(card.read_text(encoding="utf-8", errors="replace"))
    stated = _LICENCE.search(front[1]) if front else None
    return stated[1] if stated else ""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _downloaded(repository: str, *, revision: str, shown: str) -> Path:
    """A repository's files in the cache of this machine; fetched only where it holds none of that revision."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, HTTPError, LocalEntryNotFoundError

    wanted = {"revision": revision or None, "allow_patterns": [CONFIG, _CARD, *WEIGHTS, *_TOKENIZER]}
    try:
        cached = Path(snapshot_download(repository, local_files_only=True, **wanted))
        if any((cached / name).is_file() for name in WEIGHTS):
            return cached
    except LocalEntryNotFoundError:
        pass
    except HFValidationError as error:
        raise ConfigError(f"clip: {shown}: {repository!r} is no name on the hub. Expected ORG/REPO.") from error
    try:
        return Path(snapshot_download(repository, **wanted))
    except (HTTPError, OSError, RuntimeError) as error:
        # HTTPError is that of the hub's transport, httpx or its successor; the hub's own are of these two kinds, and
        # hf_xet, which is no Python, raises RuntimeError where a download breaks off
        if is_disk_full(error):
            raise
        home = os.environ.get("HF_HOME", "~/.cache/huggingface")
        raise ConfigError(
            f"clip: {shown} is not in the model cache of this machine ({home}) and cannot be fetched "
            f"({type(error).__name__}). Fetch it where there is a network with `hf download {repository}` and copy "
            f"the cache here, or copy its files into a folder and name that: {LOCAL}FOLDER."
        ) from error
