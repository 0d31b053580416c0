"""Which licence a text is, names, or grants."""
