"""A place's certificate authority, as a node's tests need one: without any of the gateway's code."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from protocol.certificates import Holder, requested_key
from protocol.codec import decode
from protocol.enrolment import Bundle, EnrolmentRequest
from protocol.signing import public_text
from tests.unit.edge.fakes import NINE
from tests.unit.edge.gateway_side import KEY

SITE_FILE = Path(__file__).parents[3] / "deploy" / "sites" / "sceaux-smart.toml"


class Authority:
    """Of the place `place`, since a year before NINE."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._key = generate_private_key(SECP256R1())
        name = Holder(place, "Passerelle").as_subject()
        self._own = (
            x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(NINE - timedelta(days=365))
            .not_valid_after(NINE + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, SHA256())
        )

    @property
    def pem(self) -> str:
        return self._own.public_bytes(Encoding.PEM).decode()

    def certify(self, name: str, csr: str, now: datetime) -> str:
        """Sign a certificate for a year."""
        key, serial = requested_key(csr), x509.random_serial_number()
        subject = Holder(self._place, name).as_subject()
        made = (
            x509.CertificateBuilder(self._own.subject, subject, key, serial)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .sign(self._key, SHA256())
        )
        return made.public_bytes(Encoding.PEM).decode()

    def answer(self, file: Path) -> Bundle:
        """Answer a request as `passerelle node sign` does."""
        request = decode(EnrolmentRequest, file.read_bytes())
        return Bundle(
            ledger=self._place,
            site="sceaux-smart",
            node=request.node,
            certificate=self.certify(request.node, request.csr, NINE),
            authority=self.pem,
            gateway_key=public_text(KEY.public_key()),
            credential_key="00" * 32,
            site_file=SITE_FILE.read_text(encoding="utf-8"),
            broker_host="192.0.2.1",
            broker_port=8883,
        )
