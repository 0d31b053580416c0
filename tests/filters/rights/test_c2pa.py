"""What C2PA manifests say of training: whom is believed, what is stricter, and that nothing is fetched."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from filters.rights.pictures.c2pa import ManifestReader, is_installed, says_of_bytes, says_of_store
from filters.rights.reservations.statement import Statement
from tamis.errors import ConfigError
from tamis.records import RESERVATIONS

SHARED = Path(__file__).parents[4] / "shared" / "data" / "images" / "c2pa"
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF")
USES = ("ai_training", "ai_generative_training", "data_mining")

needs_c2pa = pytest.mark.skipif(not is_installed(), reason="the extra c2pa is not installed")


def entries(prefix: str = "cawg", **uses: str) -> dict[str, Any]:
    """The data of an assertion; `constrained` comes with its constraint."""
    return {
        "entries": {
            f"{prefix}.{use}": {"use": said, **({"constraint_info": "ask"} if said == "constrained" else {})}
            for use, said in uses.items()
        }
    }


def store(
    *data: Any, label: str = "cawg.training-mining", state: str = "Trusted", active: str = "m0"
) -> dict[str, Any]:
    """A store of manifests with one assertion each, the first being the active one."""
    return {
        "active_manifest": active,
        "validation_state": state,
        "manifests": {f"m{place}": {"assertions": [{"label": label, "data": said}]} for place, said in enumerate(data)},
    }


ALLOWING = dict.fromkeys(USES, "allowed")


@pytest.mark.parametrize(
    ("label", "prefix"),
    [
        ("cawg.training-mining", "cawg"),
        ("c2pa.training-mining", "c2pa"),
        ("cawg.training-mining__1", "cawg"),
        ("cawg.training-mining.v2", "cawg"),
        ("c2pa.training-mining", "cawg"),
    ],
)
@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        *[({use: "notAllowed"}, "reserved") for use in USES],
        *[({use: "constrained"}, "unclear") for use in USES],
        *[({use: "allowed"}, "none_found") for use in USES],
        *[({**ALLOWING, use: "notAllowed"}, "reserved") for use in USES],
        *[({**ALLOWING, use: "constrained"}, "unclear") for use in USES],
        *[({use: "perhaps"}, "unclear") for use in USES],
        (ALLOWING, "allowed"),
        ({**ALLOWING, "ai_inference": "notAllowed"}, "allowed"),
        ({"ai_inference": "notAllowed"}, "none_found"),
        ({"ai_inference": "allowed"}, "none_found"),
        ({}, "none_found"),
        (dict.fromkeys(USES, "NOTALLOWED"), "reserved"),
    ],
)
def test_an_assertion_is_read_by_its_strictest_use(
    label: str, prefix: str, uses: dict[str, str], expected: str
) -> None:
    """120 vectors."""
    assert says_of_store(store(entries(prefix, **uses), label=label)) == expected


@pytest.mark.parametrize(
    "data", [None, "text", [], {}, {"entries": None}, {"entries": ["x"]}, {"entries": {"ai_training": 1}}]
)
def test_an_assertion_of_another_form_is_unclear(data: Any) -> None:
    assert says_of_store(store(data)) == "unclear"


@pytest.mark.parametrize(
    ("state", "active", "expected"),
    [
        ("Trusted", "m0", "allowed"),
        ("Trusted", "another", "none_found"),
        ("Valid", "m0", "none_found"),
        ("Invalid", "m0", "unclear"),
    ],
)
def test_a_permission_needs_a_trusted_signer(state: str, active: str, expected: str) -> None:
    assert says_of_store(store(entries(**ALLOWING), state=state, active=active)) == expected


@pytest.mark.parametrize("state", ["Trusted", "Valid", "Invalid", ""])
def test_a_reservation_needs_nobody(state: str) -> None:
    assert says_of_store(store(entries(ai_training="notAllowed"), state=state)) == "reserved"


def test_what_an_ingredient_reserves_is_reserved() -> None:
    assert says_of_store(store(entries(**ALLOWING), entries("c2pa", data_mining="notAllowed"))) == "reserved"


def test_an_assertion_that_was_taken_out_is_unclear() -> None:
    said = store(entries(**ALLOWING))
    said["manifests"]["m0"]["redactions"] = ["self#jumbf=/c2pa/m1/c2pa.assertions/cawg.training-mining"]
    assert says_of_store(said) == "unclear"


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.sampled_from(["allowed", "notAllowed"]),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["use", "entries", "cawg.ai_training"]), inner),
    )
)
def test_no_assertion_raises(data: Any) -> None:
    assert says_of_store(store(data)) in RESERVATIONS


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"jumb cawg.ai_training\xa1cuse\x6anotAllowed", "reserved"),
        (b"jumb c2pa.data_mining\xa1cuse\x6anotAllowed", "reserved"),
        (b"jumb cawg.ai_inference\xa1cuse\x6anotAllowed", "unclear"),
        (b"jumb cawg.ai_training\xa1cuse\x67allowed\x72cawg.ai_inference\xa1cuse\x6anotAllowed", "unclear"),
        (b"jumb", "unclear"),
    ],
)
def test_bytes_that_cannot_be_read_reserve_by_their_words(data: bytes, expected: str) -> None:
    assert says_of_bytes(data) == expected


WITHOUT_THE_EXTRA = """
import sys
sys.modules["c2pa"] = None
from filters.rights.pictures.c2pa import ManifestReader
reader = ManifestReader()
for data in (b"\\xff\\xd8 jumb", b"\\x89PNG caBX", b"\\xff\\xd8", b"\\xff\\xd8 jumb cawg.ai_training use notAllowed"):
    print(reader.read(data)[0].says)
"""


def test_without_the_extra_a_picture_with_a_manifest_is_unclear() -> None:
    child = subprocess.run([sys.executable, "-c", WITHOUT_THE_EXTRA], capture_output=True, text=True, check=True)
    assert child.stdout.split() == ["unclear", "unclear", "none_found", "reserved"]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_without_a_manifest_says_nothing(kind: str) -> None:
    assert ManifestReader().read(_drawn(kind)) == (Statement("c2pa", "none_found", "item", "c2pa"),)


@pytest.mark.parametrize(
    "content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_anchors_that_are_none_are_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "anchors.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"anchors\.pem: trust anchors for C2PA are expected"):
        ManifestReader(trust_anchors=path)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority and one signer it vouches for."""

    root: bytes
    chain: bytes
    key: bytes


def _key_usage(**used: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: used.get(name, False) for name in names})


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, *, is_root: bool) -> x509.CertificateBuilder:
    def named(common: str) -> x509.Name:
        parts = ((NameOID.ORGANIZATION_NAME, "Tamis tests"), (NameOID.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])

    now = datetime.now(UTC)
    usage = _key_usage(key_cert_sign=True, crl_sign=True) if is_root else _key_usage(digital_signature=True)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _authority(*, revocation_address: str) -> Authority:
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("root", root_key, is_root=True).sign(root_key, hashes.SHA256())
    revocation = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(revocation_address)
    )
    leaf = (
        _certificate("signer", key, is_root=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .add_extension(x509.AuthorityInformationAccess([revocation]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    chain = leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Authority(root.public_bytes(Encoding.PEM), chain, secret)


class Listener:
    """A server on this machine that counts who calls, and answers nobody."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    def _count(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if connection.recv(4) == b"stop":
                    return
                self.calls += 1

    def close(self) -> None:
        host, port = self._socket.getsockname()
        with socket.create_connection((host, port)) as last:
            last.sendall(b"stop")
        self._thread.join()
        self._socket.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    server = Listener()
    yield server
    server.close()


@pytest.fixture(scope="module")
def authority(listener: Listener) -> Authority:
    return _authority(revocation_address=f"{listener.address}/ocsp")


Signed = Callable[..., bytes]


@pytest.fixture(scope="module")
def signed(authority: Authority) -> Signed:
    """Signs a picture: `signed("JPEG", data)`, or with only the address of its manifest, `remote=...`."""
    from c2pa import Builder, C2paSignerInfo, Context, Settings, Signer

    settings = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}

    def sign(kind: str, data: Any, *, remote: str = "", ingredient: bytes = b"") -> bytes:
        made = {
            "action": "c2pa.created",
            "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
        }
        claims = [
            {"label": "cawg.training-mining", "data": data},
            {"label": "c2pa.actions", "data": {"actions": [made]}},
        ]
        info = C2paSignerInfo(alg=b"es256", sign_cert=authority.chain, private_key=authority.key, ta_url=None)
        context = Context(settings=Settings.from_dict(settings))
        with Builder({"claim_generator": "tests/1", "assertions": claims}, context=context) as builder:
            if remote:
                builder.set_remote_url(remote)
                builder.set_no_embed()
            if ingredient:
                part = {"title": "part", "relationship": "componentOf"}
                builder.add_ingredient(json.dumps(part), "image/jpeg", BytesIO(ingredient))
            out = BytesIO()
            with Signer.from_info(info) as signer:
                builder.sign(signer, f"image/{kind.lower()}", BytesIO(_drawn(kind)), out)
            return out.getvalue()

    return sign


@pytest.fixture
def trusting(authority: Authority, tmp_path: Path) -> ManifestReader:
    path = tmp_path / "anchors.pem"
    path.write_bytes(authority.root)
    return ManifestReader(trust_anchors=path)


def _drawn(kind: str) -> bytes:
    with BytesIO() as saved:
        Image.new("RGB", (24, 16), "teal").save(saved, kind)
        return saved.getvalue()


def _says(reader: ManifestReader, data: bytes) -> str:
    [statement] = reader.read(data)
    return statement.says


@needs_c2pa
@pytest.mark.parametrize("kind", FORMATS)
def test_a_signed_picture_is_read_in_every_format(signed: Signed, trusting: ManifestReader, kind: str) -> None:
    permitting = signed(kind, entries(**ALLOWING))
    assert _says(trusting, permitting) == "allowed"
    assert _says(ManifestReader(), permitting) == "none_found"
    reserving = signed(kind, entries(ai_generative_training="notAllowed"))
    assert (_says(trusting, reserving), _says(ManifestReader(), reserving)) == ("reserved", "reserved")
    assert _says(trusting, signed(kind, entries(data_mining="constrained"))) == "unclear"


@needs_c2pa
def test_a_signer_of_another_authority_is_not_believed(signed: Signed, tmp_path: Path) -> None:
    path = tmp_path / "others.pem"
    path.write_bytes(_authority(revocation_address="http://127.0.0.1:9/").root)
    assert _says(ManifestReader(trust_anchors=path), signed("PNG", entries(**ALLOWING))) == "none_found"


@needs_c2pa
def test_an_ingredient_that_reserves_is_found_in_the_picture_made_from_it(
    signed: Signed, trusting: ManifestReader
) -> None:
    part = signed("JPEG", entries(ai_training="notAllowed"))
    assert _says(trusting, signed("JPEG", entries(**ALLOWING), ingredient=part)) == "reserved"
    harmless = signed("JPEG", entries(ai_inference="notAllowed"))
    assert _says(trusting, signed("JPEG", entries(**ALLOWING), ingredient=harmless)) == "allowed"


@needs_c2pa
@pytest.mark.parametrize("kind", FORMATS)
def test_neither_tampering_nor_truncation_takes_a_reservation_back(signed: Signed, kind: str) -> None:
    data = signed(kind, entries(ai_training="notAllowed"))
    after = data.find(b"notAllowed") + 10
    for changed in (data + b"junk", data[:after], data[: (after + len(data)) // 2], _flipped(data, after + 200)):
        assert _says(ManifestReader(), changed) == "reserved"


@needs_c2pa
def test_a_permission_that_was_tampered_with_is_no_permission(signed: Signed, trusting: ManifestReader) -> None:
    data = signed("JPEG", entries(**{**ALLOWING, "ai_training": "notAllowed"}))
    forged = data.replace(b"\x6anotAllowed", b"\x6a   allowed")
    assert forged != data
    assert _says(trusting, forged) == "unclear"


@needs_c2pa
@given(data=st.data())
def test_no_bytes_raise(signed: Signed, data: st.DataObject) -> None:
    whole = _signed_once(signed)
    changed = bytearray(whole[: data.draw(st.integers(20, len(whole)))])
    for _ in range(data.draw(st.integers(0, 5))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    assert _says(ManifestReader(), bytes(changed)) in RESERVATIONS


@cache
def _signed_once(signed: Signed) -> bytes:
    return signed("JPEG", entries(ai_training="notAllowed"))


def _flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[min(place, len(data) - 1)] ^= 0xFF
    return bytes(changed)


CHILD = """
import sys
from pathlib import Path
calls = []
sys.addaudithook(lambda event, _: calls.append(event) if event.startswith("socket.") else None)
from filters.rights.pictures.c2pa import ManifestReader
reader = ManifestReader(trust_anchors=Path(sys.argv[1]))
print(*[reader.read(Path(name).read_bytes())[0].says for name in sys.argv[2:]], len(calls))
"""


@needs_c2pa
def test_nothing_is_fetched(signed: Signed, authority: Authority, listener: Listener, tmp_path: Path) -> None:
    """Neither a manifest nor a revocation list; that the listener would hear a call is shown by c2pa's own defaults."""
    from c2pa import C2paError, Context, Reader

    elsewhere = signed("JPEG", entries(**ALLOWING), remote=f"{listener.address}/manifest.c2pa")
    files = {"elsewhere.jpg": elsewhere, "here.jpg": signed("JPEG", entries(**ALLOWING)), "anchors.pem": authority.root}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    calls = listener.calls
    arguments = [str(tmp_path / name) for name in ("anchors.pem", "elsewhere.jpg", "here.jpg")]
    child = subprocess.run([sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, check=True)
    assert child.stdout.split() == ["unclear", "allowed", "0"]
    assert listener.calls == calls
    with pytest.raises(C2paError, match="fetch the remote manifest"), Context() as context:
        Reader("image/jpeg", BytesIO(elsewhere), context=context)
    assert listener.calls > calls


@pytest.mark.shared
@needs_c2pa
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pictures are not there")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A.jpg", "none_found"),
        ("C.jpg", "none_found"),
        ("CACAE-uri-CA.jpg", "none_found"),
        ("CIE-sig-CA.jpg", "none_found"),
        ("C_with_CAWG_data.jpg", "reserved"),
        ("XCA.jpg", "none_found"),
        ("cloud.jpg", "unclear"),
    ],
)
def test_shared_pictures_are_read(name: str, expected: str) -> None:
    assert _says(ManifestReader(), (SHARED / name).read_bytes()) == expected
