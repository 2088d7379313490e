"""Where sessions and their peers go, and which tracks cross between processes."""

from hypothesis import given
from hypothesis import strategies as st

from signaling.plane.pipe_plan import Crossing, crossings, meeting_point, piped_section
from signaling.plane.placement import Load, choose_for_peer, choose_home
from streaming.control.extensions import AUDIO_LEVEL, MID
from streaming.control.messages import Codec, MediaSection

NODES = ("a", "b", "c")
LOADS = st.fixed_dictionaries(
    {node: st.builds(Load, st.integers(0, 12), st.integers(0, 3)) for node in NODES}
)


def test_a_session_is_at_home_where_least_is_going_on() -> None:
    loads = {"a": Load(30, 1), "b": Load(0, 2), "c": Load(25, 0)}
    assert choose_home(loads) == "b"
    assert choose_home({}) is None


def test_sessions_that_start_together_are_spread_before_anybody_has_come() -> None:
    loads = dict.fromkeys(NODES, Load())
    for _ in range(6):
        home = choose_home(loads)
        assert home is not None
        loads[home] = Load(0, loads[home].homes + 1)
    assert {load.homes for load in loads.values()} == {2}


def place(loads: dict[str, Load], *, piped: frozenset[str] = frozenset(), speaks: bool = False) -> str:
    return choose_for_peer("a", loads, piped=piped, speaks=speaks, limit=10)


def test_viewers_stay_at_home_until_it_is_full() -> None:
    assert place({"a": Load(9, 1), "b": Load(0), "c": Load(0)}) == "a"
    assert place({"a": Load(10, 1), "b": Load(5), "c": Load(4)}) == "c"
    assert place({"a": Load(10, 1), "b": Load(4), "c": Load(4)}, piped=frozenset("c")) == "c"


def test_who_speaks_is_served_at_home_however_full_it_is() -> None:
    assert place({"a": Load(50, 1), "b": Load(0), "c": Load(0)}, speaks=True) == "a"


def test_when_all_are_full_the_least_loaded_takes_more() -> None:
    assert place({"a": Load(30, 1), "b": Load(20), "c": Load(10)}) == "c"
    assert place({"a": Load(10, 1)}) == "a"


@given(LOADS, st.frozensets(st.sampled_from(NODES)), st.integers(1, 12))
def test_nobody_is_sent_to_a_full_process_while_another_has_room(
    loads: dict[str, Load], piped: frozenset[str], limit: int
) -> None:
    chosen = choose_for_peer("a", loads, piped=piped, speaks=False, limit=limit)
    if any(load.transports < limit for load in loads.values()):
        assert loads[chosen].transports < limit
    else:
        assert loads[chosen].transports == min(load.transports for load in loads.values())


def test_what_crosses() -> None:
    owners = {"camera": "a", "mic": "a", "ann": "b"}
    wanted = {"a": {"camera", "ann"}, "b": {"camera", "mic"}, "c": {"camera", "ann"}}
    assert crossings("a", owners, wanted) == {
        "b": Crossing(out=frozenset({"camera", "mic"}), back=frozenset({"ann"})),
        "c": Crossing(out=frozenset({"camera", "ann"})),
    }


def test_nothing_crosses_that_nobody_needs() -> None:
    assert crossings("a", {"camera": "a", "ann": "b"}, {"a": {"camera"}}) == {}
    assert crossings("a", {}, {"b": {"gone"}}) == {"b": Crossing()}  # an idle pipe stays where viewers are


TRACKS = [f"t{n}" for n in range(5)]


@given(
    st.dictionaries(st.sampled_from(TRACKS), st.sampled_from(NODES)),
    st.dictionaries(st.sampled_from(NODES), st.frozensets(st.sampled_from(TRACKS))),
)
def test_everything_that_is_wanted_arrives_once(
    owners: dict[str, str], wanted: dict[str, frozenset[str]]
) -> None:
    found = crossings("a", owners, wanted)
    at_home = {track for track, owner in owners.items() if owner == "a"}
    brought = [track for crossing in found.values() for track in crossing.back]
    assert len(brought) == len(set(brought))
    at_home.update(brought)
    assert {track for track in wanted.get("a", ()) if track in owners} <= at_home
    for node in ("b", "c"):
        crossing = found.get(node, Crossing())
        own = {track for track, owner in owners.items() if owner == node}
        assert crossing.out <= at_home  # home can only send what it has
        assert crossing.back <= own
        assert not crossing.out & own  # and nothing goes back to where it comes from
        assert {t for t in wanted.get(node, ()) if t in owners} == crossing.out | own & set(
            wanted.get(node, ())
        )


def test_a_section_on_a_pipe_can_be_repaired_whatever_its_publisher_can() -> None:
    bare = (Codec(96, "VP8", 90000), Codec(127, "H264", 90000, rtx_pt=126))
    section = MediaSection("3", "video", "publish", bare, {MID: 4}, ssrcs=(7,), source="screen")
    piped = piped_section(section)
    assert (piped.mid, piped.ssrcs, piped.source) == ("", (), "screen")
    assert MID not in piped.header_extensions
    assert AUDIO_LEVEL in piped.header_extensions
    numbers = [codec.pt for codec in piped.codecs] + [codec.rtx_pt for codec in piped.codecs]
    assert len(set(numbers)) == 4
    assert all("nack" in codec.rtcp_fb and "nack pli" in codec.rtcp_fb for codec in piped.codecs)


def test_both_ends_meet_at_an_address_that_both_can_reach() -> None:
    here = (("192.0.2.1", 7882), ("10.0.0.1", 7882), ("2001:db8::1", 7882))
    there = (("2001:db8::2", 7883), ("10.0.0.1", 7883))
    assert meeting_point(here, there) == (("10.0.0.1", 7882), ("10.0.0.1", 7883))
    assert meeting_point(here, (("198.51.100.7", 1),)) == (("192.0.2.1", 7882), ("198.51.100.7", 1))
    assert meeting_point(here[2:], there[1:]) is None
