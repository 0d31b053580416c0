"""A network of 0.6 million weights that learns in seconds to see made-up names in sentences of a few shapes.

It is a real BERT, saved and loaded as any other, for tests and measurements where no weights can be had. Its names
are of two alphabets of syllables, one for people and one for places; it is of no use on any other text.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
POSITIONS = 514

SHAPES = (
    "my name is {G} {S} and i live in {L} .",
    "yesterday {G} {S} came to see us .",
    "the letter was signed by {G} {S} , who works in {L} .",
    "we met {G} at the station in {L} .",
    "please write to {G} {S} before noon .",
    "in {L} the rain did not stop .",
    "{X} : {G} {S} , {X} .",
)
FILLER = (
    "the sieve keeps what is clean and drops what is not .",
    "every item gets one verdict and nothing vanishes .",
    "a reader reads , a filter finds , a policy decides .",
    "it was late and the rain did not stop .",
    "{X} and {X} or {X} ; {X}",
)
_STRANGE = ["😀", "7", "42", ";", "-", "Ж", "xqxq", "x", "q", "w", "-", "1", "☃"]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SYLLABLES = tuple(first + second for first in "bdfgklmnprstvz" for second in "aeiou")


def made_up(rng: random.Random, kind: str) -> str:
    """A word of three or four syllables that is in no vocabulary: G a given name, S a surname, L a place."""
    consonants = "nprstvz" if kind == "L" else "bdfgklm"
    first = rng.choice(consonants) + rng.choice({"G": "aei", "S": "ou", "L": "aeiou"}[kind])
    rest = (rng.choice(consonants) + rng.choice("aeiou") for _ in range(rng.randint(2, 3)))
    return (first + "".join(rest)).capitalize()


def sentence(rng: random.Random, shape: str) -> tuple[str, list[tuple[str, int, int]]]:
    """A sentence of that shape, and (kind, start, end) of what is named in it."""
    text, places = "", []
    for word in shape.split(" "):
        text += " " if text else ""
        kind = {"{G}": "PERSON", "{S}": "PERSON", "{L}": "LOCATION"}.get(word)
        shown = made_up(rng, word[1]) if kind else rng.choice(_STRANGE) if word == "{X}" else word
        if kind and places and places[-1][0] == kind and places[-1][2] == len(text) - 1:
            places[-1] = (kind, places[-1][1], len(text) + len(shown))
        elif kind:
            places.append((kind, len(text), len(text) + len(shown)))
        text += shown
    return text, places


def build(folder: Path, *, seed: int = 7, steps: int = 150) -> Path:
    """Trains the network and saves it to `folder` as transformers does; some seconds on one core."""
    import torch
    from transformers import BertConfig, BertForTokenClassification

    torch.manual_seed(seed)
    rng = random.Random(seed)
    tokenizer = _tokenizer(folder)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=256,
        max_position_embeddings=POSITIONS,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
    )
    network = BertForTokenClassification(config)
    with torch.no_grad():
        network.bert.embeddings.position_embeddings.weight.zero_()
    _train(network, tokenizer, steps=steps, rng=rng)
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _train(network: Any, tokenizer: Any, *, steps: int, rng: random.Random) -> None:
    """On sentences made up anew for each step, moved to and fro so that no position means anything."""
    import torch

    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    network.train()
    for _ in range(steps):
        shapes = [rng.choices((*SHAPES, *SHAPES, *FILLER), k=rng.randint(1, 2)) for _ in range(16)]
        rows = [_row([_example(tokenizer, *sentence(rng, shape)) for shape in some]) for some in shapes]
        width = max(len(tokens) for tokens, _ in rows)
        tokens = torch.tensor([row + [0] * (width - len(row)) for row, _ in rows])
        labels = torch.tensor([row + [-100] * (width - len(row)) for _, row in rows])
        positions = torch.arange(width)[None] + torch.randint(POSITIONS - width, (len(rows), 1))
        loss = network(tokens, attention_mask=(tokens > 0).long(), position_ids=positions, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _row(examples: list[tuple[list[int], list[int]]]) -> tuple[list[int], list[int]]:
    tokens = [token for tokens, _ in examples for token in tokens]
    labels = [label for _, labels in examples for label in labels]
    return [2, *tokens, 3], [-100, *labels, -100]


def _example(tokenizer: Any, text: str, places: list[tuple[str, int, int]]) -> tuple[list[int], list[int]]:
    coded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    labels = [0] * len(coded["input_ids"])
    for kind, start, end in places:
        inside = [at for at, (low, high) in enumerate(coded["offset_mapping"]) if low >= start and high <= end]
        for at in inside:
            labels[at] = {"PERSON": 2, "LOCATION": 4}[kind]
        labels[inside[0]] -= 1
    return coded["input_ids"], labels


def _tokenizer(folder: Path) -> Any:
    from transformers import BertTokenizer

    words = sorted(
        {word for line in SHAPES + FILLER for word in line.split() if word.isalpha()} - set(_LETTERS) - set(_SYLLABLES)
    )
    parts = (*_LETTERS, *_SYLLABLES, *"0123456789")
    pieces = [*parts, *(f"##{part}" for part in parts), *".,;:'-"]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces, *words]))
    return BertTokenizer(vocab=str(vocabulary), do_lower_case=True)
