"""An archive says what a host had said when an item was fetched, and lets no name out of its folder."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.rights.reservations.archive import MAX_FILE, Archive, Fetched, decoded, host_key
from filters.rights.reservations.read import Timed, from_archive

OPEN = "User-agent: *\nAllow: /\n"
SHUT = "User-agent: *\nDisallow: /\n"
AGENTS = ("GPTBot", "CCBot")


def put(folder: Path, *place: str, **files: str) -> Path:
    into = folder.joinpath(*place)
    into.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = into / {"robots": "robots.txt", "ai": "ai.txt", "tdm": "tdmrep.json", "status": "status.json"}[name]
        path.write_text(text, encoding="utf-8")
    return folder


def at(year: int, month: int = 1) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC)


def read(folder: Path, url: str = "https://example.com/a", *, fetched_at: datetime | None = None) -> tuple[Timed, ...]:
    return from_archive(Archive(folder), url, fetched_at=fetched_at, agents=AGENTS, kind="text")


def robots(timed: tuple[Timed, ...]) -> list[tuple[str, int | None, bool]]:
    return [
        (one.statement.says, one.observed_at.year if one.observed_at else None, one.at_fetch)
        for one in timed
        if one.statement.protocol == "robots"
    ]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    put(tmp_path, "example.com", "2024-01-01T000000Z", robots=OPEN)
    put(tmp_path, "example.com", "2025-01-01T000000Z", robots=SHUT)
    return put(tmp_path, "example.com", "2026-01-01T000000Z", robots=OPEN)


@pytest.mark.parametrize(
    ("fetched_at", "expected"),
    [
        (at(2023), [("allowed", 2024, False), ("reserved", 2025, False), ("allowed", 2026, False)]),
        (at(2024), [("allowed", 2024, True), ("reserved", 2025, False), ("allowed", 2026, False)]),
        (at(2024, 6), [("allowed", 2024, True), ("reserved", 2025, False), ("allowed", 2026, False)]),
        (at(2025, 6), [("reserved", 2025, True), ("allowed", 2026, False)]),
        (at(2027), [("allowed", 2026, True)]),
        (datetime(2025, 6, 1), [("reserved", 2025, True), ("allowed", 2026, False)]),  # noqa: DTZ001 - as corpora have it
        (None, [("allowed", 2024, True), ("reserved", 2025, True), ("allowed", 2026, True)]),
    ],
)
def test_the_newest_snapshot_before_the_fetch_is_the_one_at_the_fetch(
    history: Path, fetched_at: datetime | None, expected: list[tuple[str, int, bool]]
) -> None:
    assert robots(read(history, fetched_at=fetched_at)) == expected


def test_a_snapshot_of_no_known_time_counts_at_any(history: Path) -> None:
    put(history, "example.com", robots=SHUT)
    put(history, "example.com", "last spring", robots=SHUT)
    assert robots(read(history, fetched_at=at(2027))) == [
        ("reserved", None, True),
        ("reserved", None, True),
        ("allowed", 2026, True),
    ]


def test_each_file_has_a_newest_snapshot_of_its_own(history: Path) -> None:
    put(history, "example.com", "2024-01-01T000000Z", tdm='[{"location": "/", "tdm-reservation": 1}]', ai=SHUT)
    found = {one.statement.protocol: (one.statement.says, one.at_fetch) for one in read(history, fetched_at=at(2027))}
    assert found["tdmrep"] == ("reserved", True)
    assert found["ai-txt"] == ("reserved", True)
    assert found["robots"] == ("allowed", True)


@pytest.mark.parametrize(
    ("status", "robots_says", "tdm_says"),
    [(404, "none_found", "none_found"), (503, "reserved", "unclear"), (301, "unclear", "unclear"),
     (200, "none_found", "none_found"), ({"status": 404}, "none_found", "none_found"), ("404", "reserved", "unclear"),
     (True, "reserved", "unclear"), (None, "reserved", "unclear")],
)  # fmt: skip
def test_a_status_stands_for_a_file_that_did_not_come(
    tmp_path: Path, status: object, robots_says: str, tdm_says: str
) -> None:
    put(tmp_path, "example.com", status=json.dumps({"robots.txt": status, "tdmrep.json": status}))
    found = {one.statement.protocol: one.statement.says for one in read(tmp_path)}
    assert (found["robots"], found["tdmrep"]) == (robots_says, tdm_says)
    assert "ai-txt" not in found


@pytest.mark.parametrize("status", ["", "{", "[]", "[" * 100_000])
def test_where_statuses_cannot_be_read_nothing_is_known_to_be_whole(tmp_path: Path, status: str) -> None:
    put(tmp_path, "example.com", robots=OPEN, status=status)
    assert robots(read(tmp_path)) == [("unclear", None, True)]


def test_a_host_that_is_not_kept_was_not_looked_at(history: Path) -> None:
    assert read(history, "https://other.example/") == ()
    assert read(history, "") == ()


def test_a_folder_without_the_files_says_nothing(tmp_path: Path) -> None:
    put(tmp_path, "example.com", "2024-01-01T000000Z")
    assert Archive(tmp_path).snapshots("example.com") == ()


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Example.COM", "example.com"), ("example.com.", "example.com"), ("example.com:443", "example.com"),
        ("example.com:80", "example.com"), ("example.com:", "example.com"), ("example.com:8080", "example.com:8080"),
        ("user:pw@example.com", "example.com"), ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"), ("[::1]:8080", "[::1]:8080"), ("[::1]", "[::1]"), ("", ""),
        ("ü" * 400, ""), ("ü" * 100, ""), ("\ud800", ""), ("..", ""), ("/etc", "/etc"),
    ],
)  # fmt: skip
def test_a_host_has_one_name(written: str, key: str) -> None:
    assert host_key(written) == key


@pytest.mark.parametrize("folder", ["example.com", "EXAMPLE.com", "example.com.", "example.com:443", "example.com_443"])
@pytest.mark.parametrize(
    "url",
    ["https://example.com/a", "http://EXAMPLE.COM./a", "https://example.com:443/", "//example.com/", "example.com/a"],
)
def test_a_host_is_found_however_it_is_written(tmp_path: Path, folder: str, url: str) -> None:
    put(tmp_path, folder, robots=SHUT)
    assert robots(read(tmp_path, url)) == [("reserved", None, True)]


def test_folders_of_one_host_are_one(tmp_path: Path) -> None:
    put(tmp_path, "example.com", "2024-01-01T000000Z", robots=OPEN)
    put(tmp_path, "EXAMPLE.com", "2025-01-01T000000Z", robots=SHUT)
    assert robots(read(tmp_path)) == [("allowed", 2024, True), ("reserved", 2025, True)]


def test_a_port_of_its_own_comes_before_the_host_s(tmp_path: Path) -> None:
    put(tmp_path, "example.com", robots=OPEN)
    put(tmp_path, "other.example", robots=OPEN)
    put(tmp_path, "example.com:8080", robots=SHUT)
    assert robots(read(tmp_path, "https://example.com:8080/")) == [("reserved", None, True)]
    assert robots(read(tmp_path, "https://other.example:8080/")) == [("allowed", None, True)]


HOSTILE = ["..", ".", "../secret", "/etc", "//etc", "a/../../secret", "..\\secret", "%2e%2e", "secret\0", "", "~", "*"]


@pytest.mark.parametrize("host", HOSTILE)
def test_no_host_leads_out_of_the_folder(tmp_path: Path, host: str) -> None:
    put(tmp_path, "secret", robots=SHUT)
    archive = Archive(put(tmp_path / "archive", "example.com", robots=OPEN))
    assert archive.snapshots(host) == ()
    assert from_archive(archive, f"https://{host}/a", fetched_at=None, agents=AGENTS, kind="text") == ()


@given(st.text(max_size=40))
@settings(deadline=None)
def test_no_address_raises(url: str) -> None:
    archive = Archive(Path(__file__).parent)
    assert from_archive(archive, url, fetched_at=None, agents=AGENTS, kind="image") == ()


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "outside", robots=OPEN, tdm="[]")
    folder = put(tmp_path / "archive", "example.com")
    (folder / "example.com" / "robots.txt").symlink_to(tmp_path / "outside" / "robots.txt")
    (folder / "linked.example").symlink_to(tmp_path / "outside")
    (folder / "example.com" / "2024-01-01T000000Z").symlink_to(tmp_path / "outside")
    assert robots(read(folder)) == [("unclear", None, True)]
    assert read(folder, "https://linked.example/") == ()


@pytest.mark.parametrize("what", ["folder", "pipe", "unreadable", "dangling"])
def test_what_is_no_readable_file_is_unclear(tmp_path: Path, what: str) -> None:
    path = put(tmp_path, "example.com") / "example.com" / "robots.txt"
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "dangling":
        path.symlink_to("nowhere")
    else:
        path.symlink_to(path.name)  # a link to itself
    assert robots(read(tmp_path)) == [("unclear", None, True)]


def test_of_a_long_file_the_beginning_is_read(tmp_path: Path) -> None:
    put(tmp_path, "a.example", robots=OPEN + "#" * MAX_FILE)
    put(tmp_path, "b.example", robots=SHUT + "#" * MAX_FILE)
    assert robots(read(tmp_path, "https://a.example/")) == [("unclear", None, True)]
    assert robots(read(tmp_path, "https://b.example/")) == [("reserved", None, True)]
    (snapshot,) = Archive(tmp_path).snapshots("a.example")
    assert snapshot.robots
    assert len(snapshot.robots.text) == MAX_FILE
    assert not snapshot.robots.complete


def test_a_file_may_stand_where_the_web_has_it(tmp_path: Path) -> None:
    put(tmp_path, "example.com", ".well-known", tdm='[{"location": "/", "tdm-reservation": 1}]')
    assert {one.statement.says for one in read(tmp_path) if one.statement.protocol == "tdmrep"} == {"reserved"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    put(tmp_path, "example.com")
    (tmp_path / "example.com" / "robots.txt").write_bytes(SHUT.encode(encoding))
    assert robots(read(tmp_path)) == [("reserved", None, True)]


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_no_bytes_raise(content: bytes) -> None:
    assert isinstance(decoded(content), str)


def test_the_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    first = Archive(put(tmp_path / "a", "example.com", robots=SHUT)).digest
    assert first == Archive(put(tmp_path / "b", "example.com", robots=SHUT)).digest
    assert first != Archive(put(tmp_path / "c", "example.com", robots=OPEN)).digest
    assert first != Archive(put(tmp_path / "d", "example.org", robots=SHUT)).digest
    (tmp_path / "b" / "other").symlink_to(tmp_path / "a")
    assert first != Archive(tmp_path / "b").digest


def test_a_snapshot_says_what_came(tmp_path: Path) -> None:
    put(tmp_path, "example.com", "2024-02-03T040506Z", robots=OPEN, status='{"robots.txt": 206}')
    (snapshot,) = Archive(tmp_path).snapshots("example.com")
    assert snapshot.observed_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert snapshot.robots == Fetched(206, OPEN, complete=True)
    assert snapshot.ai_txt is None
