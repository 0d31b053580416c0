"""Wallet addresses: their checks, and what only looks like one."""

from __future__ import annotations

import hashlib

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.base import run_filter
from filters.personal.wallet import GATE, WalletRecognizer, is_base58check
from filters.personal_data import PersonalDataFilter
from tamis.testing import text_batch

WALLETS = PersonalDataFilter(entities=("CRYPTO",))
VERSIONS = {"L": 0x30, "M": 0x32, "D": 0x1E, "X": 0x4C, "T": 0x41}
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def address(version: int, payload: bytes) -> str:
    data = bytes([version]) + payload
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, written = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        written = ALPHABET[digit] + written
    return written


def found(text: str) -> list[str]:
    spans = run_filter(WALLETS, text_batch([text])).spans
    return [text[start:end] for start, end in spans.select("start", "end").iter_rows()]


@pytest.mark.parametrize("letter", VERSIONS)
@given(payload=st.binary(min_size=20, max_size=20))
@settings(max_examples=25, deadline=None)
def test_each_coin_is_known_by_its_version_and_check(letter: str, payload: bytes) -> None:
    written = address(VERSIONS[letter], payload)
    if not written.startswith(letter):
        return  # a version byte gives a small range of first letters
    assert found(f"send it to {written}, please") == [written]
    spoilt = written[:-1] + ("2" if written[-1] != "2" else "3")
    assert not is_base58check(spoilt, (VERSIONS[letter],))
    assert found(f"send it to {spoilt}, please") == []


@pytest.mark.parametrize(
    "written", ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"]
)
def test_bitcoin_is_found_as_presidio_finds_it(written: str) -> None:
    assert found(f"to {written} now") == [written]


def test_ethereum_needs_a_word_of_its_context() -> None:
    written = "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe"  # the Ethereum foundation's, as it publishes it
    assert found(f"my wallet is {written}.") == [written]
    assert found(f"the commit {written}") == []
    assert found(f"the method, whether together {written}") == []
    assert found("my wallet is 0x0000000000000000000000000000000000000000") == []


@given(text=st.text("LMDXT13bc0xABCdef987wallet ", max_size=80))
@settings(max_examples=200, deadline=None)
def test_whatever_is_found_passes_the_gate(text: str) -> None:
    if WalletRecognizer().analyze(text, ["CRYPTO"], None):
        assert pl.Series([text]).str.contains(GATE).all()
