"""Web addresses: what they are compared as, lists of them, and how they are looked up in these."""
