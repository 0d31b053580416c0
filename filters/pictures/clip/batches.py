"""Pixels to a network in batches of one size, halved when memory runs out.

Every batch has the same shape, the last one padded: a network compiled or tuned for a shape meets no other, and what
is made of a picture does not depend on how many came along. On a CUDA device three batches are under way at once: one
in pinned memory is being filled, one is being copied on a stream of its own, and one is being computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

RING = 3


class Source(Protocol):
    """Gives batches to a device. A later `take` may overwrite what an earlier one gave, once that is computed."""

    def take(self, start: int) -> Any:
        """The `size` pictures from `start` on as a tensor on the device, padded with black ones."""
        ...


class FromMemory:
    """Batches for the processor, or for a device that nothing is pinned for."""

    def __init__(self, pixels: Array, size: int, *, device: str = "cpu") -> None:
        self._pixels = pixels
        self._size = size
        self._device = device

    def take(self, start: int) -> Any:
        import torch

        batch = self._pixels[start : start + self._size]
        whole = np.zeros((self._size, *batch.shape[1:]), dtype=batch.dtype)
        whole[: len(batch)] = batch
        return torch.from_numpy(whole).to(self._device)


class PinnedRing:
    """Batches for a CUDA device, copied on a stream of their own from a ring of pinned buffers."""

    def __init__(self, pixels: Array, size: int, *, device: str) -> None:
        import torch

        self._pixels = pixels
        self._size = size
        self._device = torch.device(device)
        self._stream = torch.cuda.Stream(self._device)
        shape = (size, *pixels.shape[1:])
        self._buffers = [torch.empty(shape, dtype=torch.uint8, pin_memory=True) for _ in range(RING)]
        self._copied = [torch.cuda.Event() for _ in range(RING)]
        self._turn = 0

    def take(self, start: int) -> Any:
        import torch

        buffer, copied = self._buffers[self._turn], self._copied[self._turn]
        self._turn = (self._turn + 1) % RING
        copied.synchronize()  # the buffer's last batch has left it; at once where there was none
        count = len(self._pixels[start : start + self._size])
        view = buffer.numpy()
        view[:count] = self._pixels[start : start + count]
        view[count:] = 0
        computing = torch.cuda.current_stream(self._device)
        with torch.cuda.stream(self._stream):
            batch = buffer.to(self._device, non_blocking=True)
            copied.record(self._stream)
        computing.wait_event(copied)
        batch.record_stream(computing)  # it is not given away while the network still reads it
        return batch


@dataclass(slots=True)
class InBatches:
    """How many pictures a network is given at once. It only ever shrinks: what did not fit once will not later."""

    size: int

    def run(
        self, pixels: Array, network: Callable[[Any], Any], source: Callable[[Array, int], Source]
    ) -> list[Array | None]:
        """What the network makes of each picture, in order; none where memory did not reach for it alone."""
        answers: list[Array | None] = []
        while len(answers) < len(pixels):
            rest = pixels[len(answers) :]
            done, fits = _as_far_as_memory_reaches(rest, self.size, network, source)
            answers.extend(done)
            if fits:
                break
            if self.size == 1:
                answers.append(None)
            else:
                self.size //= 2
            _free_memory()
        return answers


def _as_far_as_memory_reaches(
    pixels: Array, size: int, network: Callable[[Any], Any], source: Callable[[Array, int], Source]
) -> tuple[list[Array], bool]:
    """The answers for whole batches from the front, and whether these are all."""
    import torch

    given: list[Any] = []
    fits = True
    try:
        batches = source(pixels, size)
        for start in range(0, len(pixels), size):
            given.append(network(batches.take(start)))  # noqa: PERF401 - what came before memory ran out counts
    except torch.OutOfMemoryError:
        fits = False
    return list(_rows(given, len(pixels))), fits


def _rows(given: list[Any], count: int) -> Iterator[Array]:
    """Only now is waited for: until here everything was under way at once."""
    rows = (row for batch in given for row in batch.cpu().numpy())
    yield from (row for row, _ in zip(rows, range(count), strict=False))


def _free_memory() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
