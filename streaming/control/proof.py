"""How the two ends of a control connection over TCP prove that they hold the same secret: TLS 1.3 with
pinned keys.

From the secret each end derives two Ed25519 keys (HKDF, RFC 5869), one for the part of the server process
and one for the part of the media process, and with them the same two certificates, byte for byte. An end
shows the certificate of its own part and takes no other than that of the opposite part. So nothing of the
secret is on the wire, a recorded connection cannot be read later even by who learns the secret, and an
end's own words cannot be played back to it.
"""

import ssl
import tempfile
from datetime import UTC, datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Part = Literal["server", "media"]
"""Who connects (a server process), and who listens (a media process)."""

_LABEL: Final = b"lectern-control-1 "
_FROM: Final = datetime(2020, 1, 1, tzinfo=UTC)
_FOR_EVER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280 §4.1.2.5: no date at which it ends. A secret ends when it is replaced at both ends."""


def context_of(part: Part, secret: str) -> ssl.SSLContext:
    """Return what `part` makes connections with. Blocks for a moment: keys go to OpenSSL through a private
    file.

    Raises OSError: there is no place for that file.
    """
    listens = part == "media"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if listens else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the key is pinned, and that says more than a name
    context.verify_mode = ssl.CERT_REQUIRED
    context.options |= ssl.OP_NO_TICKET
    if listens:
        context.num_tickets = 0  # each connection proves itself anew
    context.load_verify_locations(cadata=_certificate("server" if listens else "media", secret).decode())
    with tempfile.NamedTemporaryFile(prefix="lectern-control-") as file:  # mode 600
        key = _key(part, secret)
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.write(_certificate(part, secret))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _key(part: Part, secret: str) -> Ed25519PrivateKey:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL + part.encode()).derive(
        secret.encode()
    )
    return Ed25519PrivateKey.from_private_bytes(derived)


def _certificate(part: Part, secret: str) -> bytes:
    """The same bytes wherever it is made: an Ed25519 signature has no random part (RFC 8032)."""
    key = _key(part, secret)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"lectern {part}")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=_FROM,
        not_valid_after=_FOR_EVER,
    )
    return builder.sign(key, None).public_bytes(Encoding.PEM)
