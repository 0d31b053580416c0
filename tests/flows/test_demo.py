"""The main job as `make demo` runs it: what it says at its end is what the catalog says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.publish import current
from catalog.query import query
from flows.demo import QUESTIONS
from flows.verify import verify

ROOT = Path(__file__).parents[2]
WORDS = {"keep": "kept", "redact": "masked and kept", "hold": "held", "drop": "dropped"}


@pytest.mark.slow
@pytest.mark.timeout(1_200)  # it reads the whole environment, and may share two cores with another test
def test_the_demo_says_what_the_catalog_says_and_does_nothing_twice(tmp_path):
    folder = tmp_path / "demo"
    command = [sys.executable, "-c", "from flows.cli import main; main()", "demo", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True).stdout
    catalog = current(folder / "catalog").path
    counts = dict(query(catalog, "SELECT verdict, sum(items)::BIGINT FROM verdict GROUP BY 1").rows)
    for verdict, word in WORDS.items():
        assert re.search(rf"^{word} +{counts.get(verdict, 0):,}  ", said, flags=re.MULTILINE), verdict
    items = query(catalog, "SELECT count(*) FROM item").rows[0][0]
    assert items == sum(counts.values()) > 1000
    assert f"{items:,} items." in said
    assert {"keep", "redact", "drop"} <= counts.keys()
    assert all(sql in said for _, sql in QUESTIONS)
    problems, looked_at = verify(folder, count_input=True)
    assert problems == []
    assert f"Counted {items:,} positions" in looked_at
    direct = [*command[:3], "curate", str(folder), "--direct"]
    again = subprocess.run(direct, capture_output=True, text=True, cwd=ROOT, check=True)
    assert "No filter had work to do." in again.stdout
    assert "(unchanged)" in again.stdout
