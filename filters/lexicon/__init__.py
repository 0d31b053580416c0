"""Lists of words that somebody brings, and how texts are searched for all of them at once."""
