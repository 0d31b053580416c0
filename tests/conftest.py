"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says more of the machine than of the code: on a busy one a deadline fails at random.
# The same examples every time, so that a commit either passes or does not. `pytest --hypothesis-profile=explore` looks
# for new ones; what it finds becomes an `@example`.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("house")
