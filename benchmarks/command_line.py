"""How long a person waits for the command line: `python benchmarks/command_line.py`. The best of seven starts each."""

from __future__ import annotations

import sys

import measure

COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "tamis --version": (*measure.TAMIS, "--version"),
    "tamis --help": (*measure.TAMIS, "--help"),
    "tamis curate --help": (*measure.TAMIS, "curate", "--help"),
}


def main() -> None:
    print(measure.machine(), end="\n\n")
    rows = []
    for name, command in COMMANDS.items():
        cost = measure.best_of(command, times=7)
        rows.append([f"`{name}`", f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak_mib:,.0f}"])
    print(measure.table(("command", "wall s", "CPU s", "peak MiB"), rows))


if __name__ == "__main__":
    main()
