"""The words of signals in files: what was looked at, what it may mean, and what to do. Pure.

The action table of requirements.md 2.4; the pages have the same words in `web/src/words/views.ts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.sheet_words import Lang
from analytics.signals import Level, Signal


@dataclass(frozen=True, slots=True)
class SignalWords:
    """One row of the action table."""

    name: str
    meaning: str
    action: str


WORDS: Mapping[Signal, Mapping[Lang, SignalWords]] = {
    Signal.ACTIVATION: {
        "en": SignalWords(
            "Came at all, of those expected",
            "The start failed.",
            "Hold a briefing, set a deadline, and remind those who have not started.",
        ),
        "zh-CN": SignalWords(
            "启动学习（应到人员）", "启动不成功。", "开一次说明会，定下期限，并提醒还没开始的人。"
        ),
    },
    Signal.LEARNING_TIME: {
        "en": SignalWords(
            "Stayed long enough, of those who came",
            "The target is too high, or drive is missing.",
            "Ask for less, and have senior managers take part.",
        ),
        "zh-CN": SignalWords(
            "学习时长达标（到课人员）", "目标过高，或缺乏动力。", "降低要求，并请高层管理者参与。"
        ),
    },
    Signal.TARGET: {
        "en": SignalWords(
            "Completed it, of those who started",
            "The target is too high, or drive is missing.",
            "Ask for less, and have senior managers take part.",
        ),
        "zh-CN": SignalWords(
            "学习达标率（已开始的人）", "目标过高，或缺乏动力。", "降低要求，并请高层管理者参与。"
        ),
    },
    Signal.ACTIVITY: {
        "en": SignalWords(
            "Did anything in the class, of those who came",
            "After the first enthusiasm comes a tired phase.",
            "Give an incentive, and remind people to come back.",
        ),
        "zh-CN": SignalWords(
            "参与互动（到课人员）", "新鲜感过后的疲劳期。", "给予激励，并提醒大家回来学习。"
        ),
    },
    Signal.PREFERENCES: {
        "en": SignalWords(
            "Completed it, department against department",
            "Departments prefer different things.",
            "Arrange the parts anew for those who complete less.",
        ),
        "zh-CN": SignalWords(
            "学习达标率（部门对比）", "各部门的偏好不同。", "为达标率低的部门重新安排内容模块。"
        ),
    },
    Signal.PASSED: {
        "en": SignalWords("Right answers", "The test does not fit the content.", "Change the test."),
        "zh-CN": SignalWords("答题正确率", "测验与内容不匹配。", "修改测验。"),
    },
    Signal.ABSENCE: {
        "en": SignalWords(
            "Took part, of those expected",
            "Why people stayed away is not known.",
            "Ask those who were absent: a questionnaire “Why not?”.",
        ),
        "zh-CN": SignalWords(
            "参训率（应到人员）", "缺席的原因还不清楚。", "向缺席的人发一份“为什么没来”问卷。"
        ),
    },
}

LEVELS: Mapping[Level, Mapping[Lang, str]] = {
    Level.LOW: {"en": "Low", "zh-CN": "偏低"},
    Level.PERHAPS: {"en": "Low, perhaps by chance", "zh-CN": "偏低，可能是偶然"},
    Level.FINE: {"en": "As it should be", "zh-CN": "正常"},
    Level.UNKNOWN: {"en": "Nothing to judge by", "zh-CN": "无数据"},
}
