"""What a smaller training set saves: scaling laws, and the energy of trainings beside that of curating."""

from releases.savings.laws import (
    Floors,
    data_constrained_loss,
    effective_tokens,
    epochs,
    scoring_flops,
    tokens_for,
    training_flops,
    unique_token_floors,
)
from releases.savings.training import Compared, Corpora, Curation, Hardware, Savings, Training, compare, train

__all__ = [
    "Compared",
    "Corpora",
    "Curation",
    "Floors",
    "Hardware",
    "Savings",
    "Training",
    "compare",
    "data_constrained_loss",
    "effective_tokens",
    "epochs",
    "scoring_flops",
    "tokens_for",
    "train",
    "training_flops",
    "unique_token_floors",
]
