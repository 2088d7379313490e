"""Which track feeds which slot: rooms and groups, never one's own, and nothing switches without need."""

from hypothesis import given
from hypothesis import strategies as st

from signaling.plane.situation import Situation
from signaling.stage.idea import Track
from signaling.stage.rights import places
from signaling.stage.routing import (
    EMPTY,
    Feed,
    Slot,
    assign,
    feeds,
    in_main_room,
    reaches,
    recorded_for,
    remembered,
)

SLOTS = (Slot("3", "video"), Slot("4", "video"), Slot("5", "audio"), Slot("6", "audio"))
PEOPLE = ["presenter", "host", "ann", "ben", "cy", "dee"]


def situation(
    *,
    groups: dict[str, str] | None = None,
    invited: tuple[str, ...] = (),
    with_camera: tuple[str, ...] = (),
    live: bool = True,
    everywhere: tuple[str, ...] = (),
    recorded: tuple[str, ...] = (),
) -> Situation:
    return Situation(
        live=live,
        ended=False,
        first_started_utc_ms=0,
        groups=groups or {},
        may_speak=frozenset({"presenter", "host", *invited}),
        removed=frozenset(),
        staff=frozenset({"presenter", "host"}),
        presenters=("presenter",),
        invited=invited,
        with_camera=frozenset(with_camera),
        heard_everywhere=frozenset(everywhere),
        recorded_groups=frozenset(recorded),
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
    assert assign("ben", SLOTS, [ANN], {}, situation(invited=("ann",)))["5"] == "t4"


def test_a_learner_is_seen_only_when_granted_with_the_camera() -> None:
    camera = Track("t5", "ann", "camera", "video")
    screen = Track("t6", "ann", "screen", "video")
    assert assign("ben", SLOTS, [camera, screen], {}, situation(invited=("ann",)))["3"] is None
    seen = assign("ben", SLOTS, [screen, camera], {}, situation(invited=("ann",), with_camera=("ann",)))
    assert (seen["3"], seen["4"]) == ("t5", None)


def test_groups_hear_themselves_and_the_main_room_does_not() -> None:
    groups = {"ann": "g1", "ben": "g1", "cy": "g2"}
    tracks = [CAMERA, MIC, ANN]
    assert assign("ben", SLOTS, tracks, {}, situation(groups=groups))["5"] == "t4"
    assert assign("ben", SLOTS, tracks, {}, situation(groups=groups))["3"] is None
    assert set(assign("cy", SLOTS, tracks, {}, situation(groups=groups)).values()) == {None}
    assert assign("dee", SLOTS, tracks, {}, situation(groups=groups))["5"] == "t3"
    assert not in_main_room(ANN, situation(groups=groups, invited=("ann",)), ("presenter", "ann"))


def test_staff_who_visit_a_group_are_heard_and_seen_there_alone() -> None:
    here = situation(groups={"ann": "g1", "presenter": "g1"})
    assert assign("ann", SLOTS, [CAMERA, MIC], {}, here) == {"3": "t1", "4": None, "5": "t3", "6": None}
    assert assign("presenter", SLOTS, [ANN], {}, here)["5"] == "t4"
    assert set(assign("dee", SLOTS, [CAMERA, MIC], {}, here).values()) == {None}
    assert not in_main_room(MIC, here, ("presenter",))


def test_a_voice_to_all_is_heard_in_every_room_and_recorded() -> None:
    others = [Track(f"t{n}", f"x{n}", "mic", "audio") for n in (7, 8, 9)]
    groups = {track.participant: "g1" for track in others} | {"ann": "g1", "cy": "g2"}
    for visiting in ({}, {"presenter": "g2"}):
        now = situation(groups=groups | visiting, everywhere=("presenter",))
        for listener in ("ann", "cy", "dee"):
            assert "t3" in assign(listener, SLOTS, [*others, MIC, CAMERA], {}, now).values()
        assert in_main_room(MIC, now, ("presenter",))
        assert "t1" not in assign("ann", SLOTS, [CAMERA], {}, now).values()  # the voice, not the picture


def test_what_is_said_in_a_group_is_recorded_for_that_group_or_for_nobody() -> None:
    groups = {"ann": "g1", "ben": "g2", "presenter": "g1"}
    for recorded in ((), ("g1",), ("g1", "g2")):
        now = situation(groups=groups, recorded=recorded)
        for who in ("ann", "ben", "presenter"):
            for source in ("mic", "camera", "screen"):
                assert recorded_for(who, source, now) == (groups[who] if groups[who] in recorded else None)
        assert recorded_for("cy", "mic", now) == ""
    speaking = situation(groups=groups, recorded=("g1",), everywhere=("presenter",))
    assert recorded_for("presenter", "mic", speaking) == ""  # a voice to all is the lesson's
    assert recorded_for("presenter", "camera", speaking) == "g1"


def test_muted_tracks_and_lessons_that_are_not_live_reach_nobody() -> None:
    muted = Track("t1", "presenter", "camera", "video", muted=True)
    assert not reaches(muted, "ben", situation(), ("presenter",))
    assert not reaches(CAMERA, "ben", situation(live=False), ("presenter",))


EVERYBODY = tuple(f"guest{n}" for n in range(12))
CAMERAS = [Track(f"c{n}", who, "camera", "video") for n, who in enumerate(EVERYBODY)]
MICS = [Track(f"m{n}", who, "mic", "audio") for n, who in enumerate(EVERYBODY)]
FULL = situation(invited=EVERYBODY[:11], with_camera=EVERYBODY[:11])


def fed(routes: dict[str, str | None]) -> set[str]:
    return {track for track in routes.values() if track is not None}


def test_the_thirteenth_is_neither_seen_nor_heard() -> None:
    crowd = situation(invited=EVERYBODY, with_camera=EVERYBODY)
    slots = [Slot(str(n), "video") for n in range(20)]
    assert fed(assign("ben", slots, [CAMERA, *CAMERAS], {}, crowd)) == {"t1", *(f"c{n}" for n in range(11))}


def test_last_n_are_screen_presenter_and_the_latest_speakers() -> None:
    slots = [Slot(str(n), "video") for n in range(4)]
    routes = assign("ben", slots, [*CAMERAS, CAMERA, SCREEN], {}, FULL, speakers=["guest7", "guest9"])
    assert fed(routes) == {"t2", "t1", "c7", "c9"}


def test_who_is_shown_stays_until_a_speaker_needs_the_place() -> None:
    slots = [Slot(str(n), "video") for n in range(4)]
    tracks = [CAMERA, *CAMERAS]
    spoke = remembered((), ["guest7", "guest8", "guest9"])
    first = assign("ben", slots, tracks, {}, FULL, speakers=spoke)
    quiet = assign("ben", slots, tracks, first, FULL)
    assert quiet == first  # forgotten speakers keep their places
    again = assign("ben", slots, tracks, first, FULL, speakers=remembered(spoke, ["guest8"]))
    assert again == first  # a speaker who is shown already moves nobody
    other = assign("ben", slots, tracks, first, FULL, speakers=remembered(spoke, ["guest2"]))
    moved = [mid for mid in first if first[mid] != other[mid]]
    assert len(moved) == 1  # one place changes, and it was the one of the speaker longest ago
    assert (first[moved[0]], other[moved[0]]) == ("c9", "c2")


def test_the_loudest_are_heard_and_the_presenter_always() -> None:
    slots = [Slot(str(n), "audio") for n in range(4)]
    loud = ["guest4", "guest5", "guest6", "guest7"]
    routes = assign("ben", slots, [*MICS, MIC], {}, FULL, speakers=loud)
    assert fed(routes) == {"t3", "m4", "m5", "m6"}
    assert fed(assign("ben", slots[:1], [MIC, *MICS], {}, FULL, speakers=["guest5"])) == {
        "m5"
    }  # a player with one slot


def test_remembered_are_the_latest_first_and_never_many() -> None:
    assert remembered(("a", "b", "c"), ["b"]) == ("b", "a", "c")
    assert len(remembered(EVERYBODY, ["x", "y"])) == 12


def test_feeds_say_what_matters_and_how_large_it_is_drawn() -> None:
    by_id = {track.id: track for track in (CAMERA, SCREEN, MIC, CAMERAS[0])}
    routes = {"3": "t2", "4": "t1", "7": "c0", "5": "t3", "6": None}
    assert feeds(routes, by_id, FULL, {"4": "small", "7": "hidden", "5": "hidden"}) == {
        "3": Feed("t2", 1),
        "4": Feed("t1", 2, max_layer=0),
        "7": Feed("c0", 3, hidden=True),
        "5": Feed("t3", 0),  # sound is never hidden
        "6": EMPTY,
    }


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
    staff=st.just(frozenset({"presenter", "host"})),
    presenters=st.just(("presenter",)),
    invited=st.lists(st.sampled_from(PEOPLE[2:]), unique=True).map(tuple),
    with_camera=st.frozensets(st.sampled_from(PEOPLE)),
)
SPEAKERS = st.lists(st.sampled_from(PEOPLE), unique=True)


@given(st.sampled_from(PEOPLE), TRACKS, st.lists(st.tuples(SITUATIONS, SPEAKERS), min_size=1, max_size=4))
def test_for_any_course_of_a_lesson(
    listener: str, tracks: list[Track], course: list[tuple[Situation, list[str]]]
) -> None:
    by_id = {track.id: track for track in tracks}
    kinds = {slot.mid: slot.kind for slot in SLOTS}
    routes: dict[str, str | None] = {}
    for now, speakers in course:
        before, routes = routes, assign(listener, SLOTS, tracks, routes, now, speakers=speakers)
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
            taken = places(now, tracks)
            wanted = [t for t in tracks if t.kind == kind and reaches(t, listener, now, taken)]
            used = [mid for mid in routes if kinds[mid] == kind and routes[mid] is not None]
            assert len(used) == min(len(wanted), 2)
