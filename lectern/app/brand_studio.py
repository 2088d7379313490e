"""What branding asks of the media worker's art: look at clips and logos, draw cards."""

import tempfile
from pathlib import Path

from catalogue.brand.routes import Facts, Studio
from lectern.kernel.errors import Rejected
from mediaworker.clip_check import checked
from mediaworker.intro_card import draw_card, load_logo
from mediaworker.layout import HEIGHT, WIDTH
from mediaworker.media_job import MediaFailedError


async def check(path: Path) -> Facts:
    """Look at a clip. Raises Rejected (`clip_invalid`)."""
    try:
        return await checked(path)
    except MediaFailedError as error:
        raise Rejected(error.code, error.reason) from None


def check_logo(logo: bytes) -> None:
    """Look at a logo. Blocks. Raises Rejected (`logo_invalid`)."""
    try:
        load_logo(logo)
    except MediaFailedError as error:
        raise Rejected(error.code, error.reason) from None


def draw(title: str, accent: str, logo: bytes) -> bytes:
    """Draw a card as PNG. Blocks."""
    with tempfile.TemporaryDirectory(prefix="lectern-card-") as folder:
        path = Path(folder) / "card.png"
        draw_card(path, title, "", accent, (WIDTH, HEIGHT), logo=logo)
        return path.read_bytes()


STUDIO = Studio(check, check_logo, draw)
