"""Pictures: decoded once, in a process that may die, for every filter that looks at them."""
