"""A flow wires: the command line, the Prefect flow and the stages between them."""
