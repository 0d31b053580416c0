"""What runs take is on record, becomes energy in the catalog, and changes nothing that a run says."""

import hashlib
import json
import shutil

import pytest

from catalog.activity import RUN_STAGES, Activity, ActivityFile, Reading, Start, folder_of, read_activity
from catalog.build import bring_activity, build, logical_digest
from catalog.coefficient import shipped
from catalog.log import Log
from catalog.publish import current
from catalog.query import query
from catalog.read import connect_read
from catalog.verify import verify_activity, verify_published
from filters.nsfw import NsfwFilter
from filters.pictures.look import look_at
from flows.cli import run as tamis
from flows.laps import Clock, Laps
from flows.means import Means
from flows.stages import curate_all, publish_catalog
from flows.workspace import Workspace
from tamis.errors import ConfigError
from tamis.testing import image_batch
from tests.flows.conftest import png

SHARD_ROWS = [
    ("load", None),
    ("read", None),
    ("look", None),
    ("filter", "licence"),
    ("filter", "exact_duplicates"),
    ("decide", None),
    ("write", None),
]


def make(folder, *, version="1"):
    (folder / "letters").mkdir(parents=True)
    for name in ("a", "b"):
        lines = [json.dumps({"text": f"Letter {name} {n}", "licence": "MIT"}) for n in range(40)]
        (folder / "letters" / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    write_recipe(folder, version)
    (folder / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive]}\nexact_duplicates: {}\n'
    )
    return Workspace.of(folder)


def write_recipe(folder, version):
    (folder / "recipe.yaml").write_text(
        "name: energy\ncorpora: [{name: letters, format: jsonl, path: letters}]\n"
        "filters: {licence: {}, exact_duplicates: {}}\n"
        f'release: {{name: energy, version: "{version}"}}\n'
    )


def curate(workspace, workers=0):
    return curate_all(workspace, Means(workers, 16, quiet=True))


def bytes_of(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def curated(tmp_path_factory):
    workspace = make(tmp_path_factory.mktemp("energy") / "workspace")
    before = Clock.now()
    outcome = curate(workspace)
    return workspace, outcome, Clock.now().cpu - before.cpu


@pytest.fixture
def copied(curated, tmp_path):
    workspace = Workspace.of(shutil.copytree(curated[0].root, tmp_path / "copy"))
    return workspace, current(workspace.catalogs)


def asked(path, sql):
    return query(path, sql).rows


def test_every_stage_is_on_record_and_together_they_are_what_the_run_took(curated):
    workspace, outcome, cpu = curated
    (recorded,) = read_activity(workspace.log.store)
    rows = [row for _, row in recorded.rows]
    of_run = [stage for stage in RUN_STAGES if stage != "subset"]  # the recipe asks for none
    assert [row.stage for row in rows if row.shard is None] == of_run
    for shard in range(2):
        assert [(row.stage, row.filter) for row in rows if row.shard == shard] == SHARD_ROWS
    assert sum(row.cpu_seconds for row in rows) == pytest.approx(cpu, rel=0.1)
    assert {row.items for row in rows if row.shard is not None} == {40}
    sizes = sorted(path.stat().st_size for path in (workspace.root / "letters").iterdir())
    assert sorted({row.n_bytes for row in rows if row.shard is not None}) == sorted(set(sizes))
    assert all(row.peak_rss > 10_000_000 for row in rows)
    assert asked(outcome.catalog.path, "SELECT count(*) FROM activity") == ((len(rows) - 1,),)  # the report came after


def test_energy_is_reckoned_as_the_docs_say(curated):
    _, outcome, _ = curated
    path = outcome.catalog.path
    ((cpu, wall, rss),) = asked(path, "SELECT cpu_seconds, wall_seconds, peak_rss FROM activity WHERE stage = 'audits'")
    told = asked(
        path, "SELECT kwh_low, kwh_mid, kwh_high, kg_co2e_mid, quality, region FROM energy WHERE stage = 'audits'"
    )
    factor = {name: shipped().of("machine", name).range for name in shipped().names("machine")}
    for level, kwh in zip(("low", "mid", "high"), told[0], strict=False):
        of = {name: getattr(each, level) for name, each in factor.items()}
        joules = (cpu + max(wall - cpu, 0) * of["idle_share"]) * of["watts_per_vcpu"]
        joules += rss / 2**30 * wall * of["watts_per_gib"]
        assert kwh == pytest.approx(joules * of["node_factor"] * of["pue"] / 3.6e6)
    assert told[0][3] == pytest.approx(told[0][1] * 0.475)
    assert told[0][4:] == ("modelled", "WORLD")
    ((items, per_items, total),) = asked(
        path, "SELECT items, g_per_1000_items_mid, (SELECT sum(kg_co2e_mid) FROM energy) FROM energy_rate"
    )
    assert items == 80
    assert per_items == pytest.approx(total * 1000 / 80 * 1000)


def test_nothing_of_it_is_in_what_a_run_says(curated, tmp_path):
    _, outcome, _ = curated
    other = curate(make(tmp_path / "other"), workers=1)
    assert other.run == outcome.run
    assert bytes_of(other.release.folder) == bytes_of(outcome.release.folder)
    stages = asked(other.catalog.path, "SELECT stage, sum(cpu_seconds), max(workers) FROM activity GROUP BY stage")
    taken = {stage: cpu for stage, cpu, _ in stages}
    assert taken["workers"] > taken["read"] > 0  # a process was started, which takes more than its few items
    assert {workers for *_, workers in stages} == {1}


def test_a_second_start_adds_to_the_record_and_changes_nothing_else(copied):
    workspace, before = copied
    run = workspace.log.runs()[0]
    report = workspace.reports / f"{run}.html"
    page = report.read_bytes()
    again = curate(workspace)
    assert not again.catalog.new
    assert report.read_bytes() == page
    first, second = read_activity(workspace.log.store)
    assert len(first.rows) > len(second.rows)
    assert {row.shard for _, row in second.rows} == {None}
    assert list(verify_published(workspace.catalogs, workspace.log)) == []
    assert publish_catalog(workspace).logical_digest == before.logical_digest


def test_what_is_taken_over_costs_nothing_again(copied):
    workspace, _ = copied
    write_recipe(workspace.root, "2")
    later = curate(workspace)
    rows = asked(
        later.catalog.path,
        "SELECT stage, items, n_bytes FROM activity "
        f"WHERE run = '{later.run}' AND (shard IS NOT NULL OR stage = 'adopt')",
    )
    size = sum(path.stat().st_size for path in (workspace.root / "letters").iterdir())
    assert rows == (("adopt", 80, size),)
    assert asked(later.catalog.path, f"SELECT items FROM energy_rate WHERE run = '{later.run}'") == ((80,),)


def test_a_shard_that_fails_has_what_it_took_until_then(tmp_path):
    workspace = make(tmp_path / "workspace")
    (workspace.root / "tables").mkdir()
    (workspace.root / "tables" / "broken.parquet").write_bytes(b"PAR1 this is no Parquet file PAR1")
    text = workspace.recipe.read_text()
    workspace.recipe.write_text(text.replace("corpora: [", "corpora: [{name: tables, format: parquet, path: tables}, "))
    outcome = curate(workspace)
    assert outcome.failed == (0,)
    rows = asked(outcome.catalog.path, "SELECT stage, items FROM activity WHERE corpus = 'tables' ORDER BY ALL")
    assert rows == (("failed", None), ("load", None))


def test_the_child_that_decodes_pictures_counts_while_it_lives(tmp_path):
    laps = Laps()
    look_at(image_batch([png(10)]), [NsfwFilter()])
    laps.lap("look")
    (row,) = laps.activity(0, items=1, n_bytes=1)
    assert row.cpu_seconds > 0.1  # the child imports NumPy and Pillow, this process waits


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("regoin: FRA\n", "energy.yaml:1: regoin: unknown key"),
        ("region: FR\n", "energy.yaml:1: unknown region 'FR'"),
        ("meters: [rapl, watts]\n", "energy.yaml:1: unknown meter 'watts'"),
        ("coefficients: own.csv\n", "energy.yaml:1: .*no such table"),
    ],
)
def test_a_wrong_energy_yaml_stops_before_any_work(tmp_path, text, said):
    workspace = make(tmp_path / "workspace")
    (workspace.root / "energy.yaml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        curate(workspace)
    assert not (workspace.root / "store" / "runs").exists()


def test_another_region_is_another_catalog_and_no_other_run(copied):
    workspace, before = copied
    run = workspace.log.runs()[0]
    (workspace.root / "energy.yaml").write_text("region: FRA\n")
    assert list(verify_published(workspace.catalogs, workspace.log)) == []  # what was published goes by what was chosen
    after = publish_catalog(workspace)
    assert after.new
    assert asked(after.path, "SELECT DISTINCT run, region, grid_year FROM energy") == ((run, "FRA", 2023),)
    assert asked(after.path, "SELECT mid FROM coefficient WHERE in_use AND kind = 'grid'") == ((56.0,),)
    assert list(verify_published(workspace.catalogs, workspace.log)) == []
    assert before.logical_digest != after.logical_digest


def start(store, run, *, through=True, readings=()):
    """A start in which two shards took 3 s and 1 s of processors."""
    file = ActivityFile(store, run, Start("2026-11-28T12:00:00.000", 2, "0.1.0", 2, "Test", 2**33))
    file.add(
        Activity("read", seconds, 5.0, shard=place, items=1, n_bytes=1) for place, seconds in enumerate((3.0, 1.0))
    )
    if through:
        file.add([Activity("workers", 0.0, 5.0, readings=tuple(readings))])


def energy_of_start(workspace, tmp_path, **options):
    shutil.rmtree(workspace.log.store / "activity")
    run = workspace.log.runs()[0]
    start(workspace.log.store, run, **options)
    build(workspace.log, tmp_path / "built.duckdb")
    return {
        stage: rest for stage, *rest in asked(tmp_path / "built.duckdb", "SELECT stage, kwh_mid, quality FROM energy")
    }


def test_joules_that_were_read_over_all_shards_are_shared_out_by_seconds(copied, tmp_path):
    readings = [
        Reading("rapl", "0 package-0", 300.0),
        Reading("rapl", "0:1 dram", 100.0),
        Reading("nvml", "gpu0", 200.0),
    ]
    readings += [Reading("codecarbon", "cpu", 9000.0)]
    told = energy_of_start(copied[0], tmp_path, readings=readings)
    node, pue = (shipped().of("machine", name).mid for name in ("node_factor", "pue"))
    assert told["read"] == [pytest.approx(600 * node * pue / 3.6e6), "measured"]
    assert told["workers"] == [0.0, "measured"]
    ((cpu, gpu, gpus, other, meters),) = asked(
        tmp_path / "built.duckdb",
        "SELECT cpu_joules, gpu_joules, gpu_seconds, other_joules, meters FROM activity WHERE stage = 'workers'",
    )
    assert (cpu, gpu, gpus, other, meters) == (400.0, 200.0, 5.0, 9000.0, "codecarbon nvml rapl")


def test_a_start_that_was_cut_off_is_said_to_be(copied, tmp_path):
    told = energy_of_start(copied[0], tmp_path, through=False)
    assert told["read"][1] == "assumed"


def test_half_a_line_at_the_end_is_no_fault_and_a_damaged_one_is_named_and_left_out(copied, tmp_path):
    workspace, _ = copied
    (path,) = folder_of(workspace.log.store, workspace.log.runs()[0]).iterdir()
    text = path.read_bytes()
    path.write_bytes(text + b'{"stage": "re')
    assert list(verify_activity(workspace.log)) == []
    lines = text.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], b'{"stage": 5}\n', *lines[5:]]))
    (fault,) = verify_activity(workspace.log)
    assert "1 lines are damaged, the first 5" in fault
    build(workspace.log, tmp_path / "built.duckdb")
    assert asked(tmp_path / "built.duckdb", "SELECT count(*) FROM activity") == ((len(lines) - 2,),)
    (fault,) = verify_published(workspace.catalogs, workspace.log)
    assert "has other activity of run" in fault


def test_activity_of_a_run_that_is_not_there_is_named(copied):
    workspace, _ = copied
    start(workspace.log.store, "r0000")
    (fault,) = verify_activity(workspace.log)
    assert "activity of run r0000" in fault
    assert "not in the log" in fault


def test_the_page_says_what_the_run_took_and_that_it_is_estimated(curated):
    page = curated[1].report.read_text()
    said = page.split("What this run took")[1].split("<h2>")[0]
    assert "Estimated, for no power meter was there:" in said
    assert "by the grid of WORLD (2019)" in said
    assert "For every 1,000 items decided on" in said
    assert ">exact_duplicates<" in said


def test_savings_are_net_of_what_the_workspace_took(curated, capsys):
    workspace, _, _ = curated
    common = ["savings", "--parameters", "1e9", "--tokens", "20e9", "--of", "200e9", "-w", str(workspace.root)]
    assert tamis([*common, "--region", "FRA", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    whole = told["compared"][0]
    assert told["curation"]["quality"] == "modelled"
    assert whole["net_kwh"]["mid"] == pytest.approx(whole["saved_kwh"]["mid"] - told["curation"]["kwh"]["mid"])
    assert (told["subset"]["epochs"], told["unique_tokens"], told["region"]) == (1.0, "enough", "FRA")
    assert tamis(common) == 0
    said = capsys.readouterr().out
    assert "Estimated" in said
    assert "paid for by the first training" in said
    assert "no leave to train more" in said


def test_savings_without_a_workspace_say_that_curating_is_not_in_them(capsys):
    common = ["savings", "--parameters", "1e9", "--of", "8e9", "--tokens"]
    assert tamis([*common, "2e9", "--raw", "9e9", "--curation", "1e6"]) == 0
    said = capsys.readouterr().out
    assert "paid for after" in said
    assert "too few: from scratch" in said
    assert tamis([*common, "2e9"]) == 0
    assert "What curating took is not in it" in capsys.readouterr().out
    assert tamis([*common, "2e9", "--run", "r1"]) == 2
    assert tamis([*common, "9e9"]) == 2


def test_what_building_took_is_brought_in_wherever_the_catalog_lies(tmp_path):
    folder = tmp_path / "what?"
    store, built = folder / "store", folder / "catalog.duckdb"
    before = build(Log(store), built)
    start(store, "r1")
    bring_activity(Log(store), built)
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["catalog.duckdb"]
    moved = built.rename(tmp_path / "catalog.duckdb")
    assert asked(moved, "SELECT count(*) FROM activity") == ((3,),)
    with connect_read(moved) as connection:
        assert logical_digest(connection) == before
