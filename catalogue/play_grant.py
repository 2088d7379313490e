"""Signed, expiring addresses of media, made for one person. Pure.

A grant opens everything below one folder until it expires, and names who it was made for. It stands in the
path (`/play/<token>/<file>`), so that the relative addresses inside a playlist inherit it and a player needs
neither cookie nor header.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

import msgspec

from catalogue.sealing import Seal
from lectern.kernel.access import SessionGrant
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Unauthenticated

REPLAY, BROADCAST, WORK, GROUP = "replay", "broadcast", "work", "group"
"""How `PlayGrant.medium` begins, before a slash and an id; `WORK`: of whoever may edit it.

Of a group's recording there follow the group and as what it is seen: `MEMBER`, or one of the `CLASS`.
"""
MEMBER, CLASS = "member", "class"

_LABEL = b"lectern-play-1"
_LONGEST_TOKEN = 2_000


class PlayGrant(msgspec.Struct, frozen=True, array_like=True):
    """What an address allows: `prefix` ends with `/`; `live` says that playlists below it still grow.

    With `filename`, the file is offered for download under that name. With `sealed`, media goes out encrypted
    (`catalogue.sealing`), and the key is given to the viewer alone: to whoever signed in by `sign_in`
    (`Principal.sign_in`) or came by `link`, while that holds. `without_file` opens everything but the whole
    medium as one file, which has an address of its own for those who get it.
    """

    subject: str
    medium: str
    prefix: str
    expires_utc_ms: int
    live: bool = False
    filename: str | None = None
    sealed: bool = False
    org_id: str = ""
    sign_in: str = ""
    link: SessionGrant | None = None
    without_file: bool = False


class PlaySigner:
    """Makes and opens tokens. Keys have ids, so that a new one can take over while old tokens run out."""

    def __init__(self, keys: Mapping[str, bytes], current: str, *, seals: bool = False) -> None:
        """`keys` are secrets of at least 32 bytes by id (no dots in it); `current` signs. `seals`: whether
        what plays is to go out encrypted.

        Raises:
            ValueError: a key is too short, an id has a dot, or `current` is not among them.
        """
        if current not in keys or any(len(key) < 32 or "." in id_ for id_, key in keys.items()):
            msg = "play keys need 32 bytes each, ids without dots, and the current one among them"
            raise ValueError(msg)
        self._keys = dict(keys)
        self._current = current
        self.seals = seals

    def sign(self, grant: PlayGrant) -> str:
        """Return the token of `grant`."""
        body = _encode(msgspec.msgpack.encode(grant))
        return f"{self._current}.{body}.{_encode(self._mac(self._current, body))}"

    def url(self, grant: PlayGrant, path: str) -> str:
        """Return the address, relative to the origin, of the file `path` below the grant's prefix."""
        return f"/play/{self.sign(grant)}/{path}"

    def open(self, token: str, now: UtcMs) -> PlayGrant:
        """Return what `token` allows.

        Raises:
            Unauthenticated: `play_invalid` if it is not one of ours, `play_expired` if its time is over.
        """
        key_id, _, rest = token.partition(".")
        body, _, mac = rest.partition(".")
        if len(token) > _LONGEST_TOKEN or key_id not in self._keys:
            raise _invalid()
        try:
            given, packed = _decode(mac), _decode(body)
        except (ValueError, binascii.Error):
            raise _invalid() from None
        if not hmac.compare_digest(given, self._mac(key_id, body)):
            raise _invalid()
        try:
            grant = msgspec.msgpack.decode(packed, type=PlayGrant)
        except msgspec.DecodeError:  # signed by a release whose grants look different
            raise _invalid() from None
        if grant.expires_utc_ms <= now:
            raise Unauthenticated("play_expired", "This link has expired. Open the page again.")
        return grant

    def seal(self, token: str, grant: PlayGrant) -> Seal:
        """Return what encrypts the medium of `grant`, which `token` opened."""
        secret = self._keys[token.partition(".")[0]]
        return Seal(hmac.digest(secret, b"lectern-seal", hashlib.sha256), grant.medium)

    def _mac(self, key_id: str, body: str) -> bytes:
        return hmac.digest(self._keys[key_id], _LABEL + b"." + body.encode(), hashlib.sha256)


def _invalid() -> Unauthenticated:
    return Unauthenticated("play_invalid", "This link is not valid. Open the page again.")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
