"""The keys that sign attendance records: made at first use, kept with the other secrets, turned over at will.

`secrets/attendance.signing.json` is `{"current": id, "keys": {id: {"certificate", "private", "made_utc_ms",
"retired_utc_ms"}}}`, mode 0600. A key that was turned over loses its private half at once: nobody can sign
with it any more, and its certificate stays, because old records are checked against it. The file is read
anew for every signature, so that a rotation by the command line reaches a running server.
"""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.closing.canonical import sha256
from analytics.closing.signing import SigningKey, certificate_of, certificate_pem, moment
from lectern.app.secrets import write_once, write_over
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key as people list it; `retired_utc_ms` None: it signs."""

    id: str
    certificate: bytes
    made_utc_ms: int
    retired_utc_ms: int | None


class AttendanceKeys:
    """The key ring of one machine; several servers agree on its key (`shared_keys`)."""

    def __init__(self, folder: Path, clock: Clock = utc_ms) -> None:
        self.path = folder / "attendance.signing.json"
        self._clock = clock

    def current(self, organisation: str) -> SigningKey:
        """Return the key that signs, making the first one if there is none.

        Raises:
            Conflict: the file is damaged (`signing_keys_damaged`).
        """
        if not self.path.exists():
            id_, entry = self._made(organisation)
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_once(self.path, json.dumps({"current": id_, "keys": {id_: entry}}, indent=1))
        stored = self._stored()
        try:
            entry = stored["keys"][stored["current"]]
            return SigningKey.read(entry["private"], certificate_of(entry["certificate"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._damaged() from None

    def listed(self) -> list[KeyEntry]:
        """Return every key, the newest last.

        Raises:
            Conflict: the file is damaged (`signing_keys_damaged`).
        """
        if not self.path.exists():
            return []
        try:
            found = [
                KeyEntry(
                    id_, certificate_of(entry["certificate"]), entry["made_utc_ms"], entry["retired_utc_ms"]
                )
                for id_, entry in self._stored()["keys"].items()
            ]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._damaged() from None
        return sorted(found, key=lambda key: (key.retired_utc_ms is None, key.made_utc_ms))

    def signs_with(self, fingerprint: str | None) -> bool:
        """Tell whether the key that signs here is the one with this fingerprint; no key is made for that.

        Raises:
            Conflict: the file is damaged (`signing_keys_damaged`).
        """
        signing = [key for key in self.listed() if key.retired_utc_ms is None]
        return any(sha256(key.certificate) == fingerprint for key in signing)

    def rotate(self, organisation: str) -> SigningKey:
        """Make a new key the one that signs, and forget the private half of the one before.

        Raises:
            Conflict: the file is damaged (`signing_keys_damaged`).
        """
        if not self.path.exists():
            return self.current(organisation)
        self.current(organisation)  # refuses a damaged file
        stored = self._stored()
        before = stored["keys"][stored["current"]]
        before["private"], before["retired_utc_ms"] = None, self._clock()
        stored["current"], entry = self._made(organisation)
        stored["keys"][stored["current"]] = entry
        write_over(self.path, json.dumps(stored, indent=1))
        return self.current(organisation)

    def _made(self, organisation: str) -> tuple[str, dict[str, Any]]:
        now = self._clock()
        key = SigningKey.made(organisation, moment(now), secrets.randbits(152) + 1)
        return key.fingerprint[:16], {
            "certificate": certificate_pem(key.certificate),
            "private": key.pem(),
            "made_utc_ms": now,
            "retired_utc_ms": None,
        }

    def _stored(self) -> Any:
        try:
            return json.loads(self.path.read_text())
        except ValueError:
            raise self._damaged() from None

    def _damaged(self) -> Conflict:
        return Conflict(
            "signing_keys_damaged",
            f"{self.path} is no key file any more. Restore it from a backup: without it nothing is signed.",
        )
