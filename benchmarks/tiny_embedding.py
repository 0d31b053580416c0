"""A small network that makes vectors of texts, for tests and measurements where none can be had.

It is a real BERT, saved as sentence-transformers does and loaded as any other, of numbers drawn by chance. It has no
layers and no places, so that the mean of its tokens is that of a bag of words: what has the same words in another order
has the same vector.
"""

from __future__ import annotations

import json
from pathlib import Path

WORDS = tuple(f"{first}{second}{third}" for first in "bdfgklmn" for second in "aeiou" for third in "lmnrst")


def build(folder: Path, *, seed: int = 7, pooling: str = "mean", dimensions: int = 64, layers: int = 0) -> Path:
    """Makes the network and saves it to `folder`."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = [*letters, *(f"##{letter}" for letter in letters), *WORDS]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]))
    tokenizer = BertTokenizer(vocab=str(vocabulary), do_lower_case=True)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=dimensions,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * dimensions,
        max_position_embeddings=130,
    )
    network = BertModel(config, add_pooling_layer=False)
    with torch.no_grad():
        network.embeddings.position_embeddings.weight.zero_()
        network.embeddings.token_type_embeddings.weight.zero_()
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    kinds = ("Transformer", "Pooling", "Normalize")
    steps = [
        {"path": "" if not place else f"{place}_{kind}", "type": f"sentence_transformers.models.{kind}"}
        for place, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(steps))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    modes = {"mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}
    flags = {f"pooling_mode_{mode}": name == pooling for name, mode in modes.items()}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": dimensions, **flags}))
    return folder
