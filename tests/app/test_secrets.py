"""Keys of the installation: private, made once, the same for every process."""

import asyncio
import json
import stat
import sys
from pathlib import Path

from lectern.app.secrets import load_keys


def test_keys_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    keys = load_keys(folder, "join")
    assert load_keys(folder, "join") == keys
    assert load_keys(folder, "play").secrets != keys.secrets
    assert stat.S_IMODE((folder / "join.keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(keys.secrets[keys.current]) == 32
    assert sorted(path.name for path in folder.iterdir()) == ["join.keys.json", "play.keys.json"]


def test_a_second_key_can_be_added_and_made_current(tmp_path: Path) -> None:
    first = load_keys(tmp_path, "join")
    path = tmp_path / "join.keys.json"
    stored = json.loads(path.read_text())
    stored["keys"]["next"] = "ab" * 32
    path.write_text(json.dumps({**stored, "current": "next"}))
    rotated = load_keys(tmp_path, "join")
    assert rotated.current == "next"
    assert rotated.secrets == {**first.secrets, "next": bytes.fromhex("ab" * 32)}


_LOAD = """
import sys
from pathlib import Path
from lectern.app.secrets import load_keys
sys.stdin.readline()
print(load_keys(Path(sys.argv[1]), "join").current)
"""


async def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _LOAD,
            str(tmp_path / "secrets"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    outcomes = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
    assert {racer.returncode for racer in racers} == {0}
    assert len({stdout for stdout, _ in outcomes}) == 1
