"""How the log looks: events as noun_verb with bound ids; for people, or as JSON."""

import logging
import sys
from typing import TextIO, cast

import structlog
from aiohttp.http_exceptions import HttpProcessingError

from lectern.kernel.log_stream import LogStream


def configure(*, json: bool) -> None:
    """Set up structlog and the standard library's log for this process."""
    render = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", LogStream(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("aiohttp.server").addFilter(keeps_secrets)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def keeps_secrets(record: logging.LogRecord) -> bool:
    """Tell whether a line of aiohttp's may be logged: not if it quotes a request that could not be parsed.

    The quotation may be of a cookie or a token, and the sender has been told what was wrong.
    """
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)
