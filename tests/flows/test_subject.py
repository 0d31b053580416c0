"""Requests of people, end to end: found by a value that is nowhere on record, and let through no more."""

import hashlib
import hmac
import io
import json
import stat
import typing

import orjson
import polars as pl
import pytest

from catalog.keyed import read_subject_keys
from catalog.query import query
from catalog.read import connect_read
from catalog.subject import COLUMNS
from catalog.suppression import REASONS, Suppressions, read_list
from filters.personal.values import value_digest
from flows import cli
from flows.cli import run as command_line
from flows.means import Means
from flows.plan import make_plan
from flows.stages import curate_all
from flows.verify import verify
from flows.workspace import Workspace
from tamis.errors import ConfigError
from tests.flows.conftest import POLICY, png

ADA = "Ada.Canary@planted-subject.com"
BOB = "bob@planted-other.com"
CALLED = "+33 6 12 34 56 78"
AT_HOME = "06 12 34 56 78"
RECIPE = """\
name: test
corpora:
  - {name: letters, format: jsonl, path: letters}
  - {name: pictures, format: image-folder, path: pictures, licence: CC0-1.0}
filters:
  personal_data: {entities: [%s]}
  nsfw: {}
  licence: {}
  exact_duplicates: {}
release: {name: test, version: "%s"}
"""
ENTITIES = "EMAIL_ADDRESS, IP_ADDRESS, PHONE_NUMBER"


def texts():
    return [
        f"Write to {ADA.lower()}, please.",
        f"Write to {BOB}, or to {ADA}.",
        "Nobody is here.",
        f"Only {BOB} and a server at 81.2.69.142.",
        f"Call {CALLED} in the evening.",
    ]


def write(workspace, *, version="1.0.0", policy=POLICY, entities=ENTITIES):
    workspace.recipe.write_text(RECIPE % (entities, version))
    (workspace.root / "policy.yaml").write_text(policy)


def curate(workspace):
    return curate_all(workspace, Means(0, quiet=True))


@pytest.fixture
def workspace(tmp_path):
    root = tmp_path / "workspace"
    for name in ("letters", "pictures"):
        (root / name).mkdir(parents=True)
    lines = [json.dumps({"text": text, "id": f"n{number}", "licence": "MIT"}) for number, text in enumerate(texts())]
    (root / "letters" / "a.jsonl").write_text("\n".join(lines))
    (root / "letters" / "b.jsonl").write_text(
        json.dumps({"text": f"Again {ADA}!", "id": "b0", "licence": "GPL-3.0-only"})
    )
    (root / "pictures" / "0.png").write_bytes(png(1))
    at = Workspace(root, root / "recipe.yaml")
    write(at)
    return at


def asked(workspace, capsys, *arguments, command="find"):
    assert command_line(["subject", command, *arguments, "-w", str(workspace.root)]) == 0
    return capsys.readouterr()


def found(workspace, capsys, *arguments):
    capsys.readouterr()
    said = asked(workspace, capsys, *arguments, "--format", "json")
    return [json.loads(line) for line in said.out.splitlines() if line], said.err


def released(outcome):
    return pl.read_parquet(outcome.release.folder / "text" / "*" / "*.parquet")["text"].to_list()


def suppress(workspace, capsys, *arguments):
    return asked(workspace, capsys, *arguments, "--reason", "erasure", command="suppress").out


def bytes_of(root):
    """Everything in a workspace but its input, with Parquet unpacked."""
    for path in root.rglob("*"):
        if path.is_file() and path.relative_to(root).parts[0] not in {"letters", "pictures"}:
            data = path.read_bytes() + str(path).encode()
            yield path, data + (str(pl.read_parquet(path).to_dicts()).encode() if path.suffix == ".parquet" else b"")


def test_a_person_is_found_in_every_spelling_with_what_became_of_each_place(workspace, capsys):
    outcome = curate(workspace)
    rows, said = found(workspace, capsys, "--email", ADA.upper())
    assert [(row["id"], row["outcome"], row["verdict"], row["releases"]) for row in rows] == [
        ("n0", "redact", "redact", "test@1.0.0"),
        ("n1", "redact", "redact", "test@1.0.0"),
        ("b0", "redact", "drop", ""),
    ]
    start = texts()[0].index("ada")
    assert (rows[0]["start_offset"], rows[0]["end_offset"]) == (start, start + len(ADA))
    assert {row["run"] for row in rows} == {outcome.run}
    assert "EMAIL_ADDRESS 1: 3 places in 3 items, over 1 run." in said
    assert "1 key tried." in said


def test_nobody_is_found_who_is_not_there_and_what_was_not_looked_for_is_said(workspace, capsys):
    curate(workspace)
    rows, said = found(workspace, capsys, "--email", "nobody@planted-nowhere.com", "iban_code=GB82WEST12345698765432")
    assert rows == []
    assert "EMAIL_ADDRESS 1: 0 places." in said
    assert "IBAN_CODE was not looked for in 1 of 1 run" in said


def test_a_number_is_found_as_it_is_written_at_home(workspace, capsys):
    with (workspace.root / "letters" / "b.jsonl").open("a") as file:
        file.write("\n" + json.dumps({"text": f"At home: {AT_HOME}, evenings.", "id": "home", "licence": "MIT"}))
    curate(workspace)
    rows, _ = found(workspace, capsys, "--phone", CALLED)
    ids = {row["id"] for row in rows}
    assert "n4" in ids
    assert ids <= {"n4", "home"}
    _, said = found(workspace, capsys, "--phone", AT_HOME)
    assert "has no country code" in said


def test_values_come_from_standard_input_too(workspace, capsys, monkeypatch):
    curate(workspace)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"email={BOB}\n\nEMAIL_ADDRESS={ADA}\n"))
    rows, _ = found(workspace, capsys, "--stdin")
    assert [row["asked"] for row in rows] == ["EMAIL_ADDRESS 1"] * 2 + ["EMAIL_ADDRESS 2"] * 3


@pytest.mark.parametrize(
    "arguments", [(), (ADA,), (f"={ADA}",), (f"{ADA}={ADA}",), ("--email", " . "), ("--email", ADA, "--emial", ADA)]
)
def test_a_slip_is_said_without_what_was_typed(workspace, capsys, arguments):
    assert command_line(["subject", "find", *arguments, "-w", str(workspace.root)]) == 2
    assert ADA not in "".join(capsys.readouterr())


def test_the_view_says_what_the_command_says_by_the_digest_that_the_docs_describe(workspace, capsys):
    outcome = curate(workspace)
    key = bytes.fromhex((workspace.keys / "subject.key").read_text())
    plain = hashlib.sha256(f"EMAIL_ADDRESS\0{ADA.casefold()}".encode()).digest()[:16]
    value = hmac.digest(key, plain, "sha256")[:16].hex()
    names = [name for name, _ in COLUMNS if name != "asked"]
    view = query(outcome.catalog.path, f"SELECT {', '.join(names)} FROM subject_mention WHERE value = '{value}'")
    rows, _ = found(workspace, capsys, "--email", ADA)
    assert sorted(view.rows, key=str) == sorted((tuple(row[name] for name in names) for row in rows), key=str) != []
    spans = query(outcome.catalog.path, f"SELECT DISTINCT subject_key FROM span WHERE value = '{value}'").rows
    assert spans == ((read_subject_keys(workspace.keys).current.id,),)


def test_the_key_is_its_owners_alone_and_not_that_of_contents(workspace):
    curate(workspace)
    path = workspace.keys / "subject.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() != workspace.key_file.read_text()
    secret = bytes.fromhex(path.read_text())
    stored = [data for at, data in bytes_of(workspace.root) if at != path]
    assert not any(secret in data or secret.hex().encode() in data for data in stored)


@pytest.mark.slow
def test_what_was_asked_is_in_no_file_of_the_workspace(workspace, capsys):
    asked_for = "canary.request@planted-request.com"
    curate(workspace)
    said = suppress(workspace, capsys, "--email", asked_for, "--email", ADA)
    said += "".join(asked(workspace, capsys, "--email", asked_for, "--email", ADA))
    write(workspace, version="2")
    assert command_line(["plan", str(workspace.root)]) == 0
    assert command_line(["curate", str(workspace.root), "--workers", "1"]) == 0  # through Prefect, with its database
    assert command_line(["subject", "suppressions", str(workspace.root)]) == 0
    assert command_line(["subject", "unsuppress", "--email", asked_for, "-w", str(workspace.root)]) == 0
    said += "".join(capsys.readouterr())
    plain = [value_digest("EMAIL_ADDRESS", value) for value in (asked_for, ADA)]
    for canary in (asked_for, ADA, ADA.lower(), "canary.request", *(f"{hi:016x}{lo:016x}" for hi, lo in plain)):
        assert canary not in said
        assert not [path for path, data in bytes_of(workspace.root) if canary.encode() in data], canary
    names = {path.relative_to(workspace.root).parts[0] for path, _ in bytes_of(workspace.root)}
    assert names >= {".prefect", "store", "catalog", "reports", "suppression.jsonl", "keys", "releases"}


def test_a_suppressed_value_goes_through_no_more_and_nothing_is_measured_for_it(workspace, capsys):
    first = curate(workspace)
    said = suppress(workspace, capsys, "--email", ADA)
    assert "Raise `release.version`" in said
    with pytest.raises(
        ConfigError, match=r"The list of suppressed values has changed since\. Raise `release\.version`"
    ):
        curate(workspace)
    write(workspace, version="2")
    assert command_line(["plan", str(workspace.root)]) == 0
    assert "1 value is suppressed; items that hold one: drop" in capsys.readouterr().out
    second = curate(workspace)
    assert second.measured == 0
    assert second.run != first.run
    assert len(released(first)) - len(released(second)) == 2
    reasons = f"SELECT id, verdict, reason, rule FROM item WHERE run = '{second.run}' AND reason = 'subject_suppressed'"
    assert sorted(query(second.catalog.path, reasons).rows) == [
        (name, "drop", "subject_suppressed", "personal_data.on_suppressed") for name in ("b0", "n0", "n1")
    ]
    assert query(second.catalog.path, f"SELECT suppressed FROM run WHERE run = '{second.run}'").rows == ((1,),)
    rows, _ = found(workspace, capsys, "--email", ADA)
    assert {row["releases"] for row in rows if row["run"] == second.run} == {""}
    assert verify(workspace.root, count_input=True)[0] == []


def test_an_empty_list_changes_no_id_and_a_value_that_was_taken_off_goes_through_again(workspace, capsys):
    before = make_plan(workspace)
    suppress(workspace, capsys, "--email", ADA)
    assert make_plan(workspace).run != before.run
    asked(workspace, capsys, "--email", ADA, command="unsuppress")
    after = make_plan(workspace)
    assert after.run == before.run
    assert "suppressions" not in after.facts()
    assert len(released(curate(workspace))) == 5
    assert len((workspace.root / "suppression.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("outcome", "texts_left", "verdict"), [("hold", 3, "hold"), ("drop", 3, "drop"), ("redact", 5, "redact")]
)
def test_the_policy_says_what_becomes_of_items_with_a_suppressed_value(workspace, capsys, outcome, texts_left, verdict):
    keeping = POLICY.replace("default: redact", f"default: keep, on_suppressed: {outcome}")
    write(workspace, policy=keeping)
    suppress(workspace, capsys, "--email", ADA)
    done = curate(workspace)
    texts_released = released(done)
    assert len(texts_released) == texts_left
    assert not any(ADA.lower() in text.lower() for text in texts_released)
    assert any("81.2.69.142" in text for text in texts_released)
    sql = "SELECT DISTINCT verdict FROM item WHERE id IN ('n0', 'n1')"
    assert query(done.catalog.path, sql).rows == ((verdict,),)
    if outcome == "redact":
        assert "Write to <EMAIL_ADDRESS>, or to <EMAIL_ADDRESS>." in texts_released
        assert f"Only {BOB} and a server at 81.2.69.142." in texts_released


def test_a_licence_that_forbids_changes_holds_what_would_be_masked_for_somebody(workspace, capsys):
    (workspace.root / "letters" / "b.jsonl").write_text(
        json.dumps({"text": f"Once more {ADA}.", "id": "nd", "licence": "CC-BY-ND-4.0"})
    )
    allowing = POLICY.replace("attribution]", "attribution, restricted]")
    write(workspace, policy=allowing.replace("default: redact", "default: keep, on_suppressed: redact"))
    suppress(workspace, capsys, "--email", ADA)
    done = curate(workspace)
    assert query(done.catalog.path, "SELECT verdict FROM item WHERE id = 'nd'").rows == (("hold",),)


def test_a_list_that_no_filter_could_apply_stops_the_run(workspace, capsys):
    suppress(workspace, capsys, "--phone", CALLED)
    write(workspace, entities="EMAIL_ADDRESS")
    with pytest.raises(ConfigError, match="does not look for PHONE_NUMBER"):
        curate(workspace)
    assert command_line(["subject", "suppress", "PERSOM=Ada", "--reason", "other", "-w", str(workspace.root)]) == 2
    assert "unknown kind 'PERSOM'. Did you mean 'PERSON'" in capsys.readouterr().err


def test_after_a_rotation_both_keys_are_tried_and_a_segment_keeps_the_key_of_what_it_takes_over(workspace, capsys):
    curate(workspace)
    old = read_subject_keys(workspace.keys).current.id
    assert command_line(["subject", "rotate-key", str(workspace.root)]) == 0
    new = read_subject_keys(workspace.keys).current.id
    assert (workspace.keys / f"subject-{old}.key").is_file()
    write(workspace, version="2", policy=POLICY.replace('version: "1"', 'version: "2"'))
    (workspace.root / "letters" / "c.jsonl").write_text(
        json.dumps({"text": f"New {ADA}.", "id": "c", "licence": "MIT"})
    )
    second = curate(workspace)
    keys = f"SELECT shard, subject_key FROM shard WHERE run = '{second.run}' AND subject_key IS NOT NULL ORDER BY shard"
    assert query(second.catalog.path, keys).rows == (("a.jsonl", old), ("b.jsonl", old), ("c.jsonl", new))
    rows, said = found(workspace, capsys, "--email", ADA)
    assert {row["id"] for row in rows} == {"n0", "n1", "b0", "c"}
    assert "2 keys tried." in said
    (workspace.keys / f"subject-{old}.key").unlink()
    rows, said = found(workspace, capsys, "--email", ADA)
    assert {row["id"] for row in rows} == {"c"}
    assert f"Key {old} is gone: whoever is on record under it, in 4 shards of 2 runs, cannot be found." in said
    assert verify(workspace.root, count_input=True)[0] == []
    write(workspace, version="3", policy=POLICY.replace('version: "1"', 'version: "3"'))
    assert curate(workspace).measured == 0


def test_a_filter_that_is_measured_anew_does_not_mix_keys_in_a_segment(workspace):
    write(workspace, policy=POLICY.replace("nsfw: {}\n", ""))
    recipe = workspace.recipe.read_text()
    workspace.recipe.write_text(recipe.replace("  nsfw: {}\n", ""))
    curate(workspace)
    old = read_subject_keys(workspace.keys).current.id
    command_line(["subject", "rotate-key", str(workspace.root)])
    write(workspace, version="2")
    plan = make_plan(workspace)
    of_letters = [planned for planned in plan.of("measure") if planned.corpus.name == "letters"]
    assert {planned.subject_key for planned in of_letters} == {old}
    assert all(
        dict(planned.recorded).keys() == {"personal_data", "licence", "exact_duplicates"} for planned in of_letters
    )
    (workspace.keys / f"subject-{old}.key").unlink()
    new = read_subject_keys(workspace.keys).current.id
    of_letters = [planned for planned in make_plan(workspace).of("measure") if planned.corpus.name == "letters"]
    assert {planned.subject_key for planned in of_letters} == {new}
    assert not any(planned.recorded for planned in of_letters)


def test_a_suppression_outlives_a_rotation_and_a_key_that_is_gone_stops_the_run(workspace, capsys):
    suppress(workspace, capsys, "--email", ADA)
    command_line(["subject", "rotate-key", str(workspace.root)])
    assert "1 suppressed value cannot be put under the new key" in capsys.readouterr().out
    first = curate(workspace)  # measured under the new key, compared under the old one
    assert len(released(first)) == 3
    write(workspace, version="2", policy=POLICY.replace('version: "1"', 'version: "2"'))
    second = curate(workspace)  # what is on record is under a key that the entry does not know: measured anew
    assert second.measured > 0
    assert len(released(second)) == 3
    entry = read_list(workspace.suppression_list)[0].suppression
    suppress(workspace, capsys, "--email", ADA)
    again = [each.suppression for each in read_list(workspace.suppression_list)]
    assert len(again) == 1
    assert set(again[0].keys) == set(read_subject_keys(workspace.keys).ids) > set(entry.keys)
    write(workspace, version="3", policy=POLICY.replace('version: "1"', 'version: "2"'))
    third = curate(workspace)
    assert third.measured == 0
    assert len(released(third)) == 3
    for path in workspace.keys.glob("subject*.key"):
        path.unlink()
    with pytest.raises(ConfigError, match=f"the keys of {again[0].id} are gone"):
        make_plan(workspace)
    asked(workspace, capsys, "--entry", again[0].id, command="unsuppress")
    assert make_plan(workspace).suppressions == Suppressions()


def test_verify_sees_a_list_that_was_changed_or_lost_and_a_value_that_went_through(workspace, capsys):
    suppress(workspace, capsys, "--email", BOB)
    outcome = curate(workspace)
    assert verify(workspace.root, count_input=False)[0] == []
    kept = next(workspace.log.suppressions.iterdir())
    data = kept.read_bytes()
    kept.write_bytes(data.replace(b"EMAIL_ADDRESS", b"IP_ADDRESS"))
    assert "is not the list that its name is the digest of" in "\n".join(verify(workspace.root, count_input=False)[0])
    kept.unlink()
    assert "the suppression list that it applied is missing" in "\n".join(verify(workspace.root, count_input=False)[0])
    kept.write_bytes(data)
    key = read_subject_keys(workspace.keys).current
    suppress(workspace, capsys, "--email", ADA)
    other = Suppressions.of(each.suppression for each in read_list(workspace.suppression_list))
    workspace.log.keep_suppressions(other)
    path = workspace.log.run_folder(outcome.run) / "run.json"
    facts = orjson.loads(path.read_bytes())
    path.write_bytes(orjson.dumps({**facts, "suppressions": {"digest": other.digest, "values": 2}}))
    problems = "\n".join(verify(workspace.root, count_input=False)[0])
    assert "items hold a suppressed value, and no decision says so" in problems
    assert len(other.under(key.id)) == 2


def test_the_list_says_no_value_and_who_can_read_it(workspace, capsys):
    suppress(workspace, capsys, "--email", ADA)
    assert "stood on the list already" in suppress(workspace, capsys, "--email", ADA.lower())
    assert stat.S_IMODE(workspace.suppression_list.stat().st_mode) == 0o600
    assert command_line(["subject", "suppressions", str(workspace.root), "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["kind"], shown["reason"], shown["keys_gone"]) == ("EMAIL_ADDRESS", "erasure", "")
    assert command_line(["subject", "unsuppress", "--email", BOB, "-w", str(workspace.root)]) == 2
    assert command_line(["subject", "unsuppress", "--entry", "abc", "-w", str(workspace.root)]) == 2


def test_a_damaged_list_stops_the_run(workspace, capsys):
    suppress(workspace, capsys, "--email", ADA)
    line = orjson.loads(workspace.suppression_list.read_bytes())
    for broken in (b"{", b"{}", orjson.dumps({**line, "kind": "PHONE_NUMBER"}), orjson.dumps({**line, "reason": "x"})):
        workspace.suppression_list.write_bytes(broken)
        assert command_line(["plan", str(workspace.root)]) == 5
        said = capsys.readouterr().err
        assert "suppression.jsonl:1: is damaged" in said
        assert "Put back the line" in said


def test_without_a_key_or_a_catalog_the_answer_is_no_list(workspace, capsys):
    assert command_line(["subject", "find", "--email", ADA, "-w", str(workspace.root)]) == 5
    assert "no subject.key is there" in capsys.readouterr().err
    suppress(workspace, capsys, "--email", ADA)
    assert command_line(["subject", "find", "--email", ADA, "-w", str(workspace.root)]) == 5
    assert "tamis curate" in capsys.readouterr().err


def test_the_reasons_of_the_command_are_those_of_the_list():
    argument = cli.subject_app["suppress"].assemble_argument_collection()
    hint = next(each.hint for each in argument if each.names[0] == "--reason")
    assert typing.get_args(hint) == REASONS


def test_an_answer_leaves_nothing_in_the_catalog(workspace, capsys):
    outcome = curate(workspace)
    before = outcome.catalog.path.read_bytes()
    found(workspace, capsys, "--email", ADA)
    assert outcome.catalog.path.read_bytes() == before
    assert sorted(path.name for path in workspace.catalogs.iterdir()) == ["CURRENT", outcome.catalog.path.name]
    with connect_read(outcome.catalog.path) as connection:
        assert connection.execute("SELECT count(*) FROM span WHERE value IS NULL").fetchall() == [(0,)]
