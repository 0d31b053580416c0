"""A loaded model: the vectors of open_clip itself, in batches of one shape, and none made up."""

import json
import shutil
import warnings

import numpy as np
import pytest

from benchmarks import random_clip
from filters.pictures.clip.batches import FromMemory, InBatches
from filters.pictures.clip.model import load_clip
from filters.pictures.clip.source import CONFIG, WEIGHTS, find_model
from tamis.errors import ConfigError


@pytest.fixture(scope="module")
def model(clip_folder):
    return load_clip(find_model(str(clip_folder)), "cpu")


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(5).integers(0, 256, (11, 64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def theirs(clip_folder):
    """The model as open_clip itself loads it."""
    library = random_clip.import_open_clip()
    network = library.create_model(f"local-dir:{clip_folder}", require_pretrained=True).eval()
    return network, library.get_tokenizer(f"local-dir:{clip_folder}")


def one_by_one(network, pixels):
    from open_clip.transform import PreprocessCfg, image_transform_v2
    from PIL import Image
    from torch import no_grad

    transform = image_transform_v2(PreprocessCfg(**network.visual.preprocess_cfg), is_train=False)
    with no_grad():
        vectors = [network.encode_image(transform(Image.fromarray(each))[None], normalize=True) for each in pixels]
    return np.concatenate([vector.numpy() for vector in vectors])


def test_vectors_are_those_of_open_clip_one_by_one(model, theirs, pixels):
    found = model.embed(pixels, batches=InBatches(4))
    assert np.abs(np.stack(found) - one_by_one(theirs[0], pixels)).max() < 1e-5
    assert len({vector.tobytes() for vector in found}) == len(pixels)


def test_words_are_those_of_open_clip(model, theirs):
    from torch import no_grad

    network, tokenizer = theirs
    texts = [f"a photo of thing number {number}." for number in range(40)]
    with no_grad():
        wanted = network.encode_text(tokenizer(texts), normalize=True).numpy()
    assert np.abs(model.embed_texts(texts) - wanted).max() < 1e-5
    assert model.logit_scale == pytest.approx(network.logit_scale.detach().exp().item())


def test_what_is_made_of_a_picture_does_not_depend_on_how_many_came_along(model, pixels):
    together = model.embed(pixels, batches=InBatches(4))
    alone = [model.embed(pixels[place : place + 1], batches=InBatches(4))[0] for place in range(len(pixels))]
    assert [vector.tobytes() for vector in together] == [vector.tobytes() for vector in alone]


def test_every_batch_has_one_shape(model, pixels):
    shapes = []
    hook = model.network.visual.register_forward_pre_hook(lambda _, args: shapes.append(tuple(args[0].shape)))
    try:
        model.embed(pixels, batches=InBatches(4))
    finally:
        hook.remove()
    assert shapes == [(4, 3, 64, 64)] * 3


def test_the_threads_of_the_process_are_left_as_they_were(model, pixels):
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        model.embed(pixels[:1], batches=InBatches(1))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_model_is_loaded_once(clip_folder, model):
    assert load_clip(find_model(f"local-dir:{clip_folder}"), "cpu") is model


def test_a_device_that_is_not_there_is_refused(clip_folder):
    with pytest.raises(ConfigError, match="clip: device is cuda:99"):
        load_clip(find_model(str(clip_folder)), "cuda:99")


def test_weights_of_another_shape_are_refused(clip_folder, tmp_path):
    config = json.loads(json.dumps(random_clip.TINY))
    config["model_cfg"]["vision_cfg"]["layers"] = 3
    folder = shutil.copytree(clip_folder, tmp_path / "other")
    (folder / CONFIG).write_text(json.dumps(config))
    with pytest.raises(ConfigError, match="cannot be loaded as a model"):
        load_clip(find_model(str(folder)), "cpu")


def test_weights_that_are_cut_off_are_refused(clip_folder, tmp_path):
    folder = shutil.copytree(clip_folder, tmp_path / "cut")
    data = (folder / WEIGHTS[0]).read_bytes()
    (folder / WEIGHTS[0]).write_bytes(data[: len(data) // 2])
    with pytest.raises(ConfigError, match="cannot be loaded as a model"):
        load_clip(find_model(str(folder)), "cpu")


def test_open_clip_by_itself_would_go_on_with_random_weights(clip_folder, tmp_path):
    """Why weights are asked for: if this fails, open_clip has become stricter."""
    shutil.copy(clip_folder / CONFIG, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert random_clip.import_open_clip().create_model(f"local-dir:{tmp_path}") is not None


class Device:
    """Takes at most so many pictures at once, and never one of that brightness, if it is not 0."""

    def __init__(self, most, poison=0):
        self.most = most
        self.poison = poison
        self.given = []

    def __call__(self, batch):
        import torch

        self.given.append(len(batch))
        if len(batch) > self.most or (self.poison and bool((batch[:, 0, 0, 0] == self.poison).any())):
            raise torch.cuda.OutOfMemoryError("made up")
        return batch[:, 0, 0, :1].float()


def numbered(count):
    return np.arange(1, count + 1, dtype=np.uint8).repeat(12).reshape(count, 2, 2, 3)


@pytest.mark.usefixtures("clip_folder")
@pytest.mark.parametrize(("most", "left"), [(8, 8), (7, 4), (3, 2), (1, 1)])
def test_batches_are_halved_until_they_fit_and_stay_so(most, left):
    device, batches = Device(most), InBatches(8)
    for _ in range(2):
        found = batches.run(numbered(21), device, FromMemory)
        assert [int(each[0]) for each in found] == list(range(1, 22))
    assert batches.size == left
    assert device.given.count(left) >= 2 * -(-21 // left)
    assert len([size for size in device.given if size > most]) <= 3


@pytest.mark.usefixtures("clip_folder")
def test_a_picture_for_which_memory_does_not_reach_alone_has_no_vector():
    found = InBatches(4).run(numbered(9), Device(4, poison=6), FromMemory)
    assert [None if each is None else int(each[0]) for each in found] == [1, 2, 3, 4, 5, None, 7, 8, 9]


@pytest.mark.usefixtures("clip_folder")
def test_any_other_error_is_not_taken_for_want_of_memory():
    def broken(batch):
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        InBatches(4).run(numbered(3), broken, FromMemory)


@pytest.mark.usefixtures("clip_folder")
def test_nothing_in_is_nothing_out():
    assert InBatches(4).run(numbered(0), Device(4), FromMemory) == []
