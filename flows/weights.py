"""What is asked for on the command line where weights for heads are made, and where they go."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from audits.labelled_pictures import Columns
from audits.probe_fitting import Fitted, Wanted, fit_on_record
from catalog.keyed import read_key
from filters.pictures.clip.head import Activation, ClipHead
from filters.pictures.clip.import_head import Published, activation_of, import_head
from filters.pictures.clip.source import find_model
from flows.evaluate import label_words
from flows.new_file import expect_new, written
from flows.workspace import Workspace
from tamis.errors import ConfigError
from tamis.labels import safe_word

_DIGEST = re.compile(r"[0-9a-f]{64}")


def wanted(
    classes: tuple[str, str],
    *,
    columns: tuple[str, str | None],
    renamed: Sequence[str],
    fitting: tuple[float, float, int, str],
    provenance: Sequence[str],
) -> Wanted:
    """What the options come to. The classes themselves are labels, too.

    Args:
        classes: low, high.
        columns: with the labels, with the pictures.
        renamed: each `THEIRS=CLASS`.
        fitting: l2, share held out, seed, first digits of the model's digest.
        provenance: each `KEY=VALUE`.

    Raises:
        ConfigError: an option is not of its form, or says what may not stand on record.
    """
    _expect_classes(classes)
    low, high = classes
    words = {low.casefold(): False, high.casefold(): True, **label_words(renamed, classes=classes)}
    l2, held_out, seed, model = fitting
    told = _provenance(provenance)
    return Wanted(classes, Columns(*columns), tuple(words.items()), l2, held_out, seed, model, told)


def fit(
    workspace: Workspace,
    labelled: Path,
    asked: Wanted,
    *,
    out: Path,
    progress: Callable[[int, int], None],
) -> Fitted:
    """Fits the probe and writes it.

    Raises:
        ConfigError: as `fit_on_record`; or the file is there already, or cannot be written.
    """
    expect_new(out)
    if not workspace.log.runs():
        raise ConfigError(
            f"{workspace.root}: nothing is on record yet. Name image_embedding under `filters` in the recipe, and run "
            "`tamis curate`."
        )
    fitted = fit_on_record(workspace.log, read_key(workspace.key_file), labelled, asked, progress=progress)
    with written(out):
        fitted.probe.save(out)
    return fitted


def published(
    model: str,
    classes: tuple[str, str],
    *,
    layers: Sequence[str],
    normalise: tuple[str, str] | None,
    without: Sequence[str],
    licence: str,
    provenance: Sequence[str],
) -> Published:
    """What the options of `tamis import-head` come to.

    Args:
        model: 64 hex digits, or as a recipe names a model.
        classes: low, high.
        layers: each `NAME:ACTIVATION`.
        normalise: the names of mean and variance.
        without: names of arrays that are no part of it.
        licence: of the weights.
        provenance: each `KEY=VALUE`.

    Raises:
        ConfigError: an option is not of its form, or says what may not stand on record, or there is no such model.
    """
    _expect_classes(classes)
    _expect_safe(licence, option="--licence")
    named = tuple(_layer(each) for each in layers)
    digest = model.lower() if _DIGEST.fullmatch(model.lower()) else find_model(model).digest
    return Published(digest, classes, named, licence, normalise, tuple(without), _provenance(provenance))


def bring(source: Path, said: Published, *, sha256: str, out: Path) -> ClipHead:
    """Makes the head and writes it.

    Raises:
        ConfigError: as `import_head`; or the file is there already, or cannot be written.
    """
    expect_new(out)
    head = import_head(source, said, sha256=sha256)
    with written(out):
        head.save(out)
    return head


def _layer(given: str) -> tuple[str, Activation]:
    name, colon, activation = given.rpartition(":")
    if not (name and colon):
        raise ConfigError("--layer: expected NAME:ACTIVATION, such as dense:relu.")
    return name, activation_of(activation)


def _expect_classes(classes: tuple[str, str]) -> None:
    low, high = classes
    if low.casefold() == high.casefold():
        raise ConfigError(f"--classes: both are {low!r}. Give two words.")
    for word in classes:
        _expect_safe(word, option="--classes")


def _provenance(given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    told = tuple(_pair(each) for each in given)
    if len(dict(told)) < len(told):
        raise ConfigError("--provenance: a key is given twice.")
    return told


def _pair(given: str) -> tuple[str, str]:
    key, equals, value = (part.strip() for part in given.partition("="))
    if not (key and equals and value):
        raise ConfigError("--provenance: expected KEY=VALUE, such as labels=CC0-1.0.")
    for word in (key, value):
        _expect_safe(word, option="--provenance")
    return key, value


def _expect_safe(word: str, *, option: str) -> None:
    """What stands in a probe stands in the catalog, too."""
    if safe_word(word) != word:
        raise ConfigError(
            f"{option}: a word is too long, or holds what no catalog may (personal data, unseen characters). Say it "
            "otherwise."
        )
