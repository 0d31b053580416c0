"""CLIP models of seeded random weights, saved and loaded as any other, where trained ones cannot be had.

What such a model makes of a picture means nothing; that it is the same each time, and costs what a trained one costs,
is all that is asked of it.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TINY = {
    "model_cfg": {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    },
    "preprocess_cfg": {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "resize_mode": "squash"},
}
"""Nearly all of its 7 MB are the vectors of words."""


@contextmanager
def _missing_operators_allowed() -> Iterator[None]:
    """torchvision from the common index is made for CUDA: without, its operators in C are not there to be described."""
    import torch

    register = torch.library.register_fake

    def tolerant(operator: Any, *args: Any, **kwargs: Any) -> Any:
        described = register(operator, *args, **kwargs)

        def describe(function: Any) -> Any:
            try:
                return described(function)
            except RuntimeError as error:
                if "does not exist" not in str(error):
                    raise
                return function

        return describe

    torch.library.register_fake = tolerant
    try:
        yield
    finally:
        torch.library.register_fake = register


def import_open_clip() -> Any:
    """open_clip, also where torchvision was made for another torch than the one that is here."""
    with _missing_operators_allowed():
        return importlib.import_module("open_clip")


def shape_of(architecture: str) -> dict[str, Any]:
    """The config of one of open_clip's architectures, such as ViT-B-32."""
    return {"model_cfg": import_open_clip().get_model_config(architecture), "preprocess_cfg": {}}


def build(folder: Path, *, seed: int = 7, config: dict[str, Any] = TINY) -> Path:
    """Saves a model of random weights as open_clip does."""
    import torch
    from safetensors.torch import save_file

    library = import_open_clip()
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = library.CLIP(**config["model_cfg"])
    save_file(network.state_dict(), folder / "open_clip_model.safetensors")
    return folder
