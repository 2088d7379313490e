"""The words of a closed record's files, in both languages. Pure."""

from collections.abc import Mapping
from typing import Any

from analytics.sheet_words import Lang

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "title": {"en": "Attendance record", "zh-CN": "考勤档案"},
    "edition": {"en": "Version {n}", "zh-CN": "第 {n} 版"},
    "lesson": {"en": "Session", "zh-CN": "场次"},
    "organisation": {"en": "Organisation", "zh-CN": "单位"},
    "planned": {"en": "Planned for", "zh-CN": "计划开始"},
    "held": {"en": "Held", "zh-CN": "实际时间"},
    "closed": {"en": "Closed", "zh-CN": "办结"},
    "closed_by": {"en": "{when} by {name}", "zh-CN": "{when}，由{name}办结"},
    "reason": {"en": "Why this version", "zh-CN": "重新办结的原因"},
    "supersedes": {"en": "Supersedes", "zh-CN": "取代"},
    "amended": {
        "en": "Version {n}; people whose row was changed: {people}. ",
        "zh-CN": "第 {n} 版；更正 {people} 人。",
    },
    "rule_changed": {"en": "The rule was changed.", "zh-CN": "判定规则有变更。"},
    "changed": {"en": "Changed", "zh-CN": "更正内容"},
    "more_changed": {"en": "… and {n} more: see the attached record", "zh-CN": "……另有 {n} 人，见所附档案"},
    "changed_by": {"en": "By", "zh-CN": "经办人"},
    "before": {"en": "Before", "zh-CN": "原结论"},
    "row_gone": {"en": "(row gone)", "zh-CN": "（已移出名单）"},
    "verdict_changed": {"en": "verdict", "zh-CN": "结论"},
    "decision_changed": {"en": "decision of staff", "zh-CN": "人工认定"},
    "objection_changed": {"en": "objection", "zh-CN": "异议"},
    "checkin_changed": {"en": "check-in", "zh-CN": "签到"},
    "roster_changed": {"en": "roster", "zh-CN": "应到名单"},
    "presence_changed": {"en": "presence", "zh-CN": "在线记录"},
    "activity_changed": {"en": "activity", "zh-CN": "互动记录"},
    "words_changed": {"en": "names or texts", "zh-CN": "姓名或说明"},
    "added_changed": {"en": "added", "zh-CN": "新增"},
    "removed_changed": {"en": "removed", "zh-CN": "移除"},
    "accepted": {"en": "Still open when it was closed", "zh-CN": "办结时尚未处理"},
    "objections_open": {"en": "objections", "zh-CN": "异议"},
    "make_ups_waiting": {"en": "make-up requests", "zh-CN": "补签申请"},
    "make_ups_possible": {"en": "the time to ask for make-ups", "zh-CN": "补签期限"},
    "counts": {"en": "People", "zh-CN": "人数"},
    "count": {"en": "{word}: {n}", "zh-CN": "{word} {n} 人"},
    "expected": {"en": "expected", "zh-CN": "应到"},
    "rule": {"en": "Rule", "zh-CN": "判定规则"},
    "head": {"en": "Head of the chain", "zh-CN": "链首哈希"},
    "previous": {"en": "Follows on", "zh-CN": "承接上一版"},
    "fingerprint": {"en": "Certificate (SHA-256)", "zh-CN": "证书指纹（SHA-256）"},
    "check": {
        "en": "Check this file anywhere, without the server: lectern attendance verify FILE. Compare head "
        "and certificate with those you were sent when the record was closed.",
        "zh-CN": "可离线核验本文件：lectern attendance verify FILE。"
        "请将链首哈希与证书指纹同办结时收到的通知核对。",
    },
    "page": {"en": "Page {n} of {{nb}}", "zh-CN": "第 {n} 页，共 {{nb}} 页"},
    "number": {"en": "No.", "zh-CN": "序号"},
    "name": {"en": "Name", "zh-CN": "姓名"},
    "external_id": {"en": "Employee ID", "zh-CN": "工号"},
    "department": {"en": "Department", "zh-CN": "部门"},
    "kind": {"en": "Kind", "zh-CN": "类型"},
    "roster": {"en": "On the roster", "zh-CN": "应到"},
    "verdict": {"en": "Verdict", "zh-CN": "结论"},
    "computed": {"en": "By the rule", "zh-CN": "按规则"},
    "confidence": {"en": "Confidence", "zh-CN": "置信度"},
    "minutes": {"en": "Minutes", "zh-CN": "在线分钟"},
    "replay": {"en": "Replay min", "zh-CN": "回放分钟"},
    "checkins": {"en": "Check-ins", "zh-CN": "签到"},
    "round": {"en": "Check-in {n}", "zh-CN": "第{n}次签到"},
    "reasons": {"en": "Reasons", "zh-CN": "依据"},
    "decision": {"en": "Decision of staff", "zh-CN": "人工认定说明"},
    "objections": {"en": "Objections", "zh-CN": "异议"},
    "answers": {"en": "Answers", "zh-CN": "答题数"},
    "messages": {"en": "Messages", "zh-CN": "发言数"},
    "questions": {"en": "Questions", "zh-CN": "提问数"},
    "hands": {"en": "Hands raised", "zh-CN": "举手数"},
    "stage": {"en": "Minutes on stage", "zh-CN": "台上分钟"},
    "line": {"en": "Line of the record", "zh-CN": "档案行号"},
    "person": {"en": "employee", "zh-CN": "员工"},
    "guest": {"en": "guest", "zh-CN": "访客"},
    "erased": {"en": "(erased)", "zh-CN": "（已删除）"},
    "yes": {"en": "yes", "zh-CN": "是"},
    "no": {"en": "no", "zh-CN": "否"},
    "present": {"en": "present", "zh-CN": "出勤"},
    "partly": {"en": "partly", "zh-CN": "部分出勤"},
    "absent": {"en": "absent", "zh-CN": "缺勤"},
    "excused": {"en": "excused", "zh-CN": "请假"},
    "open": {"en": "open", "zh-CN": "未定"},
    "on_time": {"en": "on time", "zh-CN": "准时"},
    "late": {"en": "late", "zh-CN": "迟到"},
    "make_up": {"en": "made up", "zh-CN": "补签"},
    "pending": {"en": "open", "zh-CN": "进行中"},
    "accepted_objection": {"en": "accepted", "zh-CN": "已采纳"},
    "declined_objection": {"en": "declined", "zh-CN": "已驳回"},
    "withdrawn_objection": {"en": "withdrawn", "zh-CN": "已撤回"},
    "open_objection": {"en": "open", "zh-CN": "待处理"},
    "comma": {"en": ", ", "zh-CN": "、"},
    "nothing": {"en": "—", "zh-CN": "—"},
    "sheet_record": {"en": "Record", "zh-CN": "档案"},
    "sheet_people": {"en": "People", "zh-CN": "名单"},
}

REASONS: Mapping[str, Mapping[Lang, str]] = {
    "decided": {"en": "decided by staff", "zh-CN": "人工认定"},
    "excused": {"en": "excused by staff", "zh-CN": "已准假"},
    "lesson_open": {"en": "the lesson is not over", "zh-CN": "课程尚未结束"},
    "no_trace": {"en": "was not there", "zh-CN": "没有任何记录"},
    "time_enough": {
        "en": "{minutes} of {of} min, {needed} needed",
        "zh-CN": "在线 {minutes}/{of} 分钟，达到要求的 {needed} 分钟",
    },
    "time_short": {
        "en": "only {minutes} of {of} min, {needed} needed",
        "zh-CN": "在线 {minutes}/{of} 分钟，少于要求的 {needed} 分钟",
    },
    "away_counted": {
        "en": "{minutes} min hidden and silent, counted",
        "zh-CN": "其中 {minutes} 分钟离开页面，计入",
    },
    "away_left_out": {
        "en": "{minutes} min hidden and silent, not counted",
        "zh-CN": "其中 {minutes} 分钟离开页面，不计入",
    },
    "replay_counted": {
        "en": "{minutes} min caught up in the replay",
        "zh-CN": "回放补看 {minutes} 分钟，计入",
    },
    "replay_left_out": {
        "en": "{minutes} min caught up in the replay, not counted",
        "zh-CN": "回放补看 {minutes} 分钟，不计入",
    },
    "checkins_enough": {
        "en": "{counted} of {rounds} check-ins, {needed} needed",
        "zh-CN": "签到 {counted}/{rounds} 次，达到要求的 {needed} 次",
    },
    "checkins_short": {
        "en": "only {counted} of {rounds} check-ins, {needed} needed",
        "zh-CN": "签到 {counted}/{rounds} 次，少于要求的 {needed} 次",
    },
    "no_rounds": {"en": "there was no check-in", "zh-CN": "本场未签到"},
    "make_up_counted": {"en": "{rounds} made up, counted", "zh-CN": "补签 {rounds} 次，计入"},
    "make_up_left_out": {"en": "{rounds} made up, not counted", "zh-CN": "补签 {rounds} 次，不计入"},
    "answered": {"en": "answered {answers} of {polls} polls", "zh-CN": "答题 {answers}/{polls}"},
    "spoke": {
        "en": "{words} messages or questions, {stage_minutes} min on stage",
        "zh-CN": "发言提问 {words} 次，台上 {stage_minutes} 分钟",
    },
}


def word(name: str, lang: Lang, /, **values: object) -> str:
    """Return a word; a code of a later release stands for itself."""
    words = WORDS.get(name)
    return name if words is None else words[lang].format(**values)


def reason(code: str, numbers: Mapping[str, Any], lang: Lang) -> str:
    """Return one reason of a verdict as a sentence's part; one that is not known stands for itself."""
    words = REASONS.get(code)
    try:
        return code if words is None else words[lang].format(**numbers)
    except (KeyError, IndexError):
        return code


def joined(parts: list[str], lang: Lang) -> str:
    """Return reasons one after the other."""
    return ("; " if lang == "en" else "；").join(parts)


def rule_lines(rule: Mapping[str, Any], lang: Lang) -> list[str]:
    """Return a rule in words, a sentence each; fields of later releases are not spoken of."""
    chinese = lang == "zh-CN"
    percent, tolerance = rule.get("present_percent", 0), rule.get("tolerance_minutes", 0)
    planned, needed = rule.get("planned_minutes"), rule.get("checkins", 0)
    least = rule.get("least_minutes", 0)
    if chinese:
        base = "课程时长" if planned is None else f"课程时长（不超过计划的 {planned} 分钟）"
        lines = [
            f"出勤：在线时间达到{base}的 {percent}%（允许少 {tolerance} 分钟）"
            + (f"，且至少签到 {needed} 次（不足 {needed} 次时须全部签到）。" if needed else "。"),
            f"缺勤：在线不足 {least} 分钟且没有签到。其余为部分出勤。",
        ]
    else:
        base = "the lesson" if planned is None else f"the lesson (of at most the {planned} minutes planned)"
        lines = [
            f"Present: there for {percent} % of {base}, {tolerance} minutes less being tolerated"
            + (f", and in {needed} check-ins (in all of them if there were fewer)." if needed else "."),
            f"Absent: there for less than {least} minutes and in no check-in. All else is partly present.",
        ]
    lines.append(
        "".join(
            _either(bool(rule.get(field)), *words[lang])
            for field, words in (
                ("make_up_counts", _MAKE_UPS),
                ("replay_counts", _REPLAYS),
                ("away_counts", _AWAY),
            )
        ).strip()
    )
    return lines


def _either(counts: bool, yes: str, no: str) -> str:
    return yes if counts else no


_MAKE_UPS: Mapping[Lang, tuple[str, str]] = {
    "en": ("Make-ups count. ", "Make-ups do not count. "),
    "zh-CN": ("补签计入。", "补签不计入。"),
}
_REPLAYS: Mapping[Lang, tuple[str, str]] = {
    "en": ("Missed time watched in the replay counts. ", "The replay does not count. "),
    "zh-CN": ("缺席部分看回放计入。", "回放不计入。"),
}
_AWAY: Mapping[Lang, tuple[str, str]] = {
    "en": (
        "Time with the page hidden and silent counts.",
        "Time with the page hidden and silent does not count.",
    ),
    "zh-CN": ("离开页面的时间计入。", "离开页面的时间不计入。"),
}
