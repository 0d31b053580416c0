"""How rights are read: licence expressions, names and texts, pages, pictures, and reservations against their use."""
