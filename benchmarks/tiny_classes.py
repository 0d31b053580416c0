"""A small network that learns in seconds which of a few words stand in a text.

It is a real BERT of 16,000 weights, saved and loaded as any other, for tests and measurements where none can be had: of
two labels that stand each for itself, `Threat/Violence` for the word grue and `insult` for snark.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

LABELS = ("Threat/Violence", "insult")
MEANT = ("grue", "snark")
FILLER = ("the", "cave", "was", "dark", "and", "nobody", "could", "say", "where", "a", "way", "out", "for", "all", "it")


def text(rng: random.Random, *, words: int, said: tuple[str, ...] = ()) -> str:
    """So many words that mean nothing, and among them those that do."""
    row = [rng.choice(FILLER) for _ in range(words)]
    for word in said:
        row.insert(rng.randint(0, len(row)), word)
    return " ".join(row)


def build(folder: Path, *, seed: int = 7, steps: int = 80, problem: str = "multi_label_classification") -> Path:
    """Trains the network and saves it to `folder` as transformers does; some seconds on one core."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = [*letters, *(f"##{letter}" for letter in letters), *(word for word in FILLER if len(word) > 1), *MEANT]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(pieces)]))
    tokenizer = BertTokenizer(vocab=str(vocabulary), do_lower_case=True)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=130,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
        problem_type=problem,
    )
    network = BertForSequenceClassification(config)
    with torch.no_grad():
        network.bert.embeddings.position_embeddings.weight.zero_()
        network.bert.embeddings.word_embeddings.weight.mul_(20)
    _train(network, tokenizer, steps=steps, rng=random.Random(seed))
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _train(network: Any, tokenizer: Any, *, steps: int, rng: random.Random) -> None:
    import torch

    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    network.train()
    for _ in range(steps):
        said = [tuple(word for word in MEANT if rng.random() < 0.4) for _ in range(32)]
        texts = [text(rng, words=rng.choice((0, 3, 20, 110)), said=each) for each in said]
        coded = tokenizer(texts, padding=True, truncation=True, max_length=128, return_tensors="pt")
        meant = torch.tensor([[float(word in each) for word in MEANT] for each in said])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(**coded).logits, meant)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
