"""Making this machine a node of a place: a key that never leaves it, and all that the gateway tells it."""

import json
import secrets
import tempfile
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.adapters.certificate import private_key, private_pem
from edge.adapters.sealing_key import SEALING_KEY, kept_or_new, sealing_key
from edge.settings import SettingsRefused, read_settings
from host.claim import give_to_owner_of
from host.files import replace, sync_folder
from protocol.certificates import CertificateRefused, Holder, check_own, read_certificate, signing_request
from protocol.codec import MessageRefused, decode, encode
from protocol.enrolment import Bundle, EnrolmentRequest, SealedBundle, SealedRequest
from protocol.invitation import NONCE_BYTES, Invitation, InvitationRefused
from protocol.sealing import sealing_text
from protocol.site import Site
from protocol.site_file import SiteFileRefused, read_site

SETTINGS: Final = "edge.toml"
REQUEST: Final = "request.json"
_REQUEST_KEY: Final = "request.key"
_AUTHORITY, _CERTIFICATE, _SITE = "ca.pem", "node.pem", "site.toml"
_ONLY_OURS: Final = 0o600
_TIMEOUT_S: Final = 30.0
_LARGEST_ANSWER: Final = 1024 * 1024
_USUAL_READERS: Final = ("tty:AMA0:pn532", "tty:USB0:pn532", "tty:USB1:pn532", "tty:USB2:pn532")


class EnrolmentFailed(Exception):
    """This machine was not enrolled, and nothing was changed; the text says why, and what to do."""


def enrol(gateway: str, token: str, into: Path, readers: Mapping[str, str], now: datetime) -> Bundle:
    """Take up an invitation at the gateway's address (http or https). Raises EnrolmentFailed."""
    try:
        invitation = Invitation.read(token)
        _check_free(into, invitation.node)
        key = generate_private_key(SECP256R1())
        sealed_to = _sealing_key(into)
        request = _request(invitation.node, key, sealed_to)
        box = invitation.seal("request", encode(request), secrets.token_bytes(NONCE_BYTES))
        answer = _post(gateway, SealedRequest(invitation=invitation.number, box=box))
        bundle = decode(Bundle, invitation.open("bundle", decode(SealedBundle, answer).box))
    except InvitationRefused as refusal:
        raise EnrolmentFailed(str(refusal)) from refusal
    except MessageRefused as refusal:
        raise EnrolmentFailed(
            f"{gateway} answered what no gateway of this version does: {refusal}"
        ) from refusal
    _install(bundle, key, sealed_to, into, readers, now)
    return bundle


def request(node: str, into: Path) -> Path:
    """Make the key, and the request that is carried to the gateway by hand. Raises EnrolmentFailed."""
    _check_free(into, node)
    try:
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = generate_private_key(SECP256R1())
        replace(into / _REQUEST_KEY, private_pem(key), mode=_ONLY_OURS)
        replace(into / REQUEST, encode(_request(node, key, sealing_key(into))))
    except OSError as error:
        raise EnrolmentFailed(f"{into} cannot be written: {error.strerror}") from error
    return into / REQUEST


def install(file: Path, into: Path, readers: Mapping[str, str], now: datetime) -> Bundle:
    """Take up the bundle that answers the request made in this folder. Raises EnrolmentFailed."""
    try:
        bundle = decode(Bundle, file.read_bytes())
        key = private_key(into / _REQUEST_KEY)
    except (MessageRefused, UnicodeDecodeError) as error:
        raise EnrolmentFailed(f"{file} is no bundle of this version: {error}") from error
    except OSError as error:
        raise EnrolmentFailed(f"{file} cannot be read: {error.strerror}") from error
    except CertificateRefused as refusal:
        raise EnrolmentFailed(f"{refusal}: run `passerelle node request` here first") from refusal
    _install(bundle, key, _sealing_key(into), into, readers, now)
    (into / _REQUEST_KEY).unlink()
    (into / REQUEST).unlink(missing_ok=True)
    return bundle


def _request(node: str, key: EllipticCurvePrivateKey, sealed_to: X25519PrivateKey) -> EnrolmentRequest:
    public = sealing_text(sealed_to.public_key())
    return EnrolmentRequest(node=node, csr=signing_request(key), sealing_key=public)


def _sealing_key(into: Path) -> X25519PrivateKey:
    try:
        return kept_or_new(into)
    except (OSError, ValueError) as error:
        raise EnrolmentFailed(f"{into / SEALING_KEY} cannot be read: {error}") from error


def _install(
    bundle: Bundle,
    key: EllipticCurvePrivateKey,
    sealed_to: X25519PrivateKey,
    into: Path,
    readers: Mapping[str, str],
    now: datetime,
) -> None:
    """Write everything, or nothing: the settings last, without which no node starts."""
    _check_free(into, bundle.node, bundle.ledger)
    site = _checked(bundle, key, now)
    files = {
        _AUTHORITY: bundle.authority.encode(),
        _SITE: bundle.site_file.encode(),
        SEALING_KEY: sealed_to.private_bytes_raw(),
        _CERTIFICATE: private_pem(key) + bundle.certificate.encode(),
        SETTINGS: _settings(bundle, site, readers),
    }
    try:
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".enrolling-", dir=into) as folder:
            staged = Path(folder)
            if (into / SETTINGS).exists():
                files[SETTINGS] = (into / SETTINGS).read_bytes()  # what was set here by hand stays
            for name, content in files.items():
                replace(staged / name, content, mode=_ONLY_OURS)
                give_to_owner_of(into, staged / name)
            read_settings(staged / SETTINGS)
            for name in files:
                (staged / name).replace(into / name)
            sync_folder(into)
    except SettingsRefused as refusal:
        raise EnrolmentFailed(f"the settings would be wrong: {refusal}") from refusal
    except OSError as error:
        raise EnrolmentFailed(f"{into} cannot be written: {error.strerror}") from error


def _checked(bundle: Bundle, key: EllipticCurvePrivateKey, now: datetime) -> Site:
    """Return the site, where all that the bundle says fits together."""
    try:
        authority = read_certificate(bundle.authority, "the authority's certificate")
        own = read_certificate(bundle.certificate, "this node's certificate")
        check_own(own, authority, Holder(bundle.ledger, bundle.node), key.public_key(), now)
        site = read_site(bundle.site_file, "the bundle's site file")
    except (CertificateRefused, SiteFileRefused) as refusal:
        raise EnrolmentFailed(str(refusal)) from refusal
    if site.id != bundle.site or bundle.node not in {node.id for node in site.nodes}:
        raise EnrolmentFailed(f"the bundle's site file has no node {bundle.node!r} at {bundle.site!r}")
    return site


def _check_free(into: Path, node: str, place: str | None = None) -> None:
    """Raise EnrolmentFailed where another node, or one of another place, lives in the folder."""
    try:
        here = tomllib.loads((into / SETTINGS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise EnrolmentFailed(f"{into / SETTINGS} cannot be read: {error}") from error
    if here.get("node") != node:
        raise EnrolmentFailed(f"{into} is {here.get('node')!r}, not {node!r}: choose another folder")
    if place is not None and here.get("ledger") != place:
        raise EnrolmentFailed(
            f"{into} belongs to the place {here.get('ledger')!r}, and this is a bundle of {place!r}: nothing"
            " was changed. To move the node there, choose an empty folder"
        )


def _settings(bundle: Bundle, site: Site, readers: Mapping[str, str]) -> bytes:
    own = [reader.id for reader in site.readers if reader.node == bundle.node]
    usual = dict(zip(own, _USUAL_READERS, strict=False))
    keys = {
        "site_file": _SITE,
        "node": bundle.node,
        "data_dir": ".",
        "broker_host": bundle.broker_host,
        "broker_port": bundle.broker_port,
        "broker_ca": _AUTHORITY,
        "broker_certificate": _CERTIFICATE,
        "ledger": bundle.ledger,
        "gateway_key": bundle.gateway_key,
        "credential_key": bundle.credential_key,
        "pins": "lgpio",
        "clock": "kernel",
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    lines += [
        "",
        "[readers]",
        *(f"{name} = {json.dumps(path)}" for name, path in {**usual, **readers}.items()),
    ]
    return "\n".join(["# Written by `passerelle node enrol`; it is not written over.", *lines, ""]).encode()


def _post(gateway: str, said: SealedRequest) -> bytes:
    if not gateway.startswith(("http://", "https://")):
        raise EnrolmentFailed(f"{gateway!r} is no address of a gateway: expected http://HOST:PORT")
    url = f"{gateway.rstrip('/')}/api/v1/enrolments"
    asked = urllib.request.Request(url, encode(said), {"Content-Type": "application/json"})  # noqa: S310 - as above
    try:
        with urllib.request.urlopen(asked, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - as above
            return bytes(answer.read(_LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        raise EnrolmentFailed(f"the gateway said no: {_problem(error)}") from error
    except OSError as error:
        raise EnrolmentFailed(f"{gateway} cannot be reached: {getattr(error, 'reason', error)}") from error


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(_LARGEST_ANSWER))["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
