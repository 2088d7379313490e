"""All fuzzing targets by name."""

from collections.abc import Mapping
from types import MappingProxyType

from tests.fuzz import descriptions, lessons, packets, peers, records, twins
from tests.fuzz.target import Target

TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        target.name: target
        for module in (packets, descriptions, peers, records, twins, lessons)
        for target in module.TARGETS
    }
)
