"""What the metadata of a picture says about its licence and about training on it."""
