"""The Prefect API a flow runs against: the configured one, or Prefect's own server for the time of the run.

There is no Prefect without a server. Where none is configured one is started on loopback, with its database inside the
workspace; its telemetry is off, and it leaves with this process even when that is killed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tamis.errors import TamisError

START_SECONDS = 180
"""How long a start may take: 12 s on a quiet machine, 57 s were seen on a busy one."""

_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(START_SECONDS),
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # errors are said once, by us, and its tracebacks would be stored
    "PREFECT_CLI_COLORS": "false",
}


class ServerError(TamisError):
    """Prefect's own server did not start."""

    exit_code = 6


def quiet_prefect() -> None:
    """Turns Prefect's two kinds of telemetry and its chatter off, unless the operator has said otherwise.

    Must be called before prefect is imported.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)


@contextmanager
def prefect_api(home: Path) -> Iterator[str]:
    """The URL of an API for this process: $PREFECT_API_URL, or a server of our own whose state lies in `home`.

    Raises:
        ServerError: our own server did not answer within START_SECONDS.
    """
    quiet_prefect()
    configured = os.environ.get("PREFECT_API_URL")
    if configured:
        yield configured
        return
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["PREFECT_HOME"] = str(home)
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    log = home / "server.log"
    script = Path(__file__).with_name("server_child.py")
    with log.open("wb") as output:
        command = [sys.executable, str(script), str(port), str(os.getpid())]
        # a session of its own: Ctrl-C must not take it away from a flow that still has to say how it ended
        child = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=home, start_new_session=True
        )
    try:
        _wait_until_healthy(url, child, log)
        os.environ["PREFECT_API_URL"] = url
        yield url
    finally:
        os.environ.pop("PREFECT_API_URL", None)
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise ServerError(f"Prefect's server ended at once; see {log}. `tamis curate --direct` runs without it.")
        try:
            with urlopen(f"{url}/health", timeout=5) as answer:  # noqa: S310 # loopback, our own
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.3)
    raise ServerError(
        f"Prefect's server did not answer within {START_SECONDS} s; see {log}. `tamis curate --direct` runs without it."
    )
