"""The command line. Each command imports what it needs when it runs, so that `tamis --help` is quick.

Exit codes: 0 fine; 1 an audit or a verification found something, or a release cannot be sealed; 2 wrong usage or
configuration; 3 some shards failed, all else is done; 4 the workspace is busy; 5 the record is damaged; 6 Prefect's
server did not start; 7 the disk is full; 70 a bug; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter, validators

from flows.process import leave, look_for_cycles_seldom
from tamis import __version__
from tamis.errors import TamisError, planned_errors_only

if TYPE_CHECKING:
    from catalog.query import Answer

SOME_SHARDS_FAILED = 3

app = App(
    name="tamis",
    help="Curates training sets: filters for personal data, NSFW pictures and licences, every decision on record.",
    version=__version__,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,  # `run` says what an interrupt means
)
catalog_app = App(name="catalog", help="The published DuckDB catalog.")
app.command(catalog_app)
policy_app = App(name="policy", help="Policies: which presets there are, and what two of them would keep.")
app.command(policy_app)
evaluate_app = App(name="evaluate", help="How well a filter does on a set that you labelled.")
app.command(evaluate_app)
subject_app = App(name="subject", help="Requests of people: where somebody occurs, and that it be let through no more.")
app.command(subject_app)

_Recipe = Annotated[
    Path, Parameter(name=["--recipe", "--workspace", "-w"], help="A recipe, or a workspace with a recipe.yaml.")
]
_Workspace = Annotated[
    Path, Parameter(name=["--workspace", "-w"], help="The workspace, or its recipe; the folder one is in if left out.")
]
_In = Annotated[Path, Parameter(name=["--workspace", "-w"], help="The workspace, or its recipe.")]
_Workers = Annotated[
    int, Parameter(help="Processes; 0 works in this one.", validator=validators.Number(gte=0, lte=256))
]
_BatchSize = Annotated[
    int,
    Parameter(help="Items a batch has; changes speed and memory only.", validator=validators.Number(gte=1, lte=65536)),
]
_ShardSeconds = Annotated[
    float | None,
    Parameter(
        help="How long a shard may take; longer and it fails alone. No limit if left out.",
        validator=validators.Number(gt=0),
    ),
]
_Email = Annotated[tuple[str, ...], Parameter(negative=(), help="An e-mail address; may be given several times.")]
_Phone = Annotated[
    tuple[str, ...],
    Parameter(negative=(), help="A telephone number, with its country code if it has one; may be given several times."),
]
_Value = Annotated[tuple[str, ...], Parameter(negative=(), help="Anything else, as KIND=VALUE: IBAN_CODE=…")]
_Stdin = Annotated[
    bool,
    Parameter(
        negative=(), help="Read more of these from standard input, one a line, so that no shell keeps them: email=…"
    ),
]
_Format = Annotated[Literal["table", "csv", "json"], Parameter(help="How to show the rows.")]
_Quiet = Annotated[bool, Parameter(negative=(), help="Say nothing of the progress.")]

_HERE = Path()
_CORES = os.cpu_count() or 1


@app.command
def init(
    folder: Annotated[Path, Parameter(help="The folder; made if it is not there.")],
    *,
    policy: Annotated[str, Parameter(help="The preset that policy.yaml starts as: open, copyleft or strict.")] = "open",
) -> int:
    """Make a workspace: a recipe and a policy to start from."""
    from flows.workspace import init_workspace

    for path in init_workspace(folder, policy=policy):
        _say(f"wrote {path}")
    _say(f"Next: edit {folder / 'recipe.yaml'}, then `tamis plan {folder}` and `tamis curate {folder}`.")
    return 0


@app.command
def plan(recipe: _Recipe = _HERE) -> int:
    """Say what a run would do, without doing it."""
    from flows.plan import make_plan
    from flows.stages import refuse_sealed
    from flows.summary import plan_text
    from flows.workspace import Workspace

    planned = make_plan(Workspace.of(recipe))
    _say(plan_text(planned))
    refuse_sealed(planned)
    return 0


@app.command
def curate(
    recipe: _Recipe = _HERE,
    *,
    direct: Annotated[bool, Parameter(negative=(), help="Run without Prefect; the outcome is the same.")] = False,
    workers: _Workers = _CORES,
    batch_size: _BatchSize = 1024,
    shard_seconds: _ShardSeconds = None,
    quiet: _Quiet = False,
) -> int:
    """Run a recipe: filter, decide, record, release, publish, report. What is done already is not done again."""
    from flows.means import Means
    from flows.start import start
    from flows.summary import outcome_text
    from flows.workspace import Workspace

    workspace = Workspace.of(recipe)
    means = Means(workers, batch_size, shard_seconds, quiet)
    outcome = start(workspace, means, direct=direct)
    _say(outcome_text(outcome, workspace))
    return SOME_SHARDS_FAILED if outcome.failed else 0


@app.command
def sql(
    query: Annotated[str, Parameter(help="One SELECT; `-` reads it from standard input.", allow_leading_hyphen=True)],
    *,
    workspace: _In = _HERE,
    catalog: Annotated[Path | None, Parameter(help="A catalog file, instead of the newest of the workspace.")] = None,
    format: _Format = "table",  # noqa: A002
    seconds: Annotated[float, Parameter(help="How long it may take.", validator=validators.Number(gt=0))] = 10.0,
    rows: Annotated[int, Parameter(help="How many rows to show.", validator=validators.Number(gte=1))] = 10_000,
) -> int:
    """Ask the published catalog; `SELECT * FROM column_comment` says what there is."""
    from catalog.query import query as ask
    from flows.workspace import published_in

    text = sys.stdin.read() if query == "-" else query
    answer = ask(catalog or published_in(workspace).path, text, seconds=seconds, rows=rows)
    _show(answer, format)
    if answer.truncated:
        _complain(f"Only the first {rows:,} rows are shown; `--rows` shows more.")
    return 0


@app.command
def explain(
    item: Annotated[str, Parameter(help="Its id, 32 hex digits; the first 8 or more will do if they are unique.")],
    *,
    workspace: _In = _HERE,
) -> int:
    """Show everything on record about one item: findings, limits, decisions, releases."""
    from catalog.explain import explain as tell
    from flows.workspace import published_in

    _say(tell(published_in(workspace).path, item))
    return 0


@app.command
def audit(workspace: _Workspace = _HERE) -> int:
    """Ask every audit of the published catalog; exit 1 if a blocking one finds something."""
    from audits.run import run_audits
    from flows.summary import audit_text
    from flows.workspace import published_in

    results = list(run_audits(published_in(workspace).path))
    _say(audit_text(results))
    return 1 if any(result.blocks for result in results) else 0


@app.command
def release(
    name: Annotated[str | None, Parameter(help="name@version; all are listed if left out.")] = None,
    *,
    workspace: _In = _HERE,
) -> int:
    """List the sealed releases, or show one: its counts, licences, digests and how to load it."""
    from flows.summary import release_text, releases_text
    from flows.workspace import release_folder, releases_in
    from releases.seal import manifest_of, sealed_releases

    folder = releases_in(workspace)
    if name is None:
        _say(releases_text(sealed_releases(folder)))
        return 0
    at = release_folder(folder, name)
    _say(release_text(manifest_of(at), at))
    return 0


@app.command
def releases(
    workspace: Annotated[
        Path, Parameter(name=["--workspace", "-w"], help="A workspace, or a folder of releases.")
    ] = _HERE,
    *,
    format: _Format = "table",  # noqa: A002
) -> int:
    """Show all sealed releases of a place: size, licences, what each supersedes or is a part of, audits, digest."""
    from flows.versions import releases as listed

    answer, problems = listed(workspace, is_table=format == "table")
    for problem in problems:
        _complain(problem)
    if answer.rows or format != "table":
        _show(answer, format)
    else:
        _say("No release is sealed here yet. `tamis curate` makes one, `tamis pull` copies one.")
    return 1 if problems else 0


@app.command
def pull(
    release: Annotated[str, Parameter(help="NAME@VERSION, or NAME@sha256:DIGEST.")],
    *,
    to: Annotated[Path, Parameter(help="The folder of releases that it is copied into, as NAME/VERSION.")],
    from_: Annotated[
        str,
        Parameter(
            name="--from",
            help="A workspace, a folder of releases or of one, or an address of such a folder: s3, gs, http or https.",
        ),
    ] = ".",
    digest: Annotated[
        str | None, Parameter(help="What it must be: the SHA-256 of its manifest, or its content digest.")
    ] = None,
    licence: Annotated[
        tuple[str, ...],
        Parameter(negative=(), help="A licence class to take alone; may be given several times. All if left out."),
    ] = (),
    quiet: _Quiet = False,
) -> int:
    """Copy a sealed release, each file checked, or its items of some licence classes; start again to go on."""
    from flows.pull import pull_release, pulled_text

    _say(pulled_text(pull_release(release, to, from_, digest=digest, classes=licence, quiet=quiet)))
    return 0


@app.command
def diff(
    first: Annotated[str, Parameter(help="NAME@VERSION, or the folder of a release.")],
    second: Annotated[str, Parameter(help="Another one.")],
    *,
    workspace: Annotated[
        Path, Parameter(name=["--workspace", "-w"], help="A workspace, or a folder of releases.")
    ] = _HERE,
    items: Annotated[bool, Parameter(negative=(), help="List the ids of the items that differ.")] = False,
    format: _Format = "table",  # noqa: A002
) -> int:
    """Say what changed from one release to another, and why: items added, removed, moved, or otherwise than before."""
    from flows.diff import diff as compare

    answer, said = compare(workspace, first, second, items=items, is_table=format == "table")
    for line in said:
        _complain(line)
    _show(answer, format)
    return 0


@app.command
def verify(
    what: Annotated[
        Path, Parameter(name=["--what", "--workspace", "-w"], help="A workspace, or the folder of one release.")
    ] = _HERE,
    *,
    no_input: Annotated[bool, Parameter(negative=(), help="Do not count the input again.")] = False,
) -> int:
    """Check every byte that was sealed and committed, and count the input again; exit 1 if anything differs."""
    from flows.verify import verify as check
    from reports.words import counted

    problems, looked_at = check(what, count_input=not no_input)
    for problem in problems:
        _complain(problem)
    _say(looked_at if not problems else f"{counted(len(problems), 'problem')}. {looked_at}")
    return 1 if problems else 0


@app.command
def report(
    workspace: _Workspace = _HERE,
    *,
    run: Annotated[str | None, Parameter(help="The run's id; the newest if left out.")] = None,
) -> int:
    """Write the HTML report of a run from the published catalog."""
    from flows.stages import write_report
    from flows.workspace import Workspace, published_in
    from reports.facts import newest_run, run_facts

    published = published_in(workspace)
    path = write_report(Workspace.of(workspace), run_facts(published.path, run or newest_run(published.path)))
    _say(str(path))
    return 0


@catalog_app.command
def build(workspace: _Workspace = _HERE) -> int:
    """Build the catalog anew from the log, and publish it if it says anything new."""
    from flows.stages import publish_catalog
    from flows.workspace import Workspace

    at = Workspace.of(workspace)
    with at.locked():
        published = publish_catalog(at)
    _say(f"{published.path}\nlogical digest {published.logical_digest}{'' if published.new else ', as before'}")
    return 0


@policy_app.command(name="list")
def policy_list() -> int:
    """Show the presets and the sets of limits, each with what it is for."""
    from releases.limits import limit_set_about, limit_sets
    from releases.policy import preset_about, presets

    for name in presets():
        _say(f"{name:<20} {preset_about(name)}")
    _say("\nSets of limits, for the key `quality` of a policy:")
    for name in limit_sets():
        _say(f"{name:<20} {limit_set_about(name)}")
    return 0


@policy_app.command(name="show")
def policy_show(name: Annotated[str, Parameter(help="The preset, or the set of limits.")]) -> int:
    """Write a preset out, to start a policy of your own from, or a set of limits."""
    from releases.limits import limit_set_text, limit_sets
    from releases.policy import known_preset, preset_text

    text = limit_set_text(name) if name in limit_sets() else preset_text(known_preset(name))
    _say(text.rstrip("\n"))
    return 0


@policy_app.command(name="diff")
def policy_diff(
    first: Annotated[str, Parameter(help="A policy file beside the recipe, or a preset.")],
    second: Annotated[str, Parameter(help="Another one.")],
    *,
    workspace: _In = _HERE,
    run: Annotated[str | None, Parameter(help="The run's id; the newest if left out.")] = None,
    items: Annotated[bool, Parameter(negative=(), help="List the items on which they differ.")] = False,
    format: _Format = "table",  # noqa: A002
) -> int:
    """Say what two policies would keep of what is on record; no filter runs again, and nothing is written."""
    from flows.policy_diff import policy_diff as compare
    from flows.workspace import Workspace

    answer, said = compare(Workspace.of(workspace), (first, second), run=run, items=items)
    for line in said:
        _complain(line)
    _show(answer, format)
    return 0


@app.command(name="what-if")
def what_if(
    measure: Annotated[
        str | None,
        Parameter(help="FILTER.MEASURE, for what a limit on it would keep wherever it were put; else all limits."),
    ] = None,
    *,
    side: Annotated[
        Literal["above", "below"] | None,
        Parameter(help="Which side of that limit is put away; as the policy has it if left out."),
    ] = None,
    at: Annotated[
        tuple[float, ...],
        Parameter(
            negative=(), help="Where to put it; may be given several times. Quantiles of what was measured if left out."
        ),
    ] = (),
    policy: Annotated[
        str | None,
        Parameter(help="A policy beside the recipe, a preset, or a set of limits; the recipe's policy if left out."),
    ] = None,
    by: Annotated[
        Literal["corpus", "source", "host", "licence", "language"] | None,
        Parameter(help="What to tell apart, each for itself."),
    ] = None,
    workspace: _In = _HERE,
    run: Annotated[str | None, Parameter(help="The run's id; the newest if left out.")] = None,
    format: _Format = "table",  # noqa: A002
) -> int:
    """Say what limits would keep of what is on record, each alone and all together; nothing is measured or dropped."""
    from flows.what_if import what_if as work_out
    from flows.workspace import Workspace

    answer, said = work_out(Workspace.of(workspace), measure, side=side, at=at, policy=policy, by=by, run=run)
    for line in said:
        _complain(line)
    _show(answer, format)
    return 0


@app.command
def savings(
    *,
    parameters: Annotated[
        float, Parameter(help="Of the model that is to be trained: 1e9.", validator=validators.Number(gt=0))
    ],
    tokens: Annotated[float, Parameter(help="Tokens of the subset: 20e9.", validator=validators.Number(gt=0))],
    of: Annotated[
        float, Parameter(help="Tokens of the kept corpus that it was taken from.", validator=validators.Number(gt=0))
    ],
    raw: Annotated[
        float | None, Parameter(help="Tokens of the corpus before curation.", validator=validators.Number(gt=0))
    ] = None,
    hardware: Annotated[str, Parameter(help="On what it is trained: a device of the table of coefficients.")] = "H100",
    region: Annotated[
        str | None, Parameter(help="Whose grid: FRA; the workspace's, or WORLD without one, if left out.")
    ] = None,
    workspace: Annotated[
        Path | None,
        Parameter(name=["--workspace", "-w"], help="Whose run curated it: what that took is counted against it."),
    ] = None,
    run: Annotated[str | None, Parameter(help="The run's id; the newest if left out.")] = None,
    curation: Annotated[
        float | None,
        Parameter(help="kWh that curating took, in place of what is on record.", validator=validators.Number(gte=0)),
    ] = None,
    format: Annotated[Literal["table", "json"], Parameter(help="How to show the figures.")] = "table",  # noqa: A002
) -> int:
    """Estimate what training on a subset takes and saves: kWh and CO2e, with their ranges and what they rest on."""
    from flows.savings import savings_of
    from releases.savings.training import Corpora
    from reports.savings import as_json, as_text

    reckoned = savings_of(
        parameters,
        Corpora(tokens, of, raw),
        hardware=hardware,
        region=region,
        workspace=workspace,
        run=run,
        curation_kwh=curation,
    )
    _say({"table": as_text, "json": as_json}[format](reckoned))
    return 0


@evaluate_app.command
def personal_data(
    labelled: Annotated[Path, Parameter(help="The set: JSON lines, or a JSON array as presidio-research has it.")],
    *,
    recipe: Annotated[
        Path | None, Parameter(help="A recipe or workspace whose parameters the filter has; its defaults if left out.")
    ] = None,
    entities: Annotated[str | None, Parameter(help="Kinds to look for instead, with commas between.")] = None,
    overlap: Annotated[
        float,
        Parameter(
            help="The least share of characters in common that is a hit.", validator=validators.Number(gt=0, lte=1)
        ),
    ] = 0.9,
    threshold_curve: Annotated[bool, Parameter(negative=(), help="Also by each score_threshold that matters.")] = False,
    rename: Annotated[
        tuple[str, ...] | None,
        Parameter(name="--map", negative=(), help="THEIRS=OURS: what the set calls a kind; may be repeated."),
    ] = None,
    misses: Annotated[
        int | None, Parameter(help="How many labels not found to list, by place.", validator=validators.Number(gte=0))
    ] = None,
    format: Annotated[Literal["table", "json"], Parameter(help="How to show the figures.")] = "table",  # noqa: A002
) -> int:
    """Measure precision, recall and F2 of the filter for personal data on a set that you labelled."""
    from audits.evaluation import evaluate
    from flows.evaluate import parameters_for, renamings
    from reports.evaluation import as_json, as_text

    parameters, renamed = parameters_for(recipe, entities), renamings(rename or ())
    evaluation = evaluate(labelled, parameters, renamed=renamed, overlap=overlap, curve=threshold_curve)
    _say({"table": as_text, "json": as_json}[format](evaluation, misses=misses or 0))
    return 0


@evaluate_app.command
def nsfw(
    labelled: Annotated[
        Path, Parameter(help="The set: a CSV, JSON lines or Parquet file, or the folder of pictures with one.")
    ],
    *,
    recall: Annotated[
        float, Parameter(help="The share of unsafe pictures to find.", validator=validators.Number(gt=0, lt=1))
    ] = 0.99,
    recipe: Annotated[
        Path | None, Parameter(help="A recipe or workspace whose parameters the filter has, and whose policy counts.")
    ] = None,
    policy: Annotated[
        str | None, Parameter(help="A preset or a file, whose limits count; the recipe's, or `open` without one.")
    ] = None,
    filter: Annotated[str, Parameter(help="The filter that looks at the pictures.")] = "nsfw",  # noqa: A002
    measure: Annotated[
        str | None,
        Parameter(help="The number to evaluate, higher is less safe; that of the filter's name if left out."),
    ] = None,
    label: Annotated[str, Parameter(help="The column with the labels.")] = "unsafe",
    picture: Annotated[
        str | None, Parameter(help="The column with the pictures or their paths; image or file_name if left out.")
    ] = None,
    group: Annotated[
        tuple[str, ...] | None, Parameter(negative=(), help="A column of groups to compare; may be repeated.")
    ] = None,
    rename: Annotated[
        tuple[str, ...] | None,
        Parameter(name="--map", negative=(), help="THEIRS=safe or THEIRS=unsafe: what a label means; may be repeated."),
    ] = None,
    quiet: _Quiet = False,
    format: Annotated[Literal["table", "json"], Parameter(help="How to show the figures.")] = "table",  # noqa: A002
) -> int:
    """Measure how well an NSFW score tells the pictures that you labelled: ROC, limits for a recall, bands, groups."""
    from audits.labelled_pictures import Columns
    from audits.picture_evaluation import Asked, evaluate_pictures
    from flows.evaluate import label_words, picture_parameters, policy_for
    from flows.progress import PictureMeter
    from reports.picture_evaluation import as_json, as_text

    parameters, source = (tuple(each.items()) for each in picture_parameters(recipe, filter))
    columns = Columns(label, picture, tuple(dict.fromkeys(group or ())))
    asked = Asked(filter, parameters, source, measure, recall, columns)
    limits, words = policy_for(recipe, policy), label_words(rename or ())
    with PictureMeter(quiet=quiet) as meter:
        evaluation = evaluate_pictures(labelled, asked, limits, renamed=words, progress=meter.count)
    _say({"table": as_text, "json": as_json}[format](evaluation))
    return 0


@app.command(name="fit-probe")
def fit_probe(
    labelled: Annotated[
        Path, Parameter(help="The set: a CSV, JSON lines or Parquet file, or the folder of pictures with one.")
    ],
    *,
    out: Annotated[Path, Parameter(help="The file to write, which must not be there yet.")],
    workspace: _In = _HERE,
    classes: Annotated[
        tuple[str, str] | None,
        Parameter(negative=(), help="What a low and what a high score stands for; safe and unsafe if left out."),
    ] = None,
    label: Annotated[str, Parameter(help="The column with the labels.")] = "unsafe",
    picture: Annotated[
        str | None, Parameter(help="The column with the pictures or their paths; image or file_name if left out.")
    ] = None,
    rename: Annotated[
        tuple[str, ...] | None,
        Parameter(name="--map", negative=(), help="THEIRS=CLASS: what a label means; may be repeated."),
    ] = None,
    l2: Annotated[float, Parameter(help="How much large weights cost.", validator=validators.Number(gt=0))] = 1.0,
    hold_out: Annotated[
        float,
        Parameter(
            help="The share of pictures to say figures by, by a probe that has not seen them; 0 says none.",
            validator=validators.Number(gte=0, lt=1),
        ),
    ] = 0.2,
    seed: Annotated[int, Parameter(help="Which are held out.")] = 0,
    model: Annotated[
        str | None, Parameter(help="The first digits of the model's digest, where vectors of several are on record.")
    ] = None,
    provenance: Annotated[
        tuple[str, ...] | None,
        Parameter(negative=(), help="KEY=VALUE: what to keep in the file of where it comes from; may be repeated."),
    ] = None,
    quiet: _Quiet = False,
) -> int:
    """Fit weights for image_probe on pictures that you labelled, by vectors that are on record."""
    from flows.progress import PictureMeter
    from flows.weights import fit, wanted
    from flows.workspace import Workspace
    from reports.probe_fitting import as_text

    asked = wanted(
        classes or ("safe", "unsafe"),
        columns=(label, picture),
        renamed=rename or (),
        fitting=(l2, hold_out, seed, model or ""),
        provenance=provenance or (),
    )
    with PictureMeter(quiet=quiet) as meter:
        fitted = fit(Workspace.of(workspace), labelled, asked, out=out, progress=meter.count)
    _say(as_text(fitted))
    _say(f"wrote {out}")
    return 0


@app.command(name="import-head")
def import_head(
    source: Annotated[Path, Parameter(help="The published weights: a .safetensors or .npz file.")],
    *,
    sha256: Annotated[str, Parameter(help="What the SHA-256 of that file must be.")],
    out: Annotated[Path, Parameter(help="The file to write, which must not be there yet.")],
    model: Annotated[
        str, Parameter(help="The model whose vectors the weights are for: its digest, or as a recipe names it.")
    ],
    layer: Annotated[
        tuple[str, ...],
        Parameter(negative=(), help="NAME:ACTIVATION of a layer, from the first to the last; may be repeated."),
    ],
    licence: Annotated[str, Parameter(help="Under which licence the weights are.")],
    normalise: Annotated[
        tuple[str, str] | None,
        Parameter(negative=(), help="The arrays with mean and variance of what goes in; none if left out."),
    ] = None,
    without: Annotated[
        tuple[str, ...] | None, Parameter(negative=(), help="An array that is no part of the head; may be repeated.")
    ] = None,
    classes: Annotated[
        tuple[str, str] | None,
        Parameter(negative=(), help="What a low and what a high score stands for; safe and unsafe if left out."),
    ] = None,
    provenance: Annotated[
        tuple[str, ...] | None,
        Parameter(negative=(), help="KEY=VALUE: what to keep in the file of where it comes from; may be repeated."),
    ] = None,
) -> int:
    """Make a file for image_head of weights that somebody published, without running anything in them."""
    from flows.weights import bring, published

    said = published(
        model,
        classes or ("safe", "unsafe"),
        layers=layer,
        normalise=normalise,
        without=without or (),
        licence=licence,
        provenance=provenance or (),
    )
    head = bring(source, said, sha256=sha256, out=out)
    sizes = "-".join(str(size) for size in (head.inputs, *(len(each.bias) for each in head.layers)))
    _say(f"layers {sizes}, for vectors of the model {head.model}\nwrote {out}")
    return 0


@app.command(name="import-words")
def import_words(
    source: Annotated[
        Path,
        Parameter(help="A folder with a file for each language, a file with a term on each line, or a CSV or TSV."),
    ],
    *,
    out: Annotated[Path, Parameter(help="The lexicon to write, a .csv that must not be there yet.")],
    category: Annotated[str, Parameter(help="Of terms whose list does not say: sexual, insult, hate, …")],
    language: Annotated[
        str, Parameter(help="Of terms whose list does not say; of a folder, the one language to take.")
    ] = "any",
    weight: Annotated[
        float, Parameter(help="Of terms whose list does not say.", validator=validators.Number(gt=0, lte=1))
    ] = 1.0,
    heaviest: Annotated[
        float,
        Parameter(
            help="The number in the list's weights that stands for a weight of 1.", validator=validators.Number(gt=0)
        ),
    ] = 1.0,
    column: Annotated[
        tuple[str, ...] | None,
        Parameter(negative=(), help="OURS=THEIRS: which column of a table is which; may be repeated."),
    ] = None,
    rename: Annotated[
        tuple[str, ...] | None,
        Parameter(name="--map", negative=(), help="THEIRS=OURS: what a category means; may be repeated."),
    ] = None,
) -> int:
    """Make a lexicon for unsafe_words of a list that somebody published."""
    from flows.words import bring_words, what_is_said

    said = what_is_said(category, language, weights=(weight, heaviest), columns=column or (), renamed=rename or ())
    taken = bring_words(source, said, out=out)
    _say(f"{taken.terms:,} terms; {taken.twice:,} were there before")
    if taken.left_out:
        _complain(f"{len(taken.left_out):,} left out, without letters or too long: {', '.join(taken.left_out[:20])}")
    _say(f"wrote {out}")
    return 0


@subject_app.command(name="find")
def subject_find(
    value: _Value = (),
    *,
    email: _Email = (),
    phone: _Phone = (),
    stdin: _Stdin = False,
    workspace: _In = _HERE,
    format: _Format = "table",  # noqa: A002
) -> int:
    """Say where a person occurs: in which items of which runs, what became of them, in which releases they are."""
    from flows.subject import asked, find

    answer, said = find(workspace, asked(email=email, phone=phone, value=value, lines=_lines(read=stdin)))
    _show(answer, format)
    for line in said:
        _complain(line)
    return 0


@subject_app.command(name="suppress")
def subject_suppress(
    value: _Value = (),
    *,
    email: _Email = (),
    phone: _Phone = (),
    stdin: _Stdin = False,
    reason: Annotated[Literal["objection", "erasure", "court_order", "other"], Parameter(help="Why.")],
    workspace: _In = _HERE,
) -> int:
    """Let a value through no more: from the next run on, items that hold it meet `personal_data.on_suppressed`."""
    from flows.subject import asked, suppress
    from flows.workspace import Workspace

    wanted = asked(email=email, phone=phone, value=value, lines=_lines(read=stdin))
    _say(suppress(Workspace.of(workspace), wanted, reason=reason))
    return 0


@subject_app.command(name="unsuppress")
def subject_unsuppress(
    value: _Value = (),
    *,
    email: _Email = (),
    phone: _Phone = (),
    stdin: _Stdin = False,
    entry: Annotated[
        tuple[str, ...], Parameter(negative=(), help="The id of an entry of the list; may be given several times.")
    ] = (),
    workspace: _In = _HERE,
) -> int:
    """Take a value off the suppression list, from the next run on."""
    from flows.subject import asked, unsuppress
    from flows.workspace import Workspace

    given = value or email or phone or stdin or not entry
    wanted = asked(email=email, phone=phone, value=value, lines=_lines(read=stdin)) if given else ()
    _say(unsuppress(Workspace.of(workspace), wanted, entries=entry))
    return 0


@subject_app.command(name="suppressions")
def subject_suppressions(workspace: _Workspace = _HERE, *, format: _Format = "table") -> int:  # noqa: A002
    """Show the suppression list: entries, kinds, reasons, dates and keys; never a value."""
    from flows.subject import suppressions
    from flows.workspace import Workspace

    _show(suppressions(Workspace.of(workspace)), format)
    return 0


@subject_app.command(name="rotate-key")
def subject_rotate_key(workspace: _Workspace = _HERE) -> int:
    """Make a new key for what later runs find, and keep the old one for what is on record."""
    from flows.subject import rotate_key
    from flows.workspace import Workspace

    _say(rotate_key(Workspace.of(workspace)))
    return 0


@app.command
def size(
    recipe: _Recipe = _HERE,
    *,
    epsilon: Annotated[
        float | None,
        Parameter(
            help="How much worse than the best size one may be: 0.01.", validator=validators.Number(gt=0, lte=0.2)
        ),
    ] = None,
    learner: Annotated[
        Literal["ngram", "transformer"] | None,
        Parameter(help="What learns each size; a transformer takes torch, and minutes."),
    ] = None,
    training_bytes: Annotated[
        int | None,
        Parameter(
            help="What the model will be trained on in all, epochs counted; each text once if left out.",
            validator=validators.Number(gte=1),
        ),
    ] = None,
    parameters: Annotated[
        tuple[int, ...],
        Parameter(
            negative=(),
            help="Of the model: says what a training saves, too. Given several times, of each model of a family: says "
            "which it is enough for.",
            validator=validators.Number(gte=1),
        ),
    ] = (),
    repeats: Annotated[
        int | None,
        Parameter(
            help="Random orders to hold the choice against: 3, or 1 with a transformer.",
            validator=validators.Number(gte=0, lte=20),
        ),
    ] = None,
    constraints: Annotated[
        bool, Parameter(negative=(), help="Measure what each cap, floor, rule and step over all shards costs.")
    ] = False,
    run: Annotated[str | None, Parameter(help="The run's id; the newest if left out.")] = None,
    format: Annotated[Literal["table", "json"], Parameter(help="How to show it.")] = "table",  # noqa: A002
) -> int:
    """Find how much of what stays is enough for the recipe's target: the curve, the smallest good size, and why."""
    from flows.size import Wanted
    from flows.size import size as find
    from flows.workspace import Workspace
    from reports.size import as_json, as_text

    report, written = find(
        Workspace.of(recipe),
        Wanted(epsilon, learner, training_bytes, parameters, repeats, constraints),
        run=run,
        say=_complain,
    )
    if format == "json":
        _say(as_json(report).rstrip("\n"))
        return 0
    _say(as_text(report))
    _say("".join(f"\nwrote {path}" for path in written).lstrip("\n"))
    return 0


@app.command
def schedule(
    recipe: _Recipe = _HERE,
    *,
    cron: Annotated[str, Parameter(help="When, as cron writes it: '0 3 * * *' is every night at three.")],
    timezone: Annotated[str, Parameter(help="Of the times in `--cron`.")] = "UTC",
    workers: _Workers = _CORES,
    batch_size: _BatchSize = 1024,
    shard_seconds: _ShardSeconds = None,
) -> int:
    """Serve a recipe to Prefect's scheduler until interrupted; needs PREFECT_API_URL."""
    from flows.means import Means
    from flows.schedule import serve
    from flows.workspace import Workspace

    at = Workspace.of(recipe)
    serve(at, Means(workers, batch_size, shard_seconds, quiet=True), cron=cron, timezone=timezone)
    return 0


@app.command
def demo(
    folder: Annotated[Path, Parameter(help="The workspace to make or to go on with.")] = Path("demo"),
    *,
    workers: _Workers = _CORES,
) -> int:
    """Curate the texts and pictures of this Python environment, then ask the catalog two questions."""
    from flows.demo import run_demo

    return run_demo(folder, workers=workers, say=_say)


def main() -> None:
    """The entry point of the command `tamis`."""
    look_for_cycles_seldom()
    leave(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs a command line; returns the exit code, and says what went wrong on standard error."""
    try:
        with planned_errors_only(CycloptsError, BrokenPipeError):
            code = app(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return 2  # it has said what is wrong
    except TamisError as error:
        return _failed(error)
    except KeyboardInterrupt:
        _complain("Interrupted. What is committed stays; start again to go on.")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _failed(error: TamisError) -> int:
    _complain(str(error))
    return error.exit_code


def _lines(*, read: bool) -> str:
    return sys.stdin.read() if read else ""


def _show(answer: Answer, format: str) -> None:  # noqa: A002
    from catalog.render import as_csv, as_json, as_table

    _say({"table": as_table, "csv": as_csv, "json": as_json}[format](answer).rstrip("\n"))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")
