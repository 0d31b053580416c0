"""Reads what the C2PA manifests of a picture say of training and mining; needs the extra `c2pa`.

The assertions are `cawg.training-mining` and its predecessor `c2pa.training-mining`, in any manifest of the store: what
an ingredient reserves, the picture made from it reserves. A reservation counts whoever signed it, and even where the
signature is broken. A permission counts only if the signature is valid and its signer is trusted by anchors that the
user gives; else it is as if nothing was said. Training, generative training and mining must all be permitted for
`allowed`; inference is no training and is left out.

Nothing is fetched: a manifest that is elsewhere, of which the picture holds only the address, is `unclear`. So is a
manifest that cannot be read, unless the words of a denial stand in its bytes. Without the extra a picture that carries
a manifest is `unclear`, or `reserved` by those same words.

Known misses: a manifest whose address is in compressed XMP of a format other than PNG, and one that is found only by
its watermark.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.x509 import load_pem_x509_certificates

from filters.rights.pictures.markers import format_of, may_carry_manifest
from filters.rights.reservations.statement import Statement, strictest
from tamis.errors import ConfigError

_USES = ("data_mining", "ai_training", "ai_generative_training")
_LABEL = re.compile(r"(?:c2pa|cawg)\.training-mining")
_SAYS_OF_USE = {"allowed": "allowed", "notallowed": "reserved", "constrained": "unclear"}
_MIME = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "avif": "image/avif",
    "gif": "image/gif",
}
_OFFLINE = {
    "core": {"allowed_network_hosts": [], "allow_redirects": False},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
}
"""Each alone keeps c2pa from the network: no host is allowed, and nothing is to be fetched."""

# In a manifest that cannot be read: a use, then `notAllowed` before the next use begins.
_DENIED_IN_BYTES = re.compile(
    rb"(?:c2pa|cawg)\.(?:data_mining|ai_training|ai_generative_training)(?:(?!c2pa\.|cawg\.).){1,120}?notAllowed",
    re.DOTALL,
)


class ManifestReader:
    """Reads manifests, with the trust anchors of a PEM file or with none.

    Raises:
        ConfigError: the file is not there or holds no certificates.
    """

    def __init__(self, *, trust_anchors: Path | None = None) -> None:
        self.trust_anchors = trust_anchors
        self._anchors = _anchors(trust_anchors) if trust_anchors else ""

    def read(self, data: bytes) -> tuple[Statement, ...]:
        """Never raises. One statement: the strictest of all manifests."""
        if not may_carry_manifest(data):
            return (_statement("none_found"),)
        store = _store(data, anchors=self._anchors) if is_installed() else None
        return (_statement(says_of_bytes(data) if store is None else says_of_store(store)),)


@cache
def is_installed() -> bool:
    """Whether the extra `c2pa` is there."""
    try:
        import c2pa  # noqa: F401
    except ImportError:
        return False
    return True


def says_of_store(store: Mapping[str, Any]) -> str:
    """What a manifest store says, in the JSON that c2pa gives of it; manifests that are silent change nothing."""
    manifests = store.get("manifests")
    active, state = store.get("active_manifest"), store.get("validation_state")
    believed = (
        _believed(says, state=str(state), is_active=label == active)
        for label, manifest in (manifests.items() if isinstance(manifests, Mapping) else ())
        for says in _of_manifest(manifest)
    )
    return strictest(says for says in believed if says != "none_found")


def says_of_bytes(data: bytes) -> str:
    """What the bytes of a manifest say that cannot be read: a denial in plain words, or nothing that is clear."""
    return "reserved" if _DENIED_IN_BYTES.search(data) else "unclear"


def _believed(says: str, *, state: str, is_active: bool) -> str:
    """A permission that nobody trusted gave is none, and a broken one is a reason to look."""
    if says != "allowed" or (state == "Trusted" and is_active):
        return says
    return "unclear" if state == "Invalid" else "none_found"


def _of_manifest(manifest: Any) -> Iterator[str]:
    if not isinstance(manifest, Mapping):
        yield "unclear"
        return
    for assertion in manifest.get("assertions") or ():
        if not isinstance(assertion, Mapping):
            yield "unclear"
        elif _LABEL.match(str(assertion.get("label", ""))):
            yield _of_assertion(assertion.get("data"))
    if any("training-mining" in str(place) for place in manifest.get("redactions") or ()):
        yield "unclear"


def _of_assertion(data: Any) -> str:
    entries = data.get("entries") if isinstance(data, Mapping) else None
    if not isinstance(entries, Mapping):
        return "unclear"
    uses = {str(key).rpartition(".")[2]: entry for key, entry in entries.items()}
    said = [_of_use(uses[use]) for use in _USES if use in uses]
    worst = strictest(said)
    return "none_found" if worst == "allowed" and len(said) < len(_USES) else worst


def _of_use(entry: Any) -> str:
    use = entry.get("use") if isinstance(entry, Mapping) else entry
    says = _SAYS_OF_USE.get(str(use).casefold(), "unclear")
    is_constrained = isinstance(entry, Mapping) and bool(entry.get("constraint_info"))
    return "unclear" if says == "allowed" and is_constrained else says


def _store(data: bytes, *, anchors: str) -> Mapping[str, Any] | None:
    """The store as c2pa gives it, empty where there is none; null where it could not be read."""
    from c2pa import C2paError, Reader

    mime = _MIME.get(format_of(data))
    if mime is None:
        return None
    try:
        with Reader(mime, BytesIO(data), context=_context(anchors)) as reader:
            store = json.loads(reader.json())
    except C2paError.ManifestNotFound:
        return None if b"jumb" in data and b"c2pa" in data else {}
    except (C2paError, ValueError, RecursionError):
        return None
    return store if isinstance(store, Mapping) else None


@cache
def _context(anchors: str) -> Any:
    from c2pa import Context, Settings

    trust = {"trust": {"trust_anchors": anchors}} if anchors else {}
    return Context(settings=Settings.from_dict({**_OFFLINE, **trust}))


def _anchors(path: Path) -> str:
    try:
        pem = path.read_bytes()
        load_pem_x509_certificates(pem)
    except (OSError, ValueError) as fault:
        raise ConfigError(
            f"{path}: trust anchors for C2PA are expected here, a file of certificates in PEM ({type(fault).__name__})."
        ) from fault
    return pem.decode("ascii")


def _statement(says: str) -> Statement:
    return Statement("c2pa", says, "item", "c2pa")
