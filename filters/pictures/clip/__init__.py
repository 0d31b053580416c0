"""Pictures as a CLIP model sees them: its files, its input, its vectors, and the heads that score the vectors."""
