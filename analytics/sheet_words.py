"""The words of exported tables, in both languages."""

from collections.abc import Mapping
from typing import Literal

Lang = Literal["zh-CN", "en"]

COLUMNS: Mapping[str, Mapping[Lang, str]] = {
    "name": {"en": "Name", "zh-CN": "姓名"},
    "external_id": {"en": "Employee ID", "zh-CN": "工号"},
    "department": {"en": "Department", "zh-CN": "部门"},
    "kind": {"en": "Kind", "zh-CN": "类型"},
    "expected": {"en": "On the roster", "zh-CN": "应到"},
    "joined_utc": {"en": "First joined (UTC)", "zh-CN": "首次进入(UTC)"},
    "joined_zone": {"en": "First joined ({zone})", "zh-CN": "首次进入({zone})"},
    "left_utc": {"en": "Last left (UTC)", "zh-CN": "最后离开(UTC)"},
    "left_zone": {"en": "Last left ({zone})", "zh-CN": "最后离开({zone})"},
    "intervals": {"en": "Present (UTC)", "zh-CN": "在线时段(UTC)"},
    "devices": {"en": "Devices", "zh-CN": "终端"},
    "minutes": {"en": "Minutes present", "zh-CN": "在线分钟"},
    "checkin": {"en": "Check-in", "zh-CN": "签到"},
    "round": {"en": "Check-in {number}", "zh-CN": "第{number}次签到"},
    "answers": {"en": "Answers", "zh-CN": "答题数"},
    "messages": {"en": "Messages", "zh-CN": "发言数"},
    "questions": {"en": "Questions", "zh-CN": "提问数"},
    "replay_minutes": {"en": "Minutes of replay", "zh-CN": "回放分钟"},
    "source": {"en": "Came by", "zh-CN": "进入方式"},
    "screens": {"en": "In front of the screen", "zh-CN": "所在大屏"},
    "hands": {"en": "Hands raised", "zh-CN": "举手数"},
    "upvotes": {"en": "Questions voted for", "zh-CN": "附议提问数"},
    "reactions": {"en": "Reactions", "zh-CN": "点赞等表态数"},
    "stage_minutes": {"en": "Minutes on stage", "zh-CN": "台上分钟"},
    "attendance": {"en": "Attendance", "zh-CN": "考勤"},
    "rule": {"en": "Rule", "zh-CN": "认定规则"},
    "part": {"en": "Part", "zh-CN": "项目"},
    "amount": {"en": "Value", "zh-CN": "取值"},
    "formula": {"en": "Version of the confidence formula", "zh-CN": "可信度公式版本"},
    "present_percent": {"en": "Share of the time needed (%)", "zh-CN": "需到课时间比例(%)"},
    "planned_minutes": {"en": "Planned minutes", "zh-CN": "计划分钟"},
    "tolerance_minutes": {"en": "Minutes of tolerance", "zh-CN": "容许缺少分钟"},
    "least_minutes": {"en": "Least minutes to be partly present", "zh-CN": "部分出席的最少分钟"},
    "checkins": {"en": "Check-ins needed", "zh-CN": "需签到次数"},
    "make_up_counts": {"en": "Made-up check-ins count", "zh-CN": "补签计入"},
    "replay_counts": {"en": "Missed time watched in the replay counts", "zh-CN": "缺席后看回放计入"},
    "away_counts": {"en": "Away time counts", "zh-CN": "离开时间计入"},
    "verdict": {"en": "Verdict", "zh-CN": "考勤结论"},
    "confidence": {"en": "Confidence", "zh-CN": "可信度"},
    "computed": {"en": "Verdict by the rule", "zh-CN": "按规则结论"},
    "reasons": {"en": "Reasons", "zh-CN": "依据"},
    "decision": {"en": "Reason of staff's decision", "zh-CN": "负责人认定理由"},
    "lesson_minutes": {"en": "Minutes live", "zh-CN": "直播分钟"},
    "base_minutes": {"en": "Minutes asked about", "zh-CN": "计算基数分钟"},
    "needed_minutes": {"en": "Minutes needed", "zh-CN": "需到课分钟"},
    "counted_minutes": {"en": "Minutes counted", "zh-CN": "计入分钟"},
    "away_minutes": {"en": "Minutes away", "zh-CN": "离开分钟"},
    "attentive_minutes": {"en": "Minutes attentive", "zh-CN": "关注分钟"},
    "caught_minutes": {"en": "Minutes missed and watched later", "zh-CN": "缺席后看回放分钟"},
    "rounds_held": {"en": "Check-ins held", "zh-CN": "签到场次"},
    "rounds_on_time": {"en": "Check-ins on time", "zh-CN": "准时签到"},
    "rounds_late": {"en": "Check-ins late", "zh-CN": "迟到签到"},
    "rounds_made_up": {"en": "Check-ins made up", "zh-CN": "补签次数"},
    "polls_held": {"en": "Polls held", "zh-CN": "题目数"},
    "corrected": {"en": "Check-ins set by the host", "zh-CN": "由主持人更正的签到"},
}

VALUES: Mapping[str, Mapping[Lang, str]] = {
    "person": {"en": "employee", "zh-CN": "员工"},
    "guest": {"en": "guest", "zh-CN": "访客"},
    "yes": {"en": "yes", "zh-CN": "是"},
    "no": {"en": "no", "zh-CN": "否"},
    "on_time": {"en": "on time", "zh-CN": "准时"},
    "late": {"en": "late", "zh-CN": "迟到"},
    "absent": {"en": "absent", "zh-CN": "缺席"},
    "make_up": {"en": "made up", "zh-CN": "补签"},
    "pending": {"en": "open", "zh-CN": "进行中"},
    "verdict_present": {"en": "present", "zh-CN": "出席"},
    "verdict_partly": {"en": "partly present", "zh-CN": "部分出席"},
    "verdict_absent": {"en": "absent", "zh-CN": "缺席"},
    "verdict_excused": {"en": "excused", "zh-CN": "请假"},
    "verdict_open": {"en": "open", "zh-CN": "未结束"},
    "pc": {"en": "PC", "zh-CN": "电脑"},
    "phone": {"en": "phone", "zh-CN": "手机"},
    "tablet": {"en": "tablet", "zh-CN": "平板"},
    "screen": {"en": "screen", "zh-CN": "大屏"},
}


def column(name: str, lang: Lang, **values: object) -> str:
    """Return a column's heading."""
    return COLUMNS[name][lang].format(**values)


def value(name: str | None, lang: Lang) -> str:
    """Return the word for a coded value; a code of a later release stands for itself."""
    if name is None:
        return ""
    words = VALUES.get(name)
    return name if words is None else words[lang]
