"""Signing a PDF file as PAdES, and reading a signed one without trust. Runs its own event loop: never
inside another; the server calls it in a child process (`analytics.closing.press`).
"""

import io
import logging
from dataclasses import dataclass

from asn1crypto.cms import ContentInfo
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from analytics.closing.signing import SigningKey

RECORD_NAME = "attendance-record.jsonl"
_FIELD = "Attendance"


@dataclass(frozen=True, slots=True)
class SealedPdf:
    """A signed PDF file: whether its one signature covers every byte of it, whose, and the record inside."""

    intact: bool
    certificate: bytes
    record: bytes | None


def signed_pdf(pdf: bytes, key: SigningKey, reason: str, *, field: str = _FIELD) -> bytes:
    """Return `pdf` with a PAdES signature (B-B), called `field`, that allows no later change."""
    private = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        Certificate.load(key.certificate), PrivateKeyInfo.load(private), SimpleCertificateStore.from_certs([])
    )
    meaning = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        reason=reason,
        certify=True,
        subfilter=SigSeedSubFilter.PADES,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    out = PdfSigner(meaning, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    return bytes(out.getvalue())


def opened_pdf(data: bytes) -> SealedPdf | None:
    """Return what is in a signed PDF file; None if it is none, or is damaged beyond reading."""
    logging.getLogger("pyhanko").setLevel(
        logging.CRITICAL
    )  # it reports as stack traces what we report in words
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    try:
        reader = PdfFileReader(io.BytesIO(data))
        signatures = reader.embedded_signatures
        if len(signatures) != 1:
            return SealedPdf(intact=False, certificate=b"", record=_attached(reader))
        return _opened(data, reader, signatures[0])
    except Exception:  # noqa: BLE001 (a large parser of foreign bytes: whatever it stumbles over, the file is no good)
        return None


def _opened(data: bytes, reader: PdfFileReader, signature: EmbeddedPdfSignature) -> SealedPdf:
    certificate: bytes = signature.signer_cert.dump()
    context = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
    status = validate_pdf_signature(signature, context)
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE and _is_tight(data, signature)
    return SealedPdf(
        intact=bool(status.intact and status.valid and whole),
        certificate=certificate,
        record=_attached(reader),
    )


def _is_tight(data: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Tell whether the bytes that no signature can cover, its own, hold nothing else."""
    start, first, second, rest = (int(number) for number in signature.byte_range)
    content = bytes(signature.pkcs7_content)
    padding = content[len(ContentInfo.load(content).dump()) :]
    return (
        start == 0
        and second + rest == len(data)
        and data[first:second] == b"<" + content.hex().upper().encode() + b">"
        and not padding.strip(b"\x00")
    )


def _attached(reader: PdfFileReader) -> bytes | None:
    """Return the record that travels in the file."""
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    for at in range(0, len(names), 2):
        described = names[at + 1]
        assert isinstance(described, DictionaryObject)
        if str(described["/F"]) == RECORD_NAME:
            stream = described["/EF"]["/F"]
            assert isinstance(stream, StreamObject)
            return bytes(stream.data)
    return None
