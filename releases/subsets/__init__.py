"""Which part of what stays is chosen for a model: texts put in order by a target, and how many of them are enough."""
