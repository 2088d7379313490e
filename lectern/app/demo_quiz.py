"""The words of the demo's class, in both languages: prepared questions, what is asked, what is thought."""

from collections.abc import Mapping
from dataclasses import dataclass

QUIZ_TITLE = "客户服务测验 · Customer service quiz"
QUIZ = """\
1. 客户生气时，第一步做什么？ · A customer is angry. What comes first? [after close]
A. 解释原因 · Explain
*B. 先听完 · Listen to the end
C. 转给同事 · Hand over
Explanation: 听完之前的解释，客户听不进去。 · Nobody hears an explanation before they were heard.
Points: 倾听 Listening

2. 哪些属于好的承诺？ · Which of these are good promises? [multiple, 60s]
*A. 今天下午四点前给您回电 · I will call you by four this afternoon
B. 我们会尽快处理 · We will see to it soon
*C. 小李会发邮件告诉您单号 · Li will mail you the number
Explanation: 好的承诺有时间、有人、有结果。 · A good promise has a time, a person and a result.
Points: 承诺 Promising

3. 把回访的步骤排好顺序。 · Put the steps of a call back in order. [ranking]
A. 报上姓名 · Say who you are
B. 说明结果 · Say what came of it
C. 问是否满意 · Ask whether it helped
Answer: ABC
Points: 回访 Following up

4. 今天的内容对你的工作有多大帮助？ · How much does today help you at work? [rating 1-5, anonymous]
"""

GREETING = "早上好！请签到 · Good morning, please check in"

QUESTIONS: Mapping[int, str] = {
    3: "投诉超过一天没有回复怎么办？ · What if a complaint waited longer than a day?",
    11: "这些话术在哪里下载？ · Where can we download these phrases?",
}
"""What is asked, by the place of the asker in the order of coming. The first is answered in the lesson."""


@dataclass(frozen=True, slots=True)
class Grades:
    """A feedback form's grades: from 1 to 5, and the recommendation from 0 to 10."""

    teacher: int
    course: int
    organisation: int
    recommend: int


GRADES = (
    Grades(5, 5, 4, 10),
    Grades(4, 4, 4, 8),
    Grades(5, 4, 3, 9),
    Grades(4, 5, 5, 9),
    Grades(3, 4, 2, 6),
    Grades(5, 5, 5, 10),
    Grades(4, 3, 4, 7),
)

WORDS: Mapping[int, str] = {
    1: "例子很实用，希望再多一点。 · Useful examples; a few more, please.",
    4: "声音有时偏小。 · The sound was a little low at times.",
    13: "希望有一次电话演练。 · I would like to practise a call together.",
    18: "能把话术发给我们吗？ · Could you send us the phrases?",
}
"""What is written on the forms, by the same places."""
