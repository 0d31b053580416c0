"""The page and the card: the same facts, the same bytes; nothing from data is obeyed."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import duckdb
import pytest
from ruamel.yaml import YAML

from catalog.query import query
from filters.personal.entities import ENTITIES
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from reports.facts import newest_run, run_facts
from reports.page import page
from reports.template import cell
from reports.words import COUNTRIES, GENERAL_KINDS
from tamis.errors import ConfigError
from tests.flows.conftest import curate_small, make_workspace

EVIL = "</td><script>alert(1)</script>"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return curate_small(tmp_path_factory.mktemp("reported"))


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
    assert page(run_facts(outcome.catalog.path, outcome.run)) == outcome.report.read_text()


def test_what_comes_from_data_is_shown_and_not_obeyed(tmp_path):
    workspace = make_workspace(tmp_path / "evil")
    text = workspace.recipe.read_text().replace("name: test\ncorpora", f'name: "{EVIL}"\ncorpora')
    workspace.recipe.write_text(text)
    with pytest.raises(ConfigError, match=r"recipe\.yaml:1: name"):
        curate_all(workspace, Means(0, quiet=True))
    assert cell("a|b\n`c` <i>") == r"a\|b \`c\` \<i\>"


def test_the_card_tells_datasets_where_its_files_are(outcome):
    text = (outcome.release.folder / "README.md").read_text()
    head = YAML(typ="safe").load(text.split("---")[1])
    assert head["configs"] == [
        {"config_name": "text", "data_files": "text/*/*.parquet", "default": True},
        {"config_name": "images", "data_files": "images/*/*.parquet"},
        {"config_name": "text-attribution", "data_files": "text/attribution/*.parquet"},
        {"config_name": "text-permissive", "data_files": "text/permissive/*.parquet"},
        {"config_name": "images-public_domain", "data_files": "images/public_domain/*.parquet"},
    ]
    facts = run_facts(outcome.catalog.path, outcome.run)
    assert f"| went in | {facts.run['items']:,} |" in text
    assert "EMAIL_ADDRESS" in text


@pytest.fixture(scope="module")
def curated(tmp_path_factory):
    """Makes the outcome of a small corpus of texts with these filters and sections of a policy."""

    def curate(filters, policy, *, lines=('{"text": "Ask me@example.com.", "licence": "MIT"}',)):
        folder = tmp_path_factory.mktemp("small")
        (folder / "a.jsonl").write_text("\n".join(lines))
        (folder / "recipe.yaml").write_text(
            "name: small\ncorpora: [{name: letters, format: jsonl, path: a.jsonl}]\n"
            f'filters: {{licence: {{}}, {filters}}}\nrelease: {{name: small, version: "1"}}\n'
        )
        (folder / "policy.yaml").write_text(f'name: test\nversion: "1"\nlicence: {{allow: [permissive]}}\n{policy}\n')
        return curate_all(Workspace.of(folder), Means(0, quiet=True))

    return curate


def told(outcome):
    """The card and the page, their line breaks and emphasis aside."""
    page_text = re.sub(r"<[^>]+>", "", outcome.report.read_text())
    card_text = (outcome.release.folder / "README.md").read_text().replace("**", "")
    return [" ".join(text.split()) for text in (card_text, page_text)]


def test_without_a_filter_personal_data_is_said_not_to_have_been_looked_for(curated):
    for text in told(curated("exact_duplicates: {}", "exact_duplicates: {}")):
        assert "Personal data was not looked for: no filter for it ran" in text
        assert "was found" not in text
        assert "EXIF" not in text


def test_what_was_looked_for_is_told_from_what_was_not(outcome, curated):
    for text in told(outcome):
        assert "card numbers, wallet addresses, e-mail addresses, IBANs, IP addresses, MAC addresses, teleph" in text
        assert "keys and passwords and 82 kinds of national numbers (Australia, Austria, Belgium, Brazil" in text
        not_sought = text.split("Not looked for: ")[1].split(".")[0]
        for words in ("web addresses", "dates", "UUIDs", "South Africa", "names and postal"):
            assert words in not_sought
        assert "e-mail addresses" not in not_sought
        assert "not masked" not in text
    for text in told(curated("personal_data: {entities: [PHONE_NUMBER]}", "personal_data: {}")):
        not_sought = text.split("Not looked for: ")[1].split(".")[0]
        assert "telephone numbers" not in not_sought
        assert "e-mail addresses" in not_sought


def test_what_the_policy_keeps_is_said_to_stand_unmasked(curated):
    outcome = curated("personal_data: {}", "personal_data: {default: keep}")
    for text in told(outcome):
        assert "1 place in" in text
        assert "is not masked: the policy keeps e-mail addresses as they were found" in text
    assert "| EMAIL_ADDRESS | 1 | 0 | 0 | 1 | 0 |" in (outcome.release.folder / "README.md").read_text()


def test_pseudonyms_are_explained_where_there_are_any(outcome, curated):
    pseudonymised = curated("personal_data: {}", "personal_data: {default: pseudonym}")
    texts = ["is personal data still", "1 pseudonymised"]
    assert [said in text for said, text in zip(texts, told(pseudonymised), strict=True)] == [True, True]
    assert [said in text for said, text in zip(texts, told(outcome), strict=True)] == [False, False]


def test_what_programs_write_into_pictures_is_said_to_be_in_them(outcome):
    for text in told(outcome):
        assert "EXIF with time, place and device, XMP, IPTC, text in PNG) is still in" in text


def test_the_kinds_that_can_be_looked_for_have_words():
    of_countries = {kind for kind, row in ENTITIES.items() if row.region in COUNTRIES}
    assert set(ENTITIES) == of_countries | GENERAL_KINDS.keys()
    assert {row.region for row in ENTITIES.values()} - {""} == COUNTRIES.keys()


def test_a_filter_of_pictures_has_nothing_to_look_at_in_texts_that_were_not_read(curated):
    lines = ['{"text": "One.", "licence": "MIT"}', "{", "["]
    html = curated("nsfw: {}", "nsfw: {}", lines=lines).report.read_text()
    filters = html.split("What each filter did")[1].split("<h2>")[0]
    assert "nothing to look at" in filters
    assert "2 held of 2" not in filters
    assert "2 held of 3" in filters  # by the reader
    assert "all 1 kept" in filters  # by the licence


def test_held_and_dropped_have_a_table_each(outcome):
    held, dropped = outcome.report.read_text().split("<h2>Held")[1].split("<h2>Dropped</h2>")
    dropped = dropped.split("<h2>")[0]
    assert "<td>record_broken</td>" in held
    assert "record_broken" not in dropped
    assert "<td>exact_duplicate</td>" in dropped
    assert "exact_duplicate" not in held


def test_the_page_shows_the_limits_in_force_or_the_policy(outcome, tmp_path):
    path = tmp_path / "catalog.duckdb"
    shutil.copy(outcome.catalog.path, path)
    path.chmod(0o600)
    with duckdb.connect(path) as connection:
        connection.execute("DELETE FROM log.limit_used")
    assert "<summary>The policy as it was written</summary><pre>name: test" in page(run_facts(path, outcome.run))
    with duckdb.connect(path) as connection:
        limit = "'nsfw', 'nsfw.drop_at', 'nsfw', 0.8, 'drop', 'nsfw_drop'"
        connection.execute(f"INSERT INTO log.limit_used SELECT run, {limit} FROM log.run")
    html = page(run_facts(path, outcome.run))
    assert '<td class="long">nsfw.drop_at</td><td>nsfw</td><td class="n">0.8</td><td>drop</td>' in html
    assert "<summary>" not in html


def test_a_card_counts_one_as_one_and_says_how_datasets_takes_the_folder(curated):
    text = (curated("exact_duplicates: {}", "exact_duplicates: {}").release.folder / "README.md").read_text()
    assert "\n1 text (19 characters) and 0 pictures (0 bytes), chosen out of 1 item by a policy" in text
    assert "failed" not in text
    assert '# an absolute path, or the folder\'s name from outside it: "." is not taken' in text


def test_an_unknown_run_is_an_error_that_names_the_known(outcome):
    with pytest.raises(ConfigError, match=outcome.run):
        run_facts(outcome.catalog.path, "r0")
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
