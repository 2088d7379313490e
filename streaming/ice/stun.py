"""STUN binding messages as an ICE-lite agent meets them (RFC 8489, RFC 8445 section 7).

Our own parser rather than aioice's: a peer's garbage must never raise, and the one message that arrives all
the time, a valid check, must be cheap.
"""

import hashlib
import hmac
import ipaddress
import struct
import zlib
from functools import lru_cache
from typing import Final

import msgspec

MAGIC: Final = 0x2112A442
BINDING_REQUEST: Final = 0x0001
BINDING_SUCCESS: Final = 0x0101
BINDING_ERROR: Final = 0x0111

USERNAME: Final = 0x0006
MESSAGE_INTEGRITY: Final = 0x0008
ERROR_CODE: Final = 0x0009
UNKNOWN_ATTRIBUTES: Final = 0x000A
XOR_MAPPED_ADDRESS: Final = 0x0020
PRIORITY: Final = 0x0024
USE_CANDIDATE: Final = 0x0025
FINGERPRINT: Final = 0x8028
ICE_CONTROLLED: Final = 0x8029
ICE_CONTROLLING: Final = 0x802A

_UNDERSTOOD: Final = frozenset(
    {USERNAME, MESSAGE_INTEGRITY, PRIORITY, USE_CANDIDATE, XOR_MAPPED_ADDRESS, ERROR_CODE}
)
_COMPREHENSION_OPTIONAL: Final = 0x8000
_FINGERPRINT_XOR: Final = 0x5354554E
_MAX_ATTRIBUTES: Final = 32
_MAGIC_BYTES: Final = MAGIC.to_bytes(4, "big")

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")


class StunMessage(msgspec.Struct, frozen=True):
    """A well-formed message. `signed` is what MESSAGE-INTEGRITY covers, length already set.

    Attributes behind MESSAGE-INTEGRITY are ignored (RFC 8489 section 14.5); a wrong FINGERPRINT is fatal.
    """

    message_type: int
    transaction_id: bytes
    attributes: dict[int, bytes]
    signed: bytes

    @property
    def username(self) -> str:
        """`local:remote` fragments, empty when missing or not ASCII."""
        raw = self.attributes.get(USERNAME, b"")
        return raw.decode("ascii") if raw.isascii() else ""

    @property
    def unknown_required(self) -> tuple[int, ...]:
        """Attributes that we would have to understand, and do not."""
        return tuple(a for a in self.attributes if a < _COMPREHENSION_OPTIONAL and a not in _UNDERSTOOD)

    def is_signed_with(self, password: bytes) -> bool:
        """Whether MESSAGE-INTEGRITY is there and right."""
        given = self.attributes.get(MESSAGE_INTEGRITY)
        if given is None or not self.signed:
            return False
        return hmac.compare_digest(given, hmac.digest(password, self.signed, hashlib.sha1))


def asked_fragment(data: bytes) -> str | None:
    """Whose fragment a binding request names, by a look that costs next to nothing.

    None for what is no request; empty when it names nobody. What `parse` would refuse may pass.
    """
    size = len(data)
    if size < _HEADER.size or data[:2] != b"\x00\x01" or data[4:8] != _MAGIC_BYTES:
        return None
    at = _HEADER.size
    for _ in range(_MAX_ATTRIBUTES):
        if at + 4 > size:
            break
        number, length = _ATTRIBUTE.unpack_from(data, at)
        if number == USERNAME:
            fragment = data[at + 4 : at + 4 + length].partition(b":")[0]
            return fragment.decode("ascii") if fragment.isascii() else ""
        at += 4 + length + -length % 4
    return ""


def parse(data: bytes) -> StunMessage | None:
    """The message, or None when these bytes are none."""
    if len(data) < _HEADER.size or len(data) % 4:
        return None
    message_type, length, magic, transaction_id = _HEADER.unpack_from(data)
    if message_type & 0xC000 or magic != MAGIC or length != len(data) - _HEADER.size:
        return None
    attributes: dict[int, bytes] = {}
    signed = b""
    at = _HEADER.size
    for _ in range(_MAX_ATTRIBUTES):
        if at == len(data):
            return StunMessage(message_type, transaction_id, attributes, signed)
        number, size = _ATTRIBUTE.unpack_from(data, at)
        end = at + 4 + size
        if end > len(data):
            return None
        value = data[at + 4 : end]
        if number == FINGERPRINT:
            if value != _fingerprint(data[:at]):
                return None
        elif not signed:
            if number == MESSAGE_INTEGRITY:
                signed = _with_length(data[:at], at - _HEADER.size + 24)
            attributes.setdefault(number, value)
        at = end + -size % 4
    return None


def build(
    message_type: int, transaction_id: bytes, attributes: list[tuple[int, bytes]], password: bytes
) -> bytes:
    """A message with FINGERPRINT, and with MESSAGE-INTEGRITY unless `password` is empty."""
    body = b"".join(_attribute(number, value) for number, value in attributes)
    data = _HEADER.pack(message_type, len(body), MAGIC, transaction_id) + body
    if password:
        covered = _with_length(data, len(data) - _HEADER.size + 24)
        data = covered + _attribute(MESSAGE_INTEGRITY, hmac.digest(password, covered, hashlib.sha1))
    return _with_length(data, len(data) - _HEADER.size + 8) + _attribute(FINGERPRINT, _fingerprint(data))


def xor_address(host: str, port: int, transaction_id: bytes) -> bytes:
    """The value of XOR-MAPPED-ADDRESS (RFC 8489 section 14.2)."""
    packed = _packed(host)
    mask = (_MAGIC_BYTES + transaction_id)[: len(packed)]
    masked = int.from_bytes(packed, "big") ^ int.from_bytes(mask, "big")
    family = 1 if len(packed) == 4 else 2
    return struct.pack("!BBH", 0, family, port ^ (MAGIC >> 16)) + masked.to_bytes(len(packed), "big")


@lru_cache(maxsize=4096)
def _packed(host: str) -> bytes:
    """Of an IP address, without its zone. Raises ValueError: it is none."""
    return ipaddress.ip_address(host.partition("%")[0]).packed


def error_code(code: int, reason: str) -> bytes:
    """The value of ERROR-CODE."""
    return struct.pack("!HBB", 0, code // 100, code % 100) + reason.encode()


def _attribute(number: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(number, len(value)) + value + bytes(-len(value) % 4)


def _with_length(data: bytes, length: int) -> bytes:
    return data[:2] + length.to_bytes(2, "big") + data[4:]


def _fingerprint(before: bytes) -> bytes:
    covered = _with_length(before, len(before) - _HEADER.size + 8)
    return (zlib.crc32(covered) ^ _FINGERPRINT_XOR).to_bytes(4, "big")
