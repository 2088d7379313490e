"""Which track feeds which slot: rooms and groups, never one's own, and nothing switches without need."""

from hypothesis import given
from hypothesis import strategies as st

from signaling.plane.situation import Situation
from signaling.stage.idea import Track
from signaling.stage.routing import Slot, assign, in_main_room, reaches

SLOTS = (Slot("3", "video"), Slot("4", "video"), Slot("5", "audio"), Slot("6", "audio"))
PEOPLE = ["presenter", "host", "ann", "ben", "cy", "dee"]


def situation(
    *, groups: dict[str, str] | None = None, speak: tuple[str, ...] = ("presenter", "host"), live: bool = True
) -> Situation:
    return Situation(
        live=live,
        ended=False,
        first_started_utc_ms=0,
        groups=groups or {},
        may_speak=frozenset(speak),
        removed=frozenset(),
    )


CAMERA = Track("t1", "presenter", "camera", "video")
SCREEN = Track("t2", "presenter", "screen", "video")
MIC = Track("t3", "presenter", "mic", "audio")
ANN = Track("t4", "ann", "mic", "audio")


def test_the_screen_comes_before_the_camera() -> None:
    routes = assign("ben", SLOTS, [CAMERA, SCREEN, MIC], {}, situation())
    assert routes == {"3": "t2", "4": "t1", "5": "t3", "6": None}


def test_a_slot_keeps_its_track_when_another_appears_or_goes() -> None:
    first = assign("ben", SLOTS, [CAMERA, MIC], {}, situation())
    assert first["3"] == "t1"
    second = assign("ben", SLOTS, [CAMERA, SCREEN, MIC], first, situation())
    assert (second["3"], second["4"]) == ("t1", "t2")
    third = assign("ben", SLOTS, [SCREEN, MIC], second, situation())
    assert (third["3"], third["4"]) == (None, "t2")


def test_a_learner_is_heard_when_granted_and_not_before() -> None:
    assert assign("ben", SLOTS, [ANN], {}, situation())["5"] is None
    assert assign("ben", SLOTS, [ANN], {}, situation(speak=("presenter", "ann")))["5"] == "t4"


def test_groups_hear_themselves_and_the_main_room_does_not() -> None:
    groups = {"ann": "g1", "ben": "g1", "cy": "g2"}
    tracks = [CAMERA, MIC, ANN]
    assert assign("ben", SLOTS, tracks, {}, situation(groups=groups))["5"] == "t4"
    assert assign("ben", SLOTS, tracks, {}, situation(groups=groups))["3"] is None
    assert set(assign("cy", SLOTS, tracks, {}, situation(groups=groups)).values()) == {None}
    assert assign("dee", SLOTS, tracks, {}, situation(groups=groups))["5"] == "t3"
    assert not in_main_room(ANN, situation(groups=groups, speak=("ann",)))


def test_muted_tracks_and_lessons_that_are_not_live_reach_nobody() -> None:
    muted = Track("t1", "presenter", "camera", "video", muted=True)
    assert not reaches(muted, "ben", situation())
    assert not reaches(CAMERA, "ben", situation(live=False))


SOURCES = [("camera", "video"), ("screen", "video"), ("mic", "audio")]
TRACKS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(SOURCES), st.booleans()), max_size=12, unique=True
).map(
    lambda rows: [
        Track(f"t{n}", who, source, kind, muted=muted) for n, (who, (source, kind), muted) in enumerate(rows)
    ]
)
SITUATIONS = st.builds(
    Situation,
    live=st.booleans(),
    ended=st.just(value=False),
    first_started_utc_ms=st.none(),
    groups=st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["g1", "g2"])),
    may_speak=st.frozensets(st.sampled_from(PEOPLE)),
    removed=st.just(frozenset[str]()),
)


@given(st.sampled_from(PEOPLE), TRACKS, st.lists(SITUATIONS, min_size=1, max_size=4))
def test_for_any_course_of_a_lesson(listener: str, tracks: list[Track], course: list[Situation]) -> None:
    by_id = {track.id: track for track in tracks}
    kinds = {slot.mid: slot.kind for slot in SLOTS}
    routes: dict[str, str | None] = {}
    for now in course:
        before, routes = routes, assign(listener, SLOTS, tracks, routes, now)
        assert routes.keys() == kinds.keys()
        fed = [track for track in routes.values() if track is not None]
        assert len(fed) == len(set(fed))  # no track twice
        for mid, track_id in routes.items():
            if track_id is None:
                continue
            track = by_id[track_id]
            assert track.kind == kinds[mid]
            assert track.participant != listener  # never one's own
            assert now.live
            assert not track.muted
            assert now.groups.get(track.participant) == now.groups.get(listener)  # never across rooms
        for mid, track_id in before.items():  # a slot gives its track up only if it no longer feeds anything
            if track_id is not None and track_id in fed:
                assert routes[mid] == track_id
        for kind in ("video", "audio"):  # a slot stays empty only when there is nothing for it
            wanted = [t for t in tracks if t.kind == kind and reaches(t, listener, now)]
            used = [mid for mid in routes if kinds[mid] == kind and routes[mid] is not None]
            assert len(used) == min(len(wanted), 2)
