"""`script/cluster --apart`: every machine has a folder of its own, and the bucket is all that they share."""

import asyncio
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from lectern.app.cluster.__main__ import settings_of
from lectern.app.cluster.run import running
from lectern.app.storage import place_of
from lectern.kernel.errors import NotFound
from lectern.storage.bucket import BucketFiles
from tests.cluster.running_cluster import plan_in
from tests.ports import free_port

pytestmark = [pytest.mark.services, pytest.mark.timeout(150)]
KEY = "sessions/s1/rec/1/camera-1/000001.mp4"


async def test_it_starts_carries_between_machines_and_ends() -> None:
    folder = Path(tempfile.mkdtemp(prefix="lectern-apart-"))
    plan = replace(plan_in(folder), apart=True, s3_port=free_port(), environment={})
    try:
        async with running(plan, without=("turn", "mail", "worker-server1")) as cluster:
            async with aiohttp.ClientSession() as client:
                for port in (*plan.server_ports, plan.port):
                    async with client.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        assert answer.status == 200, port
            recorded = plan.data_of("media1") / KEY
            recorded.parent.mkdir(parents=True)
            recorded.with_suffix(".part").write_bytes(b"a fragment")
            recorded.with_suffix(".part").replace(recorded)
            place = place_of(settings_of(plan))
            assert place is not None
            bucket = BucketFiles(place)
            async with asyncio.timeout(60):
                while True:
                    try:
                        assert await bucket.get(KEY) == b"a fragment"
                        break
                    except NotFound:
                        await asyncio.sleep(0.2)
            machines = {plan.data_of(name) for name in (*plan.server_names, "media1")}
            assert len(machines) == 3
            assert [machine for machine in machines if (machine / KEY).exists()] == [plan.data_of("media1")]
            assert {name: child.restarts for name, child in cluster.children.items() if child.restarts} == {}
            pids = [child.pid for child in cluster.children.values()]
        assert None not in pids
        assert not await asyncio.to_thread(lambda: [pid for pid in pids if Path(f"/proc/{pid}").exists()])
    except BaseException:
        for log in sorted((folder / "log").glob("*.log")):
            print(f"── {log.name}\n{log.read_text(errors='replace')[-2_500:]}")
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
