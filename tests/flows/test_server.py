"""Prefect's real server, once: it answers, and it leaves with a parent that is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[2]
PARENT = """
import sys, time
from pathlib import Path
from flows.server import prefect_api
with prefect_api(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def answers(url):
    try:
        with urlopen(f"{url}/health", timeout=5) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False


@pytest.mark.slow
def test_the_server_answers_and_leaves_with_a_parent_that_is_killed(tmp_path):
    clean = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    command = [sys.executable, "-c", PARENT, str(tmp_path / "prefect")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=clean) as parent:
        url = parent.stdout.readline().strip()
        assert answers(url)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 20
    while answers(url) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert not answers(url)
