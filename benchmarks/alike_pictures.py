"""Which edits of a picture are found again, and how near different ones come: `python benchmarks/alike_pictures.py`.

40 generated pictures (patches of colour, shapes, grain) and, with a folder as argument, the pictures in it, of which no
two should be versions of one. Each is edited in the ways of the table. Found: the edited one lies within pHash 8 of its
own, and dHash 12 or PDQ 64 confirms it. Different pictures are all pairs of them before they are edited.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure

from filters.pictures.decode import MAX_PIXELS, Picture, open_picture
from filters.pictures.prints import PrintsReading
from releases.leaders import DHASH_RADIUS, PDQ_RADIUS
from releases.near_duplicates import MAX_RADIUS, MIN_QUALITY

GENERATED = 40

Distances = tuple[int, int, int]
"""By pHash, dHash and PDQ."""


def scene(seed: int) -> Image.Image:
    """A picture with large forms and small, 640 x 480."""
    random = np.random.default_rng(seed)
    patches = random.integers(0, 255, (7, 9, 3), dtype=np.uint8)
    image = Image.fromarray(patches).resize((640, 480), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        left, top, width, height = (int(each) for each in random.integers(10, 400, 4))
        colour = tuple(int(each) for each in random.integers(0, 255, 3))
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)(
            (left, top, left + width // 3, top + height // 3), fill=colour
        )
    grain = random.normal(0, 6, (480, 640, 3))
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))


def _saved(quality: int) -> Callable[[Image.Image], Image.Image]:
    def edit(image: Image.Image) -> Image.Image:
        with BytesIO() as data:
            image.save(data, format="JPEG", quality=quality)
            return Image.open(BytesIO(data.getvalue())).convert("RGB")

    return edit


def _cropped(share: float) -> Callable[[Image.Image], Image.Image]:
    def edit(image: Image.Image) -> Image.Image:
        across, down = image.width * share / 2, image.height * share / 2
        return image.crop((round(across), round(down), round(image.width - across), round(image.height - down)))

    return edit


def _watermarked(image: Image.Image) -> Image.Image:
    marked = image.copy()
    draw = ImageDraw.Draw(marked)
    draw.text((image.width // 8, image.height // 2), "EXAMPLE.COM", fill="white", font_size=max(12, image.width // 10))
    return marked


EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG, quality 30": _saved(30),
    "JPEG, quality 10": _saved(10),
    "a quarter of its size": lambda image: image.resize((image.width // 4, image.height // 4)),
    "squashed to a square": lambda image: image.resize((256, 256)),
    "30 % brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "watermark": _watermarked,
    "border of 4 %": lambda image: ImageOps.expand(image, border=image.width // 25, fill="white"),
    "2 % cropped": _cropped(0.02),
    "5 % cropped": _cropped(0.05),
    "10 % cropped": _cropped(0.10),
    "turned by 1°": lambda image: image.rotate(1, expand=False),
    "turned by 3°": lambda image: image.rotate(3, expand=False),
    "mirrored": ImageOps.mirror,
}


def prints(image: Image.Image) -> tuple[tuple[int, int, int], int]:
    """The three hashes of a picture as numbers, and its PDQ quality."""
    picture = Picture(frame=image, stored=None, views=(image,), pixels=image.width * image.height)
    phash, dhash, pdq = PrintsReading().of(picture).tolist()
    long = pdq[3] << 192 | pdq[4] << 128 | pdq[5] << 64 | pdq[6]
    return (phash[3], dhash[3], long), int(pdq[2])


def apart(one: tuple[int, int, int], other: tuple[int, int, int]) -> Distances:
    phash, dhash, pdq = ((some ^ more).bit_count() for some, more in zip(one, other, strict=True))
    return phash, dhash, pdq


def is_near(distances: Distances) -> bool:
    return distances[0] <= MAX_RADIUS


def is_confirmed(distances: Distances) -> bool:
    return distances[1] <= DHASH_RADIUS or distances[2] <= PDQ_RADIUS


def originals(folder: Path | None) -> Iterator[Image.Image]:
    yield from map(scene, range(GENERATED))
    for path in sorted(folder.rglob("*")) if folder else ():
        if path.is_file():
            picture = open_picture(path.read_bytes(), max_pixels=MAX_PIXELS)
            if isinstance(picture, Picture):
                yield picture.views[0]


def main() -> None:
    images = list(originals(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
    hashed = [prints(image) for image in images]
    told = [place for place, (_, quality) in enumerate(hashed) if quality >= MIN_QUALITY]
    print(f"{measure.machine()}\n\n{len(images)} pictures, of which {len(images) - len(told)} are too plain\n")
    rows = []
    for name, edit in EDITS.items():
        found = [apart(hashed[place][0], prints(edit(images[place]))[0]) for place in told]
        share = [
            sum(distance[0] == 0 for distance in found),
            sum(map(is_near, found)),
            sum(is_near(each) and is_confirmed(each) for each in found),
        ]
        rows.append([name, *(f"{100 * count / len(found):.0f}" for count in share)])
    print(measure.table(("edit", "equal pHash, %", "pHash <= 8, %", "and confirmed, %"), rows))
    pairs = [apart(hashed[one][0], hashed[other][0]) for one, other in combinations(told, 2)]
    near = [pair for pair in pairs if is_near(pair)]
    nearest = ", ".join(
        f"{name} {min(pair[at] for pair in pairs)}" for at, name in enumerate(("pHash", "dHash", "PDQ"))
    )
    print(f"\n{len(pairs):,} pairs of different pictures: {len(near)} within pHash {MAX_RADIUS}, of which ", end="")
    print(f"{sum(map(is_confirmed, near))} are confirmed. The nearest: {nearest}.")


if __name__ == "__main__":
    main()
