import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import duckdb
import orjson
import pytest

from catalog.files import sha256_of
from catalog.publish import KEPT, current, publish
from catalog.read import connect_read
from tamis.errors import CatalogError

COUNT = "SELECT count(*) FROM d"


@pytest.fixture
def build(tmp_path):
    """Makes a finished catalog of so many rows, in staging."""
    made = iter(range(1_000))

    def make(rows=3):
        path = tmp_path / f"staging-{next(made)}.duckdb"
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{path}' AS c (STORAGE_VERSION 'v1.2.0')")
            connection.execute(
                "CREATE TABLE c.schema_step AS SELECT 1::UINTEGER AS number, 'x' AS name, 'ab' AS sha256"
            )
            connection.execute(f"CREATE TABLE c.d AS FROM range({rows})")
        return path

    return make


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "catalog"


def fail(*_):
    raise OSError("the disk is full")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_published_catalog_is_numbered_read_only_and_pointed_to(folder, build):
    built = build()
    published = publish(folder, built, logical_digest="a")
    assert names(folder) == ["CURRENT", "catalog-000001.duckdb"]
    assert not built.exists()
    assert published.new
    assert published.path.stat().st_mode & 0o777 == 0o444
    assert published.path.stat().st_nlink == 1
    assert published.sha256 == sha256_of(published.path)
    found = current(folder)
    assert (found.path, found.number, found.sha256, found.logical_digest, found.new) == (
        published.path,
        1,
        published.sha256,
        "a",
        False,
    )
    with connect_read(found.path) as connection:
        assert connection.execute(COUNT).fetchall() == [(3,)]


def test_what_says_the_same_is_not_published_again(folder, build):
    first = publish(folder, build(), logical_digest="a")
    built = build()
    again = publish(folder, built, logical_digest="a")
    assert (again.path, again.sha256, again.new) == (first.path, first.sha256, False)
    assert not built.exists()
    assert names(folder) == ["CURRENT", "catalog-000001.duckdb"]


def test_what_says_something_else_gets_the_next_number(folder, build):
    publish(folder, build(), logical_digest="a")
    assert publish(folder, build(4), logical_digest="b").number == 2
    assert current(folder).path.name == "catalog-000002.duckdb"


def test_a_damaged_file_or_pointer_is_replaced_by_publishing(folder, build):
    first = publish(folder, build(), logical_digest="a")
    first.path.chmod(0o644)
    first.path.write_bytes(b"damaged")
    assert publish(folder, build(), logical_digest="a").number == 2
    (folder / "CURRENT").write_bytes(b"{")
    assert publish(folder, build(), logical_digest="a").number == 3
    assert current(folder).number == 3


def test_the_newest_five_stay_and_an_open_one_can_still_be_read(folder, build):
    first = publish(folder, build(7), logical_digest="0")
    with connect_read(first.path) as reader:
        for number in range(1, KEPT + 2):
            publish(folder, build(), logical_digest=str(number))
        assert names(folder) == ["CURRENT", *(f"catalog-{number:06d}.duckdb" for number in range(3, 8))]
        assert reader.execute(COUNT).fetchall() == [(7,)]


def test_racing_publishers_get_a_number_each_and_the_newest_is_current(folder, build):
    builds = [(str(number), build()) for number in range(KEPT)]
    found = []
    start = threading.Barrier(len(builds))

    def work(digest, built):
        start.wait()
        found.append(publish(folder, built, logical_digest=digest))

    threads = [threading.Thread(target=work, args=each) for each in builds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(published.number for published in found) == [1, 2, 3, 4, 5]
    newest = next(published for published in found if published.number == KEPT)
    assert current(folder).logical_digest == newest.logical_digest
    assert all(sha256_of(published.path) == published.sha256 for published in found)


def test_of_racing_processes_with_the_same_news_one_publishes(folder, build):
    code = (
        "import sys; from pathlib import Path; from catalog.publish import publish\n"
        "print(publish(Path(sys.argv[1]), Path(sys.argv[2]), logical_digest='a').new)"
    )
    root = Path(__file__).parents[2]
    children = [
        subprocess.Popen([sys.executable, "-c", code, folder, build()], cwd=root, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert sorted(child.communicate()[0].strip() for child in children) == ["False", "True"]
    assert names(folder) == ["CURRENT", "catalog-000001.duckdb"]


def test_a_number_that_is_taken_without_a_lock_is_left_alone(folder, build, monkeypatch):
    publish(folder, build(), logical_digest="a")
    monkeypatch.setattr("catalog.publish._numbered", lambda folder: {})
    assert publish(folder, build(4), logical_digest="b").number == 2


def test_after_a_crash_before_the_pointer_the_old_catalog_is_current(folder, build, monkeypatch):
    publish(folder, build(), logical_digest="a")
    with monkeypatch.context() as patch:
        patch.setattr("catalog.publish.write_json", fail)
        with pytest.raises(OSError, match="full"):
            publish(folder, build(4), logical_digest="b")
    assert current(folder).number == 1
    assert publish(folder, build(4), logical_digest="b").number == 3


def test_from_another_file_system_a_copy_is_published(folder, build):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        built = Path(shutil.move(build(), elsewhere))
        folder.mkdir()
        if built.stat().st_dev == folder.stat().st_dev:
            pytest.skip("there is only one file system")
        published = publish(folder, built, logical_digest="a")
        assert not built.exists()
    assert names(folder) == ["CURRENT", "catalog-000001.duckdb"]
    assert published.path.stat().st_mode & 0o777 == 0o444


def test_a_catalog_that_is_not_finished_is_not_published(folder, build):
    built = build()
    built.with_name(f"{built.name}.wal").write_bytes(b"rest")
    with pytest.raises(CatalogError, match=r"\.wal"):
        publish(folder, built, logical_digest="a")
    assert built.exists()
    assert not folder.exists()


def test_a_catalog_that_is_still_open_is_not_published(folder, build):
    built = build()
    with duckdb.connect(built), pytest.raises(CatalogError, match="open in this process"):
        publish(folder, built, logical_digest="a")


def test_without_a_catalog_the_message_says_how_to_get_one(folder):
    with pytest.raises(CatalogError, match="no catalog yet: `tamis curate` or `tamis catalog build`"):
        current(folder)


@pytest.mark.parametrize(
    "change", [{"file": "../x.duckdb"}, {"file": "../catalog-000001.duckdb"}, {"number": 2}, {"file": 3}]
)
def test_a_pointer_that_makes_no_sense_is_damaged(folder, build, change):
    publish(folder, build(), logical_digest="a")
    pointer = folder / "CURRENT"
    pointer.write_bytes(orjson.dumps({**orjson.loads(pointer.read_bytes()), **change}))
    with pytest.raises(CatalogError, match="is damaged"):
        current(folder)


def test_a_pointer_to_a_file_that_is_gone_says_so(folder, build):
    publish(folder, build(), logical_digest="a").path.unlink()
    with pytest.raises(CatalogError, match="is gone"):
        current(folder)


def test_an_older_duckdb_opens_what_is_published(folder, build):
    path = publish(folder, build(), logical_digest="a").path
    command = [Path(sys.executable).parent / "duckdb", "-readonly", "-csv", "-noheader", path, COUNT]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert told.stdout.strip() == "3"
