"""Passwords, cookies and keys: what is handed out, what is stored of it."""

import asyncio
import functools
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lectern.kernel.ids import new_secret

_hasher = PasswordHasher()
# Threads of their own, and few: however many sign in at once, lessons and files keep theirs, and 64 MiB each.
_hashing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
_KEY_PREFIX = "lk"


async def hash_password(password: str) -> str:
    """Hash with argon2id, off the event loop (some 50 ms of CPU)."""
    return await asyncio.get_running_loop().run_in_executor(_hashing, _hasher.hash, password)


async def verify_password(secret_hash: str, password: str) -> bool:
    """Compare off the event loop."""

    def verify() -> bool:
        try:
            return _hasher.verify(secret_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    return await asyncio.get_running_loop().run_in_executor(_hashing, verify)


@functools.cache
def decoy_hash() -> str:
    """Return a hash that no password fits, to spend the same time on a login that does not exist."""
    return _hasher.hash(new_secret())


def fingerprint(secret: str) -> str:
    """Return what is stored of a random secret; it has too much entropy to need a slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign_in_of(cookie: str) -> str:
    """Return a name of a sign-in that tells nothing about its cookie, nor about what is stored of that."""
    return hashlib.sha256(b"sign-in\0" + cookie.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class KeyText:
    """An API key as an integrator holds it: `lk_<id>_<secret>`."""

    id: str
    secret: str

    @classmethod
    def parse(cls, text: str) -> "KeyText | None":
        """Take a key apart, or return None if it is not one."""
        prefix, _, rest = text.partition("_")
        id_, _, secret = rest.partition("_")
        return cls(id_, secret) if prefix == _KEY_PREFIX and id_ and secret else None

    def __str__(self) -> str:
        """Put it together."""
        return f"{_KEY_PREFIX}_{self.id}_{self.secret}"

    def matches(self, secret_hash: str) -> bool:
        """Compare with what is stored, in constant time."""
        return secrets.compare_digest(fingerprint(self.secret), secret_hash)


def new_key_secret() -> str:
    """Return the secret part of a new API key."""
    return new_secret(32)
