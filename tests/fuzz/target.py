"""What a fuzzing target is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """`run` takes any bytes and raises only when the code under test breaks its word.

    `seeds` are well-formed inputs to begin with; the corpus adds what the fuzzer found. `seconds` is for how
    long each run of the tests looks for something new.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    seconds: int = 30
