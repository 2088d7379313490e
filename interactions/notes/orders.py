"""What the class asks of whoever keeps the notes. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeepNotes:
    """Close the notes of these groups for good, and put what stands in them on the timeline."""

    groups: tuple[str, ...]
