"""How edits move perceptual hashes: `python benchmarks/robustness.py FOLDER…`.

Every picture of the folders that is at least 128 pixels each way is edited in each of the ways below, and hashed by the
filter's own code. A row says how many per cent of the edited pictures lie within the radius of their original.

Pictures of which one is a copy of another are counted once: those whose pHash and dHash both lie within 12 bits of one
that came before. The last row is the number of pairs of different pictures within the radius: what the same radius
would take for copies though they are none. `alike` is the rule of the policy's section `near_duplicates`: pHash within
8, and dHash within 12 or PDQ within 64; a picture with too little in it is like none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from itertools import combinations
from pathlib import Path

import measure
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from filters.pictures.decode import FORMATS, Picture, open_picture
from filters.pictures.prints import ALGORITHMS, MIN_PDQ_QUALITY, PrintsReading
from releases.leaders import DHASH_RADIUS, PDQ_RADIUS
from releases.near_duplicates import MAX_RADIUS

LEAST_SIDE = 128
SAME = 12
ALIKE = "alike"
RADII = {"phash": (0, 4, 6, 8), "dhash": (8, 12), "pdq": (31, 64)}

Edit = Callable[[Image.Image], Image.Image]
Hashes = Mapping[str, int]


def main() -> None:
    originals = [image for folder in sys.argv[1:] for image in _pictures(Path(folder))]
    hashed = [(image, _hashes(image)) for image in originals]
    different: list[tuple[Image.Image, Hashes]] = []
    for image, hashes in hashed:
        if not any(all(_distance(hashes, other, by) <= SAME for by in ("phash", "dhash")) for _, other in different):
            different.append((image, hashes))
    print(measure.machine(), end="\n\n")
    print(f"{len(different)} different pictures of {len(originals)}, {len(_edits())} edits of each.\n")
    columns = [*((by, radius) for by, radii in RADII.items() for radius in radii), (ALIKE, MAX_RADIUS)]
    rows = [
        (name, *(f"{_recall(different, edit, by, radius):.0f}" for by, radius in columns))
        for name, edit in ((name, _all_edited(different, edit)) for name, edit in _edits().items())
    ]
    pairs = list(combinations([hashes for _, hashes in different], 2))
    false = [f"{sum(_within(*pair, by, radius) for pair in pairs)}" for by, radius in columns]
    head = ("edit", *(by if by == ALIKE else f"{by} ≤ {radius}" for by, radius in columns))
    print(measure.table(head, [*rows, (f"false pairs of {len(pairs):,}", *false)]))


def _edits() -> dict[str, Edit]:
    return {
        "JPEG, quality 75": lambda image: _jpeg(image, 75),
        "JPEG, quality 30": lambda image: _jpeg(image, 30),
        "JPEG, quality 10": lambda image: _jpeg(image, 10),
        "half the size": lambda image: _scaled(image, 0.5),
        "a quarter of the size": lambda image: _scaled(image, 0.25),
        "squashed to a square": lambda image: image.resize((min(image.size),) * 2),
        "brighter by 10 %": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
        "brighter by 30 %": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
        "more contrast, 30 %": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
        "grey": lambda image: image.convert("L").convert("RGB"),
        "a watermark": _watermark,
        "a border of 4 %": lambda image: ImageOps.expand(image, max(1, image.width // 25), "white"),
        "cropped by 2 %": lambda image: _cropped(image, 0.02),
        "cropped by 5 %": lambda image: _cropped(image, 0.05),
        "cropped by 10 %": lambda image: _cropped(image, 0.10),
        "turned by 1 degree": lambda image: image.rotate(1, Image.Resampling.BICUBIC),
        "turned by 90 degrees": lambda image: image.transpose(Image.Transpose.ROTATE_90),
        "mirrored": ImageOps.mirror,
    }


def _all_edited(pictures: list[tuple[Image.Image, Hashes]], edit: Edit) -> list[Hashes]:
    return [_hashes(edit(image)) for image, _ in pictures]


def _recall(pictures: list[tuple[Image.Image, Hashes]], edited: list[Hashes], by: str, radius: int) -> float:
    found = [_within(hashes, after, by, radius) for (_, hashes), after in zip(pictures, edited, strict=True)]
    return 100 * sum(found) / len(found)


def _within(left: Hashes, right: Hashes, by: str, radius: int) -> bool:
    if by == ALIKE:
        confirmed = _distance(left, right, "dhash") <= DHASH_RADIUS or _distance(left, right, "pdq") <= PDQ_RADIUS
        told = min(left["quality"], right["quality"]) >= MIN_PDQ_QUALITY
        return told and confirmed and _distance(left, right, "phash") <= radius
    if by == "pdq" and min(left["quality"], right["quality"]) < MIN_PDQ_QUALITY:
        return False
    return _distance(left, right, by) <= radius


def _distance(left: Hashes, right: Hashes, by: str) -> int:
    return (left[by] ^ right[by]).bit_count()


def _hashes(image: Image.Image) -> Hashes:
    rows = PrintsReading().of(Picture(image, None, (), image.width * image.height, data=b"")).tolist()
    hashes = {}
    for algorithm, _, quality, *words in rows:
        name = ALGORITHMS[algorithm]
        hashes[name] = int("".join(f"{word:016x}" for word in (words if name == "pdq" else words[:1])), 16)
        if name == "pdq":
            hashes["quality"] = quality
    return hashes


def _pictures(folder: Path) -> Iterator[Image.Image]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower().lstrip(".") in {"jpg", "jpeg", *map(str.lower, FORMATS)}:
            opened = open_picture(path.read_bytes(), max_pixels=64_000_000)
            if isinstance(opened, Picture) and min(opened.views[0].size) >= LEAST_SIDE:
                yield opened.views[0]


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    saved = BytesIO()
    image.save(saved, format="JPEG", quality=quality)
    return Image.open(saved).convert("RGB")


def _scaled(image: Image.Image, by: float) -> Image.Image:
    return image.resize((max(1, round(image.width * by)), max(1, round(image.height * by))))


def _cropped(image: Image.Image, by: float) -> Image.Image:
    """Without that share of each side, at the left and the top."""
    return image.crop((round(image.width * by), round(image.height * by), image.width, image.height))


def _watermark(image: Image.Image) -> Image.Image:
    marked = image.copy()
    pen = ImageDraw.Draw(marked, "RGBA")
    pen.text((image.width // 8, image.height // 3), "SAMPLE", fill=(255, 255, 255, 160), font_size=image.width // 6)
    return marked


if __name__ == "__main__":
    main()
