"""All fuzzing targets by name."""

from collections.abc import Mapping
from types import MappingProxyType

from tests.fuzz import descriptions, packets, peers
from tests.fuzz.target import Target

TARGETS: Mapping[str, Target] = MappingProxyType(
    {target.name: target for target in (*packets.TARGETS, *descriptions.TARGETS, *peers.TARGETS)}
)
