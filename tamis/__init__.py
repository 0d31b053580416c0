"""The ground floor: the nouns every other floor shares."""

__version__ = "0.1.0"

__all__ = ["__version__"]
