"""What the screen of a scripted lesson shows, at two pictures a second: slides, bullets, motion, films."""

import random
from functools import lru_cache
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from loadtests.cuts.script import Page, Script
from mediaworker.intro_card import load_font

WIDTH, HEIGHT = 320, 180
FPS = 2
SEGMENT_S = 2
LINES = 6

Plane = npt.NDArray[np.uint8]


class Screen:
    """Draws the screen at a moment. Equal keys, equal pictures."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._at = 0

    def key(self, at_ms: int) -> tuple[Any, ...]:
        """What is seen at a moment; moments must not go back."""
        pages = self._script.pages
        while self._at + 1 < len(pages) and pages[self._at + 1].at_ms <= at_ms:
            self._at += 1
        page = pages[self._at]
        is_moving = any(begin <= at_ms < end for begin, end in self._script.moving)
        return (page.look, page.number, page.missing, at_ms if is_moving else None)

    def picture(self, key: tuple[Any, ...]) -> av.VideoFrame:
        """The picture of a key."""
        look, number, missing, moving = key
        if look == "film":
            luma = _film(moving or 0, self._script.seed)
        else:
            page = Page(0, look, number, missing)
            luma = _slide(page, self._script.seed, self._script.coloured_titles).copy()
            if moving is not None:
                left = moving // 500 * 23 % (WIDTH - 60)
                luma[HEIGHT - 70 : HEIGHT - 20, left : left + 60] = 90
        image = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        image[:HEIGHT] = luma
        return av.VideoFrame.from_ndarray(image, format="yuv420p")


@lru_cache(maxsize=64)
def _slide(page: Page, seed: int, coloured: bool) -> Plane:
    rng = random.Random(seed * 10_000 + page.number)
    is_title = page.look == "title"
    paper, ink = (70, 240) if is_title and coloured else (238, 35)
    image = Image.new("L", (WIDTH, HEIGHT), paper)
    draw = ImageDraw.Draw(image)
    words = [_words(rng, 3 if is_title else 2), *(_words(rng, rng.randint(4, 7)) for _ in range(LINES))]
    if is_title:
        draw.text((40, 62), words[0], font=load_font(26), fill=ink)
        draw.text((40, 104), words[1][:24], font=load_font(12), fill=ink)
        return np.asarray(image, np.uint8)
    draw.rectangle((0, 0, WIDTH, 26), fill=205)
    draw.text((14, 5), words[0], font=load_font(14), fill=ink)
    if rng.random() < 0.35:  # a drawing beside the words
        for _ in range(4):
            x, y = rng.randint(190, 280), rng.randint(40, 140)
            draw.rectangle((x, y, x + rng.randint(10, 35), y + rng.randint(8, 30)), fill=rng.randint(60, 190))
    for line in range(LINES - page.missing):
        draw.text((18, 38 + line * 22), words[line + 1], font=load_font(11), fill=ink)
    return np.asarray(image, np.uint8)


def _film(at_ms: int, seed: int) -> Plane:
    """Something that moves, with a new shot every few seconds."""
    shot = np.random.default_rng(seed + at_ms // 4_500)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    slope = shot.uniform(-1, 1, 3)
    wave = 110 + 60 * np.sin(x / 30 * slope[0] + at_ms / 700) + 50 * np.cos(y / 25 * slope[1] + at_ms / 900)
    picture: Plane = np.clip(wave + 20 * slope[2], 10, 245).astype(np.uint8)
    return picture


def _words(rng: random.Random, count: int) -> str:
    return " ".join(
        "".join(rng.choice("abcdefghijklmnoprstuvw") for _ in range(rng.randint(3, 9))) for _ in range(count)
    )
