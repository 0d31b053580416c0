"""The catalog remembers: the log of segments, and the DuckDB catalog built from it."""
