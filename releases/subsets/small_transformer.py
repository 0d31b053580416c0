"""A transformer that a processor trains in minutes: how well one set of texts prepares for another, in bits.

Two layers by default, pre-norm, with one matrix of weights for what goes in and what comes out, trained by AdamW with
a short warm-up and a cosine to a twentieth. What it computes is the same whenever it is asked again on one machine:
seeds and the number of threads are fixed, and torch takes no algorithm that chance has a part in. On another processor,
another device or with another torch sums are added in another order, and figures differ in their last digits.

Imports torch, so that it is imported only where a recipe asks for it.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from releases.subsets.section import Network
from releases.subsets.vocabulary import PAD, Tokens

_THREADS: Final = 1
"""Whatever the machine has: how a sum is parted among threads decides its last digits, and several wait for one another
where others work beside them."""

_BATCH: Final = 64
"""Blocks of a step."""

_MEASURED: Final = 256
"""Blocks that are measured together."""

PEAK: Final = 6e-3
"""Rate of learning at the end of the warm-up, of a training from scratch."""

_WARM_UP: Final = 30
"""Steps, or a third of them where there are few."""

_LOWEST: Final = 0.05
"""What is left of the rate at the end."""

_IGNORED: Final = -100


@contextmanager
def settled() -> Iterator[None]:
    """Has torch compute the same way every time; afterwards it does as before."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it CUDA has no settled order of sums
    threads, was = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(_THREADS)
    torch.use_deterministic_algorithms(mode=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(mode=was)
        torch.set_num_threads(threads)


class _Layers(nn.Module):  # type: ignore[misc] # torch's types are not looked at: it may not be there
    def __init__(self, network: Network) -> None:
        super().__init__()
        width = network.width
        self.token = nn.Embedding(network.vocabulary, width)
        self.place = nn.Embedding(network.context, width)
        layer = nn.TransformerEncoderLayer(
            width, max(4, width // 64), 4 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, network.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.token.weight, std=0.05)

    def forward(self, tokens: Any) -> Any:
        length = tokens.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length, device=tokens.device)
        hidden = self.token(tokens) + self.place(torch.arange(length, device=tokens.device))
        return self.norm(self.layers(hidden, mask=mask, is_causal=True)) @ self.token.weight.T


@dataclass(frozen=True, slots=True, eq=False)
class SmallTransformer:
    """A network on its device."""

    layers: _Layers
    device: str

    @classmethod
    def new(cls, network: Network, *, seed: int, device: str) -> SmallTransformer:
        """One that knows nothing; the seed decides its weights, wherever it is."""
        with torch.random.fork_rng(devices=[]):
            torch.random.default_generator.manual_seed(seed)
            layers = _Layers(network)
        return cls(layers.to(device), device)

    def again(self) -> SmallTransformer:
        """Another one that knows the same."""
        return SmallTransformer(deepcopy(self.layers), self.device)

    @property
    def parameters(self) -> int:
        return sum(int(each.numel()) for each in self.layers.parameters())

    def train(self, blocks: Tokens, *, tokens: int, peak: float, seed: int) -> None:
        """Goes through the blocks until so many tokens are seen, in another order each time.

        Args:
            blocks: rows of a context and one more, see `vocabulary.blocks_of`.
            tokens: that it sees in all, repeats included; a whole number of steps, one at the least.
            peak: the highest rate of learning.
            seed: of the order.
        """
        if (blocks[:, 1:] == PAD).all():
            return  # there is nothing to learn
        steps = steps_for(tokens, blocks.shape[1] - 1)
        warm_up = max(min(_WARM_UP, steps // 3), 1)
        optimiser = torch.optim.AdamW(self.layers.parameters(), lr=peak, weight_decay=0.1, betas=(0.9, 0.95))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps, warm_up))
        for chosen in _in_turn(len(blocks), steps, seed):
            loss = self._losses(blocks[chosen], "mean")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.layers.parameters(), 1.0)
            optimiser.step()
            schedule.step()

    def bits(self, blocks: Tokens) -> npt.NDArray[np.float64]:
        """That each block takes."""
        found = []
        with torch.no_grad():
            for start in range(0, len(blocks), _MEASURED):
                part = blocks[start : start + _MEASURED]
                losses = self._losses(part, "none").double().cpu().numpy()
                found.append(losses.reshape(len(part), -1).sum(axis=1) / math.log(2))
        return np.concatenate(found)

    def _losses(self, rows: Tokens, reduction: str) -> Any:
        """In nats, of each token after those before it; 0 for what fills up."""
        there = torch.from_numpy(rows.astype(np.int64)).to(self.device)
        asked, told = there[:, 1:], self.layers(there[:, :-1].clamp(min=0))
        wanted = torch.where(asked == PAD, _IGNORED, asked)
        return nn.functional.cross_entropy(
            told.flatten(0, 1), wanted.flatten(), reduction=reduction, ignore_index=_IGNORED
        )


def steps_for(tokens: int, context: int) -> int:
    """Of a training that sees so many tokens."""
    return max(tokens // (context * _BATCH), 1)


def _rate(step: int, steps: int, warm_up: int) -> float:
    """Of its peak: up in a straight line, and down by a cosine."""
    cosine = (1 + math.cos(math.pi * min(step / steps, 1.0))) / 2
    return min(1.0, (step + 1) / warm_up) * (_LOWEST + (1 - _LOWEST) * cosine)


def _in_turn(count: int, steps: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Which blocks each step sees: all of them before any comes again."""
    drawn = np.random.Generator(np.random.PCG64(seed))
    left = np.empty(0, dtype=np.int64)
    for _ in range(steps):
        while len(left) < _BATCH:
            left = np.concatenate([left, drawn.permutation(count)])
        yield left[:_BATCH]
        left = left[_BATCH:]


def seconds_for(network: Network, *, tokens: int, device: str) -> float:
    """About how long a training takes, by a few steps of one: the first is not counted, for much is made ready then."""
    blocks = np.zeros((_BATCH, network.context + 1), dtype=np.int32)
    tried = SmallTransformer.new(network, seed=0, device=device)
    step = network.context * _BATCH
    tried.train(blocks, tokens=step, peak=PEAK, seed=0)
    begun = time.monotonic()
    tried.train(blocks, tokens=3 * step, peak=PEAK, seed=0)
    tried.bits(blocks[:1])  # waits for the device
    return (time.monotonic() - begun) / 3 * steps_for(tokens, network.context)
