"""Models that read texts: where their files lie, loading them safely, windows, batches, and classifiers of texts."""
