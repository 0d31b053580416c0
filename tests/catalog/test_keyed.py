"""Keys: two purposes, a rotation that loses none, and files that say what they hold."""

import hashlib
import hmac
import stat

import numpy as np
import polars as pl
import pytest

from catalog.keyed import Key, make_key, read_key, read_subject_keys, rotate_subject_key, siphash, subject_key_path
from tamis.errors import CatalogError

SECRET = bytes(range(32))


def test_a_keyed_digest_is_hmac_sha256_of_the_plain_one():
    plain = hashlib.sha256(b"value").digest()[:16]
    keyed = hmac.digest(SECRET, plain, "sha256")[:16]
    hi, lo = Key(SECRET).of(int.from_bytes(plain[:8], "big"), int.from_bytes(plain[8:], "big"))
    assert f"{hi:016x}{lo:016x}" == keyed.hex()


def test_the_same_secret_for_two_purposes_is_two_keys_and_neither_shows_it():
    content, subject = Key(SECRET), Key(SECRET, "subject")
    assert content.id != subject.id
    for key in (content, subject):
        assert SECRET.hex() not in repr(key)
        assert str(SECRET) not in repr(key)


def test_a_rotation_keeps_the_old_key_and_makes_a_new_one(tmp_path):
    assert read_subject_keys(tmp_path).all == ()
    none, first = rotate_subject_key(tmp_path)
    assert none is None
    old, second = rotate_subject_key(tmp_path)
    assert old == first
    _, third = rotate_subject_key(tmp_path)
    keys = read_subject_keys(tmp_path)
    assert keys.current == third
    assert set(keys.older) == {first, second}
    assert [keys.named(key.id) for key in (first, second, third)] == [first, second, third]
    assert keys.named("0" * 16) is None
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_rotation_that_was_cut_off_leaves_one_key_once(tmp_path):
    key = make_key(subject_key_path(tmp_path), "subject")
    (tmp_path / f"subject-{key.id}.key").write_bytes(subject_key_path(tmp_path).read_bytes())
    assert read_subject_keys(tmp_path).all == (key,)
    old, _ = rotate_subject_key(tmp_path)
    assert old == key


def test_a_key_that_was_destroyed_is_not_among_them(tmp_path):
    rotate_subject_key(tmp_path)
    old, new = rotate_subject_key(tmp_path)
    (tmp_path / f"subject-{old.id}.key").unlink()
    assert read_subject_keys(tmp_path).all == (new,)
    subject_key_path(tmp_path).unlink()
    assert read_subject_keys(tmp_path).current is None


def test_a_file_that_is_no_key_or_another_one_is_said(tmp_path):
    rotate_subject_key(tmp_path)
    old, _ = rotate_subject_key(tmp_path)
    path = tmp_path / f"subject-{old.id}.key"
    path.rename(tmp_path / "subject-0000000000000000.key")
    with pytest.raises(CatalogError, match="another key than its name says"):
        read_subject_keys(tmp_path)
    subject_key_path(tmp_path).write_text("no key")
    with pytest.raises(CatalogError, match="nobody can be found any more"):
        read_key(subject_key_path(tmp_path), "subject")


def test_many_digests_are_keyed_by_siphash_as_its_authors_have_it():
    message = np.frombuffer(bytes(range(8)), dtype="<u8")
    assert siphash(message, bytes(range(16))).tolist() == [0x93F5F5799A932462]  # the paper's vector of eight bytes


def test_packed_digests_are_keyed_each_for_itself_and_told_by_the_key():
    one, other = Key(bytes(32)), Key(b"1" * 32)
    digests = np.array([7, 8, 7], dtype="<u8")
    frame = pl.DataFrame({"position": [0, 1, 2], "lines": [digests.tobytes(), b"", digests[1:].tobytes()]})
    keyed = one.apply_packed(frame, "lines")
    first, none, last = (np.frombuffer(each, "<u8").tolist() for each in keyed["lines"])
    assert first[0] == first[2] == last[1]
    assert first[1] == last[0] not in {first[0], 8}
    assert none == []
    assert keyed["position"].to_list() == [0, 1, 2]
    assert other.apply_packed(frame, "lines")["lines"][0] != keyed["lines"][0]
