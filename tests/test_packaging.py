"""The repository as a package: what is shipped, what is pinned, what must not be in it."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["setuptools"]["packages"]


def tracked():
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True)
    return [ROOT / name for name in listed.stdout.splitlines()]


def test_every_package_is_listed_and_typed():
    places = {path.parent.relative_to(ROOT) for path in tracked() if path.name == "__init__.py"}
    folders = {".".join(place.parts) for place in places}
    assert folders == set(PACKAGES)
    assert all((ROOT / name / "py.typed").exists() for name in PACKAGES if "." not in name)


def test_every_file_that_is_no_code_is_shipped():
    data = PROJECT["tool"]["setuptools"]["package-data"]
    for name in (name for name in PACKAGES if "." not in name):
        shipped = {path for pattern in data[name] for path in (ROOT / name).glob(pattern)}
        present = {path for path in tracked() if path.is_relative_to(ROOT / name) and path.suffix != ".py"}
        assert present <= shipped, name


def test_no_module_of_flows_is_named_like_a_package_on_the_path():
    assert not {path.stem for path in (ROOT / "flows").glob("*.py")} & set(PACKAGES)


def test_the_locks_are_hashed_and_name_no_host():
    for name in ("core.lock", "dev.lock", "names.lock", "clip.lock"):
        text = (ROOT / name).read_text()
        assert not re.search(r"https?://|--index|--find-links", text)
        pins = re.findall(r"^[a-z0-9][\w.-]*==", text, flags=re.MULTILINE)
        assert len(pins) > 50
        assert text.count("--hash=sha256:") >= len(pins)


def test_every_dependency_is_locked():
    locked = set(re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / "core.lock").read_text(), flags=re.MULTILINE))
    needed = {re.split(r"[<>=! ;\[]", line)[0].lower().replace(".", "-") for line in PROJECT["project"]["dependencies"]}
    assert needed <= locked


def pins(name):
    return dict(re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", (ROOT / name).read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "brought"),
    [
        ("names.lock", {"torch", "transformers", "gliner2"}),
        ("clip.lock", {"torch", "torchvision", "open-clip-torch"}),
    ],
)
def test_the_locks_agree_and_those_for_models_bring_no_cuda(name, brought):
    core, more = pins("core.lock"), pins(name)
    assert core.items() <= more.items()
    assert brought <= more.keys()
    assert not [package for package in more if package.startswith(("nvidia", "cuda", "triton"))]
    assert re.search(r"^torch==\S+\+cpu ; sys_platform == 'linux'", (ROOT / name).read_text(), flags=re.MULTILINE)


def test_what_names_and_clip_both_need_is_the_same():
    names, clip = pins("names.lock"), pins("clip.lock")
    assert {name: clip[name] for name in names.keys() & clip.keys()} == {
        name: names[name] for name in names.keys() & clip.keys()
    }


def test_no_file_names_a_place_of_one_machine():
    places = re.compile(r"/(?:home|root|work|Users)/[a-z]")
    found = [
        path.name
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".sql", ".html"} and path.name != "test_packaging.py"
        if places.search(path.read_text())
    ]
    assert found == []
