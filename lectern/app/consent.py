"""What people accept before they come in."""

from typing import Final

VERSION: Final = "2026-11-23"
"""The default of LECTERN_CONSENT_VERSION: with new words comes a new one, and everybody is asked again."""

TEXT = {
    "en": (
        "This session is recorded. Your name, the times at which you join and leave, your check-ins, "
        "answers, questions and messages are stored as the attendance record of your organisation. "
        "Your microphone is off until you switch it on; what you say with it on is recorded. "
        "In a group it is recorded only where the group says so."
    ),
    "zh-CN": (
        "本场直播会被录制。你的姓名、进出时间、签到、答题、提问和聊天内容将保存为所在单位的出勤记录。"
        "麦克风默认关闭；你打开麦克风后所说的内容会被录制。"
        "在小组里，只有页面标明正在录制时才会被录制。"
    ),
}
