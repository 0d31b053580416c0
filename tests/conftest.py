"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says more of the machine than of the code: on a busy one a deadline fails at random.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
