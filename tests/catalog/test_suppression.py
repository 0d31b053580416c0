"""The suppression list: what it matches, how it is named, and that it only grows."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.keyed import Key, SubjectKeys
from catalog.log import Log
from catalog.suppression import Listed, Suppression, Suppressions, add_to_list, lift_from_list, read_list
from filters.personal.values import value_digests
from tamis.errors import CatalogError

ONE, TWO = (Key(bytes([n]) * 32, "subject") for n in (1, 2))
BOTH = SubjectKeys(TWO, (ONE,))
ONLY_ONE, ONLY_TWO = SubjectKeys(ONE, ()), SubjectKeys(TWO, ())
NONE = SubjectKeys(None, ())
word = st.integers(0, 2**64 - 1)
values = st.lists(st.tuples(word, word), min_size=1, max_size=4, unique=True)


def entry(*plain, kind="EMAIL_ADDRESS", keys=BOTH):
    return Suppression.of(kind, plain, keys)


@given(values, values)
def test_a_plain_digest_is_matched_under_any_key_that_is_there_and_no_other_is(listed, others):
    held = Suppressions.of([entry(*listed, keys=ONLY_ONE)])
    for keys in (ONLY_ONE, BOTH):
        matches = held.among_plain(keys)
        assert all(matches(*value) for value in listed)
        assert not any(matches(*value) for value in others if value not in listed)
    assert not any(held.among_plain(ONLY_TWO)(*value) for value in listed)
    assert held.under(ONE.id) == {ONE.of(*value) for value in listed}
    assert held.under(TWO.id) == frozenset()


@given(st.lists(values, max_size=4), st.randoms())
def test_the_digest_depends_on_what_is_listed_and_not_on_order(listed, random):
    entries = [entry(*plain) for plain in listed]
    shuffled = [*entries, *entries[:1]]
    random.shuffle(shuffled)
    assert Suppressions.of(shuffled) == Suppressions.of(entries)
    assert Suppressions.of(shuffled).digest == Suppressions.of(entries).digest


def test_an_empty_list_has_no_digest():
    assert Suppressions().digest == ""
    assert Suppressions.of([]) == Suppressions()
    assert Suppressions().known_under("anything")


def test_what_is_known_under_which_key_and_what_is_lost():
    mixed = Suppressions.of([entry((1, 1)), entry((2, 2), keys=ONLY_ONE)])
    assert mixed.known_under(ONE.id)
    assert not mixed.known_under(TWO.id)
    assert mixed.lost(BOTH) == mixed.lost(ONLY_ONE) == ()
    assert [each.keys for each in mixed.lost(ONLY_TWO)] == [(ONE.id,)]
    assert len(mixed.lost(NONE)) == 2


def test_a_value_that_is_entered_again_under_more_keys_is_the_same_value():
    old, new = entry((1, 1), keys=ONLY_ONE), entry((1, 1), keys=BOTH)
    assert new.is_same_value_as(old)
    assert not entry((1, 1), keys=ONLY_TWO).is_same_value_as(old)
    assert not entry((1, 1), kind="IP_ADDRESS").is_same_value_as(old)
    assert entry((1, 1), keys=ONLY_TWO).joined([old]) == new


def test_two_numbers_that_are_one_at_home_are_two_values():
    french = Suppression.of("PHONE_NUMBER", value_digests("PHONE_NUMBER", "+33 2 01 23 45 67"), BOTH)
    german = Suppression.of("PHONE_NUMBER", value_digests("PHONE_NUMBER", "+49 201 234567"), BOTH)
    assert set(dict(french.digests)[ONE.id]) & set(dict(german.digests)[ONE.id])
    assert not french.is_same_value_as(german)
    assert french.is_same_value_as(Suppression.of("PHONE_NUMBER", value_digests("PHONE_NUMBER", "+33201234567"), BOTH))


def test_a_list_only_grows_and_what_was_lifted_stands_no_more(tmp_path):
    path = tmp_path / "suppression.jsonl"
    assert read_list(path) == ()
    first, second = (Listed(entry((n, n)), "erasure", "2026-11-25") for n in (1, 2))
    add_to_list(path, [first])
    before = path.read_bytes()
    add_to_list(path, [second])
    lift_from_list(path, [first.suppression], date="2026-11-26")
    assert path.read_bytes().startswith(before)
    assert read_list(path) == (second,)
    add_to_list(path, [first])
    assert read_list(path) == (second, first)


def test_what_a_run_applied_is_on_record_by_its_sha256_and_a_changed_one_is_refused(tmp_path):
    log = Log(tmp_path)
    applied = Suppressions.of([entry((1, 1)), entry((2, 2), keys=ONLY_ONE)])
    log.keep_suppressions(Suppressions())
    assert not log.suppressions.exists()
    log.keep_suppressions(applied)
    path = log.suppressions / f"{applied.digest}.json"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == applied.digest
    assert log.read_suppressions(applied.digest) == applied
    assert log.read_suppressions("") == Suppressions()
    path.write_bytes(Suppressions.of([entry((3, 3))]).as_json())
    with pytest.raises(CatalogError, match="is not the list"):
        log.read_suppressions(applied.digest)
    path.write_text('{"suppressed": [{"kind": "X", "digests": {"k": ["no hex"]}}]}')
    with pytest.raises(CatalogError, match="damaged"):
        log.read_suppressions(applied.digest)
