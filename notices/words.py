"""Notices in people's words, in the two languages. Pure: the same facts always give the same words.

Titles of lessons are other people's text: they are put in here as they are, on one line; whoever shows them
(mail, page) escapes them for its own medium.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from notices.kinds import ClosedFacts, Kind, LessonFacts, ReviewFacts, WatchFacts


class Language(StrEnum):
    """A language that notices are written in."""

    ZH = "zh-CN"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a notice says: a subject, paragraphs, and where to go (a path of this site, with its label)."""

    subject: str
    paragraphs: tuple[str, ...]
    action: str
    path: str


_TITLE_CHARS: Final = 120
_DAYS: Mapping[Language, tuple[str, ...]] = MappingProxyType(
    {
        Language.ZH: ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
        Language.EN: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    }
)
_UNDONE: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        Language.ZH: {
            "absent": "你没有到课，可以观看回放",
            "checkin": "你有一次签到未完成，可以申请补签",
            "feedback": "你还没有填写课后评价",
        },
        Language.EN: {
            "absent": "You were not there; you can watch the recording.",
            "checkin": "You were not counted in a check-in; you can ask for a make-up.",
            "feedback": "You have not given your feedback yet.",
        },
    }
)

Words = Callable[[Any], Letter]


def one_line(text: str, most: int = _TITLE_CHARS) -> str:
    """Return `text` without line ends and control characters, cut where it is very long."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def moment(utc_ms: int, zone: str, language: Language) -> str:
    """Return a moment as a wall clock of `zone` shows it, with the zone's name."""
    at = datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    day = _DAYS[language][at.weekday()]
    return f"{at:%Y-%m-%d} {day} {at:%H:%M} ({zone})"


def letter(kind: Kind, facts: Any, language: Language) -> Letter:
    """Return what a notice of `kind` with these facts says in `language`."""
    return _LETTERS[kind, language](facts)


def kind_name(kind: Kind, language: Language) -> str:
    """Return what people call a kind, for the page where they turn its mail off."""
    return _NAMES[language][kind]


def _when(facts: LessonFacts, language: Language) -> str:
    said = moment(facts.starts_utc_ms, facts.zone, language)
    if language is Language.ZH:
        return f"时间：{said}" + (f"。讲师：{one_line(facts.presenter)}" if facts.presenter else "")
    return f"When: {said}." + (f" Presenter: {one_line(facts.presenter)}." if facts.presenter else "")


def _room(facts: LessonFacts) -> str:
    return f"/room/{facts.session_id}"


def _studio(facts: LessonFacts) -> str:
    return f"/studio/{facts.session_id}"


def _pool(facts: LessonFacts) -> str:
    return f"/questions/{facts.session_id}"


def _objections(facts: LessonFacts) -> str:
    return f"/admin/sessions/{facts.session_id}?objections=1"


def _items(_facts: LessonFacts) -> str:
    return "/admin/feedback?mine=true"


def _replay(facts: LessonFacts) -> str:
    return f"/replay/{facts.replay_id}" if facts.replay_id else _room(facts)


def _home(_facts: LessonFacts) -> str:
    return "/"


def _lesson(
    subject: str, first: str, action: str, language: Language, path: Callable[[LessonFacts], str] = _room
) -> Words:
    """Return the words of a notice about a lesson; `{title}` stands for its title in both texts."""

    def words(facts: LessonFacts) -> Letter:
        title = one_line(facts.title)
        paragraphs = (first.replace("{title}", title), _when(facts, language))
        return Letter(subject.replace("{title}", title), paragraphs, action, path(facts))

    return words


def _starting(language: Language) -> Words:
    def words(facts: LessonFacts) -> Letter:
        title, when = one_line(facts.title), _when(facts, language)
        if language is Language.ZH:
            state = "已经开始" if facts.live else "马上开始"
            first = f"课程“{title}”{state}。请进入课堂并完成签到。"
            return Letter(f"{state}，请签到：{title}", (first, when), "进入课堂", _room(facts))
        state, subject = ("has begun", "On now") if facts.live else ("starts soon", "Starting soon")
        first = f"“{title}” {state}. Please come in and check in."
        return Letter(f"{subject}: {title}", (first, when), "Come in", _room(facts))

    return words


def _relieved(language: Language) -> Words:
    def words(facts: LessonFacts) -> Letter:
        title, when = one_line(facts.title), _when(facts, language)
        if language is Language.ZH:
            left = "你仍在应到名单上，请按时参加。" if facts.stays else "你无需参加，邮件会取消日历中的安排。"
            return Letter(
                f"你不再主持：{title}",
                (f"你已不再是课程“{title}”的主持人。{left}", when),
                "打开课程" if facts.stays else "返回首页",
                _room(facts) if facts.stays else "/",
            )
        left = (
            "You are still on its list; please come as planned."
            if facts.stays
            else "There is nothing you have to do; the mail takes it out of your calendar."
        )
        return Letter(
            f"You no longer host: {title}",
            (f"You no longer host the lesson “{title}”. {left}", when),
            "Open the lesson" if facts.stays else "To the start page",
            _room(facts) if facts.stays else "/",
        )

    return words


def _missed(language: Language) -> Words:
    def words(facts: LessonFacts) -> Letter:
        title = one_line(facts.title)
        undone = tuple(_UNDONE[language][code] for code in facts.undone if code in _UNDONE[language])
        if language is Language.ZH:
            listed = tuple(f"{what}。" for what in undone)
            return Letter(f"请完成：{title}", (f"“{title}”已经结束。", *listed), "查看并完成", _room(facts))
        return Letter(
            f"Still to do: {title}", (f"“{title}” is over.", *undone), "See what is left", _room(facts)
        )

    return words


def _closed(language: Language) -> Words:
    def words(facts: ClosedFacts) -> Letter:
        title, when = one_line(facts.title), moment(facts.closed_utc_ms, facts.zone, language)
        if language is Language.ZH:
            paragraphs = (
                f"“{title}”的考勤已办结归档（第 {facts.version} 版，{facts.rows} 人），时间：{when}。",
                *((f"原因：{one_line(facts.reason, 500)}",) if facts.reason else ()),
                f"记录的末端散列值：{facts.head}",
                *((f"签名证书指纹：{facts.fingerprint}",) if facts.fingerprint else ()),
                "请保存本邮件：今后出示的记录须以此散列值结尾，否则已被改动。",
            )
            return Letter(
                f"考勤已办结：{title}", paragraphs, "查看考勤", f"/admin/sessions/{facts.session_id}"
            )
        people = f"{facts.rows} {'person' if facts.rows == 1 else 'people'}"
        paragraphs = (
            f"The attendance of “{title}” was closed (version {facts.version}, {people}) on {when}.",
            *((f"Reason: {one_line(facts.reason, 500)}",) if facts.reason else ()),
            f"Head of the record: {facts.head}",
            *((f"Fingerprint of the signing certificate: {facts.fingerprint}",) if facts.fingerprint else ()),
            "Keep this mail: a record shown later that does not end with this head was changed.",
        )
        return Letter(
            f"Attendance closed: {title}",
            paragraphs,
            "See the attendance",
            f"/admin/sessions/{facts.session_id}",
        )

    return words


def _desk(facts: ReviewFacts) -> str:
    return f"/admin/microcourses/{facts.microcourse_id}"


def _review_asked(language: Language) -> Words:
    def words(facts: ReviewFacts) -> Letter:
        title = one_line(facts.title)
        if language is Language.ZH:
            return Letter(
                f"微课待审核：{title}", (f"微课“{title}”已剪好，请你审核。",), "观看并审核", _desk(facts)
            )
        return Letter(
            f"For you to review: {title}",
            (f"The microcourse “{title}” is cut and waits for your review.",),
            "Watch and review",
            _desk(facts),
        )

    return words


def _reviewed(language: Language) -> Words:
    def words(facts: ReviewFacts) -> Letter:
        title, said = one_line(facts.title), one_line(facts.said, 500)
        if language is Language.ZH:
            told = (f"审核意见：{said}",) if said else ()
            if facts.approved:
                return Letter(
                    f"审核通过：{title}",
                    (f"微课“{title}”已通过审核，可以发布。", *told),
                    "打开微课",
                    _desk(facts),
                )
            return Letter(f"请修改：{title}", (f"微课“{title}”需要修改。", *told), "查看意见", _desk(facts))
        told = (f"The reviewer says: {said}",) if said else ()
        if facts.approved:
            return Letter(
                f"Approved: {title}",
                (f"The microcourse “{title}” was approved and can be published.", *told),
                "Open the microcourse",
                _desk(facts),
            )
        return Letter(
            f"To be changed: {title}",
            (f"The microcourse “{title}” was sent back to be changed.", *told),
            "See the points",
            _desk(facts),
        )

    return words


_PATHS: Mapping[str, str] = {"replay": "replay", "microcourse": "watch", "series": "series"}


def _watch_due(language: Language) -> Words:
    def words(facts: WatchFacts) -> Letter:
        title, due = one_line(facts.title), moment(facts.due_utc_ms, facts.zone, language)
        path = f"/{_PATHS[facts.medium]}/{facts.medium_id}"
        if language is Language.ZH:
            what = "系列" if facts.medium == "series" else "内容"
            if facts.over:
                said = f"必修{what}“{title}”你还没有看完，期限已过：{due}。请尽快看完。"
                return Letter(f"已过期限，请看完：{title}", (said,), "继续观看", path)
            said = f"必修{what}“{title}”你还没有看完，请在此前看完：{due}。"
            return Letter(f"必修待看：{title}", (said,), "继续观看", path)
        named = f"the series “{title}”" if facts.medium == "series" else f"“{title}”"
        if facts.over:
            said = f"You have not watched all of {named}, which is required. It was due on {due}."
            return Letter(f"Overdue: {title}", (said, "Please watch the rest soon."), "Watch it", path)
        said = f"{named[0].upper()}{named[1:]} is required, and you have not watched all of it. "
        said += f"Please do so before {due}."
        return Letter(f"Still to watch: {title}", (said,), "Watch it", path)

    return words


_LETTERS: Mapping[tuple[Kind, Language], Words] = MappingProxyType(
    {
        (Kind.INVITED, Language.ZH): _lesson(
            "课程邀请：{title}", "请参加课程“{title}”。", "打开课程", Language.ZH
        ),
        (Kind.INVITED, Language.EN): _lesson(
            "Invitation: {title}", "You are invited to the lesson “{title}”.", "Open the lesson", Language.EN
        ),
        (Kind.HOSTING, Language.ZH): _lesson(
            "请你主持：{title}", "你被指定为课程“{title}”的主持人。签到、提问、投票和分组由你在直播台操作。",
            "打开直播台", Language.ZH, _studio,
        ),
        (Kind.HOSTING, Language.EN): _lesson(
            "You host: {title}",
            "You were named host of the lesson “{title}”. In its studio you run check-ins, questions, polls "
            "and groups.", "Open the studio", Language.EN, _studio,
        ),
        (Kind.RELIEVED, Language.ZH): _relieved(Language.ZH),
        (Kind.RELIEVED, Language.EN): _relieved(Language.EN),
        (Kind.MOVED, Language.ZH): _lesson(
            "课程安排有变：{title}", "课程“{title}”的安排已变更，以下面为准。", "打开课程", Language.ZH
        ),
        (Kind.MOVED, Language.EN): _lesson(
            "Changed: {title}", "The plan of “{title}” has changed. It is now as follows.", "Open the lesson",
            Language.EN,
        ),
        (Kind.CANCELLED, Language.ZH): _lesson(
            "课程取消：{title}", "课程“{title}”已取消，你无需参加。", "查看", Language.ZH, _home
        ),
        (Kind.CANCELLED, Language.EN): _lesson(
            "Cancelled: {title}", "“{title}” is cancelled. There is nothing you have to do.",
            "See the lesson", Language.EN, _home,
        ),
        (Kind.COMING, Language.ZH): _lesson(
            "上课提醒：{title}", "课程“{title}”即将开始，请安排好时间。", "打开课程", Language.ZH
        ),
        (Kind.COMING, Language.EN): _lesson(
            "Reminder: {title}", "The lesson “{title}” is coming up.", "Open the lesson", Language.EN
        ),
        (Kind.STARTING, Language.ZH): _starting(Language.ZH),
        (Kind.STARTING, Language.EN): _starting(Language.EN),
        (Kind.MISSED, Language.ZH): _missed(Language.ZH),
        (Kind.MISSED, Language.EN): _missed(Language.EN),
        (Kind.QUESTION_ANSWERED, Language.ZH): _lesson(
            "你的问题已答复：{title}", "你在“{title}”中提出的问题已得到答复。", "查看答复", Language.ZH, _pool
        ),
        (Kind.QUESTION_ANSWERED, Language.EN): _lesson(
            "Your question was answered: {title}", "A question that you asked in “{title}” was answered.",
            "See the answer", Language.EN, _pool,
        ),
        (Kind.OBJECTED, Language.ZH): _lesson(
            "考勤异议待处理：{title}", "有人对“{title}”的考勤结论提出异议，正在等待答复。", "查看并答复",
            Language.ZH, _objections,
        ),
        (Kind.OBJECTED, Language.EN): _lesson(
            "Objection to answer: {title}", "Somebody objects to their attendance in “{title}”, and waits "
            "for an answer.", "See and answer", Language.EN, _objections,
        ),
        (Kind.WORK_ITEM, Language.ZH): _lesson(
            "有一条反馈待你处理：{title}", "“{title}”的一条学员反馈已指派给你。", "打开反馈事项", Language.ZH,
            _items,
        ),
        (Kind.WORK_ITEM, Language.EN): _lesson(
            "Feedback for you to see to: {title}",
            "An item of the feedback on “{title}” was assigned to you.",
            "Open the items", Language.EN, _items,
        ),
        (Kind.REVIEW_ASKED, Language.ZH): _review_asked(Language.ZH),
        (Kind.REVIEW_ASKED, Language.EN): _review_asked(Language.EN),
        (Kind.REVIEWED, Language.ZH): _reviewed(Language.ZH),
        (Kind.REVIEWED, Language.EN): _reviewed(Language.EN),
        (Kind.WATCH_DUE, Language.ZH): _watch_due(Language.ZH),
        (Kind.WATCH_DUE, Language.EN): _watch_due(Language.EN),
        (Kind.REPLAY_SHOWN, Language.ZH): _lesson(
            "回放已发布：{title}", "课程“{title}”的回放已发布，现在可以观看。", "观看回放",
            Language.ZH, _replay,
        ),
        (Kind.REPLAY_SHOWN, Language.EN): _lesson(
            "Replay published: {title}", "The replay of “{title}” was published. You can watch it now.",
            "Watch the replay", Language.EN, _replay,
        ),
        (Kind.ATTENDANCE_CLOSED, Language.ZH): _closed(Language.ZH),
        (Kind.ATTENDANCE_CLOSED, Language.EN): _closed(Language.EN),
    }
)  # fmt: skip

_NAMES: Mapping[Language, Mapping[Kind, str]] = MappingProxyType(
    {
        Language.ZH: {
            Kind.INVITED: "课程邀请",
            Kind.HOSTING: "主持安排",
            Kind.RELIEVED: "不再主持",
            Kind.MOVED: "课程变更",
            Kind.CANCELLED: "课程取消",
            Kind.COMING: "课前提醒",
            Kind.STARTING: "当天签到提醒",
            Kind.MISSED: "课后待办提醒",
            Kind.QUESTION_ANSWERED: "问题已答复",
            Kind.ATTENDANCE_CLOSED: "考勤办结",
            Kind.OBJECTED: "考勤异议待处理",
            Kind.WORK_ITEM: "指派给你的反馈",
            Kind.REVIEW_ASKED: "待你审核的微课",
            Kind.REVIEWED: "你的微课的审核结果",
            Kind.WATCH_DUE: "必修内容的观看提醒",
            Kind.REPLAY_SHOWN: "回放发布",
        },
        Language.EN: {
            Kind.INVITED: "Invitations",
            Kind.HOSTING: "Lessons that you host",
            Kind.RELIEVED: "Lessons that you no longer host",
            Kind.MOVED: "Changed lessons",
            Kind.CANCELLED: "Cancelled lessons",
            Kind.COMING: "Reminders before a lesson",
            Kind.STARTING: "Reminders to check in",
            Kind.MISSED: "What is left to do after a lesson",
            Kind.QUESTION_ANSWERED: "Answers to your questions",
            Kind.ATTENDANCE_CLOSED: "Closed attendance",
            Kind.OBJECTED: "Objections to answer",
            Kind.WORK_ITEM: "Feedback assigned to you",
            Kind.REVIEW_ASKED: "Microcourses for you to review",
            Kind.REVIEWED: "Reviews of your microcourses",
            Kind.WATCH_DUE: "Reminders of required recordings",
            Kind.REPLAY_SHOWN: "Published replays",
        },
    }
)
