"""A policy decides, a release ships: decisions, staging, sealing, verifying."""
