"""Scripted lessons whose true boundaries are known: who speaks when, what the screen shows, what the class
does.

Written before the proposer that it measures, and not fitted to it. A topic begins the way topics begin in
real lessons: mostly after a longer pause, mostly with a title slide, often behind a poll or a question, and
in some of them with one of these alone. Inside topics there are pauses as long, slides that turn, bullets
that come one by one, moving pictures, films with sound, coughs, and rooms that are never quiet.
"""

import random
from dataclasses import dataclass, field
from typing import Literal

Voice = Literal["presenter", "learner", "film", "waiting"]
Look = Literal["title", "content", "film"]


@dataclass(frozen=True, slots=True)
class Utterance:
    """Somebody speaks, or a film sounds, without a break."""

    from_ms: int
    to_ms: int
    voice: Voice


@dataclass(frozen=True, slots=True)
class Page:
    """From `at_ms` on the screen shows this; `missing` of its lines are not there yet."""

    at_ms: int
    look: Look
    number: int
    missing: int


@dataclass(frozen=True, slots=True)
class Happened:
    """What the class did between two moments: a poll, a question with its answer, a group phase."""

    kind: Literal["poll", "question", "breakout"]
    from_ms: int
    to_ms: int
    title: str


@dataclass(slots=True)
class Script:
    """A lesson. `boundaries` are where its topics begin, the first one left out, and its group phases' ends.

    Levels are in dB of full scale. `moving` are stretches in which something on the slide moves.
    """

    seed: int
    floor_db: float
    hum: bool
    coloured_titles: bool
    duration_ms: int = 0
    utterances: list[Utterance] = field(default_factory=list)
    coughs: list[int] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    moving: list[tuple[int, int]] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)
    boundaries: list[int] = field(default_factory=list)


def scripted(seed: int) -> Script:
    """Return the lesson of this seed, 45 to 90 minutes long."""
    return _Author(seed).write()


class _Author:
    def __init__(self, seed: int) -> None:
        rng = self.rng = random.Random(seed)
        noisy = rng.random() < 0.25
        self.script = Script(
            seed=seed,
            floor_db=rng.uniform(-42, -36) if noisy else rng.uniform(-66, -50),
            hum=rng.random() < 0.3,
            coloured_titles=rng.random() < 0.6,
        )
        self.t = 0
        self.page_number = 0
        self.next_page_ms = 0
        self.builds_due = 0
        self.topic = 0

    def write(self) -> Script:
        rng, script = self.rng, self.script
        wanted_ms = rng.randint(45, 88) * 60_000
        film_topic = rng.randint(1, 6) if rng.random() < 0.5 else None
        groups_after = rng.randint(2, 4) if rng.random() < 0.3 else None
        self._turn("title")
        if rng.random() < 0.3:  # people come in, music plays
            until = self.t + rng.randint(40_000, 150_000)
            script.utterances.append(Utterance(500, until, "waiting"))
            self.t = until
        self.t += rng.randint(2_000, 20_000)
        while self.t < wanted_ms:
            self.topic += 1
            self._topic(film=self.topic == film_topic)
            if self.topic == groups_after:
                self._groups()
            elif self.t < wanted_ms:
                self._boundary()
        script.duration_ms = (self.t + rng.randint(1_000, 30_000)) // 2_000 * 2_000 + 2_000
        return script

    def _topic(self, *, film: bool) -> None:
        rng = self.rng
        draw = rng.random()
        minutes = rng.triangular(5.2, 9.8, 7)
        if draw < 0.08:
            minutes = rng.uniform(4, 5.2)
        elif draw > 0.92:
            minutes = rng.uniform(9.8, 12)
        end = self.t + round(minutes * 60_000)
        ends_with = rng.random()
        self.next_page_ms = self.t + rng.randint(8_000, 30_000)
        middle = self.t + round(minutes * 60_000 * rng.uniform(0.3, 0.6))
        inside = rng.random()
        film_at = self.t + round(minutes * 60_000 * rng.uniform(0.2, 0.6)) if film else None
        tail = 110_000 if ends_with < 0.7 else 0
        distract = sorted(
            rng.uniform(self.t + 30_000, end - 40_000) for _ in range(rng.choice((0, 1, 1, 2, 3)))
        )
        while self.t < end - tail:
            if film_at is not None and self.t > film_at:
                film_at = None
                self._film()
            elif inside < 0.3 and self.t > middle:
                self._poll() if inside < 0.15 else self._question()
                inside = 1
            elif distract and self.t > distract[0]:
                distract.pop(0)
                self._utterance()
                self._thinking()
            else:
                self._utterance()
                self._pause()
        if ends_with < 0.42:
            self._poll()
        elif ends_with < 0.7:
            self._question()
        while self.t < end - 8_000 or self.script.utterances[-1].voice != "presenter":
            self._utterance()
            self._pause()
        self._utterance()

    def _boundary(self) -> None:
        """The next topic begins: at least two of a longer pause, a title slide, a flip in the pause."""
        rng = self.rng
        short = rng.random() < 0.1
        pause = rng.randint(800, 1_500) if short else rng.randint(2_000, 6_000)
        with_title = short or rng.random() < 0.85
        begins = self.t + pause
        flip = (
            begins + rng.randint(200, 2_500)
            if rng.random() < 0.25
            else self.t + round(pause * rng.uniform(0.3, 0.9))
        )
        self.t = flip
        self._turn("title" if with_title else "content")
        self.t = begins
        self.script.boundaries.append(begins)

    def _groups(self) -> None:
        """The class works in groups: the room is quiet, with a chair or a voice far away at times."""
        rng, script = self.rng, self.script
        self.t += rng.randint(700, 2_500)
        begins, length = self.t, rng.randint(6 * 60_000, 10 * 60_000)
        script.boundaries.append(begins)
        script.coughs += [begins + rng.randint(5_000, length - 5_000) for _ in range(rng.randint(2, 9))]
        self.t += length
        script.happened.append(Happened("breakout", begins, self.t, ""))
        self.t += rng.randint(2_000, 9_000)
        if rng.random() < 0.6:
            flip = self.t - rng.randint(300, 1_500)
            self.t, back = flip, self.t
            self._turn("title")
            self.t = back
        script.boundaries.append(self.t)

    def _utterance(self, voice: Voice = "presenter") -> None:
        rng, script = self.rng, self.script
        length = round(min(16.0, max(0.6, rng.lognormvariate(1.6, 0.6))) * 1000)
        script.utterances.append(Utterance(self.t, self.t + length, voice))
        begin, end = self.t, self.t + length
        if self.builds_due and rng.random() < 0.3:
            self._build(begin + rng.randint(0, length))
        elif self.next_page_ms < begin and voice == "presenter" and rng.random() < 0.4:
            self.t = begin + rng.randint(0, length)
            self._turn("content")
        self.t = end

    def _pause(self) -> None:
        rng = self.rng
        if self.next_page_ms < self.t:
            pause = rng.randint(600, 2_200)
            end = self.t + pause
            self.t += round(pause * rng.uniform(0.2, 0.9))
            self._turn("content")
            self.t = end
            return
        self.t += round(min(1.6, max(0.25, rng.lognormvariate(-0.5, 0.45))) * 1000)

    def _thinking(self) -> None:
        """A long pause that means nothing: water, a look at the notes, a question to the air."""
        rng = self.rng
        pause = rng.randint(3_000, 9_000)
        begin, self.t = self.t, self.t + pause
        if rng.random() < 0.3:
            self.script.coughs.append(begin + rng.randint(500, pause - 800))
        draw = rng.random()
        if draw < 0.15:
            end, self.t = self.t, begin + rng.randint(300, pause - 300)
            self._turn("content")
            self.t = end
        elif draw < 0.4 and self.builds_due:
            self._build(begin + rng.randint(200, pause - 200))

    def _film(self) -> None:
        rng, script = self.rng, self.script
        self.t += rng.randint(500, 2_500)
        begin, length = self.t, rng.randint(30_000, 120_000)
        self._turn("film")
        script.moving.append((begin, begin + length))
        script.utterances.append(Utterance(begin + rng.randint(0, 1_500), begin + length, "film"))
        self.t += length
        self._turn("content")
        self.t += rng.randint(500, 2_500)

    def _poll(self) -> None:
        rng, script = self.rng, self.script
        self._utterance()
        self.t += rng.randint(200, 1_500)
        opened = self.t
        self.t += rng.randint(500, 3_000)
        read = rng.random() < 0.5
        until = opened + rng.randint(25_000, 60_000)
        while self.t < until:
            if read or rng.random() < 0.25:
                self._utterance()
            self.t += rng.randint(600, 2_500) if read else rng.randint(2_000, 9_000)
        script.happened.append(Happened("poll", opened, self.t, f"Question about topic {self.topic}"))
        self.t += rng.randint(300, 3_000)
        until = self.t + rng.randint(12_000, 35_000)
        while self.t < until:
            self._utterance()
            self._pause()

    def _question(self) -> None:
        rng, script = self.rng, self.script
        begin = self.t
        if rng.random() < 0.5:
            self._utterance("learner")
            self.t += rng.randint(300, 1_800)
        until = self.t + rng.randint(20_000, 60_000)
        while self.t < until:
            self._utterance()
            self._pause()
        done = self.t + rng.randint(-1_500, 4_000)
        script.happened.append(Happened("question", begin, done, f"What about case {self.topic}?"))

    def _turn(self, look: Look) -> None:
        """Another page, now."""
        rng = self.rng
        self.page_number += 1
        self.builds_due = rng.choice((0, 0, 1, 2, 3, 4)) if look == "content" else 0
        self.script.pages.append(Page(self.t, look, self.page_number, self.builds_due))
        self.next_page_ms = self.t + (
            rng.randint(12_000, 35_000) if look == "title" else rng.randint(35_000, 110_000)
        )
        if look == "content" and rng.random() < 0.2:
            self.script.moving.append((self.t, self.t + rng.randint(1_000, 5_000)))

    def _build(self, at_ms: int) -> None:
        last = self.script.pages[-1]
        if at_ms <= last.at_ms or last.look != "content":
            return
        self.builds_due -= 1
        self.script.pages.append(Page(at_ms, last.look, last.number, self.builds_due))
