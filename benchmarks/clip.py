"""What CLIP vectors cost: `python benchmarks/clip.py [--device cuda] [--models ViT-B-32 ViT-L-14] [--seconds S]`.

Preparation: pictures a second of one core from decoded pixels to the model's input, by open_clip's own transform and by
ours, and the greatest difference between the two in grey levels. The pictures are made up: broad shapes under noise,
saved as JPEG and opened again.

Vectors: models of random weights, which cost what trained ones cost. On a processor the figures are by its seconds; on
a CUDA device by the clock: the forward passes alone, from pixels in memory, and from JPEG with one thread for each core
that decodes.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import measure
import numpy as np
from PIL import Image
from random_clip import TINY, build, import_open_clip, shape_of

from filters.pictures.clip.batches import FromMemory, InBatches
from filters.pictures.clip.model import ClipModel, load_clip
from filters.pictures.clip.prepare import ClipInput, Pixels
from filters.pictures.clip.source import find_model

SIZES = ((640, 480), (1280, 960), (3000, 2250))
BATCHES = {"cpu": 8, "cuda": 256}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--models", nargs="*", default=["tiny", "ViT-B-32"])
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each figure is taken, three times")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # torch's of arrays that are only read
    import_open_clip()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "open-clip-torch", "pillow"))
    print(f"{measure.machine()}\n{libraries}", end="\n\n")
    _preparation(given.seconds)
    with TemporaryDirectory() as folder:
        for name in given.models:
            config = TINY if name == "tiny" else shape_of(name)
            model = load_clip(find_model(str(build(Path(folder) / name, config=config))), given.device)
            _on_cuda(name, model, given.seconds) if given.device != "cpu" else _on_processor(name, model, given.seconds)


def _preparation(seconds: float) -> None:
    from open_clip.transform import PreprocessCfg, image_transform_v2

    transform = image_transform_v2(PreprocessCfg(), is_train=False)
    reading = ClipInput(224, 224)
    reading.prepare()
    rows = []
    for size in SIZES:
        data = _jpeg(*size)
        image = _opened(data)
        theirs = _rate(lambda image=image: transform(image), seconds, time.process_time)
        ours = _rate(lambda image=image: reading.pixels(image), seconds, time.process_time)
        decoded = _rate(lambda data=data: _opened(data), seconds, time.process_time)
        both = 1 / (1 / decoded + 1 / theirs), 1 / (1 / decoded + 1 / ours)
        farthest = max(_difference(_opened(_jpeg(*size, seed=seed)), transform, reading) for seed in range(3))
        cells = (f"{theirs:.0f}", f"{ours:.0f}", f"{ours / theirs:.1f}", f"{decoded:.0f}", f"{both[1] / both[0]:.1f}")
        rows.append((f"{size[0]} × {size[1]}", *cells, str(farthest)))
    head = (
        "picture",
        "open_clip / CPU s",
        "ours / CPU s",
        "times",
        "decoded / CPU s",
        "times with decoding",
        "levels off",
    )
    print(measure.table(head, rows), end="\n\n")


def _difference(image: Image.Image, transform: Any, reading: ClipInput) -> int:
    theirs: Any = image
    for step in transform.transforms[:-2]:  # up to the pixels
        theirs = step(theirs)
    return int(np.abs(np.asarray(theirs).astype(int) - reading.pixels(image)).max())


def _on_processor(name: str, model: ClipModel, seconds: float) -> None:
    pixels = _pixels(model, 16)
    rows = []
    for size in (1, 8, 16):
        rate = _rate(lambda size=size: model.embed(pixels, batches=InBatches(size)), seconds, time.process_time)
        rows.append((f"{name}, batches of {size}", f"{rate * len(pixels):.1f}"))
    print(measure.table(("model", "pictures / CPU s"), rows), end="\n\n")


def _on_cuda(name: str, model: ClipModel, seconds: float) -> None:
    import torch

    size = BATCHES["cuda"]
    pixels = _pixels(model, 4 * size)
    batch = FromMemory(pixels, size).take(0).to(model.device)

    def forward() -> None:
        model.forward(batch)
        torch.cuda.synchronize()

    alone = _rate(forward, seconds, time.perf_counter) * size
    fed = _rate(lambda: model.embed(pixels, batches=InBatches(size)), seconds, time.perf_counter) * len(pixels)
    rows = [
        (f"{name}, forward passes alone", f"{alone:,.0f}", "1.00"),
        (f"{name}, from pixels in memory", f"{fed:,.0f}", f"{fed / alone:.2f}"),
    ]
    for picture in SIZES[:2]:
        whole = _from_jpeg(model, _jpeg(*picture), size, seconds)
        rows.append((f"{name}, from JPEG of {picture[0]} × {picture[1]}", f"{whole:,.0f}", f"{whole / alone:.2f}"))
    print(measure.table(("model", "pictures / s", "share"), rows), end="\n\n")


def _from_jpeg(model: ClipModel, data: bytes, size: int, seconds: float) -> float:
    """A chunk of pictures is decoded while the one before is on the device."""
    count = 2 * size
    with ThreadPoolExecutor(os.cpu_count()) as decoding, ThreadPoolExecutor(1) as computing:
        started, done, waiting = time.perf_counter(), 0, None
        while time.perf_counter() - started < 3 * seconds:
            chunk = np.stack(list(decoding.map(lambda _: model.reading.pixels(_opened(data)), range(count))))
            if waiting is not None:
                waiting.result()
            waiting = computing.submit(model.embed, chunk, batches=InBatches(size))
            done += count
        if waiting is not None:
            waiting.result()
        return done / (time.perf_counter() - started)


def _rate(work: Callable[[], Any], seconds: float, clock: Callable[[], float]) -> float:
    """The most times a second of three tries: noise only ever slows."""
    work()
    return max(_tries(work, seconds, clock) for _ in range(3))


def _tries(work: Callable[[], Any], seconds: float, clock: Callable[[], float]) -> float:
    started, done = clock(), 0
    while clock() - started < seconds:
        work()
        done += 1
    return done / (clock() - started)


def _pixels(model: ClipModel, count: int) -> Pixels:
    shape = (count, model.reading.height, model.reading.width, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def _jpeg(width: int, height: int, *, seed: int = 0) -> bytes:
    dice = np.random.default_rng(seed)
    shapes = Image.fromarray(dice.integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8))
    smooth = np.asarray(shapes.resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
    noisy = (smooth + dice.normal(0, 6, smooth.shape)).clip(0, 255).astype(np.uint8)
    with BytesIO() as saved:
        Image.fromarray(noisy).save(saved, "JPEG", quality=85)
        return saved.getvalue()


def _opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data), formats=("JPEG",))
    image.load()
    return image


if __name__ == "__main__":
    main()
