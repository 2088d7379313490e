"""All fuzzing targets by name; a module is imported when one of its targets is asked for."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from tests.fuzz.target import Target

_HOMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "packets": (
            *("stun", "frames", "rtp", "extensions", "rtcp", "descriptors", "control", "arrivals", "dtls"),
        ),
        "descriptions": ("sdp", "sdpfrag", "whip"),
        "peers": ("peer",),
        "records": ("attendance_record",),
        "twins": ("twins",),
        "lessons": ("notes_update", "question_text", "sheet", "class_command", "tokens"),
    }
)
NAMES: tuple[str, ...] = tuple(name for names in _HOMES.values() for name in names)


def target(name: str) -> Target:
    """Return a target; its module has exactly those that are said here.

    Raises:
        KeyError: there is none.
    """
    for home, names in _HOMES.items():
        if name in names:
            targets: tuple[Target, ...] = import_module(f"tests.fuzz.{home}").TARGETS
            found = {each.name: each for each in targets}
            assert set(found) == set(names)
            return found[name]
    raise KeyError(name)
