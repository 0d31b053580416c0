"""A release is copied whole or not at all, from where it lies to where it is wanted; a hostile one is refused."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import polars as pl
import pytest
from pyarrow import fs

from releases.attribution import ATTRIBUTION
from releases.pull import PULLING, Wanted, pull
from releases.seal import manifest_of, sealed_releases
from releases.sources import FolderSource, SealedFolder, StoreSource, WebSource, source_at
from releases.third_parties import NOTICES
from releases.verify import verify_release
from reports.card import part_card
from tamis.errors import BusyError, ConfigError, ReleaseError
from tamis.records import GRANTS

ROWS = "text/permissive/part-00000.parquet"


@pytest.fixture
def place(mixed, tmp_path) -> Path:
    """A folder of releases with a copy of `mixed@1`, to be spoilt."""
    shutil.copytree(mixed.release.folder, tmp_path / "there" / "mixed" / "1")
    return tmp_path / "there"


@pytest.fixture
def sealed(place) -> Path:
    return place / "mixed" / "1"


def take(source, to, release="mixed@1", **asked):
    source = source if not isinstance(source, Path) else FolderSource(source)
    digest = asked.pop("digest", None)
    return pull(source, Wanted.of(release, digest), to, card=part_card, **asked)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def edit(folder, change):
    path = folder / "manifest.json"
    facts = orjson.loads(path.read_bytes())
    change(facts)
    path.write_bytes(orjson.dumps(facts))


def test_a_release_is_copied_byte_for_byte(place, sealed, tmp_path):
    pulled = take(place, tmp_path / "here")
    assert pulled.folder == tmp_path / "here" / "mixed" / "1"
    assert files(pulled.folder) == files(sealed)
    assert (pulled.new, pulled.digest) == (True, digest_of(sealed / "manifest.json"))
    assert pulled.copied == sum(file["bytes"] for file in manifest_of(sealed)["files"])
    assert verify_release(pulled.folder) == []
    assert not (tmp_path / "here" / PULLING).exists()


def test_what_is_there_already_is_checked_and_not_copied_again(place, sealed, tmp_path):
    take(place, tmp_path / "here")
    again = take(place, tmp_path / "here")
    assert (again.new, again.copied) == (False, 0)
    (again.folder / "README.md").write_text("changed")
    with pytest.raises(ReleaseError, match=r"README.md is not what was sealed[\s\S]*pull again"):
        take(place, tmp_path / "here")
    shutil.copytree(sealed, tmp_path / "other" / "mixed" / "1")
    edit(tmp_path / "other" / "mixed" / "1", lambda facts: facts.update(run="r0"))
    with pytest.raises(ReleaseError, match="another mixed@1 lies there"):
        take(tmp_path / "other", tmp_path / "here")


def test_what_a_start_left_that_ended_just_after_the_rename_is_cleared(place, tmp_path):
    take(place, tmp_path / "here")
    name = f"1-{digest_of(tmp_path / 'here' / 'mixed' / '1' / 'manifest.json')[:16]}"
    (tmp_path / "here" / PULLING / "mixed" / name / "parts").mkdir(parents=True)
    take(place, tmp_path / "here")
    assert not (tmp_path / "here" / PULLING).exists()


def test_a_release_can_be_pulled_from_its_own_folder(sealed, tmp_path):
    moved = sealed.rename(tmp_path / "downloaded")
    assert take(SealedFolder(moved, "1"), tmp_path / "here").new
    with pytest.raises(ReleaseError, match="says that it is mixed@1"):
        take(SealedFolder(moved, "1"), tmp_path / "here", "other@1")


@pytest.mark.parametrize("of", ["manifest", "content"])
def test_what_is_pinned_is_what_one_gets(place, sealed, tmp_path, of):
    digest = digest_of(sealed / "manifest.json") if of == "manifest" else manifest_of(sealed)["content_digest"]
    assert take(place, tmp_path / "one", digest=digest).new
    assert take(place, tmp_path / "two", digest=f"sha256:{digest.upper()}").new
    assert take(place, tmp_path / "three", f"mixed@sha256:{digest}").new
    assert take(place, tmp_path / "four", "mixed", digest=digest).new


def test_what_is_not_what_was_pinned_is_refused_before_anything_is_copied(place, tmp_path):
    wrong = "0" * 64
    with pytest.raises(ReleaseError, match="is not what was pinned"):
        take(place, tmp_path / "here", digest=wrong)
    with pytest.raises(ReleaseError, match="no release mixed has this digest; its versions there are 1"):
        take(place, tmp_path / "here", f"mixed@sha256:{wrong}")
    assert not (tmp_path / "here").exists()


def test_a_content_digest_that_is_only_claimed_is_found_out(place, sealed, tmp_path):
    claimed = "1" * 64
    edit(sealed, lambda facts: facts.update(content_digest=claimed))
    with pytest.raises(ReleaseError, match=r"content digest of its manifest is not that of its rows[\s\S]*not copied"):
        take(place, tmp_path / "here", digest=claimed)
    assert not (tmp_path / "here" / "mixed").exists()
    assert sealed_releases(tmp_path / "here") == []


@pytest.mark.parametrize(
    ("release", "digest", "said"),
    [
        ("mixed", None, "Expected NAME@VERSION"),
        ("../mixed@1", None, "Expected NAME@VERSION"),
        ("mixed@../1", None, "Expected NAME@VERSION"),
        ("mixed@sha256:12", None, "not 64 hex digits"),
        ("mixed@1", "12", "not 64 hex digits"),
        (f"mixed@sha256:{'0' * 64}", "1" * 64, "Two different digests"),
    ],
)
def test_a_mistyped_release_is_named(place, tmp_path, release, digest, said):
    with pytest.raises(ConfigError, match=said):
        take(place, tmp_path / "here", release, digest=digest)


def test_a_version_that_is_not_there_is_named_with_those_that_are(place, tmp_path):
    with pytest.raises(ReleaseError, match=r"there is no mixed@2. Versions of mixed there: 1"):
        take(place, tmp_path / "here", "mixed@2")
    with pytest.raises(ReleaseError, match="Versions of missed there: none"):
        take(place, tmp_path / "here", "missed@1")


CLASSES = [("permissive",), ("share_alike", "attribution"), ("public_domain", "permissive", "copyleft")]


@pytest.mark.parametrize("classes", CLASSES, ids=" ".join)
def test_a_part_is_a_release_with_all_items_of_its_classes_and_no_others(place, sealed, tmp_path, classes):
    pulled = take(place, tmp_path / "here", classes=classes)
    assert verify_release(pulled.folder) == []
    whole = pl.read_parquet(sealed / "text/*/*.parquet").filter(pl.col("licence_class").is_in(classes))
    part = pl.read_parquet(pulled.folder / "text/*/*.parquet")
    assert part.sort("item").equals(whole.sort("item"))
    credited = pl.read_parquet(sealed / ATTRIBUTION).filter(pl.col("licence_class").is_in(classes))
    assert pl.read_parquet(pulled.folder / ATTRIBUTION).equals(credited)
    manifest = manifest_of(pulled.folder)
    assert manifest["part_of"] == {
        "name": "mixed",
        "version": "1",
        "digest": digest_of(sealed / "manifest.json"),
        "licence_classes": sorted(classes),
    }
    assert manifest["version"] == pulled.folder.name == f"1+{'.'.join(sorted(classes)).replace('_', '-')}"
    assert manifest["counts"]["texts"] == part.height


def test_a_part_holds_the_files_of_the_whole_and_its_manifest(place, sealed, tmp_path):
    pulled = take(place, tmp_path / "here", classes=("permissive",))
    whole, part = files(sealed), files(pulled.folder)
    assert part[ROWS] == whole[ROWS]
    assert part["LICENSES/MIT.txt"] == whole["LICENSES/MIT.txt"]
    assert part["parent/manifest.json"] == whole["manifest.json"]
    assert part["parent/README.md"] == whole["README.md"]
    assert {name for name in part if name.startswith("text/")} == {ROWS}
    card = part["README.md"].decode()
    assert "8 texts" in card
    assert digest_of(sealed / "manifest.json") in card
    assert "copyleft" not in card


def test_a_part_has_the_notices_of_its_sources_alone(place, sealed, tmp_path):
    whole = (sealed / NOTICES).read_text()
    free = (take(place, tmp_path / "here", classes=("public_domain",)).folder / NOTICES).read_text()
    assert "CC0-1.0 | 1" in free
    assert "MIT" not in free
    assert "Planted" not in free
    code = (take(place, tmp_path / "here", classes=("permissive",)).folder / NOTICES).read_text()
    assert "CC-BY" not in code
    for line in whole.splitlines():
        if "Copyright (c)" in line:
            assert line in code
    assert take(place, tmp_path / "here", classes=tuple(sorted({"permissive", "public_domain"}))).new


def test_a_part_of_all_classes_says_of_its_items_what_the_whole_says(place, sealed, tmp_path):
    classes = sorted({row["class"] for row in manifest_of(sealed)["licences"]})
    pulled = take(place, tmp_path / "here", classes=classes)
    whole, part = manifest_of(sealed), manifest_of(pulled.folder)
    same = ("content_digest", "counts", "licences", "obligations", "outbound", "run", "recipe", "policy", "audits")
    assert {key: part[key] for key in same} == {key: whole[key] for key in same}
    assert (pulled.folder / NOTICES).read_text() == (sealed / NOTICES).read_text()
    assert (pulled.folder / ATTRIBUTION).read_bytes() == (sealed / ATTRIBUTION).read_bytes()


def test_the_same_part_is_the_same_bytes(place, tmp_path):
    one = take(place, tmp_path / "one", classes=("permissive", "copyleft"))
    two = take(place, tmp_path / "two", classes=("copyleft", "permissive", "copyleft"))
    assert files(one.folder) == files(two.folder)
    assert not take(place, tmp_path / "one", classes=("permissive", "copyleft")).new


def test_a_part_of_a_part_names_the_part(place, tmp_path):
    first = take(place, tmp_path / "here", classes=("permissive", "copyleft"))
    second = take(tmp_path / "here", tmp_path / "there2", f"mixed@{first.folder.name}", classes=("copyleft",))
    assert second.release_id == "mixed@1+copyleft.permissive.copyleft"
    assert manifest_of(second.folder)["part_of"]["digest"] == first.digest
    assert verify_release(second.folder) == []


def test_a_class_that_is_not_there_is_named_with_those_that_are(place, tmp_path):
    with pytest.raises(ConfigError, match="Did you mean 'copyleft'"):
        take(place, tmp_path / "here", classes=("copylft",))
    with pytest.raises(ConfigError, match=r"has no item of the class restricted. It has: .*permissive \(8\)"):
        take(place, tmp_path / "here", classes=("restricted",))
    assert set(GRANTS) > {"restricted"}


def test_a_part_is_not_made_of_what_only_its_content_digest_names(place, sealed, tmp_path):
    with pytest.raises(ConfigError, match="give the digest of its manifest"):
        take(place, tmp_path / "here", digest=manifest_of(sealed)["content_digest"], classes=("permissive",))
    digest = digest_of(sealed / "manifest.json")
    assert take(place, tmp_path / "here", digest=digest, classes=("permissive",)).new


def spoil_parent(folder):
    (folder / "parent/manifest.json").write_bytes((folder / "parent/manifest.json").read_bytes() + b"\n")
    fix_digest(folder, "parent/manifest.json")


def fix_digest(folder, name):
    def fix(facts):
        for file in facts["files"]:
            if file["path"] == name:
                file["sha256"] = digest_of(folder / name)

    edit(folder, fix)


def claim_more(folder):
    edit(folder, lambda facts: facts["part_of"]["licence_classes"].append("copyleft"))


def claim_other(folder):
    edit(folder, lambda facts: facts["part_of"].update(version="2"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_parent, "is not the manifest of the release that it is a part of"),
        (claim_more, "its rows are not those that mixed@1 has of permissive, copyleft"),
        (claim_other, "is of mixed@1, not of mixed@2"),
    ],
)
def test_a_part_that_says_too_much_of_its_whole_is_found_out(place, tmp_path, spoil, said):
    folder = take(place, tmp_path / "here", classes=("permissive",)).folder
    spoil(folder)
    assert [fault for fault in verify_release(folder) if said in fault]


class Broken:
    """A source that breaks off after so many bytes of its files."""

    def __init__(self, source, after):
        self._source, self._left = source, after
        self.where = source.where
        self.starts = []

    def versions(self, name):
        return self._source.versions(name)

    def open(self, path, *, start=0):
        self.starts.append((path, start))
        return _Cut(self._source.open(path, start=start), self)

    def read(self, stream, size):
        if self._left <= 0:
            raise ConnectionResetError
        data = stream.read(min(size, self._left))
        self._left -= len(data)
        return data


class _Cut:
    def __init__(self, opened, broken):
        self._opened, self._broken = opened, broken

    def __enter__(self):
        stream = self._opened.__enter__()
        is_manifest = len(self._broken.starts) == 1
        self.read = stream.bytes.read if is_manifest else partial(self._broken.read, stream.bytes)
        return type(stream)(self, stream.size, stream.at)

    def __exit__(self, *error):
        return self._opened.__exit__(*error)


@pytest.mark.parametrize("after", [1, 1000, 5000, 12_000, 20_000])
@pytest.mark.parametrize("classes", [(), ("permissive", "public_domain")], ids=["whole", "part"])
def test_what_was_cut_off_is_gone_on_with_and_never_looks_like_a_release(place, tmp_path, after, classes):
    expected = files(take(place, tmp_path / "expected", classes=classes).folder)
    here = tmp_path / "here"
    with pytest.raises(ReleaseError, match=r"broke off after .* Start again"):
        take(Broken(FolderSource(place), after), here, classes=classes)
    assert sealed_releases(here) == []
    assert not (here / "mixed").exists()
    again = Broken(FolderSource(place), 10**9)
    pulled = take(again, here, classes=classes)
    assert files(pulled.folder) == expected
    total = take(place, tmp_path / "count", classes=classes).copied
    assert pulled.copied == total - after
    assert not (here / PULLING).exists()


def test_of_a_file_that_was_begun_only_the_rest_is_asked_for(place, tmp_path):
    with pytest.raises(ReleaseError):
        take(Broken(FolderSource(place), 100), tmp_path / "here")
    again = Broken(FolderSource(place), 10**9)
    take(again, tmp_path / "here")
    assert again.starts[1] == ("mixed/1/README.md", 100)
    assert all(start == 0 for _, start in again.starts[2:])


def staged(tmp_path):
    return next((tmp_path / "here" / PULLING / "mixed").iterdir())


def test_a_part_of_a_file_that_was_damaged_meanwhile_is_copied_again(place, sealed, tmp_path):
    with pytest.raises(ReleaseError):
        take(Broken(FolderSource(place), 100), tmp_path / "here")
    (part,) = (staged(tmp_path) / "parts").iterdir()
    part.write_bytes(b"\0" * 100)
    assert files(take(place, tmp_path / "here").folder) == files(sealed)


def test_a_whole_file_that_was_damaged_meanwhile_is_copied_again(place, sealed, tmp_path):
    with pytest.raises(ReleaseError):
        take(Broken(FolderSource(place), 12_000), tmp_path / "here")
    (staged(tmp_path) / "release" / "README.md").write_bytes(b"")
    (staged(tmp_path) / "release" / "stray.txt").write_bytes(b"")
    (staged(tmp_path) / "release" / "link").symlink_to("/etc")
    assert files(take(place, tmp_path / "here").folder) == files(sealed)


def test_a_source_that_changed_meanwhile_is_begun_anew(place, sealed, tmp_path):
    with pytest.raises(ReleaseError):
        take(Broken(FolderSource(place), 12_000), tmp_path / "here")
    (sealed / "README.md").write_text("Another card.")
    edit(sealed, lambda facts: facts["files"][0].update(bytes=13))
    fix_digest(sealed, "README.md")
    assert files(take(place, tmp_path / "here").folder) == files(sealed)


def test_two_processes_do_not_pull_the_same(place, tmp_path):
    class Nested(FolderSource):
        def open(self, path, *, start=0):
            if "README" in path:
                with pytest.raises(BusyError, match="another process pulls the same release"):
                    take(place, tmp_path / "here")
            return FolderSource(self.root).open(path, start=start)

    assert take(Nested(place), tmp_path / "here").new


def named(path):
    return lambda facts: facts["files"][0].update(path=path)


def twice(facts):
    facts["files"].append(facts["files"][0])


def inside(facts):
    facts["files"].append({**facts["files"][0], "path": "README.md/more"})


HOSTILE = {
    "a path that leads out": (named("../escaped"), "is damaged .*path"),
    "a path that leads out from within": (named("text/../../escaped"), "is damaged .*path"),
    "an absolute path": (named("/tmp/escaped"), "is damaged .*path"),
    "a path of a Windows machine": (named("C:\\escaped"), "is damaged .*path"),
    "a hidden path": (named(".bashrc"), "is damaged .*path"),
    "the manifest itself": (named("manifest.json"), "names a file twice"),
    "a file twice": (twice, "names a file twice"),
    "a file inside a file": (inside, "one inside another"),
    "a digest that is a path": (lambda facts: facts["files"][0].update(sha256="../" * 21 + "x"), "is damaged .*sha256"),
    "a negative size": (lambda facts: facts["files"][0].update(bytes=-1), "is damaged .*bytes"),
    "a size that no disk has": (lambda facts: facts["files"][0].update(bytes=2**62), "needs 4,611"),
    "a size that is too small": (lambda facts: facts["files"][0].update(bytes=10), "and its manifest says 10"),
    "a size that is too large": (
        lambda facts: facts["files"][0].update(bytes=100_000),
        "and its manifest says 100,000",
    ),
    "a digest that is another one": (lambda facts: facts["files"][0].update(sha256="0" * 64), "is not what was sealed"),
    "another name": (lambda facts: facts.update(name="other"), "says that it is other@1"),
    "a name that leads out": (lambda facts: facts.update(name="../../x"), "is damaged .*name"),
    "a version that leads out": (lambda facts: facts.update(version=".."), "is damaged .*version"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_manifest_is_refused_and_nothing_is_made_of_it(place, sealed, tmp_path, name):
    change, said = HOSTILE[name]
    edit(sealed, change)
    with pytest.raises(ReleaseError, match=said):
        take(place, tmp_path / "here")
    assert sealed_releases(tmp_path / "here") == []
    outside = {path for path in tmp_path.rglob("*") if "escaped" in path.name}
    assert outside == set()
    assert all(path.stat().st_size == 0 for path in (tmp_path / "here").rglob("*") if path.is_file())


def test_two_names_that_differ_by_case_alone_are_refused(place, sealed, tmp_path):
    edit(sealed, lambda facts: facts["files"].append({**facts["files"][0], "path": "readme.MD"}))
    with pytest.raises(ReleaseError, match="names a file twice"):
        take(place, tmp_path / "here")


def link_file(sealed):
    (sealed / "README.md").rename(sealed.parents[2] / "outside.md")
    (sealed / "README.md").symlink_to(sealed.parents[2] / "outside.md")


def link_folder(sealed):
    (sealed / "LICENSES").rename(sealed.parents[2] / "outside")
    (sealed / "LICENSES").symlink_to(sealed.parents[2] / "outside")


def link_version(sealed):
    sealed.rename(sealed.parents[2] / "outside")
    sealed.symlink_to(sealed.parents[2] / "outside")


def link_manifest(sealed):
    (sealed / "manifest.json").rename(sealed.parents[2] / "outside.json")
    (sealed / "manifest.json").symlink_to(sealed.parents[2] / "outside.json")


def make_pipe(sealed):
    (sealed / "README.md").unlink()
    os.mkfifo(sealed / "README.md")


@pytest.mark.parametrize("spoil", [link_file, link_folder, link_version, link_manifest, make_pipe])
def test_no_link_is_followed_and_no_pipe_is_waited_for(place, sealed, tmp_path, spoil):
    spoil(sealed)
    with pytest.raises(ReleaseError, match="is a link or no plain file"):
        take(place, tmp_path / "here")
    assert sealed_releases(tmp_path / "here") == []


def test_a_manifest_of_any_size_is_read_no_further_than_manifests_go(place, sealed, tmp_path):
    with (sealed / "manifest.json").open("ab") as file:
        file.truncate(10**12)  # takes no room, and would take all memory
    with pytest.raises(ReleaseError, match="more bytes than it may have"):
        take(place, tmp_path / "here")


def test_a_class_that_rows_do_not_have_is_found_out(place, sealed, tmp_path):
    """The folder says what may be used: who puts a closed row into a free folder must not get away with it."""
    rows = pl.read_parquet(sealed / ROWS).with_columns(licence_class=pl.lit("restricted"))
    rows.write_parquet(sealed / ROWS, compression="zstd")
    edit(sealed, lambda facts: facts["files"][1].update(bytes=0))

    def fix(facts):
        for file in facts["files"]:
            if file["path"] == ROWS:
                file.update(sha256=digest_of(sealed / ROWS), bytes=(sealed / ROWS).stat().st_size)
            elif file["bytes"] == 0:
                file.update(bytes=(sealed / file["path"]).stat().st_size)

    edit(sealed, fix)
    with pytest.raises(ReleaseError, match=r"do not hold rows as a release has them. No part was made"):
        take(place, tmp_path / "here", classes=("permissive",))
    assert sealed_releases(tmp_path / "here") == []


class Server(SimpleHTTPRequestHandler):
    """Serves a folder; with `ranges` it goes on in the middle of a file, as web servers do and this one does not."""

    ranges = True
    asked: list[tuple[str, str]] = []  # noqa: RUF012 # of all requests of a test

    def log_message(self, format, *args):  # noqa: A002
        pass

    def do_GET(self):
        wanted = self.headers.get("Range", "")
        self.asked.append((self.path, wanted))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "http://elsewhere.invalid/x")
            self.end_headers()
            return
        path = Path(self.translate_path(self.path))
        if not (self.ranges and wanted and path.is_file()):
            super().do_GET()
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        data = path.read_bytes()
        if start >= len(data):
            self.send_error(416)
            return
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start:])


@pytest.fixture(params=[True, False], ids=["ranges", "no ranges"])
def served(request, place):
    class Handler(Server):
        ranges = request.param
        asked: list[tuple[str, str]] = []  # noqa: RUF012

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(place)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", Handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_web_server_is_pulled_from_and_gone_on_with(served, place, sealed, tmp_path):
    address, handler = served
    with pytest.raises(ReleaseError, match="broke off"):
        take(Broken(source_at(address), 100), tmp_path / "here")
    handler.asked.clear()
    pulled = take(source_at(address), tmp_path / "here")
    assert files(pulled.folder) == files(sealed)
    assert ("/mixed/1/README.md", "bytes=100-") in handler.asked
    shutil.rmtree(tmp_path / "here")
    with pytest.raises(ReleaseError):
        take(Broken(source_at(address), 100), tmp_path / "here")
    (begun,) = (staged(tmp_path) / "parts").iterdir()
    begun.write_bytes((sealed / "README.md").read_bytes())  # cut off after its last byte
    assert files(take(source_at(address), tmp_path / "here").folder) == files(sealed)
    part = take(WebSource(address), tmp_path / "here", classes=("permissive",))
    assert verify_release(part.folder) == []


def test_a_web_server_is_asked_for_a_version_and_leads_nowhere_else(served, tmp_path):
    address, _ = served
    with pytest.raises(ReleaseError, match=r"cannot be listed. Name the version"):
        take(WebSource(address), tmp_path / "here", f"mixed@sha256:{'0' * 64}")
    with pytest.raises(ReleaseError, match=r"mixed/2/manifest.json: there is no such file"):
        take(WebSource(address), tmp_path / "here", "mixed@2")
    with pytest.raises(ReleaseError, match="the server said 302"):
        take(WebSource(f"{address}/moved"), tmp_path / "here")
    with pytest.raises(ReleaseError, match="cannot be read"):
        take(WebSource("http://127.0.0.1:9"), tmp_path / "here")


def test_a_store_is_pulled_from_as_pyarrow_reads_it(place, sealed, tmp_path):
    """By pyarrow's own local file system: no store of objects can be had in a test."""
    store = StoreSource(fs.LocalFileSystem(), str(place), "s3://bucket/releases")
    with pytest.raises(ReleaseError, match="broke off"):
        take(Broken(store, 12_000), tmp_path / "here")
    assert files(take(store, tmp_path / "here").folder) == files(sealed)
    digest = digest_of(sealed / "manifest.json")
    assert take(store, tmp_path / "again", f"mixed@sha256:{digest}", classes=("copyleft",)).new
    with pytest.raises(ReleaseError, match=r"s3://bucket/releases: there is no mixed@2. Versions of mixed there: 1"):
        take(store, tmp_path / "here", "mixed@2")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp://host/x", "releases are pulled from a folder, or from s3, gs, http, https"),
        ("file:///etc", "releases are pulled from a folder"),
        ("s3://key:secret@bucket/x", "an address with a password in it is not taken"),
        ("https://user:secret@host/x", "an address with a password in it is not taken"),
        ("https://host/x?token=secret", "ends with the folder"),
    ],
)
def test_an_address_that_is_not_taken_is_not_repeated(address, said):
    with pytest.raises(ConfigError, match=said) as raised:
        source_at(address)
    assert "secret" not in str(raised.value)
