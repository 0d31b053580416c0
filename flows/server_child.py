"""Prefect's own API server as a child: `server_child.py PORT PARENT`. Run as a script, never imported.

Prefect's embedded server outlives a killed run; this one watches its parent and leaves with it.
"""

from __future__ import annotations

import os
import sys
import threading
import time


def main() -> None:
    port, parent = int(sys.argv[1]), int(sys.argv[2])

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

    import uvicorn
    from prefect.server.api.server import create_app

    uvicorn.run(create_app(), host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    main()
