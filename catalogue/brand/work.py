"""The job that makes a clip ready to stand before and behind microcourses.

| kind | args | result |
|---|---|---|
| `clip` | `ClipArgs` | `{duration_ms, ladder}`; leaves a medium in `branding/<clip_id>/made` |
"""

from typing import Final

import msgspec

CLIP: Final = "clip"
MADE: Final = "made"


class ClipArgs(msgspec.Struct, frozen=True):
    """Make the clip's upload ready."""

    clip_id: str

    @property
    def folder(self) -> str:
        """Where it lies, as a key."""
        return f"branding/{self.clip_id}"
