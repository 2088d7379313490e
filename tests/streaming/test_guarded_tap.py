import pytest

from streaming.guarded_tap import MAX_FAILURES, GuardedTap


class Broken:
    """A tap in which nothing works."""

    calls = 0

    def on_track(self, *_: object) -> None:
        self._fail()

    def on_rtp(self, *_: object) -> None:
        self._fail()

    def on_sender_report(self, *_: object) -> None:
        self._fail()

    def on_track_end(self, *_: object) -> None:
        self._fail()

    async def close(self) -> None:
        self._fail()

    def _fail(self) -> None:
        self.calls += 1
        raise OSError("no")


async def test_every_call_is_guarded_reported_once_and_given_up() -> None:
    reported: list[Exception] = []
    broken = Broken()
    guarded = GuardedTap(broken, reported.append)
    guarded.on_track("t", "mic", "audio", "opus", 48000, "p")
    guarded.on_sender_report("t", 1.0, 2)
    guarded.on_track_end("t")
    for _ in range(1000):
        guarded.on_rtp("t", b"", 0.0)
    await guarded.close()
    assert len(reported) == 1
    assert broken.calls == MAX_FAILURES + 1
    with pytest.raises(OSError, match="no"):
        broken.on_rtp()
