"""Where a bucket is: what `LECTERN_STORAGE_URL` says. Pure."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from lectern.kernel.errors import NotFound
from lectern.storage.keys import file_key

TOLD_BY: Final = "LECTERN_PACKAGER_BUCKET"
"""Environment variable by which a server tells a packager of its own where the bucket is, as JSON of a
`BucketPlace`: no list of processes shows it."""
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class BucketPlace:
    """A bucket of an S3-compatible server, and how to sign in there.

    `prefix` is a folder in the bucket ("" is its root). Without `endpoint` it is Amazon's. Without `key_id`
    the machine's own role signs in. `ca_pem` is trusted beside the usual authorities.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    key_id: str = ""
    secret: str = field(default="", repr=False)
    ca_pem: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The place in words, without secrets."""
        at = f" at {self.endpoint}" if self.endpoint else ""
        return f"s3://{'/'.join(filter(None, (self.bucket, self.prefix)))}{at}"


def bucket_and_prefix(url: str) -> tuple[str, str]:
    """Take `s3://BUCKET/PREFIX` apart; the prefix may be missing.

    Raises:
        ValueError: it is something else; the text says what it should be.
    """
    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    good = parts.scheme == "s3" and _BUCKET.fullmatch(parts.netloc) and not parts.query and not parts.fragment
    if not good or (prefix and not _is_key(prefix)):
        msg = "LECTERN_STORAGE_URL is like s3://BUCKET/FOLDER; LECTERN_STORAGE_ENDPOINT names the server"
        raise ValueError(msg)
    return parts.netloc, prefix


def checked_endpoint(url: str) -> str:
    """Return the address of an S3 server without a slash at the end; "" stays "".

    Raises:
        ValueError: it is no http or https address, or holds more than one.
    """
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        msg = "LECTERN_STORAGE_ENDPOINT is like https://s3.example.com:9000; keys have settings of their own"
        raise ValueError(msg)
    return url.rstrip("/")


def _is_key(prefix: str) -> bool:
    try:
        file_key(prefix)
    except NotFound:
        return False
    return True
