"""What `tamis fit-probe` is asked for on the command line, and where the probe goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from audits.labelled_pictures import Columns
from audits.probe_fitting import Fitted, Wanted, fit_on_record
from catalog.keyed import read_key
from flows.evaluate import label_words
from flows.workspace import Workspace
from tamis.errors import ConfigError
from tamis.labels import safe_word


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
    low, high = classes
    if low.casefold() == high.casefold():
        raise ConfigError(f"--classes: both are {low!r}. Give two words.")
    for word in classes:
        _expect_safe(word, option="--classes")
    words = {low.casefold(): False, high.casefold(): True, **label_words(renamed, classes=classes)}
    l2, held_out, seed, model = fitting
    told = tuple(_pair(each) for each in provenance)
    if len(dict(told)) < len(told):
        raise ConfigError("--provenance: a key is given twice.")
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
    if out.exists():
        raise ConfigError(f"{out}: is there already, and a run may be on record with it. Name another file.")
    if not out.parent.is_dir():
        raise ConfigError(f"{out}: there is no folder {out.parent}. Make it, or name another file.")
    if not workspace.log.runs():
        raise ConfigError(
            f"{workspace.root}: nothing is on record yet. Name image_embedding under `filters` in the recipe, and run "
            "`tamis curate`."
        )
    fitted = fit_on_record(workspace.log, read_key(workspace.key_file), labelled, asked, progress=progress)
    try:
        fitted.probe.save(out)
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written ({error.strerror}). Name another file.") from None
    return fitted


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
