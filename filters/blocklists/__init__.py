"""Lists of hashes of what must not be used: their files, and looking items up in them."""
