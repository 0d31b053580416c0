"""Which addresses are on lists of domains and addresses, as items come from them and as texts name them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.addresses.index import AddressIndex, Sorted, hashes_of
from filters.addresses.normal import addresses
from filters.base import run_filter
from filters.table import make_filter
from tamis.errors import ConfigError
from tamis.testing import text_batch

SECRET = "quibble_fratz"


@pytest.fixture(scope="module")
def ut1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists") / "blacklists"
    files = {
        "adult/domains": "grue.example\n*.Snark.Example.\n10.1.2.3\nbücher.example\nxn--mnchen-3ya.example # x\n\n",
        "adult/urls": "ok.example/bad/page\nwww.query.example/x?id=1\nhttp://port.example:81/y/\n",
        "adult/expressions": "(grue|snark)",
        "games/domains": "grue.example\n",
        "games/usage": "black",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "porn").symlink_to(folder / "adult")
    (folder.parent / "hosts.txt").write_text(
        "# hosts\n127.0.0.1 localhost\n0.0.0.0 ads.example #x\n::1 ip6-localhost\n"
    )
    return folder


def found(path: Path | str, text: str = "", *, url: str | None = None, **parameters: Any) -> dict[str, Any]:
    made = make_filter("url_lists", {"lists": [str(path)], **parameters})
    batch = text_batch([text]).with_columns(url=pl.Series([url], dtype=pl.String))
    return run_filter(made, batch).items.to_dicts()[0]


@pytest.mark.parametrize(
    ("url", "categories", "by"),
    [
        ("http://grue.example/", "adult games", "domain"),
        ("HTTPS://a.b.GRUE.example.:8080/x?y#z", "adult games", "domain"),
        ("grue.example", "adult games", "domain"),
        ("https://notgrue.example/", None, None),
        ("https://grue.example.org/", None, None),
        ("https://example/", None, None),
        ("http://user:pass@www.snark.example?x", "adult", "domain"),
        ("http://10.1.2.3/", "adult", "domain"),
        ("http://BÜCHER.example", "adult", "domain"),
        ("http://xn--bcher-kva.example", "adult", "domain"),
        ("http://münchen.example/", "adult", "domain"),
        ("http://ok.example/bad/page", "adult", "url"),
        ("http://www.ok.example/bad/%70age/more?x=1", "adult", "url"),
        ("http://ok.example/good/../bad/page", "adult", "url"),
        ("http://ok.example/bad/pages", None, None),
        ("http://ok.example/bad", None, None),
        ("http://sub.ok.example/bad/page", None, None),
        ("http://query.example/x?id=1", "adult", "url"),
        ("http://query.example/x?id=12", None, None),
        ("http://port.example/y", "adult", "url"),
    ],
)
def test_an_address_is_listed_by_its_domain_or_by_its_path(
    ut1: Path, url: str, categories: str | None, by: str | None
) -> None:
    row = found(ut1, url=url)
    listed = len(categories.split()) if categories else 0
    assert (row["item_categories"], row["by"], row["listed"]) == (categories, by, listed if "." in url else None)


@pytest.mark.parametrize(
    "url", [None, "", "http:///x", "http://[::1]/", "no address", "http://\x00/", "\N{GRINNING FACE}"]
)
def test_what_has_no_host_was_not_looked_up(ut1: Path, url: str | None) -> None:
    row = found(ut1, url=url)
    assert (row["status"], row["listed"], row["item_categories"]) == ("seen", None, None)


def test_addresses_in_a_text_are_counted_apart(ut1: Path) -> None:
    text = (
        "(http://grue.example/a), http://grue.example/b; www.ok.example/bad/page. https://fine.example! x@grue.example"
    )
    row = found(ut1, text)
    expected = {
        "links": 4,
        "listed_links": 3,
        "listed_share": 0.75,
        "listed_hosts": 2,
        "link_categories": "adult games",
    }
    assert {name: row[name] for name in expected} == expected
    assert row["listed"] is None


def test_a_category_is_measured_apart_where_that_is_asked(ut1: Path) -> None:
    text = "http://grue.example/a http://www.snark.example http://www.ok.example/bad/page http://fine.example"
    row = found(ut1, text, url="http://snark.example", by_category=["games", "adult"])
    of_each = {
        (name, what): row[f"{name}_{what}"] for name in ("adult", "games") for what in ("listed", "links", "share")
    }
    assert of_each == {
        ("adult", "listed"): 1,
        ("adult", "links"): 3,
        ("adult", "share"): 0.75,
        ("games", "listed"): 0,
        ("games", "links"): 1,
        ("games", "share"): 0.25,
    }
    plain = found(ut1, text, url="http://snark.example")
    assert plain.items() <= row.items()
    without = found(ut1, by_category=["games"])
    assert (without["games_listed"], without["games_links"], without["games_share"]) == (None, 0, 0)
    assert found(ut1, url="http://fine.example", by_category=["games"])["games_listed"] == 0


def test_categories_that_are_measured_apart_change_the_digest_and_their_order_does_not(ut1: Path) -> None:
    made = [
        make_filter("url_lists", {"lists": [str(ut1)], **more}).spec.digest
        for more in ({}, {"by_category": []}, {"by_category": ["adult", "games"]}, {"by_category": ["adult"]})
    ]
    assert made[0] == made[1]
    assert len(set(made)) == 3


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"by_category": ["adlut"]}, r"'adlut', which is not looked up.*'adult'"),
        ({"by_category": ["games"], "categories": ["adult"]}, "'games', which is not looked up"),
        ({"by_category": [f"c{number}" for number in range(33)]}, "has 33 names, at most 32 are measured apart"),
    ],
)
def test_what_cannot_be_measured_apart_is_refused(ut1: Path, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        found(ut1, **parameters)


def test_two_categories_cannot_have_measures_of_one_name(ut1: Path, tmp_path: Path) -> None:
    for name in ("Adult.1", "adult-1", "listed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "domains").write_text(f"{name.lower()}.example\n")
    assert found(tmp_path, url="x.adult-1.example", by_category=["adult-1"])["adult_1_listed"] == 1
    with pytest.raises(ConfigError, match="two measures would be called 'adult_1_listed'"):
        found(tmp_path, by_category=["Adult.1", "adult-1"])
    with pytest.raises(ConfigError, match="two measures would be called 'listed_links'"):
        found(tmp_path, by_category=["listed"])


ADBLOCK = """\
[Adblock Plus 2.0]
! Title: a list
||ads.example^
||tracks.ads2.example^
plain.example
"""


def test_domains_as_adblock_plus_writes_them_are_read(tmp_path: Path) -> None:
    (tmp_path / "ads.txt").write_text(ADBLOCK)
    for url, listed in (("http://x.ads.example/y", 1), ("tracks.ads2.example", 1), ("ads2.example", 0)):
        assert found(tmp_path / "ads.txt", url=url)["listed"] == listed


@pytest.mark.parametrize(
    "line",
    [
        "||ads.example^$third-party",
        "@@||good.example^",
        "example.org##.banner",
        "/banner/*/img^",
        "||a*.example^",
        "||^",
    ],
)
def test_what_adblock_plus_says_of_some_pages_alone_is_no_address(tmp_path: Path, line: str) -> None:
    (tmp_path / "ads.txt").write_text(f"{ADBLOCK}{line}\n")
    with pytest.raises(ConfigError, match=r"ads\.txt:6: is no domain and no address"):
        found(tmp_path / "ads.txt")
    made = make_filter("url_lists", {"lists": [str(tmp_path / "ads.txt")], "leave_out": True})
    assert dict(made.spec.parameters)["entries"] == (("ads", 3, 0, 1),)


def test_a_text_without_addresses_has_none_listed(ut1: Path) -> None:
    row = found(ut1, "a" * 1_000_000)
    assert (row["links"], row["listed_links"], row["listed_share"], row["link_categories"]) == (0, 0, 0, None)


def test_categories_can_be_chosen(ut1: Path) -> None:
    assert found(ut1, url="grue.example", categories=["games"])["item_categories"] == "games"
    with pytest.raises(ConfigError, match=r"no list has the category 'game'.*'games'"):
        found(ut1, categories=["game"])


@pytest.mark.parametrize(
    ("named", "url", "category"),
    [
        ("hosts.txt", "x.ads.example", "hosts"),
        ("ads=hosts.txt", "x.ads.example", "ads"),
        ("blacklists/games", "grue.example", "games"),
        ("play=blacklists/games", "grue.example", "play"),
    ],
)
def test_a_file_or_a_folder_is_one_category(ut1: Path, named: str, url: str, category: str) -> None:
    name, equals, path = named.rpartition("=")
    given = f"{name}{equals}{ut1.parent / path}"
    assert found(given, url=url)["item_categories"] == category
    assert found(given, url="http://localhost.example")["item_categories"] is None


@pytest.mark.parametrize("line", [f"{SECRET}", f"http://{SECRET}/x y", f"{SECRET} example.org", "a..example", "[::1]"])
def test_a_line_that_is_no_address_refuses_the_list_unless_it_may_be_left_out(tmp_path: Path, line: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"good.example\n{line}\n")
    with pytest.raises(ConfigError) as raised:
        found(path)
    assert "list.txt:2: is no domain and no address" in str(raised.value)
    assert SECRET not in str(raised.value)
    made = make_filter("url_lists", {"lists": [str(path)], "leave_out": True})
    assert dict(made.spec.parameters)["entries"] == (("list", 1, 0, 1),)
    assert "good.example" not in repr(made.spec)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder.mkdir(), "holds no folder with a file `domains` or `urls`"),
        (lambda folder: folder.write_text("# nothing\n"), "holds no addresses"),
        (lambda folder: None, "cannot be read"),
    ],
)
def test_a_list_that_holds_nothing_is_refused(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    make(tmp_path / "list")
    with pytest.raises(ConfigError, match=said):
        found(tmp_path / "list")


def test_a_list_in_another_encoding_is_read_as_far_as_it_is_an_address(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"good.example\nb\xfccher.example\n")
    assert found(path, url="good.example", leave_out=True)["listed"] == 1
    with pytest.raises(ConfigError, match=r"list\.txt:2"):
        found(path)


HOSTS = st.lists(st.sampled_from(["a", "b", "ab", "example"]), min_size=2, max_size=5).map(".".join)


@given(st.lists(HOSTS, min_size=1, max_size=6), st.lists(HOSTS, max_size=8))
def test_a_domain_holds_for_all_below_it_and_nothing_else(listed: list[str], asked: list[str]) -> None:
    none = Sorted.of([])
    index = AddressIndex(Sorted.of([(0, hashes_of(pl.Series(listed)))]), none, none.keys)
    matches = index.matches(addresses(pl.Series(asked, dtype=pl.String)))
    plain = [host for host in asked if any(host == each or host.endswith(f".{each}") for each in listed)]
    assert [asked[place] for place in matches["address"]] == plain
