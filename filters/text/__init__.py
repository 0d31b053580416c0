"""Texts as bytes: words, lines and what is counted over them, in compiled loops over a whole batch."""
