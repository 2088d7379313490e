"""The key of an installation that signs attendance: ECDSA P-256, with a certificate it signed itself.

P-256 and not Ed25519, because the same key signs PDF files and common readers of PDF verify ECDSA alone.
Nobody vouches for the certificate: whoever wants to be sure gets its fingerprint by another way.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from analytics.closing.canonical import sha256

_VALID_FOR = timedelta(days=20 * 365)
_LONGEST_NAME = 64
"""X.520's bound of a name, in characters."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its certificate (DER)."""

    certificate: bytes
    private: ec.EllipticCurvePrivateKey

    @classmethod
    def made(cls, organisation: str, now: datetime, serial: int) -> Self:
        """Return a new key for `organisation`; `serial` is random, positive, below 2^159."""
        private = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:_LONGEST_NAME] or "Lectern"),
                x509.NameAttribute(NameOID.COMMON_NAME, "Lectern attendance records"),
            ]
        )
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=True,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(private.public_key())
            .serial_number(serial)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _VALID_FOR)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
            .sign(private, SHA256())
        )
        return cls(certificate.public_bytes(Encoding.DER), private)

    @classmethod
    def read(cls, pem: str, certificate: bytes) -> Self:
        """Return the key in `pem`.

        Raises:
            ValueError, TypeError: it is no elliptic-curve key, or not that of the certificate.
        """
        private = load_pem_private_key(pem.encode(), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            msg = "attendance is signed with an elliptic-curve key"
            raise TypeError(msg)
        if x509.load_der_x509_certificate(certificate).public_key() != private.public_key():
            msg = "the certificate belongs to another key"
            raise ValueError(msg)
        return cls(certificate, private)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal."""
        return sha256(self.certificate)

    def sign(self, message: bytes) -> bytes:
        """See `analytics.closing.chain.Signer`."""
        return self.private.sign(message, ec.ECDSA(SHA256()))

    def pem(self) -> str:
        """Return the private key (PKCS #8)."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def certificate_pem(certificate: bytes) -> str:
    """Return a certificate as people pass it on."""
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()


def certificate_of(pem: str) -> bytes:
    """Return a certificate (DER) out of PEM.

    Raises:
        ValueError: it is none.
    """
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def moment(utc_ms: int) -> datetime:
    """Return a moment of the wall clock as certificates write it."""
    return datetime.fromtimestamp(utc_ms / 1000, UTC)


def owner_of(certificate: bytes) -> str:
    """Return the organisation that a certificate names; anybody can write any name."""
    named = x509.load_der_x509_certificate(certificate).subject.get_attributes_for_oid(
        NameOID.ORGANIZATION_NAME
    )
    return str(named[0].value) if named else ""


def is_signed(certificate: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether the key of `certificate` signed `message`; False for whatever is no such thing."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            return False
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def spaced(fingerprint: str) -> str:
    """Return a fingerprint as people compare it: pairs of digits with colons."""
    return ":".join(fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2)).upper()


def plain(fingerprint: str) -> str | None:
    """Return 64 lower-case digits from what somebody typed or pasted; None if it is no SHA-256."""
    digits = "".join(c for c in fingerprint.lower() if c not in ": \t\n-")
    return digits if len(digits) == 64 and all(c in "0123456789abcdef" for c in digits) else None
