"""A filter finds: batches become findings, never decisions."""

from filters.base import run_filter
from filters.lean_presidio import watch_for_presidio
from filters.table import known_filters, make_filter, parameters_of

__all__ = ["known_filters", "make_filter", "parameters_of", "run_filter"]

watch_for_presidio()
