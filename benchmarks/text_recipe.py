"""A whole recipe for texts, every decision recorded:
`python benchmarks/text_recipe.py FILE.parquet [--datatrove PYTHON --peers FOLDER]`.

FILE has columns `text`, `id`, `license`. Rows: datatrove's own work (Gopher quality and repetition, e-mail and IP
addresses, near-duplicates by MinHash; a release wants a licence, for which the column is enough), the same and what
texts say themselves of their licence; and a whole recipe (our quality measures, language, all kinds of personal
data, exact and near-duplicates). Seconds of processor in one process, from a recipe to a sealed release. *Net* is less
a run over the first hundred texts: starting, loading, sealing. Of each run the lower of two counts, for the difference
of two has the noise of both. With PYTHON, that of an environment with datatrove, and FOLDER, which has
`run_datatrove.py`, the same of datatrove.

Then what a changed limit costs: seconds of processor and on the clock to decide all texts again over the record.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import measure
import pyarrow.parquet as pq

from flows.workspace import Workspace
from releases.policy import Policy
from releases.replay import replay
from releases.yaml_file import load

_ADDRESSES = "personal_data: {entities: [EMAIL_ADDRESS, IP_ADDRESS]}"
_WORK = f"{_ADDRESSES}, text_minhash: {{}}"
RECIPES = {
    "datatrove's work": (
        f"quality_as_datatrove: {{}}, {_WORK}, licence: {{claims_only: true}}",
        "quality: [gopher-datatrove]\n",
    ),
    "the same, dolma's words": (
        f"quality_as_dolma: {{}}, {_WORK}, licence: {{claims_only: true}}",
        "quality: [gopher-dolma]\n",
    ),
    "datatrove's work, and what texts say of their licence": (
        f"quality_as_datatrove: {{}}, {_WORK}, licence: {{}}",
        "quality: [gopher-datatrove]\n",
    ),
    "a whole recipe": (
        "text_quality: {}, language: {}, personal_data: {}, text_minhash: {}, exact_duplicates: {}, licence: {}",
        "quality: [specialist]\nlanguage: {allow: [en]}\nexact_duplicates: {}\n",
    ),
}
RECIPE = """\
name: benchmark
corpora: [{{name: texts, format: parquet, path: {file}, columns: {{text: text, id: id, licence: license}}}}]
filters: {{{filters}}}
policy: policy.yaml
release: {{name: benchmark, version: "1"}}
"""
POLICY = """\
name: benchmark
version: "1"
licence: {{allow: [public_domain, permissive, attribution, share_alike, copyleft]}}
personal_data: {{}}
near_duplicates: {{pictures: false, texts: {{}}}}
{more}"""
FEW = 100
TIMES = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--datatrove", metavar="PYTHON")
    parser.add_argument("--peers", type=Path, metavar="FOLDER")
    given = parser.parse_args()
    print(measure.machine(), end="\n\n")
    texts = pq.read_table(given.file, columns=["text"])["text"]
    megabytes = sum(len(text.as_py().encode()) for text in texts[FEW:]) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "few.parquet"
        pq.write_table(pq.read_table(given.file).slice(0, FEW), few)
        rows = [_row(name, Path(folder), given.file, few, megabytes) for name in RECIPES]
        if given.datatrove and given.peers:
            counts = FEW, len(texts)
            runs = [_datatrove(given.datatrove, given.peers, given.file, Path(folder) / str(n), n) for n in counts]
            rows.append(_row_of_datatrove(*runs, megabytes))
        print(
            measure.table(("run", "CPU s", "net CPU s", "MB / net CPU s", "peak MiB", "texts kept"), rows), end="\n\n"
        )
        _again(Path(folder) / "a whole recipe")


def _row(name: str, folder: Path, file: Path, few: Path, megabytes: float) -> list[str]:
    filters, more = RECIPES[name]
    _curate(folder / f"warm {name}", few, filters, more)
    start, _ = _lower(folder / f"few {name}", few, filters, more)
    cost, kept = _lower(folder / name, file, filters, more)
    net = cost.cpu - start.cpu
    return [name, f"{cost.cpu:.1f}", f"{net:.1f}", f"{megabytes / net:.2f}", f"{cost.peak_mib:,.0f}", kept]


def _lower(workspace: Path, file: Path, filters: str, more: str) -> tuple[measure.Cost, str]:
    """The run that took less, of those in folders of their own; the workspace is that of the first."""
    folders = [workspace, *(workspace.with_name(f"{workspace.name} {time}") for time in range(1, TIMES))]
    return min((_curate(folder, file, filters, more) for folder in folders), key=lambda run: run[0].cpu)


def _curate(workspace: Path, file: Path, filters: str, more: str) -> tuple[measure.Cost, str]:
    workspace.mkdir()
    (workspace / "recipe.yaml").write_text(RECIPE.format(file=file.resolve(), filters=filters))
    (workspace / "policy.yaml").write_text(POLICY.format(more=more))
    cost = measure.run([*measure.TAMIS, "curate", str(workspace), "--quiet", "--direct", "--workers", "0"])
    kept = [re.search(rf"{what} +([\d,]+)", cost.said) for what in ("kept", "masked and kept")]
    return cost, f"{sum(int(each[1].replace(',', '')) for each in kept if each):,}"


def _datatrove(python: str, peers: Path, file: Path, out: Path, /, count: int) -> Any:
    command = [python, "run_datatrove.py", "--input", file.resolve(), "--limit", str(count), "--out"]
    runs = [
        subprocess.run([*command, f"{out}-{time}"], cwd=peers, check=True, capture_output=True, text=True).stdout
        for time in range(TIMES)
    ]
    said = [next(line for line in run.splitlines() if line.startswith("RESULT"))[7:] for run in runs]
    return min(map(json.loads, said), key=lambda result: result["cpu_s"])


def _row_of_datatrove(few: Any, every: Any, megabytes: float) -> list[str]:
    net = every["cpu_s"] - few["cpu_s"]
    peak = f"{every['peak_tree_rss_mb'] / 1.048576:,.0f}"
    return ["datatrove", f"{every['cpu_s']:.1f}", f"{net:.1f}", f"{megabytes / net:.2f}", peak, f"{every['kept']:,}"]


def _again(workspace: Path) -> None:
    """Another limit over all that is on record: what `tamis policy diff` does, without starting Python."""
    text = (
        workspace / "policy.yaml"
    ).read_text() + "limits: [{filter: text_quality, measure: words, below: 60, outcome: drop}]\n"
    (workspace / "other.yaml").write_text(text)
    log = Workspace.of(workspace).log
    policy, _ = load(workspace / "other.yaml", Policy)
    run = log.runs()[-1]
    replay(log, run, [policy])
    cpu, wall = time.process_time(), time.monotonic()
    [decided] = replay(log, run, [policy])
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    print(f"{decided.height:,} texts decided again by another limit in {cpu:.2f} CPU s, {wall:.2f} s on the clock.")


if __name__ == "__main__":
    main()
