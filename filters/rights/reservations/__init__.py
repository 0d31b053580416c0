"""Who reserves a work against training and mining, and by which protocol."""
