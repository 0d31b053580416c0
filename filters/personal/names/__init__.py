"""Names, addresses and other kinds that only a model finds: loading it, windows, batches, labels."""
