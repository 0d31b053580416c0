"""A reader reads: the bytes of a corpus become batches."""
