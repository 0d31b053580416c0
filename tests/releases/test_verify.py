"""Whatever is changed in a workspace after a run, verification finds it, and goes on to the next fault."""

import shutil

import duckdb
import orjson
import polars as pl
import pytest

from catalog.build import logical_digest
from catalog.files import sha256_of
from catalog.log import FORMAT
from catalog.publish import current
from catalog.query import query
from flows.cli import run as command_line
from flows.means import Means
from flows.stages import curate_all, publish_catalog
from flows.verify import verify
from flows.workspace import Workspace
from releases.verify import verify_release

RELEASE = "releases/small/1"
ENTRY = "store/releases/small@1"


@pytest.fixture(scope="module")
def curated(tmp_path_factory):
    """Two files that are curated, with a twin and a broken line, and one that fails."""
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "letters").mkdir()
    lines = [f'{{"text": "Number {number}.", "licence": "MIT"}}' for number in range(6)]
    (folder / "letters" / "a.jsonl").write_text("\n".join([*lines, '{"text": "Closed.", "licence": "SSPL-1.0"}', "{"]))
    (folder / "letters" / "b.jsonl").write_text("\n".join(lines[4:]))
    (folder / "tables").mkdir()
    (folder / "tables" / "c.parquet").write_bytes(b"PAR1 this is no Parquet file PAR1")
    (folder / "recipe.yaml").write_text(
        "name: small\n"
        "corpora:\n"
        "  - {name: letters, format: jsonl, path: letters}\n"
        "  - {name: tables, format: parquet, path: tables}\n"
        "filters: {licence: {}, exact_duplicates: {}}\n"
        'release: {name: small, version: "1"}\n'
    )
    (folder / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive]}\nexact_duplicates: {}\n'
    )
    outcome = curate_all(Workspace.of(folder), Means(0, quiet=True))
    assert outcome.failed == (2,)
    return folder


@pytest.fixture
def workspace(curated, tmp_path):
    folder = tmp_path / "workspace"
    shutil.copytree(curated, folder)
    for path in folder.rglob("*.duckdb"):
        path.chmod(0o644)
    return folder


def run_folder(workspace):
    return next((workspace / "store" / "runs").iterdir())


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def edit(path, change):
    facts = orjson.loads(path.read_bytes())
    change(facts)
    path.write_bytes(orjson.dumps(facts))


def rewrite(folder, name, change):
    """Changes a Parquet file and puts its new digest and rows into the commit, as a careful hand would."""
    path = folder / f"{name}.parquet"
    frame = change(pl.read_parquet(path))
    frame.write_parquet(path)

    def fix(facts):
        for row in facts["files"]:
            if row[0] == path.name:
                row[1:] = [sha256_of(path), frame.height]

    edit(folder / "commit.json", fix)


def rewrite_step(workspace):
    folder = step(workspace)
    path = folder / "decisions.parquet"
    frame = pl.read_parquet(path).head(1)
    frame.write_parquet(path)
    edit(folder / "commit.json", lambda facts: facts["file"].update(sha256=sha256_of(path), rows=1))


def step(workspace):
    return next(run_folder(workspace).glob("corpus-exact_duplicates-*"))


def segment(workspace, number=0):
    return run_folder(workspace) / f"shard-{number:05d}"


def swap(workspace):
    aside = run_folder(workspace) / "aside"
    segment(workspace, 0).rename(aside)
    segment(workspace, 1).rename(segment(workspace, 0))
    aside.rename(segment(workspace, 1))


def change_catalog(workspace, *, sql, careful):
    published = current(workspace / "catalog")
    with duckdb.connect(published.path) as connection:
        connection.execute(sql)
        digest = logical_digest(connection)
    if careful:
        said = {"sha256": sha256_of(published.path), "logical_digest": digest}
        edit(workspace / "catalog" / "CURRENT", lambda facts: facts.update(said))


def counts_of_a_filter(facts):
    facts["filters"][1].update(keep=0)


def another_policy(facts):
    facts["policy"]["text"] = facts["policy"]["text"].replace("permissive", "permissive, copyleft")


def another_recipe(facts):
    facts["recipe"]["text"] = facts["recipe"]["text"].replace("licence: {}", "licence: {}, nsfw: {}")


FAULTS = [
    ("a release's byte", lambda w: flip(w / RELEASE / "text/permissive/part-00000.parquet"), "is not what was sealed"),
    ("a file in a release", lambda w: (w / RELEASE / "x").write_bytes(b"x"), "x is not in the manifest"),
    ("a link in a release", lambda w: (w / RELEASE / "x").symlink_to("/tmp"), "x is a link"),
    ("a dead link in a release", lambda w: (w / RELEASE / "x").symlink_to("/nowhere"), "x is a link"),
    ("an empty folder in a release", lambda w: (w / RELEASE / "x").mkdir(), "x is a folder that is not in"),
    ("a file of a release lost", lambda w: (w / RELEASE / "README.md").unlink(), "README.md is missing"),
    (
        "a manifest's policy",
        lambda w: edit(w / RELEASE / "manifest.json", lambda m: m["policy"].update(name="evil")),
        "the log has another policy than its manifest",
    ),
    (
        "a manifest's counts",
        lambda w: edit(w / RELEASE / "manifest.json", lambda m: m["counts"].update(masked=1)),
        "the counts of its manifest are not those of its rows",
    ),
    (
        "a manifest's licences",
        lambda w: edit(w / RELEASE / "manifest.json", lambda m: m["licences"][0].update({"class": "evil"})),
        "the licences of its manifest are not those of its rows",
    ),
    (
        "a manifest's content digest",
        lambda w: edit(w / RELEASE / "manifest.json", lambda m: m.update(content_digest="0" * 64)),
        "the content digest of its manifest is not that of its rows",
    ),
    (
        "an entry's audits",
        lambda w: edit(w / ENTRY / "release.json", lambda e: e.update(audits=[])),
        "the log has another audits than its manifest",
    ),
    ("an entry lost", lambda w: shutil.rmtree(w / ENTRY), "the log of this workspace does not know it"),
    ("an entry's list", lambda w: flip(w / ENTRY / "items.parquet"), "items.parquet is not what was recorded"),
    ("a file in an entry", lambda w: (w / ENTRY / "x").write_bytes(b"x"), "x is not in it"),
    ("a release lost", lambda w: shutil.rmtree(w / RELEASE), "release small@1: its folder is missing"),
    ("a manifest lost", lambda w: (w / RELEASE / "manifest.json").unlink(), "no manifest.json here"),
    (
        "a release under another name",
        lambda w: shutil.copytree(w / RELEASE, w / "releases/other/1"),
        "release other@1: its manifest is that of small@1",
    ),
    ("a segment's byte", lambda w: flip(segment(w) / "items.parquet"), "items.parquet is not what was committed"),
    ("a file in a segment", lambda w: (segment(w) / "x").write_bytes(b"x"), "x is not in its commit.json"),
    (
        "a file not named",
        lambda w: edit(segment(w) / "commit.json", lambda c: c["files"].pop()),
        "its commit.json does not name spans.parquet",
    ),
    ("segments swapped", swap, "shard-00000: its commit.json is of run"),
    ("a segment lost", lambda w: shutil.rmtree(segment(w)), "shard 0 (a.jsonl) is neither committed nor failed"),
    (
        "decisions",
        lambda w: rewrite(segment(w), "decisions", lambda frame: frame.clear()),
        "its verdicts are not those that its decisions give",
    ),
    (
        "what is kept",
        lambda w: rewrite(segment(w), "kept", lambda frame: frame.head(1)),
        "what it hands to a release is not what its verdicts let stay",
    ),
    (
        "licence texts",
        lambda w: rewrite(segment(w), "licences", lambda frame: pl.DataFrame([{"position": 6}], schema=frame.schema)),
        "it has licence texts of items that do not stay",
    ),
    (
        "findings",
        lambda w: rewrite(segment(w), "findings-licence", lambda frame: frame.head(1)),
        "a filter's findings are not one for each position",
    ),
    (
        "a filter's counts",
        lambda w: edit(segment(w) / "commit.json", counts_of_a_filter),
        "the decisions of licence do not add up to the counts of its commit",
    ),
    (
        "a commit's counts",
        lambda w: edit(segment(w) / "commit.json", lambda c: c.update(outcomes=[["keep", 8]])),
        "the verdicts do not add up to the counts of its commit",
    ),
    (
        "where a segment is from",
        lambda w: edit(segment(w) / "commit.json", lambda c: c.update(reused_from="rzzz")),
        "it was taken over from run rzzz, which is not in the log",
    ),
    (
        "a commit's input",
        lambda w: edit(segment(w) / "commit.json", lambda c: c["shard"].update(sha256="0" * 64)),
        "its commit.json names another input than run.json",
    ),
    (
        "a commit's filters",
        lambda w: edit(segment(w) / "commit.json", lambda c: c["filters"][1].update(digest="0" * 64)),
        "its commit.json names other filters than run.json",
    ),
    ("a step's byte", lambda w: flip(step(w) / "decisions.parquet"), "decisions.parquet is not what was committed"),
    ("a step's decisions", rewrite_step, "its decisions are not those that the segments give"),
    ("a step lost", lambda w: shutil.rmtree(step(w)), "which finished.json names for exact_duplicates, is missing"),
    ("an end lost", lambda w: (run_folder(w) / "finished.json").unlink(), "which made it, has no finished.json"),
    (
        "an end",
        lambda w: edit(run_folder(w) / "finished.json", lambda f: f.update(status="done")),
        "finished.json says that all is done, but shards failed",
    ),
    ("a failure lost", lambda w: (run_folder(w) / "failed-00002.json").unlink(), "shard 2 (c.parquet) is neither"),
    ("a file in a run", lambda w: (run_folder(w) / "x").write_bytes(b"x"), "x does not belong there"),
    (
        "a run's policy",
        lambda w: edit(run_folder(w) / "run.json", another_policy),
        "its policy on record has another name, version or digest than run.json says",
    ),
    (
        "a run's policy that is none",
        lambda w: edit(run_folder(w) / "run.json", lambda r: r["policy"].update(text="anything")),
        "its policy on record is none",
    ),
    (
        "a run's policy's digest",
        lambda w: edit(run_folder(w) / "run.json", lambda r: r["policy"].update(digest="0" * 64)),
        "which made it, has another policy",
    ),
    (
        "a run's recipe",
        lambda w: edit(run_folder(w) / "run.json", another_recipe),
        "its recipe on record has another digest than run.json says",
    ),
    (
        "a run's machine",
        lambda w: edit(run_folder(w) / "run.json", lambda r: r.update(machine="another")),
        "does not say what the log says, in log.run:",
    ),
    ("a run lost", lambda w: shutil.rmtree(run_folder(w)), "does not say what the log says, in log.decision"),
    (
        "the catalog",
        lambda w: change_catalog(w, sql="DELETE FROM log.decision", careful=False),
        "is not what was published (its sha256 differs)",
    ),
    (
        "the catalog and its pointer",
        lambda w: change_catalog(w, sql="DELETE FROM log.decision", careful=True),
        "does not say what the log says, in log.decision:",
    ),
    (
        "a view of the catalog",
        lambda w: change_catalog(w, sql="CREATE OR REPLACE VIEW reason AS SELECT 1 AS code", careful=True),
        "does not say what the log says, in main.reason:",
    ),
    (
        "the pointer's logical digest",
        lambda w: edit(w / "catalog/CURRENT", lambda c: c.update(logical_digest="0" * 64)),
        "CURRENT names another logical digest",
    ),
    ("the pointer lost", lambda w: (w / "catalog/CURRENT").unlink(), "no catalog yet"),
]


def test_nothing_is_wrong_after_a_run_and_the_digest_to_pin_is_said(workspace):
    problems, said = verify(workspace, count_input=True)
    assert problems == []
    assert "Looked at every byte of 2 segments and 1 release" in said
    assert "Counted 10 positions of the input again" in said
    assert f"release small@1: sha256 of its manifest {sha256_of(workspace / RELEASE / 'manifest.json')}" in said


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_change_is_found(workspace, change, expected):
    change(workspace)
    problems, _ = verify(workspace, count_input=False)
    assert [problem for problem in problems if expected in problem], problems


def test_the_card_says_how_many_shards_failed(workspace):
    card = (workspace / RELEASE / "README.md").read_text()
    assert "1 of the input's 3 shards failed; nothing of what failed is here." in card


def test_verifying_writes_nothing(workspace):
    before = {path: path.stat().st_mtime_ns for path in workspace.rglob("*")}
    verify(workspace, count_input=True)
    assert {path: path.stat().st_mtime_ns for path in workspace.rglob("*")} == before


def test_a_release_alone_is_verified_by_its_rows(workspace):
    folder = workspace / RELEASE
    assert verify_release(folder) == []
    edit(folder / "manifest.json", lambda manifest: manifest["counts"].update(texts=99))
    assert verify_release(folder) == ["release small@1: the counts of its manifest are not those of its rows"]
    problems, said = verify(folder, count_input=False)
    assert len(problems) == 1
    assert "sha256 of its manifest" not in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[]", "manifest.json: is damaged (Input should be an object)"),
        (b"{", "manifest.json: is damaged (no JSON)"),
        (b"\xff\xfe", "manifest.json: is damaged (no JSON)"),
        (b'{"name": "x"}', "manifest.json: is damaged (format: Field required)"),
        (b'{"format": 99}', "sealed by another version of Tamis"),
        (b'{"format": 1, "name": "small", "version": "1"}', "manifest.json: is damaged (run: Field required)"),
    ],
)
def test_a_manifest_that_is_none_is_an_error_that_names_it(workspace, capsys, content, said):
    (workspace / RELEASE / "manifest.json").write_bytes(content)
    assert said in "\n".join(verify_release(workspace / RELEASE))
    for command in (["release", "-w", str(workspace)], ["release", "small@1", "-w", str(workspace)]):
        assert command_line(command) == 1
        assert said in capsys.readouterr().err
    assert command_line(["verify", str(workspace), "--no-input"]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd", "\x1b]0;x\x07", "a" * 300, "", "a\0b"])
def test_a_strangers_manifest_cannot_lead_out_of_its_folder_or_speak_to_a_terminal(workspace, path):
    added = {"path": path, "sha256": "0", "bytes": 1, "rows": None}
    edit(workspace / RELEASE / "manifest.json", lambda manifest: manifest["files"].append(added))
    problems = verify(workspace / RELEASE, count_input=False)[0]
    assert len(problems) == 1
    assert "is damaged (files." in problems[0]
    assert "\x1b" not in problems[0]


def test_rows_of_a_file_that_has_none_are_a_fault(workspace):
    def rows(manifest):
        for file in manifest["files"]:
            file["rows"] = 3

    edit(workspace / RELEASE / "manifest.json", rows)
    assert "README.md has not the 3 rows that it should have" in "\n".join(verify_release(workspace / RELEASE))


def test_rows_that_are_no_rows_of_a_release_are_a_fault(workspace):
    path = workspace / RELEASE / "text" / "permissive" / "part-00000.parquet"
    for frame, options in (
        (pl.DataFrame({"other": [1]}), {}),
        (pl.read_parquet(path), {"compression": "brotli"}),
    ):
        frame.write_parquet(path, **options)
        said = {"sha256": sha256_of(path), "rows": frame.height}
        edit(workspace / RELEASE / "manifest.json", lambda manifest, said=said: manifest["files"][1].update(said))
        assert "does not hold rows as a release has them" in "\n".join(verify_release(workspace / RELEASE))


def test_names_that_a_stranger_chose_are_shown_and_not_obeyed(workspace):
    for name in ("\x1b[2J", "two\nlines", "\u202egpj.exe", "\u200b\ufeff\u2028", "\udcff"):
        (workspace / RELEASE / name).write_bytes(b"")
    problems, _ = verify(workspace / RELEASE, count_input=False)
    assert len(problems) == 5
    assert not {"\x1b", "\n", "\u202e", "\u200b", "\ufeff", "\u2028", "\udcff"} & set("".join(problems))


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b'{"format": %d}' % FORMAT, b"null", b'{"format": %d, "files": 3}' % FORMAT]
)
@pytest.mark.parametrize(
    "name", ["run.json", "finished.json", "failed-00002.json", "shard-00000/commit.json", "release.json"]
)
def test_a_damaged_file_of_the_log_is_exit_5_and_named(workspace, capsys, name, content):
    path = workspace / ENTRY / name if name == "release.json" else run_folder(workspace) / name
    path.write_bytes(content)
    assert command_line(["catalog", "build", str(workspace)]) == 5
    assert f"{path}: is damaged (" in capsys.readouterr().err
    problems, _ = verify(workspace, count_input=True)
    assert f"{path}: is damaged (" in "\n".join(problems)


def test_a_damaged_file_hides_no_other_fault(workspace):
    (segment(workspace, 0) / "commit.json").write_bytes(b"{")
    flip(segment(workspace, 1) / "items.parquet")
    (workspace / RELEASE / "README.md").write_text("changed")
    said = "\n".join(verify(workspace, count_input=True)[0])
    for expected in (
        "commit.json: is damaged",
        "shard-00001: items.parquet is not",
        "README.md is not what was sealed",
    ):
        assert expected in said


def test_an_input_that_is_gone_is_one_more_problem(workspace):
    flip(segment(workspace) / "items.parquet")
    shutil.rmtree(workspace / "letters")
    said = "\n".join(verify(workspace, count_input=True)[0])
    assert "items.parquet is not what was committed" in said
    assert "corpus letters was not counted: " in said
    (workspace / "recipe.yaml").unlink()
    said = "\n".join(verify(workspace, count_input=True)[0])
    assert "items.parquet is not what was committed" in said
    assert "the input was not counted: recipe.yaml" in said


def test_a_shard_that_failed_is_said_to_have_failed(workspace):
    edit(run_folder(workspace) / "run.json", lambda run: run["shards"][2].update(sha256=run["shards"][1]["sha256"]))
    edit(run_folder(workspace) / "run.json", lambda run: run["shards"][2].update(corpus="letters", name="b.jsonl"))
    shutil.rmtree(segment(workspace, 1))
    said = "\n".join(verify(workspace, count_input=True)[0])
    assert f"corpus letters, shard b.jsonl: failed in run {run_folder(workspace).name}: shard_unreadable" in said


def test_runs_of_another_tamis_are_passed_over_and_said(workspace):
    def newer(facts):
        facts["tamis_version"] = "99.0"
        facts["policy"]["text"] += "wisdom: {}\n"

    edit(run_folder(workspace) / "run.json", newer)
    problems, said = verify(workspace, count_input=False)
    assert "on record" not in "\n".join(problems)
    assert "Policy and recipe of 1 run were not recomputed, for another version of Tamis made them" in said


def test_a_catalog_of_other_views_is_to_be_built_anew(workspace):
    change_catalog(workspace, sql="UPDATE main.view_source SET sha256 = 'x' WHERE name = 'item'", careful=True)
    problems, _ = verify(workspace, count_input=False)
    assert len(problems) == 1
    assert "was made by another version of Tamis" in problems[0]
    publish_catalog(Workspace.of(workspace))
    assert verify(workspace, count_input=False)[0] == []


@pytest.mark.parametrize("name", ["a[x]b", "a*", "a?b", "year=2026"])
def test_a_workspace_whose_path_looks_like_a_pattern_is_published_and_verified(curated, tmp_path, name):
    folder = tmp_path / name
    shutil.copytree(curated, folder)
    shutil.copytree(curated, tmp_path / "axb")  # which the patterns match, too
    shutil.rmtree(folder / "catalog")
    published = publish_catalog(Workspace.of(folder))
    assert published.logical_digest == current(curated / "catalog").logical_digest
    assert query(published.path, "SELECT count(*) FROM release_item").rows == ((6,),)
    assert verify(folder, count_input=True)[0] == []
