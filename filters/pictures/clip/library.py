"""The library open_clip, imported where a model is loaded and nowhere else."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import Any

from tamis.errors import ConfigError

LIBRARIES = ("numpy", "open-clip-torch", "pillow", "torch")
"""What an embedding depends on, beside the model."""


def open_clip() -> Any:
    """The module `open_clip`.

    Raises:
        ConfigError: it is not installed, or cannot be imported.
    """
    try:
        return importlib.import_module("open_clip")
    except ImportError as error:
        raise ConfigError(
            f"clip: {error.name or 'open_clip'} is not installed. Embedding pictures takes open_clip and torch: "
            "pip install 'tamis[clip]', or leave the filters on embeddings out of the recipe."
        ) from error
    except RuntimeError as error:
        # torchvision registers its operators when it is imported, which fails beside a torch of another build.
        said = next(iter(str(error).splitlines()), "")[:200]
        raise ConfigError(
            f"clip: open_clip cannot be imported ({said}). torch and torchvision are of different builds: torch has to "
            "be the version that torchvision was made for, and both from one index, both with CUDA or both without. "
            "Install them together, such as pip install torch==2.13.0 torchvision==0.28.0."
        ) from error


def library_versions() -> tuple[tuple[str, str], ...]:
    """(name, version) of each of LIBRARIES.

    Raises:
        ConfigError: as `open_clip`.
    """
    open_clip()
    return tuple((name, version(name)) for name in LIBRARIES)
