"""A filter finds: batches become findings, never decisions."""
