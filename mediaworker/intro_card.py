"""Draws the intro card: title, subtitle, the organisation's colour.

The font (Latin, Chinese, Japanese, Korean; OFL) comes with a package, never from the system, where it may be
missing.
"""

import unicodedata
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import noto_cjk_sans_otc
from PIL import Image, ImageColor, ImageDraw, ImageFont

from mediaworker.media_job import MAX_LOGO_BYTES, MediaFailedError

NOWHERE = "\U0010fffd"
"""A character that no font has."""
WITHOUT_STROKE = {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "Œ": "OE", "œ": "oe", "ı": "i"}
"""What Unicode does not take apart."""
SIMPLIFIED_CHINESE = 2
"""Index in the font collection: its Latin is the same in all, its Chinese characters have mainland shapes."""
BACKGROUND = "#0B0D10"
ACCENT = "#6EA0FF"
TITLE_SIZES = (76, 64, 54, 46, 38, 32)
SUBTITLE_SIZE = 30
MARGIN = 120
MAX_TITLE_LINES = 4
LOGO_SIZE = (260, 110)
MAX_LOGO_PIXELS = 4_000_000


def load_font(size: int) -> ImageFont.FreeTypeFont:
    """The card's font at a size in pixels."""
    return ImageFont.truetype(str(noto_cjk_sans_otc.FONT_PATH), size, index=SIMPLIFIED_CHINESE)


def draw_card(
    path: Path, title: str, subtitle: str, accent: str, size: tuple[int, int], *, logo: bytes = b""
) -> None:
    """Writes a PNG. Control characters are dropped; a title that is too long ends with an ellipsis.

    `logo` is a PNG or JPEG, shown in the lower right corner. Raises MediaFailedError if it is neither.
    """
    width, height = size
    image = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(image)
    title, subtitle = drawable(printable(title)), drawable(printable(subtitle))
    font, lines = fit_title(title, width - 2 * MARGIN)
    line_height = round(font.size * 1.35)
    top = (height - line_height * len(lines) - (SUBTITLE_SIZE * 2 if subtitle else 0)) // 2
    draw.rectangle((MARGIN, top - 48, MARGIN + 96, top - 40), fill=_colour(accent))
    for line in lines:
        draw.text((MARGIN, top), line, font=font, fill="#ffffff")
        top += line_height
    if subtitle:
        small = load_font(SUBTITLE_SIZE)
        (first, *_) = wrap(subtitle, small, width - 2 * MARGIN)
        draw.text((MARGIN, top + SUBTITLE_SIZE // 2), first, font=small, fill="#9AA5B4")
    if logo:
        mark = load_logo(logo)
        image.paste(mark, (width - MARGIN - mark.width, height - MARGIN // 2 - mark.height), mark)
    image.save(path, "PNG")


def load_logo(logo: bytes) -> Image.Image:
    """A logo fitted into its corner, with its transparency. Raises MediaFailedError."""
    try:
        with Image.open(BytesIO(logo), formats=("PNG", "JPEG")) as opened:
            if len(logo) > MAX_LOGO_BYTES or opened.width * opened.height > MAX_LOGO_PIXELS:
                raise MediaFailedError(
                    "logo_invalid", "The logo is too large: use at most 2000 × 2000 pixels."
                )
            mark = opened.convert("RGBA")
    except (OSError, SyntaxError, ValueError):
        raise MediaFailedError("logo_invalid", "The logo cannot be read: use a PNG or JPEG file.") from None
    mark.thumbnail(LOGO_SIZE)
    return mark


def fit_title(title: str, width: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest font at which the title takes few lines, and these lines."""
    font = load_font(TITLE_SIZES[0])
    for size in TITLE_SIZES:
        font = load_font(size)
        lines = wrap(title, font, width)
        if len(lines) <= 2 or (size <= TITLE_SIZES[-2] and len(lines) <= MAX_TITLE_LINES):
            return font, lines
    lines = wrap(title, font, width)[:MAX_TITLE_LINES]
    last = lines[-1]
    while last and font.getlength(last + "…") > width:
        last = last[:-1]
    return font, [*lines[:-1], last + "…"]


def wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Lines no wider than `width`: broken at spaces, and between Chinese characters. At least one."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if line and font.getlength((line + word).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
            word = word.lstrip()  # noqa: PLW2901 - the space belonged to the line break
        while font.getlength(word.rstrip()) > width and len(word) > 1:
            cut = _fitting(word, font, width)
            lines.append(word[:cut])
            word = word[cut:]  # noqa: PLW2901 - what is left of a word wider than the card
        line += word
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


@lru_cache(maxsize=4096)
def has_glyph(character: str) -> bool:
    """Whether the font draws this character, instead of an empty box."""
    font = load_font(20)
    drawn, box = font.getmask(character), font.getmask(NOWHERE)
    return character.isspace() or (drawn.size, bytes(drawn)) != (box.size, bytes(box))


def drawable(text: str) -> str:
    """Letters that the font lacks (some of Polish, Turkish, Hungarian) without their marks, not as boxes."""
    return "".join(character if has_glyph(character) else _plain(character) for character in text)


def _plain(character: str) -> str:
    base = "".join(part for part in unicodedata.normalize("NFKD", character) if has_glyph(part))
    base = "".join(part for part in base if not unicodedata.combining(part))
    return base or WITHOUT_STROKE.get(character, "?")


def _fitting(word: str, font: ImageFont.FreeTypeFont, width: int) -> int:
    """How many characters of a word fit, at least one."""
    fitting = (count for count in range(len(word), 1, -1) if font.getlength(word[:count]) <= width)
    return next(fitting, 1)


def printable(text: str) -> str:
    """Text without control characters, spaces collapsed."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _words(text: str) -> list[str]:
    """Pieces between which a line may break: a wide character, a run of others with its spaces."""
    words: list[str] = []
    for character in text:
        wide = ord(character) >= 0x2E80
        if (words and not wide and not words[-1].endswith(" ") and ord(words[-1][-1]) < 0x2E80) or (
            words and character in "，。！？；：、）》」』”’…"
        ):
            words[-1] += character
        else:
            words.append(character)
    return words


def _colour(accent: str) -> tuple[int, ...]:
    try:
        return ImageColor.getrgb(accent)
    except ValueError:
        return ImageColor.getrgb(ACCENT)
