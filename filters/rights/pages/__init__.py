"""What a web page says of its licence and of training on it, and of which part of it."""
