"""Recordings below a folder of the media process's own, for one that shares no disk with its servers."""

import re
from pathlib import Path
from typing import Final

import msgspec

from streaming.control.messages import RecordSpec
from streaming.tap import CreateTap, Notify, RequestKeyframe, Tap

_NAME: Final = re.compile(r"sessions/[A-Za-z0-9_-]{1,64}/rec/[0-9]{1,9}")


def below(folder: Path, spec: RecordSpec) -> RecordSpec:
    """Return where to record instead of where the server says, which is on its disk.

    Raises:
        OSError: the order names nothing that lies below `folder`; it comes from a server that is older.
    """
    if not _NAME.fullmatch(spec.name):
        msg = "the server does not say where to record below --data"
        raise OSError(None, msg)
    return msgspec.structs.replace(spec, directory=str(folder / spec.name))


def recording_below(folder: Path, create: CreateTap) -> CreateTap:
    """Return a recorder that writes below `folder`."""

    async def create_there(spec: RecordSpec, request_keyframe: RequestKeyframe, notify: Notify, /) -> Tap:
        return await create(below(folder, spec), request_keyframe, notify)

    return create_there
