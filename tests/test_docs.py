"""The documentation against the code: nothing is missing in it, no default in it is wrong, no link in it is dead."""

from __future__ import annotations

import re
import typing
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from corpora.provenance import ROLES
from corpora.table import FORMATS
from filters.image_concepts import ImageConceptsFilter
from filters.image_embedding import ImageEmbeddingFilter
from filters.image_head import ImageHeadFilter
from filters.image_probe import ImageProbeFilter
from filters.personal.entities import ENTITIES
from filters.rights.evidence import LEVELS
from filters.rights.spdx import read_name
from filters.table import known_filters, make_filter, parameters_of
from filters.text_class import TextClassFilter
from filters.text_embedding import TextEmbeddingFilter
from flows import cli
from flows.energy_choice import EnergySection
from flows.recipe import Recipe
from releases import seal
from releases.policy import Action, Policy, presets, read_policy
from releases.stage import Drawer
from tamis.reasons import REASONS, SHARD_FAILURES
from tamis.records import BASES, CLAIM_KINDS, CONDITIONS, GRANTS, OUTCOMES, PROTOCOLS, RESERVATIONS, STATUSES
from tools.build_catalog_docs import columns_of_views, views_markdown, with_views
from tools.record_kinds import kinds_markdown, with_kinds

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BUILT_IN = known_filters()
FILTERS_WITH_FILES = {
    "image_concepts": ImageConceptsFilter,
    "image_embedding": ImageEmbeddingFilter,
    "image_head": ImageHeadFilter,
    "image_probe": ImageProbeFilter,
    "text_class": TextClassFilter,
    "text_embedding": TextEmbeddingFilter,
}
EXIT_CODES = (0, 1, 2, 3, 4, 5, 6, 7, 70, 130)


@cache
def page(name):
    return (DOCS / name).read_text(encoding="utf-8")


@cache
def section(name, heading):
    """What stands under a heading, up to the next of its depth or above."""
    lines = page(name).splitlines()
    start = next(place for place, line in enumerate(lines) if re.fullmatch(rf"#+ {re.escape(heading)}", line))
    depth = len(lines[start]) - len(lines[start].lstrip("#"))
    rest = lines[start + 1 :]
    ends = (place for place, line in enumerate(rest) if re.match(rf"#{{1,{depth}}} ", line))
    return "\n".join(rest[: next(ends, len(rest))])


def rows(text):
    """The rows of all tables of a text: what is said in backticks in the first cell → the cells."""
    found = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found.update(dict.fromkeys(re.findall(r"`([^`]+)`", cells[0]), cells))
    return found


def shown(default):
    """A default as the tables have it."""
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return "`none`"
    if isinstance(default, BaseModel):
        return "`{}`"
    if isinstance(default, tuple | list):
        return f"`[{', '.join(default)}]`"
    return '`""`' if default == "" else f"`{default}`"


def keys_of(model, above=""):
    """Every key of a file, dotted, with its default."""
    for name, field in model.model_fields.items():
        default = field.default_factory() if field.default_factory else field.default
        yield f"{above}{name}", default
        for inner, many in models_in(field.annotation):
            yield from keys_of(inner, f"{above}{name}{many}.")


def models_in(annotation, *, many=""):
    """The sections in an annotation, and what stands for any of many: `[]` in a list, `.*` by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, many
    for inner in typing.get_args(annotation):
        yield from models_in(inner, many={list: "[]", dict: ".*"}.get(typing.get_origin(annotation), many))


def commands(of=cli.app, above=()):
    for name in of:
        if not name.startswith("-"):
            command = of[name]
            inner = [each for each in command if not each.startswith("-")]
            yield from commands(command, (*above, name)) if inner else [(" ".join((*above, name)), command)]


def slugs(text):
    """The anchors that a page's headings have, as GitHub makes them."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), flags=re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    ("name", "model"), [("recipe.md", Recipe), ("policy.md", Policy), ("energy.md", EnergySection)]
)
def test_every_key_of_a_file_is_documented_with_its_default(name, model):
    told = {key: cells[2] for key, cells in rows(section(name, "Every key")).items()}
    assert told == {key: shown(default) for key, default in keys_of(model)}


def test_every_format_is_documented_with_its_options():
    told = rows(section("recipe.md", "Formats"))
    assert FORMATS.keys() <= told.keys()
    for name, (_, options) in FORMATS.items():
        assert re.findall(r"`(\w+)`", told[name][4]) == list(options), name
        assert set(options) <= rows(section("recipe.md", f"`{name}`")).keys(), name


def test_every_role_of_a_column_is_documented():
    assert rows(section("recipe.md", "Columns")).keys() == set(ROLES)


read_preset = cache(lambda preset: read_policy(preset, DOCS)[0])


def preset_value(preset, key):
    value = read_preset(preset)
    for part in key.split("."):
        value = None if value is None else getattr(value, part)  # a section that the preset has not
    return value


def as_documented(value):
    if isinstance(value, list) and len(value) > 12:
        return f"{len(value)} SPDX ids"
    return shown(value)


def test_every_preset_is_documented_as_it_is():
    """Those that differ from `open`, which is told whole by `tamis policy show open`."""
    keys = [key for key, _ in keys_of(Policy) if "." in key and "[]" not in key and "*" not in key]
    differing = {
        (preset, key, as_documented(preset_value(preset, key)))
        for preset in presets()
        for key in keys
        if preset_value(preset, key) != preset_value("open", key)
    }
    told = re.findall(r"^\| `([\w-]+)` \| `([\w.]+)` \| (.+) \|$", section("policy.md", "Presets"), flags=re.MULTILINE)
    assert set(told) == differing
    named = re.findall(r"^\| `([\w-]+)` \| [^`]", section("policy.md", "Presets"), flags=re.MULTILINE)
    assert list(dict.fromkeys(named)) == list(presets())


def test_every_outcome_and_status_is_documented():
    assert list(rows(section("policy.md", "Outcomes"))) == list(OUTCOMES)
    actions = re.findall(r"^\| (\w+) \|", section("policy.md", "Personal data"), flags=re.MULTILINE)
    assert actions == ["action", *typing.get_args(Action)]
    assert rows(section("filters.md", "Statuses")).keys() == set(STATUSES)


@pytest.fixture(scope="module")
def needed(tmp_path_factory):
    """Filter → the parameters that it cannot be made without."""
    listed = tmp_path_factory.mktemp("lists") / "listed.txt"
    listed.write_text("5a" * 32)
    asked = listed.with_name("asked.txt")
    asked.write_text("Which of the seven rivers that rise in the hills is the last to reach the sea?")
    words = listed.with_name("words.csv")
    words.write_text("term,language,category,allowed_in\na,en,insult,grinning a\nc d e,any,identity,\n")
    domains = listed.with_name("domains.txt")
    domains.write_text("example.org\nexample.com/a\n")
    return {
        "blocklist": {"lists": [str(listed)]},
        "evaluation_overlap": {"sets": [str(asked)]},
        "unsafe_words": {"lists": [str(words)], "by_language": True},
        "url_lists": {"lists": [str(domains)]},
    }


def measures_of(name, needed):
    """Those of a filter that needs a model cannot be asked of one that is made here."""
    made = FILTERS_WITH_FILES.get(name)
    return made.MEASURES if made else make_filter(name, needed.get(name, {})).spec.measures


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_parameter_and_measure_of_a_filter_is_documented(name, needed):
    told = rows(section("filters.md", f"`{name}`"))
    parameters = {each.name: "required" if each.required else shown(each.default) for each in parameters_of(name)}
    measures = {measure.name for measure in measures_of(name, needed)}
    assert told.keys() == parameters.keys() | measures
    assert {key: told[key][2] for key in parameters} == parameters


def test_every_kind_of_personal_data_is_documented():
    told = page("personal_data.md")
    assert told == with_kinds(told, kinds_markdown()), "run `python -m tools.record_kinds`"
    assert rows(section("personal_data.md", "Kinds")).keys() >= set(ENTITIES)


def test_every_reason_is_documented_with_its_sentence_and_what_to_do():
    told = rows(page("reasons.md"))
    assert told.keys() == REASONS.keys() | SHARD_FAILURES.keys()
    for code, sentence in {**REASONS, **SHARD_FAILURES}.items():
        assert told[code][1] == sentence
        assert told[code][2], code


def test_every_claim_kind_and_class_is_documented():
    told = re.findall(
        r"^\| (\d) \| (?:`([\w-]+)`|none yet) \|", section("licences.md", "Claims and levels"), flags=re.MULTILINE
    )
    assert {kind: int(level) for level, kind in told if kind} == LEVELS
    assert set(CLAIM_KINDS) <= LEVELS.keys()
    assert {int(level) for level, _ in told} == set(range(7))
    assert list(rows(section("licences.md", "Classes"))) == list(GRANTS)
    assert list(rows(section("licences.md", "Conditions"))) == list(CONDITIONS)
    assert list(rows(section("licences.md", "The basis"))) == list(BASES)
    assert list(rows(section("reservations.md", "What is read"))) == list(PROTOCOLS)
    assert list(rows(section("reservations.md", "What each may say"))) == list(RESERVATIONS)


def test_the_examples_of_licences_are_read_as_documented():
    told = rows(section("licences.md", "How a claim is read"))
    lines = [line for line in section("licences.md", "How a claim is read").splitlines() if line.startswith("| `")]
    assert len(lines) >= 10
    for line in lines:
        claim = re.findall(r"`([^`]+)`", line)[0]
        assert told[claim][3] == read_name(claim).grant, claim
    for grant, cells in rows(section("licences.md", "Classes")).items():
        for name in re.findall(r"[\w.]+-[\w.-]*\d[\w.-]*|MIT|Unlicense", cells[2]):
            assert read_name(name).grant == grant, name


def test_the_views_are_documented_as_the_catalog_comments_them():
    told = page("catalog.md")
    assert told == with_views(told, views_markdown()), "run `python -m tools.build_catalog_docs`"


def test_every_column_of_every_view_is_documented():
    for view, _, column, _, _ in columns_of_views():
        assert column in rows(section("catalog.md", view)), f"{view}.{column}"


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_option_of_a_command_is_documented_with_its_default(name, command):
    told = rows(section("cli.md", f"tamis {name}"))
    arguments = list(command.assemble_argument_collection())
    assert told.keys() == {option for argument in arguments for option in argument.names}
    for argument in arguments:
        assert told[argument.names[0]][2] == option_default(argument), argument.names
    said = " ".join(section("cli.md", f"tamis {name}").replace("`", "").split())
    assert re.split(r"[.:;]", command.help.replace("`", ""))[0] in said


def option_default(argument):
    if argument.required:
        return "required"
    if argument.names[0] == "--workers":
        return "the machine's cores"
    default = argument.field_info.default
    if default is False:
        return "off"  # and 0, which is equal to it, is 0
    return {None: "none", (): "none"}.get(default, f"`{default}`")


def test_no_command_is_documented_that_is_not_there():
    told = re.findall(r"^## tamis (.+)$", page("cli.md"), flags=re.MULTILINE)
    assert told == [name for name in told if name in dict(commands())]


def test_every_exit_code_is_documented():
    told = [int(code) for code in re.findall(r"^\| (\d+) \|", section("cli.md", "Exit codes"), flags=re.MULTILINE)]
    said = cli.__doc__.split("Exit codes:")[1]
    assert told == list(EXIT_CODES) == [int(code) for code in re.findall(r"\b(\d+)\b", said)]


def test_every_variable_that_is_looked_up_is_documented():
    named = {
        word
        for path in [*ROOT.glob("tamis/*.py"), *ROOT.glob("flows/*.py")]
        for word in re.findall(r'environ(?:\.get|\.setdefault)?[(\[]"([A-Z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert {"TAMIS_DEBUG", "PREFECT_API_URL"} <= named
    assert named <= rows(section("cli.md", "Environment variables")).keys()


def test_every_column_of_a_release_is_documented():
    told = rows(section("releases.md", "Columns"))
    texts, images = (Drawer(half, "permissive", "train").schema.names for half in ("text", "images"))
    assert told.keys() == {*texts, *images}
    for name, cells in told.items():
        there = {"both": (True, True), "text": (True, False), "images": (False, True)}[cells[2]]
        assert there == (name in texts, name in images), name


def test_every_key_of_a_manifest_is_documented():
    source = Path(seal.__file__).read_text(encoding="utf-8").split("def _manifest(")[1].split("def _obligations(")[0]
    keys = re.findall(r'^        "(\w+)":', source, flags=re.MULTILINE)
    assert "content_digest" in keys
    assert rows(section("releases.md", "The manifest")).keys() == set(keys)


PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md"])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target) if target else path
        assert file.exists(), link
        if anchor:
            assert anchor in slugs(file.read_text(encoding="utf-8")), link


def test_every_page_opens_with_who_reads_it():
    for name in (
        "recipe", "policy", "filters", "licences", "reservations", "catalog", "reasons", "cli", "releases", "subjects",
    ):  # fmt: skip
        heading, blank, opening = page(f"{name}.md").splitlines()[:3]
        assert heading.startswith("# "), name
        assert blank == "", name
        assert re.fullmatch(r"For .+\.", opening), name


def test_the_queries_in_the_docs_name_views_that_exist():
    views = {view for view, *_ in columns_of_views()}
    asked = re.findall(r"```sql\n(.*?)```", page("catalog.md"), flags=re.DOTALL)
    assert len(asked) == 10
    for query in asked:
        named = re.findall(r"(?:FROM|JOIN) ([a-z_]+)", query)
        assert named, query
        assert set(named) <= views, query
