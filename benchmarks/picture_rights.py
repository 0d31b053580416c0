"""Pictures per CPU-second of the rights readers: `python benchmarks/picture_rights.py FOLDER`.

FOLDER is searched for pictures; as many again are drawn, in five formats, each with XMP, EXIF and a reservation. Every
row is the best of three passes over bytes that are in memory. Last it says how many pictures carry rights that the
marks would have missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import measure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from filters.rights.pictures.c2pa import ManifestReader
from filters.rights.pictures.markers import format_of, may_carry_manifest, may_carry_rights
from filters.rights.pictures.metadata import fields_of, read_picture

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
PACKET = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    b'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">'
    b'<rdf:Description rdf:about="" plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING">'
    b"<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>Copyright Ann Example, no AI training</rdf:li></rdf:Alt>"
    b"</dc:rights>"
    b"<xmpMM:History><rdf:Seq>"
    + b"<rdf:li rdf:parseType='Resource'><xmpMM:action>saved</xmpMM:action></rdf:li>" * 20
    + b"</rdf:Seq></xmpMM:History></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
)
PASSES, DRAWN = 3, 40


def main() -> None:
    found = [path.read_bytes() for path in sorted(Path(sys.argv[1]).rglob("*")) if path.is_file()]
    found = [data for data in found if format_of(data) != "other"]
    drawn = [_drawn(kind, side=256 + 16 * number) for kind in FORMATS for number in range(DRAWN // len(FORMATS))]
    carrying = [data for data in found if may_carry_rights(data)] + drawn
    reader = ManifestReader()
    rows = [
        _row("marks, pictures of the folder", may_carry_rights, found),
        _row("marks of a manifest, pictures of the folder", may_carry_manifest, found),
        _row("metadata, pictures of the folder", read_picture, found),
        _row("metadata, pictures with marks and drawn ones", read_picture, carrying),
        _row("Pillow's open, getxmp and getexif, the same", _with_pillow, carrying),
        _row(
            "manifests, pictures with marks of one", reader.read, [data for data in found if may_carry_manifest(data)]
        ),
    ]
    print(measure.machine(), end="\n\n")
    print(measure.table(("what", "pictures", "MB", "pictures / CPU s"), rows), end="\n\n")
    carry = [data for data in (*found, *drawn) if _carries(data)]
    missed = sum(not may_carry_rights(data) for data in carry)
    print(f"{len(carry)} of {len(found) + len(drawn)} pictures carry rights; the marks miss {missed} of them.")


def _row(what: str, read: Callable[[bytes], object], pictures: list[bytes]) -> list[str]:
    seconds = min(_pass(read, pictures) for _ in range(PASSES))
    megabytes = sum(map(len, pictures)) / 1e6
    return [what, f"{len(pictures):,}", f"{megabytes:.1f}", f"{len(pictures) / seconds:,.0f}"]


def _pass(read: Callable[[bytes], object], pictures: list[bytes]) -> float:
    times = max(1, 200 // max(1, len(pictures)))
    started = time.process_time()
    for _ in range(times):
        for data in pictures:
            read(data)
    return (time.process_time() - started) / times or 1e-9


def _carries(data: bytes) -> bool:
    fields = fields_of(data)
    return bool(fields.properties or fields.broken or fields.blocks.texts)


def _with_pillow(data: bytes) -> object:
    with Image.open(BytesIO(data)) as image:
        return image.getxmp(), dict(image.getexif())


def _drawn(kind: str, *, side: int) -> bytes:
    exif = Image.Exif()
    exif[0x8298] = "Copyright Ann Example"
    options: dict[str, object] = {"exif": exif}
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", PACKET.decode())
        options["pnginfo"] = info
    elif kind == "TIFF":
        options = {"tiffinfo": {700: PACKET, 0x8298: "Copyright Ann Example"}}
    else:
        options["xmp"] = PACKET
    with BytesIO() as saved:
        Image.effect_noise((side, side), 60).convert("RGB").save(saved, kind, **options)
        return saved.getvalue()


if __name__ == "__main__":
    main()
