"""Pictures encoded anew: as they are shown, with their rights, and with nothing else that somebody wrote into them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from filters.pictures.reencode import PictureFormat, Reencoding, reencode
from filters.rights.pictures.metadata import read_picture

Saved = Callable[..., bytes]

FORMATS: tuple[PictureFormat, ...] = ("jpeg", "png", "webp")
SOURCES = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
LATITUDE = (51.0, 30.0, 12.0)
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:cc="http://creativecommons.org/ns#" '
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/">'
    '<rdf:Description exif:GPSLatitude="51,30.2N" photoshop:City="Canary Town" plus:DataMining="DMI-PROHIBITED">'
    '<cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>'
    "<exif:GPSLongitude>0,7.5W</exif:GPSLongitude></rdf:Description></rdf:RDF></x:xmpmeta>"
)
HIDDEN = (b"GPS", b"Canary", b"canary", b"51,30", b"0,7.5W")


def to(form: PictureFormat = "png", *, quality: int = 90, max_side: int | None = None) -> Reencoding:
    return Reencoding(form, quality, max_side)


def opened(data: object) -> Image.Image:
    assert isinstance(data, bytes), data
    image = Image.open(BytesIO(data))
    image.load()
    return image


def photograph(drawing: Image.Image, saved: Saved, kind: str, orientation: int = 1) -> bytes:
    """As a camera and a program leave it: rights, place, device, comment."""
    exif = Image.Exif()
    exif.update({0x8298: "Copyright Ann", 0x013B: "Ann Example", 0x010F: "Canary Cameras", 0x0112: orientation})
    exif.get_ifd(0x8825).update({1: "N", 2: LATITUDE})
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP)
        info.add_text("Comment", "canary")
        return saved(drawing, kind, exif=exif, pnginfo=info)
    if kind == "TIFF":
        exif[700] = XMP.encode()
        return saved(drawing, kind, exif=exif)
    options = {"comment": b"canary"} if kind == "JPEG" else {}
    return saved(drawing, kind, exif=exif, xmp=XMP.encode(), **options)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("form", FORMATS)
def test_rights_go_along_and_places_do_not(
    drawing: Image.Image, saved: Saved, source: str, form: PictureFormat
) -> None:
    before = photograph(drawing, saved, source, orientation=6)
    with Image.open(BytesIO(before)) as image:
        assert image.getexif().get_ifd(0x8825) or source == "TIFF"
    assert b"GPSLatitude" in before
    after = reencode(before, to(form))
    image = opened(after)
    assert image.format == form.upper()
    assert dict(image.getexif()) == {0x8298: "Copyright Ann", 0x013B: "Ann Example"}
    assert isinstance(after, bytes)
    assert not [word for word in HIDDEN if word in after]
    original, copy = read_picture(before), read_picture(after)
    assert set(copy.licences) == set(original.licences)
    assert set(copy.statements) == set(original.statements)
    assert len(copy.licences) == 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_the_way_up_that_it_is_shown(drawing: Image.Image, saved: Saved, orientation: int) -> None:
    before = photograph(drawing, saved, "PNG", orientation)
    turned = {5: 4, 6: 3, 7: 4, 8: 3}
    after = opened(reencode(before, to()))
    assert after.size == ((64, 96) if orientation in turned else (96, 64))
    upside = {1: (0, 0), 2: (95, 0), 3: (95, 63), 4: (0, 63), 5: (0, 0), 6: (0, 63), 7: (95, 63), 8: (95, 0)}
    assert after.getpixel((0, 0)) == drawing.getpixel(upside[orientation])
    assert np.asarray(after).sum() == np.asarray(drawing).sum()


def test_pixels_of_a_png_stay_as_they_are(drawing: Image.Image, saved: Saved) -> None:
    assert opened(reencode(saved(drawing, "PNG"), to())).tobytes() == drawing.tobytes()


def test_larger_pictures_are_scaled_down_and_smaller_ones_are_not(drawing: Image.Image, saved: Saved) -> None:
    data = saved(drawing, "PNG")
    assert [opened(reencode(data, to(max_side=side))).size for side in (48, 96, 500)] == [(48, 32), (96, 64), (96, 64)]


def test_quality_is_that_of_the_encoder(drawing: Image.Image, saved: Saved) -> None:
    data = saved(drawing, "PNG")
    for form in ("jpeg", "webp"):
        sizes = [len(opened_bytes(reencode(data, to(form, quality=quality)))) for quality in (5, 50, 95)]
        assert sizes == sorted(set(sizes))


def opened_bytes(data: object) -> bytes:
    assert isinstance(data, bytes)
    return data


@pytest.mark.parametrize("kind", ["RGBA", "LA", "P"])
def test_transparency_stays_where_the_format_has_it_and_is_white_where_not(saved: Saved, kind: str) -> None:
    clear = Image.new("RGBA", (8, 8), (200, 10, 10, 0))
    clear.paste((10, 20, 200, 255), (4, 0, 8, 8))
    data = saved(clear.convert(kind), "PNG")
    for form in ("png", "webp"):
        alpha = opened(reencode(data, to(form))).convert("RGBA").getchannel("A")
        assert (alpha.getpixel((0, 0)), alpha.getpixel((7, 0))) == (0, 255)
    jpeg = opened(reencode(data, to("jpeg", quality=100)))
    assert jpeg.mode == "RGB"
    assert min(jpeg.getpixel((0, 0))) > 240  # type: ignore[arg-type,type-var] # a tuple for RGB


@pytest.mark.parametrize("mode", ["L", "1", "P", "I;16", "CMYK"])
def test_every_mode_becomes_one_that_every_loader_takes(saved: Saved, mode: str) -> None:
    grey = Image.linear_gradient("L")
    image = grey.convert("I").point(lambda value: value * 257).convert("I;16") if mode == "I;16" else grey.convert(mode)
    data = saved(image, "TIFF")
    assert [opened(reencode(data, to(form))).mode for form in FORMATS] == ["RGB"] * 3


def test_colours_are_those_that_the_profile_means(drawing: Image.Image, saved: Saved) -> None:
    """A profile in which red and blue are swapped, made of sRGB's own."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = (profile.index(tag, 128) for tag in (b"rXYZ", b"bXYZ"))
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    after = opened(reencode(saved(drawing, "PNG", icc_profile=bytes(profile)), to()))
    assert "icc_profile" not in after.info
    swapped = np.asarray(drawing)[:, :, ::-1].astype(int)
    assert np.abs(np.asarray(after).astype(int) - swapped).max() <= 3
    broken = opened(reencode(saved(drawing, "PNG", icc_profile=b"canary"), to()))
    assert broken.tobytes() == drawing.tobytes()


def test_of_an_animation_the_first_frame_is_left(saved: Saved) -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "green", "blue")]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    after = opened(reencode(data, to()))
    assert getattr(after, "n_frames", 1) == 1
    assert after.getpixel((4, 4)) == (255, 0, 0)


def test_what_cannot_be_encoded_anew_is_said(drawing: Image.Image, saved: Saved) -> None:
    assert reencode(b"canary", to()) == "picture_unreadable"
    assert reencode(saved(drawing, "PNG")[:-40], to()) in ("picture_truncated", "picture_unreadable")
    assert reencode(saved(drawing, "JPEG") + b"jumb", to()) == "manifest"
    assert reencode(saved(Image.new("RGB", (16_384, 2)), "PNG"), to("webp")) == "not_encoded"
    assert isinstance(reencode(saved(Image.new("RGB", (16_384, 2)), "PNG"), to("webp", max_side=16_383)), bytes)
    wordy = XMP.replace("DMI-PROHIBITED", "x" * 70_000)
    assert reencode(saved(drawing, "WEBP", xmp=wordy.encode()), to("jpeg")) == "not_encoded"


def test_the_same_bytes_give_the_same_bytes(drawing: Image.Image, saved: Saved) -> None:
    data = photograph(drawing, saved, "JPEG")
    for form in FORMATS:
        assert reencode(data, to(form)) == reencode(data, to(form))
