"""A list of lessons leads nobody to a replay that is not for them; real people, departments and rosters."""

from catalogue.media import Replay
from catalogue.states import ReplayState
from lectern.kernel.ids import new_id
from tests.installation import Installation


async def test_a_list_of_lessons_names_only_replays_for_the_asker(house: Installation) -> None:
    session, other = await house.plan(), await house.plan(roster=("learner",))
    ready = ReplayState.READY
    replay = Replay(new_id(), house.org.id, session.id, "Lesson", ready, 1, 1_000, None, None, 1, 2, 3)
    async with house.services.database.write() as tx:
        await house.services.catalogue.keeper.store.add_replay(tx, replay)

    async def watch() -> list[str]:
        """Return who is led to the replay, by a list, by the lesson, and by its address: one answer."""
        led = []
        for by in ("learner", "colleague", "presenter"):
            page = await house.ask("GET", "/api/v1/sessions", by=by)
            one = await house.ask("GET", f"/api/v1/sessions/{session.id}", by=by)
            direct = await house.ask("GET", f"/api/v1/replays/{replay.id}", by=by)
            listed = {item["id"]: item["replay_id"] for item in page.data["items"]}
            answers = {listed[session.id], one.data["replay_id"], replay.id if direct.status == 200 else None}
            assert len(answers) == 1, by
            led += [by] if answers == {replay.id} else []
        return led

    everybody = ["learner", "colleague", "presenter"]
    assert await watch() == everybody
    for kind, id_, led in (
        ("lesson", other.id, ["learner", "presenter"]),
        ("department", house.departments["Service"], ["colleague", "presenter"]),
        ("person", house.people["learner"], ["learner", "presenter"]),
        ("lesson", session.id, everybody),
    ):
        body = {"targets": [{"kind": kind, "id": id_}]}
        answer = await house.ask("PUT", f"/api/v1/shelf/replay/{replay.id}", by="admin", json=body)
        assert answer.status == 200
        assert answer.data["targets"][0]["name"]
        assert await watch() == led, kind
    foreign = {"targets": [{"kind": "department", "id": "of another house"}]}
    answer = await house.ask("PUT", f"/api/v1/shelf/replay/{replay.id}", by="admin", json=foreign)
    assert (answer.status, answer.code) == (422, "audience_unknown")
