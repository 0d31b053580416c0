"""What a smaller training set saves: scaling laws, and the energy of trainings beside that of curating."""

from releases.savings.family import Family, Member, size_up
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
    "Family",
    "Floors",
    "Hardware",
    "Member",
    "Savings",
    "Training",
    "compare",
    "data_constrained_loss",
    "effective_tokens",
    "epochs",
    "scoring_flops",
    "size_up",
    "tokens_for",
    "train",
    "training_flops",
    "unique_token_floors",
]
