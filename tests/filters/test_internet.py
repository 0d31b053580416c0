"""IP addresses: Presidio's answers, less what is no public address, and nothing else left out."""

from __future__ import annotations

import ipaddress
import time

import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from presidio_analyzer.predefined_recognizers import IpRecognizer

from filters.personal.internet import INTERNET, PublicIpRecognizer

PUBLIC = "81.2.69.142"
PUBLIC_V6 = "2a01:e34:ec0f:1::17"
OURS = PublicIpRecognizer()
PRESIDIO = IpRecognizer()


def found(text: str, recognizer: IpRecognizer = OURS) -> list[str]:
    results = recognizer.analyze(text, ["IP_ADDRESS"], None)
    return [text[result.start : result.end] for result in results if result.score >= 0.4]


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_V6, f"{PUBLIC}/32", f"{PUBLIC}/24", f"{PUBLIC_V6}/64"])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "client {} connected",
        "From: jane (unknown [{}])",
        "{} - - [10/Oct/2000:13:55:36 -0700] GET /",
        "host={}, port=80",
        "remoteAddress === '{}'",
        "Her address is {}.",
        "between 1687 and {}\n",
        "the conversion {}",
        "é\N{GRINNING FACE} {}",
    ],
)
def test_a_public_address_is_found_as_presidio_finds_it(around: str, address: str) -> None:
    text = around.format(address)
    assert found(text) == found(text, PRESIDIO) == [address]


def test_the_answer_is_presidios_in_all_it_says() -> None:
    text = f"\N{GRINNING FACE} {PUBLIC}"
    (ours,), (stock,) = OURS.analyze(text, ["IP_ADDRESS"]), PRESIDIO.analyze(text, ["IP_ADDRESS"])
    assert (ours.entity_type, ours.start, ours.end, ours.score) == (
        stock.entity_type,
        stock.start,
        stock.end,
        stock.score,
    )
    assert ours.recognition_metadata["recognizer_name"] == "PublicIpRecognizer"


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.0.0.0/8", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.31.255.1", "192.168.1.1"),
        *("192.0.2.7", "198.51.100.7", "203.0.113.7", "198.18.0.1", "192.88.99.1", "224.0.0.251", "239.1.1.1"),
        *("255.255.255.0", "255.255.255.255", "0.0.0.255", "81.2.69.0/24", "8.8.8.8", "1.2.3.4", "1.2.3.4/32"),
        *("2001:db8::1", "3fff::1", "fe80::1", "fe80::1%eth0", "fd00::17", "ff02::fb", "::1", "2001:2::1"),
        *("2a01:e34::/32", "2001:4860:4860::8888", "ffff:ffff:ffff:ffff::", "1111:2222::3333", "be::"),
        *("::ffff:192.168.1.1", "64:ff9b::10.0.0.1", "2002:c0a8:0101::1"),
    ],
)
def test_what_is_no_public_address_of_a_person_is_left_out(address: str) -> None:
    text = f"client {address} connected"
    assert found(text, PRESIDIO) == [address]
    assert found(text) == []


@pytest.mark.parametrize(
    "address",
    ["::ffff:81.2.69.142", "64:ff9b::81.2.69.142", "2002:5102:458e::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
)
def test_an_address_within_an_address_is_judged(address: str) -> None:
    assert found(f"client {address} connected") == [address]


@pytest.mark.parametrize(
    "text",
    [
        "version 81.2.69.142",
        "Version: 81.2.69.142",
        "versions 81.2.69.142 and up",
        "v. 81.2.69.142",
        "Standards-Version to 3.7.2.0",
        "the release is 81.2.69.142",
        "Section 24.1.1.3 of the standard",
        "see section\n   24.1.1.3",
        "§ 24.1.1.3",
        "Abschnitt 24.1.1.3",
        "(RFC 7540 8.1.2.4)",
        "OID 1.3.101.110",
        "xft (2.1.8.2-8) unstable",
        "81.2.69.142+git",
        "81.2.69.142~rc1",
        "81.2.69.142-rc1",
        "81.2.69.142rc1",
        "1.3.6.1.4.1.11591.2",
        "2.16.840.1.101.3.4.1.2",
        "typing (>= 3.7.4.3)",
        "name==1.2.3.0",
        "alsa-utils (<< 1.0.24.2)",
        "text\n\n7.7.3.5 EdDSA",
        "3.3.2.3  Unusual characters",
        "Git 1.7.12.3 Release Notes",
        "Changes in 1.2.6.1 (12 Feb)",
        "Fixes since 1.6.0.5",
    ],
)
def test_versions_sections_and_identifiers_are_no_addresses(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "81.2.69.142 GET /",  # a line of a log, not the number of a section
        "5.6.7.8: timeout",
        "moved to 5.6.7.8 today",
        "record updated to 81.2.69.142",
        "81.2.69.142-81.2.69.190",
        "81.2.69.142 - 81.2.69.190",
        "81.2.69.142.",
        "It was 81.2.69.142. 12 hours later",
        "81.2.69.142:8080",
        "the server version of 2023 at 81.2.69.142",
        "subversion 81.2.69.142",
    ],
)
def test_an_address_is_not_taken_for_a_version(text: str) -> None:
    assert found(text) == found(text, PRESIDIO) != []


_PIECES = [
    *(
        PUBLIC,
        PUBLIC_V6,
        "10.0.0.1",
        "1.2.3.0/24",
        "::",
        "::1",
        "::ffff:81.2.69.142",
        "fe80::1%eth0",
        "/24",
        "/0",
        "/128",
    ),
    *(
        "version ",
        "v",
        ">= ",
        "\n",
        " ",
        ".",
        ":",
        "-",
        "-1",
        "%",
        "1",
        "255",
        "é",
        "٣",
        "\U00011de1",
        "\N{GRINNING FACE}",
    ),
]
texts = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=2)), max_size=8).map("".join)


@given(text=texts)
@example(text="2001::1.2.3.4/128")
@settings(max_examples=400, deadline=None)
def test_no_answer_is_new_and_each_passes_the_gate(text: str) -> None:
    def places(recognizer: IpRecognizer) -> set[tuple[int, int, float]]:
        return {(r.start, r.end, r.score) for r in recognizer.analyze(text, ["IP_ADDRESS"], None)}

    answers = places(OURS)
    assert answers <= places(PRESIDIO)
    if answers:
        assert pl.select(pl.lit(text).str.contains(INTERNET[0].gate)).item()


@given(number=st.integers(0, 2**32 - 1))
def test_the_found_ones_are_those_that_python_calls_global(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    assume(address not in ipaddress.ip_network("192.0.0.0/16") and address not in ipaddress.ip_network("1.0.0.0/8"))
    assume(str(address) not in ("8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.220.220", "208.67.222.222"))
    is_global = address.is_global and not address.is_multicast and not address.is_reserved
    assert (found(f"client {address} connected") != []) is is_global


@given(number=st.integers(0, 2**128 - 1))
def test_of_ipv6_only_global_unicast_is_found(number: int) -> None:
    address = ipaddress.IPv6Address(number)
    if found(f"client {address} connected"):
        assert address.is_global or address.teredo
        assert address in ipaddress.ip_network("2000::/3")


def test_the_row_is_of_the_kind_it_names() -> None:
    (entity,) = INTERNET
    assert isinstance(entity.make(), PublicIpRecognizer)
    assert entity.make().get_supported_entities() == [entity.kind]


@pytest.mark.parametrize("piece", ["version 81.2.69.142 ", "81.2.69.142\n", "1.2.3.", "2a01:e34::1 "])
def test_hostile_text_takes_time_by_its_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        best = float("inf")
        for _ in range(2):
            started = time.process_time()
            OURS.analyze(text, ["IP_ADDRESS"], None)
            best = min(best, time.process_time() - started)
        return best

    long = seconds(200_000)
    assert long < 30
    if long > 0.05:
        assert long / seconds(50_000) < 9  # linear 4, quadratic 16
