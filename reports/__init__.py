"""A report tells: cards and pages made from the views of the catalog only."""
