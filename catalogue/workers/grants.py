"""Signed addresses of single files, for one lease of one job. Pure.

An address says which file, whether it may be read or written, and for which lease; the server looks at the
lease's row before every answer, so the addresses of a worker that lost its job are dead.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Unauthenticated

_LABEL: Final = b"lectern-work-1"
_LONGEST_TOKEN: Final = 2_000


class WorkGrant(msgspec.Struct, frozen=True, array_like=True):
    """Read `key`, or (with `size_bytes`) write exactly so many bytes as this lease's version of it."""

    job_id: str
    lease: str
    key: str
    expires_utc_ms: int
    size_bytes: int | None = None


class WorkSigner:
    """Makes and opens the tokens in addresses. Keys have ids, so that a new one can take over."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        """`keys` are secrets of at least 32 bytes by id (no dots in it); `current` signs."""
        self._keys = dict(keys)
        self._current = current

    def path(self, grant: WorkGrant) -> str:
        """Return the address, relative to the origin."""
        body = _encode(msgspec.msgpack.encode(grant))
        return f"/api/v1/worker/files/{self._current}.{body}.{_encode(self._mac(self._current, body))}"

    def open(self, token: str, now: UtcMs) -> WorkGrant:
        """Return what `token` allows.

        Raises:
            Unauthenticated: it is not one of ours, or its time is over (`work_address_invalid`).
        """
        key_id, _, rest = token.partition(".")
        body, _, mac = rest.partition(".")
        if len(token) > _LONGEST_TOKEN or key_id not in self._keys:
            raise dead()
        try:
            if not hmac.compare_digest(_decode(mac), self._mac(key_id, body)):
                raise dead()
            grant = msgspec.msgpack.decode(_decode(body), type=WorkGrant)
        except (ValueError, binascii.Error, msgspec.DecodeError):
            raise dead() from None
        if grant.expires_utc_ms <= now:
            raise dead()
        return grant

    def _mac(self, key_id: str, body: str) -> bytes:
        return hmac.digest(self._keys[key_id], _LABEL + b"." + body.encode(), hashlib.sha256)


def dead() -> Unauthenticated:
    """What an address answers that is forged, too old, or of a lease that is lost."""
    return Unauthenticated("work_address_invalid", "This address is not valid any more. Ask for a new one.")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
