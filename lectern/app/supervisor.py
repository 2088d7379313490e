"""Child processes that are meant to run: started, watched, started again, ended cleanly.

A child of ours ends itself when its standard input closes, so none outlives the server, however that ends.
Foreign programs do not look there: they have an `end_signal`, and whoever starts them sees to their end.
"""

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import structlog

_log = structlog.get_logger()
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_STEADY_S = 30.0
_GRACE_S = 15.0


@dataclass(slots=True)
class Child:
    """One supervised process. `restarts` counts how often it had to be started again.

    `end_signal` asks it to end (none: its standard input is closed). With `output`, what it says goes to the
    end of that file.
    """

    name: str
    argv: Sequence[str]
    nice: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    end_signal: int | None = None
    output: Path | None = None
    restarts: int = 0
    pid: int | None = None

    async def run(self) -> None:
        """Keep the process running until cancelled; then close its input and wait for it to finish."""
        pause = _FIRST_PAUSE_S
        while True:
            started = asyncio.get_running_loop().time()
            code = await self.run_once()
            _log.warning("child_exited", child=self.name, code=code, restarts=self.restarts)
            if asyncio.get_running_loop().time() - started > _STEADY_S:
                pause = _FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
            self.restarts += 1

    async def run_once(self) -> int:
        """Run the process to its end and return its exit code; cancelled, end it cleanly."""
        with contextlib.ExitStack() as stack:
            output = None if self.output is None else stack.enter_context(self.output.open("ab"))
            async with asyncio.TaskGroup() as tasks:
                beginning = tasks.create_task(self._begin(output))
                try:
                    process = await asyncio.shield(beginning)
                except asyncio.CancelledError:  # cancelled itself, it would kill what has begun its work
                    await _end(await beginning, self.name, self.end_signal)
                    raise
        self.pid = process.pid
        _log.info("child_started", child=self.name, pid=process.pid)
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await _end(process, self.name, self.end_signal)
            raise
        finally:
            self.pid = None

    async def _begin(self, output: BinaryIO | None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(("nice", "-n", str(self.nice)) if self.nice else ()),
            *self.argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**os.environ, **self.env},
            start_new_session=True,
        )


async def _end(process: asyncio.subprocess.Process, name: str, end_signal: int | None) -> None:
    assert process.stdin is not None
    process.stdin.close()
    if end_signal is not None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(end_signal)
    for signal in (None, process.terminate, process.kill):
        if signal is not None:
            _log.warning("child_end_forced", child=name)
            with contextlib.suppress(ProcessLookupError):
                signal()
        try:
            async with asyncio.timeout(_GRACE_S):
                await process.wait()
            return
        except TimeoutError:
            continue
