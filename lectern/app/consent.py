"""What people accept before they come in. A new wording needs a new LECTERN_CONSENT_VERSION."""

TEXT = {
    "en": (
        "This session is recorded. Your name, the times at which you join and leave, your check-ins, "
        "answers, questions and messages are stored as the attendance record of your organisation. "
        "Your microphone is off until you switch it on; what you say with it on is recorded."
    ),
    "zh-CN": (
        "本场直播会被录制。您的姓名、进出时间、签到、答题、提问和聊天内容将保存为贵单位的出勤记录。"
        "麦克风默认关闭；您打开麦克风后所说的内容会被录制。"
    ),
}
