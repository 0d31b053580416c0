"""The page and the card: the same facts, the same bytes; nothing from data is obeyed."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from ruamel.yaml import YAML

from catalog.query import query
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from reports.facts import newest_run, run_facts
from reports.page import page
from reports.template import cell
from tamis.errors import ConfigError
from tests.flows.conftest import POLICY, write_corpora, write_recipe

EVIL = "</td><script>alert(1)</script>"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reported")
    write_corpora(folder)
    write_recipe(folder)
    (folder / "policy.yaml").write_text(POLICY)
    return curate_all(Workspace.of(folder), Means(0, quiet=True))


class Tags(HTMLParser):
    """Collects tags and attributes, and says whether all tags are closed."""

    VOID = ("meta", "br", "rect", "link")

    def __init__(self):
        super().__init__()
        self.seen, self.open, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def tags(html):
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    return parser


def test_the_page_counts_what_the_catalog_counts(outcome):
    html = outcome.report.read_text()
    for verdict, items in query(
        outcome.catalog.path, "SELECT verdict, sum(items)::BIGINT FROM verdict GROUP BY 1"
    ).rows:
        word = {"keep": "kept", "redact": "masked and kept", "hold": "held", "drop": "dropped"}[verdict]
        assert re.search(rf"<dt>{word}, [\d.]+%</dt><dd>{items:,}</dd>", html)


def test_the_page_is_one_file_without_script_or_network(outcome):
    html = outcome.report.read_text()
    parser = tags(html)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(parser.seen)
    assert not {"href", "src", "onclick", "onerror", "onload"} & set(parser.attributes)
    assert "default-src 'none'" in html
    assert "url(" not in html
    assert "svg" in parser.seen


def test_the_page_is_the_same_twice(outcome):
    assert page(outcome.catalog.path, run=outcome.run) == outcome.report.read_text()


def test_what_comes_from_data_is_shown_and_not_obeyed(tmp_path):
    folder = tmp_path / "evil"
    write_corpora(folder)
    write_recipe(folder)
    (folder / "policy.yaml").write_text(POLICY)
    text = (folder / "recipe.yaml").read_text().replace("name: test\ncorpora", f'name: "{EVIL}"\ncorpora')
    (folder / "recipe.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"recipe\.yaml:1: name"):
        curate_all(Workspace.of(folder), Means(0, quiet=True))
    assert cell("a|b\n`c` <i>") == r"a\|b \`c\` \<i\>"


def test_the_card_tells_datasets_where_its_files_are(outcome):
    text = (outcome.release.folder / "README.md").read_text()
    head = YAML(typ="safe").load(text.split("---")[1])
    assert head["configs"] == [
        {"config_name": "text", "data_files": "text/*.parquet", "default": True},
        {"config_name": "images", "data_files": "images/*.parquet"},
    ]
    facts = run_facts(outcome.catalog.path, outcome.run)
    assert f"| went in | {facts.run['items']:,} |" in text
    assert "EMAIL_ADDRESS" in text


def test_an_unknown_run_is_an_error_that_names_the_known(outcome):
    with pytest.raises(ConfigError, match=outcome.run):
        page(outcome.catalog.path, run="r0")
    assert newest_run(outcome.catalog.path) == outcome.run


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
def test_a_browser_shows_the_page(outcome, tmp_path):
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    shown = subprocess.run(
        ["chromium", *options, f"--user-data-dir={tmp_path}", "--dump-dom", outcome.report.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert f"<title>Tamis: run {outcome.run}</title>" in shown.stdout
