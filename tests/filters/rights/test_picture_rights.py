"""What pictures say of their rights, in every format and however damaged."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, IptcImagePlugin, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from filters.rights.pictures.keep import options_for, rights_of
from filters.rights.pictures.markers import format_of, may_carry_rights
from filters.rights.pictures.metadata import (
    MAX_VALUE,
    PictureLicence,
    PictureRights,
    read_picture,
    says_of_mining,
)
from filters.rights.pictures.words import speaks_of_reservation
from filters.rights.reservations.statement import Statement, strictest
from filters.rights.spdx import read_name
from tamis.records import IN_PICTURE, PROTOCOLS, RESERVATIONS, SCOPES

SHARED = Path(__file__).parents[4] / "shared" / "data" / "images"
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
MINING = {
    "DMI-UNSPECIFIED": "none_found",
    "DMI-ALLOWED": "allowed",
    "DMI-PROHIBITED-AIMLTRAINING": "reserved",
    "DMI-PROHIBITED-GENAIMLTRAINING": "reserved",
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": "reserved",
    "DMI-PROHIBITED": "reserved",
    "DMI-PROHIBITED-SEECONSTRAINT": "reserved",
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR": "reserved",
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR": "reserved",
}
NAMESPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cc="http://creativecommons.org/ns#" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
    'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmlns:tdm="http://www.w3.org/ns/tdmrep/" '
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
)
COPYRIGHT = "Copyright Ann Example"
FORMS: dict[str, Callable[[str], str]] = {
    "address in an attribute": lambda value: packet(attributes=f'plus:DataMining="{VOCABULARY}{value}"'),
    "address in an element": lambda value: packet(f"<plus:DataMining>{VOCABULARY}{value}</plus:DataMining>"),
    "reference": lambda value: packet(f'<plus:DataMining rdf:resource="{VOCABULARY}{value}"/>'),
    "short": lambda value: packet(attributes=f'plus:DataMining="{value}"'),
    "in a bag": lambda value: packet(
        f"<plus:DataMining><rdf:Bag><rdf:li> {value} </rdf:li></rdf:Bag></plus:DataMining>"
    ),
}


def packet(elements: str = "", *, attributes: str = "") -> str:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {NAMESPACES}><rdf:Description rdf:about="" {attributes}>{elements}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta><?xpacket end="w"?>'
    )


def iptc_field(number: int, value: str) -> bytes:
    data = value.encode()
    return b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(data)) + data


def jpeg_segment(number: int, payload: bytes) -> bytes:
    return b"\xff" + bytes([0xE0 + number]) + struct.pack(">H", len(payload) + 2) + payload


def png_chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def photoshop(iptc: bytes) -> bytes:
    block = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(iptc)) + iptc
    return b"Photoshop 3.0\0" + block + b"\0" * (len(block) % 2)


def draw(
    kind: str,
    *,
    xmp: str | bytes | None = None,
    copyright_notice: str = "",
    iptc: bytes = b"",
    texts: dict[str, str] | None = None,
    size: tuple[int, int] = (24, 16),
) -> bytes:
    """A picture of the format that carries what is given."""
    options: dict[str, Any] = {}
    data = xmp.encode() if isinstance(xmp, str) else xmp
    exif = Image.Exif()
    if copyright_notice:
        exif[0x8298] = copyright_notice
    if kind == "TIFF":
        fields = TiffImagePlugin.ImageFileDirectory_v2()
        for tag, value in ((700, data), (33723, iptc), (0x8298, copyright_notice)):
            if value:
                fields.tagtype[tag] = 2 if tag == 0x8298 else 7
                fields[tag] = value
        options["tiffinfo"] = fields
    elif kind != "GIF":
        options["exif"] = exif
    if kind == "PNG":
        info = PngInfo()
        for keyword, text in (texts or {}).items():
            info.add_text(keyword, text)
        if data:
            info.add_itxt("XML:com.adobe.xmp", data.decode())
        options["pnginfo"] = info
    elif data and kind in ("JPEG", "WEBP", "AVIF"):
        options["xmp"] = data
    with BytesIO() as saved:
        Image.linear_gradient("L").resize(size).convert("RGB").save(saved, format=kind, **options)
        drawn = saved.getvalue()
    return drawn[:2] + jpeg_segment(13, photoshop(iptc)) + drawn[2:] if kind == "JPEG" and iptc else drawn


def says(rights: PictureRights, protocol: str) -> str:
    found = [statement.says for statement in rights.statements if statement.protocol == protocol]
    return strictest(found) if found else "not said"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", MINING)
@pytest.mark.parametrize("kind", FORMATS)
def test_plus_is_read_beside_the_copyright(kind: str, value: str, form: str) -> None:
    """225 vectors."""
    fields = iptc_field(116, "Copyright Bob Example") if kind in ("JPEG", "TIFF") else b""
    rights = read_picture(draw(kind, xmp=FORMS[form](value), copyright_notice=COPYRIGHT, iptc=fields))
    assert rights.statements == (Statement("plus", MINING[value], "item", "xmp"),)
    expected = [PictureLicence("exif-copyright", COPYRIGHT, "exif")]
    if fields:
        expected.append(PictureLicence("iptc-copyright", "Copyright Bob Example", "iptc"))
    assert set(rights.licences) == set(expected)


@pytest.mark.parametrize("value", MINING)
def test_plus_is_read_in_a_gif(value: str) -> None:
    drawn = draw("GIF")
    extension = b"\x21\xff\x0bXMP DataXMP" + FORMS["short"](value).encode() + bytes(range(255, -1, -1)) + b"\0\0"
    assert says(read_picture(drawn[:-1] + extension + b";"), "plus") == MINING[value]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "unclear"),
        ("yes", "unclear"),
        ("ALLOWED", "unclear"),
        ("dmi-allowed", "allowed"),
        ("https://ns.useplus.org/ldf/vocab/DMI-ALLOWED", "allowed"),
        ("http://ns.useplus.org/ldf/vocab#DMI-PROHIBITED", "reserved"),
        ("DMI-PROHIBITED-SOMETHINGNEW", "reserved"),
        ("DMI-ALLOWED-SOMETHINGNEW", "unclear"),
        ("DMI-ALLOWED DMI-ALLOWED", "unclear"),
    ],
)
def test_what_is_no_value_of_plus_is_never_a_permission(value: str, expected: str) -> None:
    assert says_of_mining(value) == expected
    assert says(read_picture(draw("JPEG", xmp=FORMS["short"](value))), "plus") == expected


def test_only_plus_itself_may_permit() -> None:
    foreign = '<a:DataMining xmlns:a="http://example.org/">{}</a:DataMining>'
    assert says(read_picture(draw("PNG", xmp=packet(foreign.format("DMI-ALLOWED")))), "plus") == "unclear"
    assert says(read_picture(draw("PNG", xmp=packet(foreign.format("DMI-PROHIBITED")))), "plus") == "reserved"


@pytest.mark.parametrize(
    ("elements", "protocol", "expected"),
    [
        ("<plus:OtherConstraints>Ask us first</plus:OtherConstraints>", "plus", "unclear"),
        ("<plus:OtherConstraints> </plus:OtherConstraints>", "plus", "none_found"),
        ("<tdm:reservation>1</tdm:reservation>", "tdmrep", "reserved"),
        ("<tdm:reservation>0</tdm:reservation>", "tdmrep", "allowed"),
        ("<tdm:reservation>maybe</tdm:reservation>", "tdmrep", "unclear"),
        ("<tdm:policy>https://example.org/policy</tdm:policy>", "tdmrep", "unclear"),
        ('<t:tdm-reservation xmlns:t="https://example.org/">1</t:tdm-reservation>', "tdmrep", "reserved"),
        ("<dc:rights>No AI training</dc:rights>", "words", "unclear"),
        ("<photoshop:Instructions>TDM reserved</photoshop:Instructions>", "words", "unclear"),
        ("<dc:rights>All rights reserved</dc:rights>", "words", "not said"),
        (
            "<xmpMM:A rdf:parseType='Resource'><plus:DataMining>DMI-PROHIBITED</plus:DataMining></xmpMM:A>",
            "plus",
            "reserved",
        ),
    ],
)
@pytest.mark.parametrize("kind", FORMATS)
def test_other_reservations_are_read(kind: str, elements: str, protocol: str, expected: str) -> None:
    rights = read_picture(draw(kind, xmp=packet(elements)))
    assert says(rights, protocol) == expected
    assert says(rights, "plus") != "not said"
    assert {found.machine_readable for found in rights.statements if found.protocol == "words"} <= {False}


def test_permission_and_constraint_are_both_said() -> None:
    xmp = packet(
        "<plus:OtherConstraints>Not on Sundays</plus:OtherConstraints>", attributes='plus:DataMining="DMI-ALLOWED"'
    )
    rights = read_picture(draw("JPEG", xmp=xmp))
    assert [found.says for found in rights.statements] == ["allowed", "unclear"]


LICENCES = packet(
    '<cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>'
    "<xmpRights:WebStatement>https://example.org/licence</xmpRights:WebStatement>"
    "<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang='x-default'>CC BY 4.0</rdf:li></rdf:Alt></xmpRights:UsageTerms>"
    "<xmpRights:Marked>True</xmpRights:Marked>"
    "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>© Ann</rdf:li>"
    "<rdf:li xml:lang='de'>© Anna</rdf:li></rdf:Alt></dc:rights>"
)


@pytest.mark.parametrize("kind", FORMATS)
def test_licences_are_read_as_raw_words(kind: str) -> None:
    licences = read_picture(draw(kind, xmp=LICENCES)).licences
    assert {(found.kind, found.value) for found in licences} == {
        ("xmp-license", "https://creativecommons.org/licenses/by/4.0/"),
        ("xmp-web-statement", "https://example.org/licence"),
        ("xmp-usage-terms", "CC BY 4.0"),
        ("xmp-marked", "copyrighted"),
        ("xmp-rights", "© Ann"),
        ("xmp-rights", "© Anna"),
    }
    assert {found.location for found in licences} == {"xmp"}
    assert {found.kind for found in licences} <= set(IN_PICTURE)
    assert read_name(licences[0].value).expression == "CC-BY-4.0"


def test_an_unmarked_picture_is_a_weak_claim_of_public_domain() -> None:
    [found] = read_picture(draw("JPEG", xmp=packet(attributes='xmpRights:Marked="False"'))).licences
    assert (found.kind, read_name(found.value).grant) == ("xmp-marked", "public_domain")


def test_the_licence_of_a_picture_inside_is_not_the_pictures_own() -> None:
    inside = (
        "<xmpMM:Ingredients><rdf:Bag><rdf:li><rdf:Description cc:license='CC0'/></rdf:li></rdf:Bag></xmpMM:Ingredients>"
    )
    assert read_picture(draw("JPEG", xmp=packet(inside))).licences == ()
    assert read_picture(draw("JPEG") + LICENCES.encode()).licences == ()


def test_a_long_value_is_cut() -> None:
    [found] = read_picture(draw("PNG", xmp=packet(f"<dc:rights>{'x' * 9_000}</dc:rights>"))).licences
    assert len(found.value) == MAX_VALUE


@pytest.mark.parametrize("keyword", ["Copyright", "License", "licence", "Disclaimer"])
def test_texts_of_a_png_are_read(keyword: str) -> None:
    rights = read_picture(draw("PNG", texts={keyword: "CC0-1.0", "Software": "CC BY"}))
    assert rights.licences == (PictureLicence("png-text", "CC0-1.0", "png-text"),)


@pytest.mark.parametrize("kind", FORMATS)
def test_words_in_exif_reserve(kind: str) -> None:
    rights = read_picture(draw(kind, copyright_notice="(c) Ann, no machine learning"))
    assert Statement("words", "unclear", "item", "exif", machine_readable=False) in rights.statements


@pytest.mark.parametrize("number", [40, 116])
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_words_in_iptc_reserve(kind: str, number: int) -> None:
    rights = read_picture(draw(kind, iptc=iptc_field(5, "x") + iptc_field(number, "Kein KI-Training")))
    assert Statement("words", "unclear", "item", "iptc", machine_readable=False) in rights.statements
    assert bool(rights.licences) == (number == 116)


@pytest.mark.parametrize(
    "text",
    [
        "No AI training", "Not for machine learning", "TDM reserved", "NoAI", "No-AI", "no AI",
        "All rights reserved, including for text and data mining", "May not be used to train any AI model",
        "Use as training data is prohibited", "This work may not be used by generative AI",
        "Kein KI-Training", "Nutzung für Text- und Data-Mining vorbehalten", "Nicht für maschinelles Lernen",
        "Das Training von künstlicher Intelligenz ist untersagt",
        "Nutzungsvorbehalt nach § 44b UrhG: Text und Data Mining",
        "Pas d'entraînement d'IA", "Fouille de textes et de données interdite", "Opposition à la fouille de données",
        "Interdit à l’apprentissage automatique", "Prohibido el entrenamiento de modelos de IA",
        "Queda prohibida la minería de textos y datos", "No usar para aprendizaje automático",
        "NO AI TRAINING", "no  ai\ntraining",
    ],
)  # fmt: skip
def test_words_that_reserve_are_noticed(text: str) -> None:
    assert speaks_of_reservation(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "© 2024 Ann Example. All rights reserved.", "John Doe, Des Moines, IA. All rights reserved.",
        "CC BY-SA 4.0", "Tous droits réservés", "Alle Rechte vorbehalten", "Made with AI",
        "Machine learning is welcome",
        "No commercial use", "Photo: AI Weiwei", "Text and data mining permitted",
    ],
)  # fmt: skip
def test_other_words_do_not_reserve(text: str) -> None:
    assert not speaks_of_reservation(text)


@pytest.mark.parametrize("kind", [*FORMATS, "GIF"])
def test_silence_is_said(kind: str) -> None:
    assert read_picture(draw(kind)) == PictureRights((), (Statement("plus", "none_found", "item", "xmp"),))


def test_every_word_is_of_the_closed_lists() -> None:
    xmp = packet("<dc:rights>no AI training</dc:rights><tdm:reservation>1</tdm:reservation>")
    for found in read_picture(draw("JPEG", xmp=xmp)).statements:
        assert found.protocol in PROTOCOLS
        assert found.says in RESERVATIONS
        assert found.scope in SCOPES


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">&b;{}</x:xmpmeta>'
)
FETCHING = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("xmp", "expected"),
    [
        (BOMB.format(""), "unclear"),
        (FETCHING, "unclear"),
        (BOMB.format("DMI-PROHIBITED"), "reserved"),
        ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>', "unclear"),
        ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><a plus:DataMining="DMI-PROHIBITED">', "reserved"),
        ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><a b="DMI&#45;PROHIBITED">', "reserved"),
        ("<x:xmpmeta DMI-ALLOWED", "unclear"),
        ("nothing of the kind", "unclear"),
        (FORMS["short"]("DMI-PROHIBITED") + "junk", "reserved"),
        (FORMS["short"]("DMI-ALLOWED") + "\0\0  ", "allowed"),
    ],
)
def test_a_broken_packet_is_unclear_unless_it_prohibits(kind: str, xmp: str, expected: str) -> None:
    assert says(read_picture(draw(kind, xmp=xmp)), "plus") == expected


def test_a_broken_packet_that_reserves_mining_reserves() -> None:
    assert says(read_picture(draw("JPEG", xmp='<a tdm:reservation="1" <')), "tdmrep") == "reserved"


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("after_pixels", [False, True])
def test_xmp_of_a_png_is_read_wherever_and_however_it_stands(*, compressed: bool, after_pixels: bool) -> None:
    drawn, xmp = draw("PNG"), FORMS["short"]("DMI-PROHIBITED").encode()
    text = b"XML:com.adobe.xmp\0" + (b"\1\0\0\0" + zlib.compress(xmp) if compressed else b"\0\0\0\0" + xmp)
    place = len(drawn) - 12 if after_pixels else 33
    data = drawn[:place] + png_chunk(b"iTXt", text) + drawn[place:]
    assert says(read_picture(data), "plus") == "reserved"
    assert may_carry_rights(data)


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("xmp", FORMS["short"]("DMI-PROHIBITED").encode()),
        ("APP1", b"http://ns.adobe.com/xap/1.0/\0" + FORMS["short"]("DMI-PROHIBITED").encode()),
    ],
)
def test_a_raw_profile_is_read(name: str, block: bytes) -> None:
    profile = f"\n{name}\n{len(block):8}\n{block.hex()}\n"
    info = PngInfo()
    info.add_text(f"Raw profile type {name}", profile, zip=True)
    with BytesIO() as saved:
        Image.new("L", (4, 4)).save(saved, "PNG", pnginfo=info)
        assert says(read_picture(saved.getvalue()), "plus") == "reserved"


def test_inflation_stops_at_its_budget() -> None:
    texts = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b" " * 200_000_000)
    drawn = draw("PNG")
    assert says(read_picture(drawn[:33] + png_chunk(b"iTXt", texts) * 3 + drawn[33:]), "plus") == "unclear"


def test_a_long_packet_is_read_across_segments_of_a_jpeg() -> None:
    xmp = packet(
        f"<dc:rights>{'x' * 100_000}</dc:rights><plus:DataMining>DMI-PROHIB&#73;TED</plus:DataMining>"
    ).encode()
    name = b"0123456789ABCDEF0123456789ABCDEF"
    parts = [(place, xmp[place : place + 65_000]) for place in range(0, len(xmp), 65_000)]
    header = b"http://ns.adobe.com/xmp/extension/\0" + name + struct.pack(">I", len(xmp))
    segments = [jpeg_segment(1, header + struct.pack(">I", place) + part) for place, part in reversed(parts)]
    drawn = draw("JPEG")
    assert says(read_picture(drawn[:2] + b"".join(segments) + drawn[2:]), "plus") == "reserved"


def test_the_second_page_of_a_tiff_reserves() -> None:
    first, second = Image.new("L", (4, 4)), Image.new("L", (4, 4))
    second.encoderinfo = {"tiffinfo": {700: FORMS["short"]("DMI-PROHIBITED").encode()}}
    with BytesIO() as saved:
        first.save(saved, "TIFF", save_all=True, append_images=[second])
        data = saved.getvalue()
    assert b"DMI-PROHIBITED" in data
    assert says(read_picture(data), "plus") == "reserved"


@pytest.mark.parametrize("order", ["II", "MM"])
def test_directories_that_point_at_themselves_end(order: str) -> None:
    end = "<" if order == "II" else ">"
    entry = struct.pack(f"{end}HHI4s", 700, 7, 0x7FFFFFFF, struct.pack(f"{end}I", 0))
    data = (
        order.encode() + struct.pack(f"{end}HI", 42, 8) + struct.pack(f"{end}H", 1) + entry + struct.pack(f"{end}I", 8)
    )
    assert says(read_picture(data), "plus") == "unclear"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_bomb_reserves_without_being_decoded(kind: str) -> None:
    data = bytearray(draw(kind, xmp=FORMS["short"]("DMI-PROHIBITED-AIMLTRAINING")))
    if kind == "PNG":
        data[16:24] = struct.pack(">II", 60_000, 60_000)
    else:
        place = data.find(b"\xff\xc0")
        data[place + 5 : place + 9] = struct.pack(">HH", 60_000, 60_000)
    assert says(read_picture(bytes(data)), "plus") == "reserved"


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_packets_are_read(depth: int) -> None:
    xmp = packet("<a>" * depth + "<plus:DataMining>DMI-PROHIB&#73;TED</plus:DataMining>" + "</a>" * depth)
    assert says(read_picture(draw("PNG", xmp=xmp)), "plus") == "reserved"


@pytest.mark.parametrize("kind", FORMATS)
def test_the_marks_find_all_that_is_carried(kind: str) -> None:
    for data in (
        draw(kind, xmp=LICENCES),
        draw(kind, copyright_notice=COPYRIGHT),
        *([draw(kind, iptc=iptc_field(116, "x"))] if kind in ("JPEG", "TIFF") else []),
    ):
        assert may_carry_rights(data)
        assert format_of(data).upper() == kind


@pytest.mark.parametrize("kind", FORMATS)
def test_pillow_reads_the_same(kind: str) -> None:
    data = draw(kind, xmp=LICENCES, copyright_notice=COPYRIGHT, iptc=iptc_field(116, "Bob") if kind == "JPEG" else b"")
    found = {licence.kind: licence.value for licence in read_picture(data).licences}
    with Image.open(BytesIO(data)) as image:
        description = image.getxmp()["xmpmeta"]["RDF"]["Description"]
        assert description["license"]["resource"] == found["xmp-license"]
        assert description["WebStatement"] == found["xmp-web-statement"]
        assert image.getexif()[0x8298].strip("\0") == found["exif-copyright"]
        if kind == "JPEG":
            assert (IptcImagePlugin.getiptcinfo(image) or {})[2, 116] == found["iptc-copyright"].encode()


RESERVING = {kind: draw(kind, xmp=FORMS["address in an element"]("DMI-PROHIBITED-AIMLTRAINING")) for kind in FORMATS}
PERMITTING = FORMS["short"]("DMI-ALLOWED").encode()


def _beside(kind: str, data: bytes, *, first: bool) -> bytes:
    """The picture with a second packet that permits, before or after its own."""
    own = data.find(b"<?xpacket begin")
    if kind == "JPEG":
        segment = jpeg_segment(1, b"http://ns.adobe.com/xap/1.0/\0" + PERMITTING)
        place = 2 if first else data.find(b"\xff\xdb", own)
        return data[:place] + segment + data[place:]
    if kind == "PNG":
        chunk = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PERMITTING)
        place = 33 if first else len(data) - 12
        return data[:place] + chunk + data[place:]
    return data + PERMITTING


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_second_packet_does_not_take_a_reservation_back(kind: str, *, first: bool) -> None:
    assert says(read_picture(_beside(kind, RESERVING[kind], first=first)), "plus") == "reserved"


@given(kind=st.sampled_from(FORMATS), junk=st.binary(max_size=300), data=st.data())
def test_neither_junk_nor_lost_pixels_make_a_reservation_disappear(kind: str, junk: bytes, data: st.DataObject) -> None:
    picture = RESERVING[kind]
    end = picture.find(b"</x:xmpmeta>") + 12
    kept = data.draw(st.integers(min_value=end, max_value=len(picture)))
    assert says(read_picture(picture[:kept] + junk), "plus") == "reserved"


@given(
    kind=st.sampled_from(FORMATS), flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=20)
)
def test_damage_reserves_as_long_as_the_words_stand(kind: str, flips: list[tuple[int, int]]) -> None:
    damaged = bytearray(RESERVING[kind])
    for place, value in flips:
        damaged[place % len(damaged)] = value
    rights = read_picture(bytes(damaged))
    assert says(rights, "plus") == "reserved" or b"DMI-PROHIBITED" not in damaged


@given(
    head=st.sampled_from([b"", *(picture[:40] for picture in RESERVING.values()), b"GIF89a", b"II+\0\x08\0\0\0"]),
    body=st.binary(max_size=400),
    mark=st.sampled_from(
        [b"", b"Exif\0\0II*\0\x08\0\0\0", b"<x:xmpmeta", b"tEXtCopyright\0", b"Photoshop 3.0\0\x1c\x02\x74"]
    ),
)
def test_nothing_raises(head: bytes, body: bytes, mark: bytes) -> None:
    rights = read_picture(head + mark + body)
    assert says(rights, "plus") != "not said"
    rights_of(head + mark + body)


MANY = packet(
    '<cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/><tdm:reservation>1</tdm:reservation>'
    "<xmpRights:WebStatement>https://example.org/a?b=1&amp;c=2</xmpRights:WebStatement>"
    "<xmpRights:UsageTerms>CC BY &lt;4.0&gt;</xmpRights:UsageTerms>"
    "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>© Ann</rdf:li>"
    "<rdf:li xml:lang='fr'>pas d'IA</rdf:li></rdf:Alt></dc:rights>"
    "<plus:OtherConstraints>Ask first</plus:OtherConstraints>",
    attributes='xmpRights:Marked="True" plus:DataMining="DMI-PROHIBITED-SEECONSTRAINT"',
)
CARRIED: dict[str, dict[str, Any]] = {
    "everything": {"xmp": MANY, "copyright_notice": COPYRIGHT},
    "a permission": {"xmp": PERMITTING},
    "a broken prohibition": {"xmp": "<a b='DMI-PROHIBITED'"},
    "a broken packet": {"xmp": "<a b='"},
    "words in EXIF": {"copyright_notice": "no AI training"},
    "nothing": {},
    **{value: {"xmp": FORMS["short"](value)} for value in MINING},
}


@pytest.mark.parametrize("target", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("kind", FORMATS)
def test_rights_survive_a_new_encoding(kind: str, target: Any) -> None:
    for carried in CARRIED.values():
        before = draw(kind, **carried)
        with BytesIO() as saved:
            Image.new("RGB", (8, 8)).save(saved, target, **options_for(rights_of(before), target))
            after = read_picture(saved.getvalue())
        original = read_picture(before)
        assert set(original.licences) == set(after.licences)
        for protocol in PROTOCOLS:
            assert says(original, protocol) == says(after, protocol)


def test_copyright_of_iptc_and_of_a_png_survives_in_xmp() -> None:
    drawn = (
        (draw("JPEG", iptc=iptc_field(116, "Copyright Bob Example")), "xmp-rights", "Copyright Bob Example"),
        (draw("PNG", texts={"Copyright": "CC BY 4.0"}), "xmp-usage-terms", "CC BY 4.0"),
    )
    for before, kind, value in drawn:
        with BytesIO() as saved:
            Image.new("RGB", (8, 8)).save(saved, "WEBP", **options_for(rights_of(before), "WEBP"))
            assert [(found.kind, found.value) for found in read_picture(saved.getvalue()).licences] == [(kind, value)]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pictures are not there")
def test_on_the_shared_pictures_the_marks_miss_nothing_that_pillow_finds() -> None:
    seen = 0
    for path in sorted(SHARED.glob("*/*.*")):
        data = path.read_bytes()
        if format_of(data) == "other":
            continue
        with Image.open(path) as image:
            carries = "xmp" in image.info or 0x8298 in image.getexif()
        seen += carries
        assert may_carry_rights(data) or not carries, path.name
    assert seen
