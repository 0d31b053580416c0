"""What reading reservations costs, and whether the cost grows with the length whatever a hostile author writes.

    python benchmarks/reservations.py

The first table is of items of 200 hosts, in the order of their hosts, as crawls come: a host's file is parsed once. The
second repeats each pattern to n and to 2n characters; where the first takes 20 ms, the second may not take three times
as long. Exits with 1 if one does.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measure import machine, table

from filters.rights.reservations import aipref
from filters.rights.reservations.ai_agents import agents
from filters.rights.reservations.ai_txt import read_ai_txt
from filters.rights.reservations.archive import Archive
from filters.rights.reservations.headers import read_headers
from filters.rights.reservations.read import from_archive
from filters.rights.reservations.robots import read_robots
from filters.rights.reservations.tdmrep import read_tdmrep

HOSTS, PAGES, LENGTH = 200, 50, 150_000
OPEN = "User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /\nDisallow: /wp-admin/\nDisallow: /*?s=\n"
HEADERS = "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Wed, 01 Apr 2026 10:00:00 GMT\r\nAge: 1\r\nX: {}\r\n"
LISTED = agents()


def robots_of(host: int) -> str:
    """Of every four hosts one shuts agents out by name, one has many rules, and two are open."""
    if host % 4 == 0:
        return OPEN + "".join(f"User-agent: {agent}\n" for agent in LISTED) + f"Disallow: /\n# host {host}\n"
    rules = 300 if host % 4 == 1 else 5
    return OPEN + "".join(f"Disallow: /folder-{host}/{number}/\n" for number in range(rules))


def tdmrep_of(host: int) -> str:
    return f'[{{"location": "/a{host}/", "tdm-reservation": 1}}, {{"location": "/*.jpg", "tdm-reservation": 0}}]'


def cost(read: Callable[[int, str], object]) -> float:
    """CPU seconds for all items."""
    started = time.process_time()
    for host in range(HOSTS):
        for page in range(PAGES):
            read(host, f"https://host{host}.example/a/{page}/title-of-the-page.html?id={page}")
    return time.process_time() - started


def archived(folder: Path) -> Archive:
    for host in range(HOSTS):
        place = folder / f"host{host}.example" / "2026-03-01T000000Z"
        place.mkdir(parents=True)
        (place / "robots.txt").write_text(robots_of(host))
        (place / "tdmrep.json").write_text(tdmrep_of(host))
    return Archive(folder)


def rates(archive: Archive) -> list[tuple[str, str]]:
    robots, tdmrep = ([of(host) for host in range(HOSTS)] for of in (robots_of, tdmrep_of))
    readers: dict[str, Callable[[int, str], object]] = {
        "robots.txt, 50 items a host": lambda host, url: read_robots(robots[host], url, agents=LISTED),
        "robots.txt, each of its own": lambda host, url: read_robots(f"{robots[host]}#{url}", url, agents=LISTED),
        "tdmrep.json": lambda host, url: read_tdmrep(tdmrep[host], url),
        "ai.txt": lambda host, url: read_ai_txt(robots[host], url, agents=LISTED, kind="text"),
        "headers, each of its own": lambda _, url: read_headers(HEADERS.format(url), agents=LISTED, kind="text"),
        "archive": lambda _, url: from_archive(archive, url, fetched_at=None, agents=LISTED, kind="text"),
    }
    return [(name, f"{HOSTS * PAGES / cost(read):,.0f}") for name, read in readers.items()]


def hostile() -> dict[str, tuple[str, Callable[[str], object]]]:
    def robots(body: str) -> object:
        return read_robots(body, "https://a.example/" + "a" * 2000, agents=LISTED)

    bodies = (
        "User-agent: a\n",
        "User-agent: {}\n",
        "Disallow: /*a*b$\n",
        "Disallow: /{}\n",
        "*a",
        " ",
        ":",
        "\r",
        "#",
        "User-agent: GPTBot\nDisallow: /x\n",
        "User-agent: *a*b\n",
        "Content-Usage: /a train-ai=n\n",
        "%",
        "-a ",
    )
    found = {f"robots.txt {body!r}": (body, robots) for body in bodies}
    opened = ("User-agent: *\nDisallow: /", "User-agent: ", "User-agent: *\nContent-Usage: ")
    for start in opened:
        found[f"{start!r} then '*a'"] = ("*a", lambda text, start=start: robots(start + text))  # type: ignore[misc] # a default
    for piece in ("a=(", "a;", 'a="', "a=1 ", "a,", "a=1,", ";a"):
        found[f"Content-Usage {piece!r}"] = (piece, aipref.parse)
    for piece in ("a: b\n", "X-Robots-Tag: noai\n", " \n", "a", "a,", "[", '["a: b",', "x-robots-tag ", "no "):
        found[f"headers {piece!r}"] = (piece, lambda text: read_headers(text, agents=LISTED, kind="text"))
    for piece in ("[", '{"location":', '{"location":"/*a","tdm-reservation":0},'):
        found[f"tdmrep.json {piece!r}"] = (piece, lambda text: read_tdmrep(f"[{text}1]", "/" + "a" * 2000))
    return found


def spent(piece: str, read: Callable[[str], object]) -> tuple[float, float]:
    """CPU seconds at n and at 2n, the best of three in turn: a busy machine slows both alike."""
    best = {LENGTH: float("inf"), 2 * LENGTH: float("inf")}
    for turn in range(3):
        for length in (LENGTH, 2 * LENGTH):
            text = "".join(piece.replace("{}", f"{n}x{turn}") for n in range(length // len(piece) + 1))[:length]
            started = time.process_time()
            read(text + "#" * turn)
            best[length] = min(best[length], time.process_time() - started)
    return best[LENGTH], best[2 * LENGTH]


def main() -> None:
    print(machine(), end="\n\n")
    with tempfile.TemporaryDirectory() as folder:
        print(table((f"{HOSTS * PAGES:,} items", "items a CPU second"), rates(archived(Path(folder)))))
    rows, worst = [], 0.0
    for name, (piece, read) in hostile().items():
        once, twice = spent(piece, read)
        worst = max(worst, twice / once if once >= 0.02 else 0.0)
        rows.append((f"`{name}`", f"{once:.3f}", f"{twice:.3f}", f"{twice / max(once, 1e-9):.2f}"))
    print(f"\n{table(('repeated', 's at n', 's at 2n', 'ratio'), rows)}")
    print(f"\n{len(rows)} patterns, n = {LENGTH:,}; the worst ratio of those that take 20 ms is {worst:.2f}")
    sys.exit(worst >= 3)


if __name__ == "__main__":
    main()
