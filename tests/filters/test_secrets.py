"""Secrets: each rule finds what it is for and no dummy of it, behind a gate that hides nothing, in linear time.

Every secret here is put together from parts, so that no tool that looks for secrets takes this file for a leak.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import time
import tomllib
import zlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from presidio_analyzer import RecognizerResult, pattern_recognizer

from filters.personal import secret_rules
from filters.personal.secret_checks import CHECKS, entropy, is_placeholder
from filters.personal.secret_rules import BUILT_IN, SecretRule, SecretRules, load_rules, rules_sha256
from filters.personal.secrets import RULE_KEY, SECRETS, SecretRecognizer, secret_entity
from tamis.errors import ConfigError

HEX = "0123456789abcdef"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = UPPER.lower()
BASE62 = "0123456789" + UPPER + LOWER
BASE64 = BASE62 + "+/"
URLSAFE = BASE62 + "-_"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
RULES = {rule.id: rule for rule in secret_rules.built_in_rules().rules}


def some(alphabet: str, length: int, seed: str = "") -> str:
    """Characters that are the same on every machine and next to random."""
    source = random.Random(f"{alphabet}{length}{seed}")
    return "".join(source.choice(alphabet) for _ in range(length))


def b64(text: str, *, padded: bool = False) -> str:
    encoded = base64.urlsafe_b64encode(text.encode()).decode()
    return encoded if padded else encoded.rstrip("=")


def uuid() -> str:
    return "-".join(some(HEX, length) for length in (8, 4, 4, 4, 12))


def with_crc(random_part: str) -> str:
    digits, rest = "", zlib.crc32(random_part.encode())
    while rest:
        rest, digit = divmod(rest, 62)
        digits = (BASE62[:10] + UPPER + LOWER)[digit] + digits
    return random_part + digits.rjust(6, "0")


def bech32(prefix: str, data: str) -> str:
    """Appends the checksum that makes the polynomial's remainder 1, as BIP 173 has it."""

    def step(remainder: int, value: int) -> int:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            remainder ^= generator if top >> place & 1 else 0
        return remainder

    remainder = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [BECH32.index(c) for c in data]:
        remainder = step(remainder, value)
    for _ in range(6):
        remainder = step(remainder, 0)
    remainder ^= 1
    return f"{prefix}1{data}" + "".join(BECH32[remainder >> 5 * (5 - place) & 31] for place in range(6))


def key_block(name: str, *, headers: str = "") -> str:
    body = "\n".join(some(BASE64, 64, str(line)) for line in range(12))
    return f"-----BEGIN {name}-----\n{headers}{body}\n{some(BASE64, 20)}==\n-----END {name}-----"


JWT = ".".join(
    (b64(json.dumps({"alg": "HS256", "typ": "JWT"})), b64(json.dumps({"sub": "7", "iat": 15})), some(URLSAFE, 43))
)
PRIVATE = "PRIVATE " + "KEY"

PLANTED: dict[str, tuple[str, str, str]] = {
    "private-key": ("key: ", key_block(f"RSA {PRIVATE}", headers="Proc-Type: 4,ENCRYPTED\n\n"), "\n"),
    "pgp-private-key": ("", key_block(f"PGP {PRIVATE} BLOCK", headers="Version: GnuPG v1.4.11 (GNU/Linux)\n\n"), "\n"),
    "private-key-cut-off": ("", key_block(f"EC {PRIVATE}")[:600], ""),
    "putty-private-key": (
        "PuTTY-User-Key-File-2: ssh-rsa\n",
        f"Private-Lines: 2\n{some(BASE64, 64)}\n{some(BASE64, 40)}==\nPrivate-MAC: {some(HEX, 40)}",
        "\n",
    ),
    "age-secret-key": ("", bech32("age-secret-key-", some(BECH32, 52)).upper(), "\n"),
    "nostr-secret-key": ("", bech32("nsec", some(BECH32, 52)), "."),
    "aws-access-key-id": ("id=", "AK" + "IA" + some(UPPER + "234567", 16), "\n"),
    "aws-secret-access-key": ("aws_secret_access_key = ", some(BASE64, 40), "\n"),
    "aws-session-token": ('"SessionToken": "', "IQ" + "oJ" + some(BASE64, 300) + "==", '"'),
    "azure-storage-key": ("AccountName=a;AccountKey=", some(BASE64, 86) + "==", ";EndpointSuffix=core.windows.net"),
    "azure-client-secret": ("", some(BASE62, 3) + "8Q~" + some(URLSAFE, 34), "\n"),
    "azure-shared-access-signature": ("https://a.blob.core.windows.net/b?sv=2022&sig=", some(BASE62, 43) + "%3D", "&x"),
    "google-api-key": ("key=", "AI" + "za" + some(URLSAFE, 35), "\n"),
    "google-oauth-client-secret": ("", "GOC" + "SPX-" + some(URLSAFE, 28), '"'),
    "google-oauth-token": ("", "ya" + "29." + some(URLSAFE, 150), '"'),
    "digitalocean-token": ("", "dop" + "_v1_" + some(HEX, 64), "\n"),
    "heroku-api-key": ("", "HRKU" + "-AA" + some(URLSAFE, 58), "\n"),
    "heroku-api-key-by-context": ("HEROKU_API_KEY=", uuid(), "\n"),
    "databricks-token": ("", "da" + "pi" + some(HEX, 32), "\n"),
    "terraform-token": ('token = "', some(BASE62, 14) + ".atlas" + "v1." + some(BASE62, 67), '"'),
    "vault-token": ("", "hv" + "s." + some(URLSAFE, 95), "\n"),
    "pulumi-token": ("", "pu" + "l-" + some(HEX, 40), "\n"),
    "planetscale-token": ("", "pscale" + "_tkn_" + some(BASE62, 43), "\n"),
    "tailscale-key": ("", "tskey" + "-auth-" + some(BASE62, 12) + "-" + some(BASE62, 32), "\n"),
    "doppler-token": ("", "dp" + ".pt." + some(BASE62, 43), "\n"),
    "1password-service-token": ("", "ops" + "_eyJ" + some(BASE62, 400), "\n"),
    "github-token": ("token ", "gh" + "p_" + with_crc(some(BASE62, 30)), "\n"),
    "github-refresh-token": ("", "gh" + "r_" + some(BASE62, 76), "\n"),
    "github-fine-grained-token": ("", "github" + "_pat_" + some(BASE62, 22) + "_" + some(BASE62, 59), "\n"),
    "gitlab-token": ("", "gl" + "pat-" + some(URLSAFE, 20), "\n"),
    "npm-token": ("", "np" + "m_" + some(BASE62, 36), "\n"),
    "npmrc-credential": ("//registry.example.org/:_authToken=", uuid(), "\n"),
    "pypi-token": ("password = ", "py" + "pi-AgEIcHlwaS5vcmc" + some(URLSAFE, 150), "\n"),
    "rubygems-key": ("", "ruby" + "gems_" + some(HEX, 48), "\n"),
    "nuget-key": ("", "oy" + "2" + some(LOWER + "0123456789", 43), "\n"),
    "docker-token": ("", "dckr" + "_pat_" + some(URLSAFE, 27), "\n"),
    "docker-config-credential": ('{"auth": "', b64("jane:" + some(BASE62, 12), padded=True), '"}'),
    "postman-key": ("", "PM" + "AK-" + some(HEX, 24) + "-" + some(HEX, 34), "\n"),
    "atlassian-token": ("", "ATATT" + "3xFfGF0" + some(URLSAFE, 171) + "=" + some("0123456789ABCDEF", 8), "\n"),
    "sentry-token": ("", "sntr" + "yu_" + some(HEX, 64), "\n"),
    "grafana-token": ("", "gl" + "sa_" + some(BASE62, 32) + "_" + some(HEX, 8), "\n"),
    "new-relic-key": ("", "NR" + "AK-" + some(UPPER + "0123456789", 27), "\n"),
    "figma-token": ("", "fi" + "gd_" + some(URLSAFE, 40), "\n"),
    "linear-key": ("", "lin" + "_api_" + some(BASE62, 40), "\n"),
    "notion-token": ("", "nt" + "n_" + some("0123456789", 11) + some(BASE62, 35), "\n"),
    "airtable-token": ("", "pa" + "t" + some(BASE62, 14) + "." + some(HEX, 64), "\n"),
    "openai-key": ("", "sk" + "-proj-" + some(URLSAFE, 74) + "T3Blbk" + "FJ" + some(URLSAFE, 74), "\n"),
    "anthropic-key": ("", "sk" + "-ant-api03-" + some(URLSAFE, 93) + "AA", "\n"),
    "hugging-face-token": ("", "h" + "f_" + some(BASE62, 34), "\n"),
    "groq-key": ("", "gs" + "k_" + some(BASE62, 52), "\n"),
    "replicate-token": ("", "r" + "8_" + some(BASE62, 37), "\n"),
    "perplexity-key": ("", "pp" + "lx-" + some(BASE62, 48), "\n"),
    "xai-key": ("", "xa" + "i-" + some(BASE62, 80), "\n"),
    "slack-token": ("", "xo" + "xb-" + "-".join((some(HEX[:10], 12), some(HEX[:10], 13), some(BASE62, 24))), "\n"),
    "slack-app-token": ("", "xa" + "pp-1-A" + some(UPPER, 10) + "-" + some(HEX[:10], 13) + "-" + some(HEX, 64), "\n"),
    "slack-webhook": (
        "https://",
        "hooks.sl" + "ack.com/services/T" + some(UPPER, 8) + "/B" + some(UPPER, 8) + "/" + some(BASE62, 24),
        "\n",
    ),
    "discord-bot-token": (
        "",
        b64(some("123456789", 18)) + "." + some(URLSAFE, 6) + "." + some(URLSAFE, 37) + "q",
        "\n",
    ),
    "discord-webhook": (
        "https://",
        "disc" + "ord.com/api/webhooks/" + some("123456789", 18) + "/" + some(URLSAFE, 68),
        "\n",
    ),
    "telegram-bot-token": ("", some("123456789", 10) + ":A" + some(URLSAFE, 34), "\n"),
    "twilio-api-key": ("", "S" + "K" + some(HEX, 32), "\n"),
    "twilio-auth-token": ("TWILIO_AUTH_TOKEN=", some(HEX, 32), "\n"),
    "sendgrid-key": ("", "S" + "G." + some(URLSAFE, 22) + "." + some(URLSAFE, 43), "\n"),
    "mailgun-key": ("", "ke" + "y-" + some(HEX, 32), "\n"),
    "mailgun-key-by-context": ("MAILGUN_API_KEY=", "-".join((some(HEX, 32), some(HEX, 8), some(HEX, 8, "b"))), "\n"),
    "mailchimp-key": ("", some(HEX, 32) + "-us" + "12", "\n"),
    "mapbox-secret-token": ("", "sk" + ".eyJ" + some(BASE62, 70) + "." + some(URLSAFE, 22), "\n"),
    "stripe-key": ("", "sk" + "_live_" + some(BASE62, 24), "\n"),
    "stripe-webhook-secret": ("", "wh" + "sec_" + some(BASE62, 32), "\n"),
    "shopify-token": ("", "sh" + "pat_" + some(HEX, 32), "\n"),
    "square-secret": ("", "sq0" + "csp-" + some(URLSAFE, 43), "\n"),
    "jwt": ("session=", JWT, "; Path=/"),
    "url-credentials": ("postgresql://", "jane:" + some(BASE62, 10), "@db.example.org:5432/app"),
    "authorization-basic": ("Authorization: Basic ", b64("jane:" + some(BASE62, 12), padded=True), "\r\n"),
    "authorization-bearer": ("-H 'Authorization: Bearer ", some(BASE62, 40), "'"),
    "netrc-password": ("machine db.example.org\n  login jane\n  password ", some(BASE62, 12), "\n"),
    "curl-credentials": ("curl -s -u ", "jane:" + some(BASE62, 12), " https://example.org/"),
    "assigned-in-quotes": ('DB_PASSWORD = "', some(BASE62, 12) + "7a", '"'),
    "assigned": ("export API_TOKEN=", some(BASE62, 24) + "7a", "\n"),
}


def only(*names: str) -> SecretRecognizer:
    return SecretRecognizer(SecretRules(tuple(RULES[name] for name in names), ""))


def places(recognizer: SecretRecognizer, text: str) -> list[tuple[int, int]]:
    return [(result.start, result.end) for result in recognizer.analyze(text, ["SECRET"])]


EVERYTHING = SecretRecognizer()


def test_each_rule_has_its_example() -> None:
    assert set(PLANTED) == set(RULES)
    assert len(RULES) == 78


@pytest.mark.parametrize("name", PLANTED)
def test_each_rule_finds_what_it_is_for_exactly_where_it_is(name: str) -> None:
    before, secret, after = PLANTED[name]
    before = f"\N{GRINNING FACE} \U0001d4d0é {before}"
    place = (len(before), len(before) + len(secret))
    results = only(name).analyze(before + secret + after, ["SECRET"])
    assert [(result.start, result.end) for result in results] == [place]
    metadata = results[0].recognition_metadata
    assert metadata[RULE_KEY] == name
    assert metadata[RecognizerResult.RECOGNIZER_NAME_KEY] == "SecretRecognizer"
    assert results[0].score == (1.0 if RULES[name].check else 0.6)


@pytest.mark.parametrize("name", PLANTED)
def test_all_rules_together_cover_it_and_nothing_beside_it(name: str) -> None:
    before, secret, after = PLANTED[name]
    found = places(EVERYTHING, before + secret + after)
    covered = {place for start, end in found for place in range(start, end)}
    assert covered == set(range(len(before), len(before) + len(secret)))


@pytest.mark.parametrize("name", PLANTED)
def test_a_dummy_of_one_character_is_no_secret(name: str) -> None:
    before, secret, after = PLANTED[name]
    match = RULES[name].pattern.search(before + secret + after)
    assert match is not None
    start, end = match.span(RULES[name].secret)
    dummy = "".join("a" if character.isalnum() else character for character in match.string[start:end])
    assert places(EVERYTHING, match.string[:start] + dummy + match.string[end:]) == []


BROKEN = {
    "age-secret-key": bech32("age-secret-key-", some(BECH32, 52)).upper()[:-1] + "2",
    "nostr-secret-key": bech32("nsec", some(BECH32, 52))[:-1] + "2",
    "github-token": "gh" + "p_" + some(BASE62, 36),
    "docker-config-credential": b64("no colon in it at all", padded=True),
    "authorization-basic": b64("jane:pass" + "word", padded=True),
    "discord-bot-token": b64("12345678901234567x") + "." + some(URLSAFE, 6) + "." + some(URLSAFE, 38),
    "jwt": ".".join((b64(json.dumps({"typ": "JWT"})), b64(json.dumps({"sub": "7", "iat": 15})), some(URLSAFE, 43))),
}


def test_a_wrong_checksum_or_structure_is_no_secret() -> None:
    assert set(BROKEN) == {name for name, rule in RULES.items() if rule.check}
    for name, secret in BROKEN.items():
        before, _, after = PLANTED[name]
        assert RULES[name].pattern.search(before + secret + after) is not None, name
        assert places(only(name), before + secret + after) == [], name


@pytest.mark.parametrize(
    "text",
    [
        "gh" + "p_" + some(BASE62, 36),  # no checksum
        "gh" + "p_" + with_crc(some(BASE62, 29)),  # one too short
        "AK" + "IAIOSFODNN7EXAMPLE",  # of the documentation of AWS
        "Slov" + "AK" + "IA" + some(UPPER, 16),
        "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY",
        f"-----BEGIN {PRIVATE}-----\n...\n-----END {PRIVATE}-----",
        f"It starts with -----BEGIN {PRIVATE}----- and, after some lines in base64, ends with -----END {PRIVATE}-----.",
        f"-----BEGIN {PRIVATE}-----\n{some(BASE64, 64)}\n",  # one line is not enough to know it
        key_block("PUBLIC KEY"),
        key_block("CERTIFICATE"),
        f"{b64(json.dumps({'typ': 'JWT'}))}.{b64('{}' * 9)}.{some(URLSAFE, 43)}",
        "eyJ" + "eyJ.eyJ" * 20,
        "https://example.org:8080/a@b",
        "ssh://git@example.org:2222/a",
        "https://user:password@example.org",
        "postgresql://scott:tiger@localhost/test",
        "https://${USER}:${PASSWORD}@example.org",
        "https://<user>:<token>@example.org",
        'password = "changeme1"',
        'password = "your-password-1"',
        'api_key: "xxxxxxxxxxxx1234"',
        'api_key = "<your-key-1>"',
        'token = "${TOKEN_1_abcdefgh}"',
        'token = "{{ vault_token_1 }}"',
        'secret_key: "correct horse battery 1"',
        'password_field = "input1"',
        'token = "aaaaaaaa1111"',
        "token = get_token_1(connection_2)",
        "password: at least 12 characters",
        "secret = self.config.secrets[12]",
        "the key-note of 1687, a token of 12 kinds, and a secret: none",
        "Authorization: Bearer $TOKEN",
        "Authorization: Basic " + b64("user:password", padded=True),
        "machine learning login page password prompt",
        "curl -u user:password https://example.org",
        "",
    ],
    ids=lambda text: text[:30].replace("\n", " "),
)
def test_a_near_miss_or_a_placeholder_is_no_secret(text: str) -> None:
    assert places(EVERYTHING, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "changeme",
        "<your-key>",
        "${VAR}",
        "$(pass show x)",
        "{{ token }}",
        "%(password)s",
        "xxxx",
        "********",
        "aaaaaaa",
        "my_api_key",
        "your-token-here",
        "1234567890",
        "$PASSWORD",
        "ROOT",
        "AKIAIOSFODNN7EXAMPLE",
        "process.env.TOKEN",
    ],
)
def test_what_stands_in_for_a_secret_is_a_placeholder(text: str) -> None:
    assert is_placeholder(text)


def test_random_values_are_no_placeholders_and_above_their_floors() -> None:
    assert sum(is_placeholder(some(BASE62, 40, str(seed))) for seed in range(20_000)) < 10
    for alphabet, length, floor in ((HEX, 32, 2.9), (UPPER + "234567", 16, 2.7), (BASE62, 36, 4.0), (BASE62, 24, 3.6)):
        assert sum(entropy(some(alphabet, length, str(seed))) < floor for seed in range(5_000)) <= 2


def test_entropy_is_that_of_shannon() -> None:
    assert entropy("") == 0
    assert entropy("aaaa") == 0
    assert entropy("abab") == 1
    assert entropy("abcd") == 2
    assert entropy("aab") == pytest.approx(0.9183, abs=1e-4)


@pytest.mark.parametrize(
    ("check", "text", "holds"),
    [
        # A worked example that was published with the scheme's description: the random part, then its CRC-32.
        ("github-crc32", "gh" + "p_zQWBuTSOoRi4A9spHcVY" + "5ncnsDkxkJ" + "0mLq17", True),
        ("github-crc32", "gh" + "p_zQWBuTSOoRi4A9spHcVY" + "5ncnsDkxkJ" + "0mLq18", False),
        ("bech32", "A12UEL5L", True),  # test vectors of BIP 173
        ("bech32", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", True),
        ("bech32", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx", False),
        ("bech32", "A1G7SGD8", False),
        ("jwt", "e30.e30.x", False),
        ("jwt", b64('{"alg": 7}') + ".e30.x", False),
        ("jwt", b64("[" * 3000) + ".e30.x", False),
        ("jwt", b64('{"alg": "none"}') + ".e30.x", True),
        ("basic-credentials", b64("jane:Tr0ub4dor"), True),
        ("basic-credentials", b64("no colon in it"), False),
        ("basic-credentials", "_____", False),
        ("discord-id", b64("80351110224678912") + ".a.b", True),
        ("discord-id", b64("8035111022467891x") + ".a.b", False),
    ],
)
def test_a_check_says_what_holds(check: str, text: str, holds: bool) -> None:
    assert CHECKS[check](text) is holds


def test_an_openssh_key_with_its_runs_of_one_letter_is_found() -> None:
    body = "b3BlbnNzaC1rZXktdjEA" + "AAAABG5vbmUAAAAEbm9uZQ" + "AAAAAAAAAB" + some(BASE64, 300)
    name = f"OPENSSH {PRIVATE}"
    block = f"-----BEGIN {name}-----\n{body}\n-----END {name}-----"
    assert places(EVERYTHING, block) == [(0, len(block))]


def test_a_key_in_a_string_with_escaped_line_ends_is_found_whole() -> None:
    block = json.dumps(key_block(PRIVATE))[1:-1]
    assert places(EVERYTHING, f'{{"private_key": "{block}"}}') == [(17, 17 + len(block))]


def test_every_key_of_several_is_found_by_itself() -> None:
    block = key_block(f"EC {PRIVATE}")
    second = len(block) + 1
    assert places(EVERYTHING, f"{block}\n{block}") == [(0, len(block)), (second, second + len(block))]


def test_another_kind_is_not_answered_for() -> None:
    before, secret, after = PLANTED["jwt"]
    assert EVERYTHING.analyze(before + secret + after, ["EMAIL_ADDRESS"]) == []


def gate_lets_through(gate: str | None, text: str) -> bool:
    return gate is None or pl.select(pl.lit(text).str.contains(gate)).item()


PARTS = [
    *("\n", " ", "\u00a0", "\u2003", "\x1c", "K", "ſ", "ı", "İ", "é", "٣", "\U00011de1", "\N{GRINNING FACE}"),
    *(
        "password",
        "PASSWORD",
        "=",
        ":",
        '"',
        "'",
        "-",
        "_",
        "://",
        "@",
        "eyJ",
        "machine",
        "curl",
        "-u",
        ".",
        "a1b2c3d4",
    ),
    *(word for rule in RULES.values() for word in rule.keywords),
]
planted = st.sampled_from(["".join(parts) for parts in PLANTED.values() if len("".join(parts)) < 300])
mutated = st.tuples(planted, st.integers(0, 300), st.sampled_from(PARTS), st.integers(0, 3)).map(
    lambda drawn: drawn[0][: drawn[1]] + drawn[2] + drawn[0][drawn[1] + drawn[3] :]
)
folded = st.tuples(planted, st.sampled_from([str.upper, str.lower, str.swapcase])).map(lambda drawn: drawn[1](drawn[0]))
pieced = st.lists(st.one_of(st.sampled_from(PARTS), planted, st.text(max_size=3)), max_size=6).map("".join)


@given(text=st.one_of(mutated, folded, pieced))
@example(text="https://jane\u00a0:abcdefgh\u2003@example.org")
@example(text='PASSWORD\n=\n"' + some(BASE62, 14) + '"')
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_a_pattern_matches_passes_the_keywords_and_the_gate(text: str) -> None:
    matching = [rule for rule in RULES.values() if rule.pattern.search(text)]
    for rule in matching:
        seen = text.lower() if rule.ignores_case else text
        assert not rule.keywords or any(word in seen for word in rule.keywords), rule.id
        assert gate_lets_through(SecretRules((rule,), "").gate, text), rule.id
    if matching:
        assert gate_lets_through(SECRETS[0].gate, text)


@pytest.mark.parametrize("name", PLANTED)
def test_each_example_passes_the_gate_of_its_rule_and_of_all(name: str) -> None:
    text = "".join(PLANTED[name])
    assert gate_lets_through(SecretRules((RULES[name],), "").gate, text)
    assert gate_lets_through(SECRETS[0].gate, text)


def test_prose_does_not_pass_the_gate() -> None:
    prose = (
        "The machine kept its secret; nobody knew that the token, a word of the password, lay in storage. She told the "
        "basic story of the laws at https://example.org/a:b and wrote to jane@example.org about curling in 1687."
    )
    assert not gate_lets_through(SECRETS[0].gate, prose)


SHAPES: list[Callable[[str, str], str]] = [
    lambda text, word: text,
    lambda text, word: text[:-1],
    lambda text, word: text[: len(text) // 2],
    lambda text, word: word,
    lambda text, word: word + "=",
]


NOISE = 0.05
"""Seconds; less is decided by the clock."""


def seconds(recognizer: SecretRecognizer, text: str) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        recognizer.analyze(text, ["SECRET"])
        best = min(best, time.process_time() - started)
        if best < NOISE:
            break
    return best


def assert_linear(recognizer: SecretRecognizer, hostile: Callable[[int], str]) -> None:
    long = seconds(recognizer, hostile(200_000))
    assert long < 20
    if long > NOISE:
        assert long / seconds(recognizer, hostile(50_000)) < 9  # linear 4, quadratic 16


@pytest.mark.parametrize("name", PLANTED)
def test_a_text_made_against_a_rule_takes_time_by_its_length(name: str) -> None:
    text, word = "".join(PLANTED[name]), (*RULES[name].keywords, "a")[0]
    for shape in SHAPES:
        piece = shape(text, word)
        assert_linear(only(name), lambda length, piece=piece: piece * (length // len(piece)))
    assert_linear(only(name), lambda length: text[:-1].ljust(length, "a"))


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "-",
        "-----BEGIN PRIVATE " + "KEY-----",
        "-----BEGIN PRIVATE " + "KEY-----\n" + "a" * 64 + "\n",
        "-----BEGIN PRIVATE " + "KEY-----\na: b\n",
        "eyJ",
        "eyJ.",
        "_eyJ",
        "://",
        "a://a:",
        "a://a:a",
        "password=",
        "password='",
        "password='1a",
        'token="' + "a1" * 60,
        "curl -u ",
        "curl -u a:",
        "machine a login b password ",
        "aws_secret_key=",
        "sk-",
        "NTY3" * 6 + ".",
        "12345678:A",
        "Authorization: Basic ",
    ],
)
def test_hostile_text_takes_time_by_its_length(piece: str) -> None:
    assert_linear(EVERYTHING, lambda length: piece * (length // len(piece)))


# ---- the file


def written(folder: Path, content: str) -> Path:
    path = folder / "rules.toml"
    path.write_text(content, encoding="utf-8")
    return path


RULE = "[[rules]]\nid = 'a'\nwhat = 'an a'\n"


def test_a_file_of_the_users_is_read_and_found_by(tmp_path: Path) -> None:
    path = written(
        tmp_path, RULE + "keywords = ['acme_']\npattern = 'acme_([a-z0-9]{20})'\ngroup = 1\nmin_entropy = 3\n"
    )
    entity = secret_entity(path)
    secret = some(HEX, 20)
    text = f"key acme_{secret}."
    assert [(r.start, r.end) for r in entity.make().analyze(text, ["SECRET"])] == [(9, 29)]
    assert entity.make().analyze("key acme_" + "ab" * 10, ["SECRET"]) == []
    assert entity.gate is not None
    assert gate_lets_through(entity.gate, text)
    assert not gate_lets_through(entity.gate, "ACME_")


def test_gitleaks_form_is_read_as_gitleaks_has_it(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "title = 'mine'\n[[rules]]\nid = 'acme'\ndescription = 'Acme'\n"
        "regex = '''(?i)\\bacme[\\w.-]{0,20}[\\s'\"]{0,3}[=:-]"
        "[\\x60\\s]{0,2}([[:alnum:]]{20})(?:[\\x60'\"\\s;]|\\\\[nr]|\\z|$)'''\n"
        "keywords = ['acme']\nentropy = 3\ntags = ['key']\n"
        "[[rules]]\nid = 'whole'\nregex = 'wh_[0-9a-f]{8}'\nkeywords = ['wh_']\n"
        "[[rules]]\nid = 'file'\npath = '\\.p12$'\n",
    )
    rules = load_rules(path)
    assert rules.left_out == ("file",)
    assert [(rule.id, rule.group, rule.min_entropy, rule.ignores_case) for rule in rules.rules] == [
        ("acme", 1, 3.0, True),
        ("whole", 0, 0.0, True),
    ]
    recognizer = SecretRecognizer(rules)
    secret = some(HEX, 20)
    assert places(recognizer, f"ACME-{secret} wh_12ab34cd") == [(5, 25), (26, 37)]
    assert rules.gate is not None
    assert gate_lets_through(rules.gate, "AcMe")


def test_a_rule_that_looks_at_every_text_leaves_no_gate(tmp_path: Path) -> None:
    path = written(tmp_path, "[[rules]]\nid = 'any'\nregex = '[0-9a-f]{40}'\n")
    assert load_rules(path).gate is None


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, RULE + "keywords = ['a']\npattern = 'a'\n")
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert rules_sha256(path) == load_rules(path).sha256 == expected
    path.write_text(path.read_text() + "# other\n")
    assert rules_sha256(path) != expected
    assert rules_sha256() == secret_rules.built_in_rules().sha256


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[rules]", "no TOML"),
        ("a = " + "[" * 5_000, "nested too deep"),
        (RULE + f"keywords = ['a']\npattern = '{'(' * 5_000}a{')' * 5_000}'", "nested too deep"),
        ("", "holds no rules"),
        ("rules = []", "holds no rules"),
        ("rules = ['a']", "holds no rules"),
        ("other = 1\n" + RULE + "keywords = ['a']\npattern = 'a'", "unknown key 'other'"),
        (RULE + "keywords = ['a']\npattern = 'a'\nentropie = 3", "rule 'a': unknown key 'entropie'"),
        (RULE + "keywords = ['a']\npattern = 'a'\nkeyword = 3", "Did you mean 'keywords'"),
        ("[[rules]]\nwhat = 'a'\nkeywords = ['a']\npattern = 'a'", "rule number 1: id is missing"),
        ("[[rules]]\nid = 'a'\nkeywords = ['a']\npattern = 'a'", "what is missing"),
        (RULE + "keywords = ['a']", "pattern is missing"),
        (RULE + "keywords = ['a']\npattern = 7", "pattern is no text"),
        (RULE + "keywords = ['a']\npattern = 'a('", "does not compile"),
        (RULE + "keywords = ['a']\npattern = 'é'", "beyond ASCII"),
        (RULE + "keywords = ['a']\npattern = 'a*'", "matches the empty text"),
        (RULE + "pattern = 'a'", "neither keywords nor gate"),
        (RULE + "keywords = ['']\npattern = 'a'", "keywords is no list"),
        (RULE + "keywords = 'a'\npattern = 'a'", "keywords is no list"),
        (RULE + "gate = '(?=a)'\npattern = 'a'", "no regex of Rust's"),
        (RULE + "keywords = ['a']\npattern = 'a'\nmin_entropy = 9", "expected bits per character, 0 to 7"),
        (RULE + "keywords = ['a']\npattern = 'a'\nmin_entropy = nan", "expected bits per character"),
        (RULE + "keywords = ['a']\npattern = 'a'\nmin_entropy = true", "expected bits per character"),
        (RULE + "keywords = ['a']\npattern = 'a'\ngroup = 1", "has no group 1"),
        (RULE + "keywords = ['a']\npattern = 'a'\ngroup = 'x'", "has no group 'x'"),
        (RULE + "keywords = ['a']\npattern = 'a'\ncheck = 'jwd'", "Did you mean 'jwt'"),
        ((RULE + "keywords = ['a']\npattern = 'a'\n") * 2, "rule 'a' is there twice"),
        ("extend = {useDefault = true}\n[[rules]]\nid = 'a'\nregex = 'a'", "extend is not followed"),
        ("[[rules]]\nid = 'a'\nregex = 'a'\npath = 'b'", "no rule for content"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says.replace("(", r"\(")):
        load_rules(written(tmp_path, content))


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_rules(written(tmp_path, "[[rules]]\npattern = 'a('\n[[rules]]\nid = 'b'\n"))
    assert len(caught.value.problems) == 7


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        secret_entity(tmp_path / "none.toml")


def test_the_built_in_rules_are_sorted_out() -> None:
    tables = tomllib.loads(BUILT_IN.read_text(encoding="utf-8"))["rules"]
    assert all(set(table["id"]) <= set(LOWER + "0123456789-") for table in tables)
    assert all(not table["what"].endswith(".") for table in tables)
    assert SECRETS[0].kind == "SECRET"
    assert SECRETS[0].make().get_supported_entities() == ["SECRET"]


def test_a_pattern_that_takes_too_long_is_said_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pattern_recognizer, "REGEX_TIMEOUT_SECONDS", 0.2)
    path = written(tmp_path, RULE + "keywords = ['1a']\npattern = '(?:1a|1|a)+(?:1a|1|a)+[bc]'\n")
    assert secret_entity(path).make().analyze("1a" * 5000, ["SECRET"], None) == []
    assert [record.getMessage() for record in caplog.records] == ["Rule 'a' timed out, skipping."]


def test_a_rule_is_a_value() -> None:
    rule = RULES["jwt"]
    assert isinstance(rule, SecretRule)
    assert hash(rule) == hash(load_rules(BUILT_IN).rules[[*RULES].index("jwt")])
