"""`./script/run` in a checkout: the demo organisation, with a past lesson that the real pipeline produced."""

import asyncio
import csv
import io
import json
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from tests.ports import free_port
from tests.scripted_lesson.server import CHECKOUT

READY_WITHIN_S = 150
HEADERS = {"X-Lectern": "1"}


@pytest.mark.timeout(200)
async def test_the_first_start_makes_a_demo_that_was_really_held(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LECTERN_")},
        "LECTERN_DATA": str(data),
        "LECTERN_PORT": str(port),
        "LECTERN_MEDIA_PORT": str(free_port()),
        "PYTHONUNBUFFERED": "1",
    }
    process = await asyncio.create_subprocess_exec(
        str(CHECKOUT / "script" / "run"),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = ""
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while "replay, microcourse and attendance are ready" not in said:
                line = (await process.stdout.readline()).decode()
                assert line, f"it ended:\n{said[-4000:]}"
                assert "demo_lesson_failed" not in line, line
                said += line
        assert f"http://127.0.0.1:{port}" in said
        sign_ins = {entry["login"]: entry for entry in json.loads((data / "demo-sign-ins.json").read_text())}
        assert sign_ins["presenter"]["password"] in said
        assert sum(entry["role"] == "learner" for entry in sign_ins.values()) == 30
        await _look_around(f"http://127.0.0.1:{port}", sign_ins["admin"]["password"])
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 30)


async def _look_around(url: str, password: str) -> None:
    async with aiohttp.ClientSession(url, headers=HEADERS, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await http.post("/api/v1/sign-in", json={"login": "admin", "password": password})
        departments = (await (await http.get("/api/v1/departments")).json())["items"]
        assert len(departments) == 3
        sessions = (await (await http.get("/api/v1/sessions")).json())["items"]
        assert sorted(session["state"] for session in sessions) == ["ended", "scheduled"]
        held = next(session for session in sessions if session["state"] == "ended")
        assert (held["expected"], held["attended"]) == (30, 24)
        replay = await (await http.get(f"/api/v1/replays/{held['replay_id']}")).json()
        assert replay["state"] == "ready"
        assert replay["duration_ms"] > 35_000
        assert {mark["kind"] for mark in replay["marks"]} >= {"checkin", "poll", "question"}
        playlist = await http.get(replay["program_url"])
        assert (await playlist.text()).startswith("#EXTM3U")
        cut = (await (await http.get("/api/v1/microcourses")).json())["items"][0]
        assert cut["state"] == "published"
        assert abs(cut["duration_ms"] - 23_000) < 500  # 20 s of the lesson behind 3 s of title
        sheet = await http.get(f"/api/v1/sessions/{held['id']}/attendance.csv?lang=en")
        text = (await sheet.read()).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        learners = [row for row in rows if "L0" in "".join(row.values())]
        assert len(learners) == 30
        came = [row for row in learners if any(value == "on time" for value in row.values())]
        assert len(came) >= 10, text[:600]
        assert any("late" in row.values() for row in learners)
        await _what_came_of_it(http, held["id"])


async def _what_came_of_it(http: aiohttp.ClientSession, held: str) -> None:
    """The quiz went better the second time; feedback came, and left something to do."""
    results = await (await http.get(f"/api/v1/sessions/{held}/poll-results")).json()
    before, after = results["questions"]
    assert after["rerun_of"] == before["id"]
    assert before["points"] == after["points"] == ["倾听 Listening"]
    assert after["sums"]["rate"] > before["sums"]["rate"] > 0
    feedback = await (await http.get(f"/api/v1/sessions/{held}/feedback")).json()
    assert (feedback["given"], feedback["attendees"]) == (20, 24)
    assert feedback["recommendation"]["score"] > 0
    assert len((await (await http.get("/api/v1/feedback-items")).json())["items"]) == 4
    assert len((await (await http.get("/api/v1/question-sets")).json())["items"]) == 1
