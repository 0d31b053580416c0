"""What holds for all tests."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from benchmarks import random_clip

HAS_CLIP = all(find_spec(package) for package in ("open_clip", "torch"))

# How long an example takes says more of the machine than of the code: on a busy one a deadline fails at random.
# The same examples every time, so that a commit either passes or does not. `pytest --hypothesis-profile=explore` looks
# for new ones; what it finds becomes an `@example`.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "clip_folder" in getattr(item, "fixturenames", ()):
            item.add_marker("clip")
    _put_slow_files_first(items)


def _put_slow_files_first(items: list[pytest.Item]) -> None:
    """Where a file is one worker's, one that takes minutes and is begun last leaves the other workers idle."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny CLIP model as a folder; whoever asks for it is skipped where open_clip is not installed."""
    if not HAS_CLIP:
        pytest.skip("open_clip and torch are not installed (clip.lock)")
    return random_clip.build(tmp_path_factory.mktemp("models") / "tiny-clip")
