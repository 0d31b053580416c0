"""Does the learner of `tamis size` rank sizes as a small transformer does, trained for the same budget?
`python benchmarks/subsets_transformer.py OPENSTAX.jsonl.gz DOCS.parquet [--targets …] [--tokens N] [--device cpu]`.

Texts, splits and orders are those of `subsets.py`, seed 0. Of each of eight sizes a transformer with two layers sees
the same number of tokens, in as many epochs as that takes. Bits per byte on held-out documents; the learner with
`training_bytes` of as many tokens, and without; and how alike the three rank the sizes (Spearman). Needs torch and
tokenizers, whose BPE of 4,096 pieces is trained on the pool.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import subsets
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import nn

from filters.text.utf8 import Utf8
from releases.subsets.curve import Texts, measure

SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
BLOCK = 64
BATCH = 64
WIDTH = 64
VOCABULARY = 4096


class Small(nn.Module):
    """Two layers, four heads; input and output share their weights."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Embedding(VOCABULARY, WIDTH)
        self.place = nn.Embedding(BLOCK, WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(WIDTH)
        nn.init.normal_(self.token.weight, std=0.05)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        length = tokens.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length, device=tokens.device)
        hidden = self.token(tokens) + self.place(torch.arange(length, device=tokens.device))
        return self.norm(self.layers(hidden, mask=mask, is_causal=True)) @ self.token.weight.T


@dataclass(frozen=True)
class Held:
    """What is measured on: blocks, and the bytes they come from."""

    blocks: torch.Tensor
    size: int


def blocks_of(tokenizer: Tokenizer, texts: pl.Series, most: int | None = None) -> torch.Tensor:
    ids = [0]
    for text in texts:
        ids += [*tokenizer.encode(text).ids, 0]
        if most is not None and len(ids) > most:
            break
    count = (len(ids) - 1) // BLOCK
    flat = torch.tensor(ids[: count * BLOCK + 1])
    return torch.stack([flat[place * BLOCK : (place + 1) * BLOCK + 1] for place in range(count)])


def trained(blocks: torch.Tensor, held: Held, *, tokens: int, device: str) -> tuple[float, float]:
    """Bits per byte on what is held out, and how many epochs that took."""
    torch.manual_seed(0)
    model = Small().to(device)
    steps = tokens // (BLOCK * BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=6e-3, weight_decay=0.1, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / 30) * (0.05 + 0.95 * (1 + math.cos(math.pi * step / steps)) / 2)
    )
    order = torch.cat([torch.randperm(len(blocks)) for _ in range(1 + steps * BATCH // len(blocks))])
    for step in range(steps):
        batch = blocks[order[step * BATCH : (step + 1) * BATCH]].to(device)
        loss = nn.functional.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        losses = [
            nn.functional.cross_entropy(
                model(part[:, :-1].to(device)).flatten(0, 1), part[:, 1:].flatten().to(device), reduction="sum"
            ).item()
            for part in held.blocks.split(256)
        ]
    return sum(losses) / math.log(2) / held.size, steps * BATCH / len(blocks)


def spearman(first: list[float], second: list[float]) -> float:
    ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def compared(pool: subsets.Pool, target: str, arguments: argparse.Namespace, scratch: Path) -> None:
    texts = pl.concat([batch["text"] for batch in pool.texts()])
    part = subsets.parted(pool, texts, target, 0, "linear", scratch)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<end>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(part.texts.sample(800, seed=0), trainer)
    shown = part.examples.held_out.str.slice(0, 4000)
    held = Held(blocks_of(tokenizer, shown), 0)
    size = Utf8.of(shown).offsets[-1] * len(held.blocks) * BLOCK / sum(len(tokenizer.encode(t).ids) + 1 for t in shown)
    held = Held(held.blocks, int(size))
    per_token = size / (len(held.blocks) * BLOCK)
    budget = int(arguments.tokens * per_token)
    aware = measure(part.ordered, part.examples, training_bytes=budget, repeats=0, shares=SHARES)
    blind = measure(part.ordered, part.examples, training_bytes=None, repeats=0, shares=SHARES)
    held_texts = Texts.of(part.ordered.pool)
    print(f"\n{target}: {arguments.tokens:,} tokens, about {budget:,} bytes ({per_token:.2f} bytes a token)")
    print("share   epochs  transformer  learner, same budget  learner, all   CPU s")
    found = []
    for point, without in zip(aware.points, blind.points, strict=True):
        begun = time.process_time()
        places = part.ordered.order[: point.items]
        some = np.random.default_rng(0).permutation(places)[:60_000]
        drawn = pl.concat(list(held_texts.of_places(some))).shuffle(seed=0)
        bits, epochs = trained(
            blocks_of(tokenizer, drawn, arguments.tokens + BLOCK),
            held,
            tokens=arguments.tokens,
            device=arguments.device,
        )
        found.append((bits, aware.bits(point), blind.bits(without)))
        print(
            f"{point.share:6.1%}  {epochs:6.2f}  {bits:11.4f}  {found[-1][1]:20.4f}  {found[-1][2]:12.4f}  "
            f"{time.process_time() - begun:6.0f}",
            flush=True,
        )
    network, same, everything = (list(each) for each in zip(*found, strict=True))
    print(
        f"Spearman over {len(found)} sizes: {spearman(network, same):+.2f} with the budget, "
        f"{spearman(network, everything):+.2f} without"
    )
    pick = int(np.argmin(same))
    print(f"the learner picks {SHARES[pick]:.1%}: {network[pick] / min(network) - 1:.1%} above the transformer's best")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("openstax", type=Path)
    parser.add_argument("docs", type=Path)
    parser.add_argument("--targets", nargs="+", default=["anatomy", "economics"])
    parser.add_argument("--tokens", type=int, default=1_200_000)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        pool = subsets.curated(subsets.mixture(arguments.openstax, arguments.docs), Path(folder))
        for target in arguments.targets:
            compared(pool, target, arguments, Path(folder))


if __name__ == "__main__":
    main()
