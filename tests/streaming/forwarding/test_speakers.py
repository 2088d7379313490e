"""Active speakers: quick to notice, slow to forget, and the announcements bounded, in virtual time."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from streaming.control.messages import ActiveSpeakers
from streaming.forwarding.speakers import ANNOUNCE_INTERVAL_S, Speakers, Voice

TICK_S = 0.1
PACKETS = 5  # of 20 ms


class Hall:
    """A room whose microphones say what a test wants."""

    def __init__(self, *tracks: str) -> None:
        self.now = 10.0
        self.speakers = Speakers()
        self.voices = {track: Voice() for track in tracks}
        self.said: list[tuple[float, tuple[str, ...]]] = []

    def sound(self, seconds: float, levels: Mapping[str, int]) -> None:
        """For so long, tracks are this loud; those that are not named send nothing."""
        for _ in range(round(seconds / TICK_S)):
            for track, level in levels.items():
                for _ in range(PACKETS):
                    self.voices[track].receive_level(level)
            self.now += TICK_S
            for notice in self.speakers.listen({"room": self.voices}, self.now):
                assert notice.room == "room"
                self.said.append((self.now, notice.tracks))

    def now_speaking(self) -> tuple[str, ...]:
        return self.said[-1][1] if self.said else ()


def test_somebody_speaks_is_noticed_within_400_ms_and_forgotten_after_a_pause() -> None:
    hall = Hall("a", "b")
    hall.sound(1.0, {"a": 80, "b": 90})
    assert hall.said == []
    began = hall.now
    hall.sound(0.4, {"a": 25, "b": 90})
    assert hall.now_speaking() == ("a",)
    assert hall.said[-1][0] - began <= 0.4
    hall.sound(0.8, {"a": 90, "b": 90})  # a pause between sentences
    assert hall.now_speaking() == ("a",)
    hall.sound(2.0, {"a": 90, "b": 90})
    assert hall.now_speaking() == ()
    assert len(hall.said) == 2


def test_a_click_is_nobody_speaking() -> None:
    hall = Hall("a")
    hall.sound(0.1, {"a": 20})
    hall.sound(2.0, {"a": 90})
    assert hall.said == []


def test_the_hum_of_a_fan_is_nobody_speaking() -> None:
    hall = Hall("a")
    hall.sound(10.0, {"a": 60})
    assert hall.said == []


def test_levels_between_the_thresholds_change_nothing() -> None:
    hall = Hall("a")
    hall.sound(3.0, {"a": 50})
    assert hall.said == []
    hall.sound(1.0, {"a": 30})
    hall.sound(5.0, {"a": 50})
    assert hall.now_speaking() == ("a",)
    assert len(hall.said) == 1


def test_a_microphone_that_stops_sending_is_silent() -> None:
    hall = Hall("a")
    hall.sound(1.0, {"a": 30})
    hall.sound(2.5, {})
    assert hall.now_speaking() == ()


def test_the_first_stays_first_until_somebody_is_clearly_louder_for_a_while() -> None:
    hall = Hall("a", "b")
    hall.sound(1.0, {"a": 30})
    hall.sound(2.0, {"a": 30, "b": 27})  # hardly louder
    assert hall.now_speaking() == ("a", "b")
    hall.sound(0.4, {"a": 36, "b": 22})  # for a word
    hall.sound(1.0, {"a": 30, "b": 30})
    assert hall.now_speaking() == ("a", "b")
    hall.sound(1.5, {"a": 40, "b": 20})
    assert hall.now_speaking() == ("b", "a")
    hall.sound(2.5, {"a": 40})
    assert hall.now_speaking() == ("a",)


def test_a_room_whose_microphones_are_gone_is_announced_silent_once() -> None:
    hall = Hall("a")
    hall.sound(1.0, {"a": 30})
    assert hall.speakers.listen({}, hall.now + 0.1) == [ActiveSpeakers("room", ())]
    assert hall.speakers.listen({}, hall.now + 0.2) == []


LEVELS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 127))


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.7]), LEVELS), max_size=60))
def test_announcements_are_bounded_and_name_only_those_there(
    course: list[tuple[float, dict[str, int]]],
) -> None:
    hall = Hall("a", "b", "c")
    for seconds, levels in course:
        hall.sound(seconds, levels)
    for (before, earlier), (after, later) in zip(hall.said, hall.said[1:], strict=False):
        assert after - before >= ANNOUNCE_INTERVAL_S - 1e-9
        assert earlier != later
    for _, tracks in hall.said:
        assert len(set(tracks)) == len(tracks)
        assert set(tracks) <= {"a", "b", "c"}
    hall.sound(4.0, {})
    assert hall.now_speaking() == ()  # silence always gets through
