"""Where a model's files are: every way to name one, and what is refused before anything is loaded."""

import errno
import hashlib
import json
import shutil
import sys

import pytest
from huggingface_hub import errors

from benchmarks import random_clip
from filters.pictures.clip import library, source
from filters.pictures.clip.source import CONFIG, WEIGHTS, find_model
from tamis.errors import ConfigError
from tamis.ids import digest_of

CARD = "---\ntags:\n- clip\nlicense: mit\n---\nA model.\nlicense: not this line\n"


@pytest.fixture
def copied(clip_folder, tmp_path):
    """A copy of the model's folder, to be spoilt."""
    return shutil.copytree(clip_folder, tmp_path / "spoilt")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changed(folder, change):
    config = json.loads((folder / CONFIG).read_text())
    change(config)
    (folder / CONFIG).write_text(json.dumps(config))


def hub(monkeypatch, folder, *, cached=True):
    """A hub, or its cache on this machine, that holds the folder under every name; tells what it was asked for."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    asked = []

    def download(repository, *, local_files_only=False, revision=None, allow_patterns):
        asked.append((repository, revision, local_files_only))
        if local_files_only and not cached:
            raise LocalEntryNotFoundError("not there")
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    return asked


@pytest.mark.parametrize("prefix", ["", "local-dir:"])
def test_a_folder_is_named_by_what_is_in_it_and_not_by_where_it_is(clip_folder, copied, prefix):
    here, there = find_model(f"{prefix}{clip_folder}"), find_model(f"{prefix}{copied}")
    assert here.name == "local-dir:tiny-clip"
    assert here.digest == there.digest == digest_of(list(here.sha256))
    assert dict(here.sha256) == {name: sha256(clip_folder / name) for name in (CONFIG, WEIGHTS[0])}


def test_any_change_of_a_file_is_another_model(clip_folder, copied):
    changed(copied, lambda config: config["preprocess_cfg"].update(resize_mode="shortest"))
    assert find_model(str(copied)).digest != find_model(str(clip_folder)).digest
    (copied / "vocab.json").write_text("{}")
    assert [name for name, _ in find_model(str(copied)).sha256] == [CONFIG, WEIGHTS[0], "vocab.json"]


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        (CARD, "mit"),
        (CARD.replace("mit", '"apache-2.0"'), "apache-2.0"),
        (CARD.replace("\n", "\r\n"), "mit"),
        ("license: mit", ""),
        ("---\nx: y\n---\nlicense: mit", ""),
    ],
)
def test_the_licence_is_what_the_card_states_at_its_head(copied, card, licence):
    assert find_model(str(copied)).licence == ""
    (copied / "README.md").write_text(card, newline="")
    assert find_model(str(copied)).licence == licence


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / WEIGHTS[0]).unlink(), "has no weights, and without them a model answers at random"),
        (lambda folder: (folder / WEIGHTS[0]).rename(folder / "open_clip_pytorch_model.bin"), "as a pickle"),
        (lambda folder: (folder / CONFIG).unlink(), f"has no {CONFIG}"),
        (lambda folder: (folder / CONFIG).write_text("[]"), "does not say what the model is"),
        (lambda folder: (folder / CONFIG).write_text("{"), "does not say what the model is"),
        (
            lambda folder: changed(folder, lambda config: config["model_cfg"]["text_cfg"].update(hf_model_name="bert")),
            "fetched from a hub by name",
        ),
    ],
)
def test_a_folder_that_lacks_something_is_refused(copied, spoil, said):
    spoil(copied)
    with pytest.raises(ConfigError, match=said):
        find_model(f"local-dir:{copied}")


def test_weights_by_their_path_are_refused_with_the_reason(clip_folder):
    for named in (str(clip_folder / WEIGHTS[0]), "./weights.pt", "somewhere/else.safetensors"):
        with pytest.raises(ConfigError, match="do not say with which activation"):
            find_model(named)


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match="there is no such folder"):
        find_model(f"local-dir:{tmp_path / 'nowhere'}")
    with pytest.raises(ConfigError, match="is a folder, which has none"):
        find_model(str(tmp_path), revision="main")


@pytest.mark.usefixtures("clip_folder")
@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("ViT-B-33/openai", "Did you mean 'ViT-B-32'"),
        ("ViT-B-32", "Name one as ARCHITECTURE/TAG"),
        ("ViT-B-32-quickgelu/opnai", "Did you mean 'openai'"),
        ("ViT-B-32/openai", "Name it ViT-B-32-quickgelu/openai"),
        ("ViT-B-32-quickgelu/laion2b_s34b_b79k", "unknown tag of open_clip"),
    ],
)
def test_a_tag_that_cannot_be_meant_is_refused(model, said):
    with pytest.raises(ConfigError, match=said):
        find_model(model)


def test_a_tag_is_the_librarys_config_and_the_hubs_weights(clip_folder, monkeypatch):
    asked = hub(monkeypatch, clip_folder)
    found = find_model("ViT-B-32-quickgelu/openai", revision="abc")
    assert asked == [("timm/vit_base_patch32_clip_224.openai", "abc", True)]
    config = json.loads(found.config)
    assert config["model_cfg"] == random_clip.import_open_clip().get_model_config("ViT-B-32-quickgelu")
    assert config["preprocess_cfg"]["mean"] == [0.48145466, 0.4578275, 0.40821073]
    assert found.name == "ViT-B-32-quickgelu/openai"
    assert found.weights.parent == clip_folder


def test_a_repository_is_fetched_only_if_the_cache_has_it_not(clip_folder, monkeypatch):
    asked = hub(monkeypatch, clip_folder)
    assert find_model("hf-hub:org/model").name == "hf-hub:org/model"
    assert asked == [("org/model", None, True)]
    asked = hub(monkeypatch, clip_folder, cached=False)
    find_model("hf-hub:org/model", revision="v1")
    assert asked == [("org/model", "v1", True), ("org/model", "v1", False)]


def test_what_the_hub_is_not_to_be_asked_for_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ConfigError, match="not in the model cache of this machine"):
        find_model("hf-hub:org/model")


def failing(monkeypatch, error):
    def download(repository, *, local_files_only=False, **wanted):
        raise errors.LocalEntryNotFoundError("not here") if local_files_only else error

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)


@pytest.mark.parametrize(
    "error",
    [
        errors.HTTPError("no route"),
        errors.OfflineModeIsEnabled(),
        errors.LocalEntryNotFoundError("gone"),
        RuntimeError("Data processing error"),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_keeps_a_model_from_being_fetched_is_said_with_what_to_do(monkeypatch, error):
    failing(monkeypatch, error)
    with pytest.raises(ConfigError, match=rf"cannot be fetched \({type(error).__name__}\).*`hf download org/model`"):
        find_model("hf-hub:org/model")


@pytest.mark.parametrize("error", [TypeError("a bug"), OSError(errno.ENOSPC, "full")], ids=["bug", "disk"])
def test_a_bug_or_a_full_disk_is_not_taken_for_a_missing_network(monkeypatch, error):
    failing(monkeypatch, error)
    with pytest.raises(type(error)):
        find_model("hf-hub:org/model")


def test_a_name_that_the_hub_cannot_have_is_refused():
    with pytest.raises(ConfigError, match="Expected ORG/REPO"):
        find_model("hf-hub:a/b/c")


def test_what_is_not_installed_is_said_with_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(ConfigError, match=r"pip install 'tamis\[clip\]'"):
        library.open_clip()


def test_a_torchvision_of_another_build_is_said_so(monkeypatch):
    def broken(name):
        raise RuntimeError("operator torchvision::nms does not exist\nmore")

    monkeypatch.setattr(library.importlib, "import_module", broken)
    with pytest.raises(ConfigError, match=r"operator torchvision::nms does not exist.*both from one index"):
        library.open_clip()


def test_a_model_is_laid_out_for_as_long_as_it_is_loaded(clip_folder):
    with find_model(str(clip_folder)).folder() as folder:
        assert {path.name for path in folder.iterdir()} == {CONFIG, source.WEIGHTS[0]}
        assert sha256(folder / WEIGHTS[0]) == sha256(clip_folder / WEIGHTS[0])
    assert not folder.exists()
