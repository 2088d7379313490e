"""A real coturn on loopback for tests, gone afterwards. `script/test-services` installs it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

SECRET = "a shared secret of tests"
START_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class TurnServer:
    """Where it listens, by UDP and by TCP."""

    port: int

    @property
    def urls(self) -> tuple[str, str]:
        """As settings want them."""
        base = f"turn:127.0.0.1:{self.port}"
        return f"{base}?transport=udp", f"{base}?transport=tcp"


@asynccontextmanager
async def turn_server() -> AsyncIterator[TurnServer]:
    """Run it with time-limited credentials."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="lectern-turn-") as folder:
        process = await asyncio.create_subprocess_exec(
                "turnserver", "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=lectern",
                "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
                "--allow-loopback-peers", "--no-tls", "--no-dtls", "--no-cli", "--cli-password=unused",
                "--min-port=40000", "--max-port=40200", "--log-file=stdout",
                f"--pidfile={Path(folder) / 'pid'}", f"--userdb={Path(folder) / 'db'}",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await _answers(process, port)
            yield TurnServer(port)
        finally:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _answers(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(START_WITHIN_S):
        while True:
            assert process.returncode is None, "coturn ended while starting"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
