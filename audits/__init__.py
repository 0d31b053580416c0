"""An audit asks: a query that returns the offending rows; empty means pass."""
