"""What an address is compared as: its host and what stands behind it.

The host is in lower case and Punycode, without user, port and closing dots; the rest is percent-encoded alike, without
dot segments and fragment. What has no host that could be one has none here.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from filters.rights.reservations.archive import host_key
from filters.rights.reservations.url_paths import path_of
from tamis.records import Columns

_PARTS: Final = (
    r"^(?:[A-Za-z][A-Za-z0-9+.-]{0,20}://)?(?:[^/?#@\s]{0,200}@)?(?:\*\.|\.)?"
    r"(?P<host>[^/?#@:\s\[\]]+?)\.*(?::[0-9]{0,5})?(?P<rest>[/?#].*)?$"
)
"""Scheme, user, what a list writes for "and all below", host, closing dots, port, and the rest."""

_HOST: Final = r"^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+$"
_LONGEST_HOST: Final = 253
_LONGEST_LABEL: Final = 63
_PLAIN_HOST: Final = r"^[a-z0-9_-][a-z0-9_.-]*[a-z0-9_-]$"
"""What most lines of lists are: nothing in it need be changed."""
_IN_TEXT: Final = r"(?i)(?:https?://|(?-u:\b)www\.)[^\s<>\x22'`|\\^{}\x00-\x1f]+"
_CLOSING: Final = ".,;:!?)]}*_»”’…"

_ADDRESSES: Columns = {"host": pl.String, "rest": pl.String}
ADDRESSES = pl.Schema(_ADDRESSES)
"""`rest` is empty, or begins with `/`; both are null where there is no host."""


def addresses(written: pl.Series) -> pl.DataFrame:
    """Each address in its parts: schema ADDRESSES, in order."""
    stripped = written.str.strip_chars()
    plain = (
        stripped.str.contains(_PLAIN_HOST)
        & stripped.str.contains(".", literal=True)
        & ~stripped.str.contains("..", literal=True)
        & (stripped.str.len_bytes() <= _LONGEST_LABEL)
    ).fill_null(value=False)
    as_they_are = pl.DataFrame({"host": stripped.filter(plain)}, schema={"host": pl.String})
    rows = pl.concat([as_they_are.with_columns(rest=pl.lit("")), _parsed(stripped.filter(~plain))])
    places = pl.concat([plain.arg_true(), (~plain).arg_true()])
    return rows[places.arg_sort()].match_to_schema(ADDRESSES)


def addresses_in(texts: pl.Series) -> pl.Series:
    """The web addresses in each text that begin with http, https or www, as they are written: lists of strings."""
    return texts.str.extract_all(_IN_TEXT).list.eval(pl.element().str.strip_chars_end(_CLOSING))


def _parsed(written: pl.Series) -> pl.DataFrame:
    parts = written.to_frame("written").select(pl.col("written").str.extract_groups(_PARTS))
    parts = parts.unnest("written").with_columns(pl.col("host").str.to_lowercase(), pl.col("rest").fill_null(""))
    foreign = ~parts["host"].str.contains(r"^[\x00-\x7f]*$").fill_null(value=True)
    if foreign.any():
        encoded = [host_key(host) or None for host in parts["host"].filter(foreign)]
        host = parts["host"].scatter(foreign.arg_true(), pl.Series(encoded, dtype=pl.String))
        parts = parts.with_columns(host=host)
    is_host = pl.col("host").str.contains(_HOST) & (pl.col("host").str.len_bytes() <= _LONGEST_HOST)
    known = parts.select(pl.when(is_host).then(pl.all()))
    return known.with_columns(_path(known["rest"])).match_to_schema(ADDRESSES)


def _path(rest: pl.Series) -> pl.Series:
    """Most are as they should be: only the others are looked at one by one."""
    plain = rest.str.contains(r"^(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$").fill_null(value=True)
    if plain.all():
        return rest
    others = [path_of(f"http://x{each}") or "" for each in rest.filter(~plain)]
    return rest.scatter((~plain).arg_true(), pl.Series(others, dtype=pl.String))
