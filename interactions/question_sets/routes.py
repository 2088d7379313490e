"""The library of questions over HTTP."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from pydantic import BaseModel, Field

from interactions.answers.draft import Draft
from interactions.answers.form import Kind
from interactions.question_sets.library import MOST_SETS, TITLE_CHARS, Library, text_item
from interactions.question_sets.reading import MOST_CHARS, MOST_QUESTIONS
from interactions.question_sets.store import Item, QuestionSet
from interactions.question_sets.writing import Lang, write_questions
from lectern.edge.routes import Request, Route
from lectern.kernel.errors import Rejected

MAX_BYTES = 1024 * 1024


class QuestionModel(BaseModel):
    """A prepared question; its fields are those of the command `poll_open` (docs/protocol.md)."""

    kind: Kind = "single"
    question: str
    options: list[str] = Field([], max_length=20)
    matches: list[str] = Field([], max_length=20)
    right: list[int] = Field([], max_length=20)
    accepted: list[str] = Field([], max_length=20)
    low: int = 1
    high: int = 5
    most: int | None = None
    explanation: str | None = None
    points: list[str] = Field([], max_length=20)
    show: Literal["live", "after_close", "staff_only"] = "live"
    seconds: int | None = None
    anonymous: bool = False
    instant: bool = False
    partial: bool = False


class ItemModel(QuestionModel):
    """A question of a set."""

    id: str


class SetLineModel(BaseModel):
    """A set in a list."""

    id: str
    title: str
    count: int
    updated_utc_ms: int


class SetPage(BaseModel):
    """A page of sets, the newest first."""

    items: list[SetLineModel]
    next: str | None


class SetModel(BaseModel):
    """A set with its questions, and the same as text."""

    id: str
    title: str
    version: int
    updated_utc_ms: int
    questions: list[ItemModel]
    text: str


class SetList(BaseModel):
    """The sets of a session."""

    items: list[SetModel]


class SetQuery(BaseModel):
    """Which sets."""

    q: str = Field("", max_length=100)
    cursor: str = Field("", max_length=64)
    limit: int = Field(50, ge=1, le=200)


class LangQuery(BaseModel):
    """In which language the marks of `text` are."""

    lang: Lang = "en"


class SetBody(BaseModel):
    """A set to keep: its questions, or the text they stand in; `version` is the one that was read."""

    title: str = Field(min_length=1, max_length=TITLE_CHARS)
    questions: list[QuestionModel] | None = Field(None, max_length=MOST_QUESTIONS)
    text: str | None = Field(None, max_length=MOST_CHARS)
    version: int = Field(0, ge=0, le=2**31)


class TextBody(BaseModel):
    """Text to read questions from."""

    text: str = Field(max_length=MOST_CHARS)


class ReadModel(BaseModel):
    """A question, and the line it begins on."""

    line: int
    question: QuestionModel


class LineErrorModel(BaseModel):
    """What is wrong with a line."""

    line: int
    code: str
    message: str


class ReadingModel(BaseModel):
    """What a text comes to."""

    questions: list[ReadModel]
    errors: list[LineErrorModel]


class SetsBody(BaseModel):
    """The sets that a session is to use, in their order."""

    set_ids: list[str] = Field(max_length=MOST_SETS)


class QuestionSetRoutes:
    """The handlers."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        api, one = "/api/v1/question-sets", "/api/v1/question-sets/{set}"
        session = "/api/v1/sessions/{id}/question-sets"
        return [
            Route("GET", api, self.page, "Sets of prepared questions", SetPage, query=SetQuery),
            Route(
                "POST", api, self.create, "Keep a set of questions", SetModel, SetBody,
                query=LangQuery, status=201, max_bytes=MAX_BYTES,
            ),
            Route(
                "POST", f"{api}/read", self.read, "Read questions out of plain text, without keeping them",
                ReadingModel, TextBody, max_bytes=MAX_BYTES,
            ),
            Route("GET", one, self.get, "One set", SetModel, query=LangQuery),
            Route(
                "PUT", one, self.change, "Change a set", SetModel, SetBody,
                query=LangQuery, max_bytes=MAX_BYTES,
            ),
            Route("DELETE", one, self.remove, "Delete a set; what was asked from it stays"),
            Route(
                "GET", session, self.attached, "Questions prepared for a session", SetList, query=LangQuery
            ),
            Route(
                "PUT", session, self.attach, "Choose the questions of a session", SetList, SetsBody,
                query=LangQuery,
            ),
        ]  # fmt: skip

    async def page(self, request: Request) -> SetPage:
        """List sets."""
        query: SetQuery = request.query
        found = await self._library.page(request.who, query.q, query.cursor, query.limit)
        items = [
            SetLineModel(id=s.id, title=s.title, count=s.count, updated_utc_ms=s.updated_utc_ms)
            for s in found
        ]
        return SetPage(items=items, next=found[-1].id if len(found) == query.limit else None)

    async def create(self, request: Request) -> SetModel:
        """Keep a set."""
        body: SetBody = request.body
        made = await self._library.create(request.who, body.title, _content(body))
        return _model(made, request.query.lang)

    async def read(self, request: Request) -> ReadingModel:
        """Preview a text."""
        reading = await self._library.read(request.who, request.body.text)
        return ReadingModel(
            questions=[ReadModel(line=r.line, question=_question(r.draft)) for r in reading.questions],
            errors=[LineErrorModel(line=e.line, code=e.code, message=e.message) for e in reading.errors],
        )

    async def get(self, request: Request) -> SetModel:
        """One set."""
        return _model(await self._library.get(request.who, request.path["set"]), request.query.lang)

    async def change(self, request: Request) -> SetModel:
        """Change a set."""
        body: SetBody = request.body
        changed = await self._library.change(
            request.who, request.path["set"], title=body.title, content=_content(body), version=body.version
        )
        return _model(changed, request.query.lang)

    async def remove(self, request: Request) -> None:
        """Delete a set."""
        await self._library.remove(request.who, request.path["set"])

    async def attached(self, request: Request) -> SetList:
        """What was prepared for a session."""
        return _list(await self._library.attached(request.who, request.path["id"]), request.query.lang)

    async def attach(self, request: Request) -> SetList:
        """Prepare sets for a session."""
        sets = await self._library.attach(request.who, request.path["id"], request.body.set_ids)
        return _list(sets, request.query.lang)


def _content(body: SetBody) -> str | Sequence[Draft]:
    """Return what is to be kept: text, unread (whether they may write is asked first), or questions.

    Raises:
        Rejected: neither is there (`text_empty`).
    """
    if body.text is not None:
        return body.text
    if body.questions is None:
        raise Rejected("text_empty", "Please write something first.", field="text")
    return [msgspec.convert(question.model_dump(), Draft) for question in body.questions]


def _question(draft: Draft) -> QuestionModel:
    return QuestionModel(**msgspec.to_builtins(draft))


def _model(set_: QuestionSet, lang: Lang) -> SetModel:
    return SetModel(
        id=set_.id,
        title=set_.title,
        version=set_.version,
        updated_utc_ms=set_.updated_utc_ms,
        questions=[_item(item) for item in set_.items],
        text=write_questions(map(text_item, set_.items), lang),
    )


def _item(item: Item) -> ItemModel:
    return ItemModel(**msgspec.to_builtins(item))


def _list(sets: Sequence[QuestionSet], lang: Lang) -> SetList:
    return SetList(items=[_model(set_, lang) for set_ in sets])
