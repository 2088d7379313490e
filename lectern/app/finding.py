"""What `lectern doctor` says about one thing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` is for the person who runs the server."""

    good: bool
    what: str
    remedy: str = ""
