"""A loaded CLIP model: pixels and texts in, vectors of unit length out.

The model is always loaded with its weights: open_clip by itself goes on with random ones when it finds none, and only
logs it. On a processor it computes in single precision on one thread, for workers are processes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import numpy as np

from filters.device import resolve_device
from filters.loading import loading
from filters.pictures.clip.batches import FromMemory, InBatches, PinnedRing, Source
from filters.pictures.clip.library import open_clip
from filters.pictures.clip.prepare import ClipInput, Pixels
from filters.pictures.clip.source import LOCAL, ClipFiles
from filters.pictures.vectors import Vectors

PRECISIONS = ("single", "half")

_TEXTS_AT_ONCE = 32


class ClipModel:
    """Made by `load_clip`.

    Attributes:
        files: what it was loaded from; `files.digest` names it.
        reading: what it wants to be shown of a picture.
        dimensions: of its vectors.
        precision: `half` where a CUDA device computes in half precision.
    """

    def __init__(self, network: Any, *, files: ClipFiles, device: str) -> None:
        self.network = network
        self.files = files
        self.device = device
        self.precision = "half" if device.startswith("cuda") else "single"
        preparation = open_clip().get_model_preprocess_cfg(network)
        self.reading = ClipInput.of_config(preparation)
        self._mean, self._std = (self._colour(preparation[key]) for key in ("mean", "std"))
        self.dimensions = self._count_dimensions()

    @property
    def logit_scale(self) -> float:
        """What cosines are multiplied with before a softmax, as it was learned."""
        return float(self.network.logit_scale.detach().exp().item())

    def embed(self, pixels: Pixels, *, batches: InBatches) -> list[Vectors | None]:
        """One vector for each picture, in order; none where memory did not reach even for it alone.

        Args:
            pixels: pictures x height x width x 3, as `reading` makes them.
            batches: how many at once; it remembers when fewer fit.
        """
        with _one_thread(self.device):
            return batches.run(pixels, self.forward, self._source)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Texts x dimensions, of unit length.

        Raises:
            ConfigError: the model's tokenizer cannot be made; its files are not there.
        """
        import torch

        tokenizer = self._tokenizer()
        parts = []
        with _one_thread(self.device), torch.inference_mode():
            for start in range(0, len(texts), _TEXTS_AT_ONCE):
                tokens = tokenizer(list(texts[start : start + _TEXTS_AT_ONCE])).to(self.device)
                parts.append(self.network.encode_text(tokens, normalize=True).float().cpu().numpy())
        return np.concatenate(parts)

    def forward(self, pixels: Any) -> Any:
        """Bytes on the device (pictures x height x width x 3) to vectors on the device, in single precision."""
        import torch

        half = torch.autocast("cuda", dtype=torch.float16) if self.precision == "half" else nullcontext()
        with torch.inference_mode():
            normal = (pixels.permute(0, 3, 1, 2).float() / 255 - self._mean) / self._std
            with half:
                vectors = self.network.encode_image(normal)
            return torch.nn.functional.normalize(vectors.float(), dim=-1)

    def _source(self, pixels: Pixels, size: int) -> Source:
        if self.device.startswith("cuda"):
            return PinnedRing(pixels, size, device=self.device)
        return FromMemory(pixels, size, device=self.device)

    def _colour(self, values: Sequence[float]) -> Any:
        import torch

        return torch.tensor(values, dtype=torch.float32, device=self.device).reshape(1, 3, 1, 1)

    def _count_dimensions(self) -> int:
        import torch

        blank = torch.zeros((1, self.reading.height, self.reading.width, 3), dtype=torch.uint8, device=self.device)
        return int(self.forward(blank).shape[1])

    def _tokenizer(self) -> Any:
        with self.files.folder() as folder, _loading(self.files.name, "with its tokenizer"):
            return open_clip().get_tokenizer(f"{LOCAL}{folder}")


@lru_cache(maxsize=2)
def load_clip(files: ClipFiles, device: str) -> ClipModel:
    """The model, loaded once in a process for all filters that use it.

    Args:
        files: see `filters.pictures.clip.source.find_model`.
        device: see `filters.device.resolve_device`.

    Raises:
        ConfigError: open_clip or the device is not there, or the files do not make a model.
    """
    library = open_clip()
    place = resolve_device(device, who="clip")
    with files.folder() as folder, _loading(files.name, "as a model"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = library.create_model(f"{LOCAL}{folder}", device=place, require_pretrained=True, weights_only=True)
    return ClipModel(network.eval(), files=files, device=place)


def _loading(name: str, what: str) -> AbstractContextManager[None]:
    return loading(name, who="clip", what=what, hint="belong together.")


@contextmanager
def _one_thread(device: str) -> Iterator[None]:
    """Torch's threads are a setting of the whole process: it is put back."""
    import torch

    before = torch.get_num_threads()
    if device == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
