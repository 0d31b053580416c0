"""What a library says of a model's files that it cannot load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tamis.errors import ConfigError

_LONGEST = 300


@contextmanager
def loading(name: str, *, who: str, what: str, hint: str) -> Iterator[None]:
    """Turns whatever a library raises over a model's files into a message; `tokenizers` raises bare `Exception`.

    Args:
        name: of the model, as it was asked for.
        who: asks for it: how the message begins.
        what: it is loaded as, or by whom.
        hint: how the sentence on its files ends: `Check that its files are whole and …`

    Raises:
        ConfigError: loading failed. These files are the operator's, so what the library says of them may be told.
    """
    try:
        yield
    except ConfigError:
        raise
    except Exception as error:
        said = next(iter(str(error).strip().splitlines()), "")[:_LONGEST]
        raise ConfigError(
            f"{who}: {name} cannot be loaded {what} ({type(error).__name__}: {said}). Check that its files are whole "
            f"and {hint}"
        ) from error
