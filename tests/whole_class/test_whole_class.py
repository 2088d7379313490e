"""One class through everything: six devices in real browsers, both languages, PC, phones and a screen."""

from pathlib import Path

import pytest

from tests.scripted_lesson.chromium import browsers
from tests.scripted_lesson.server import running_server
from tests.whole_class import after_class, before_class, in_class
from tests.whole_class.people import School

ACTS = (
    before_class.plan,
    before_class.ask_early,
    before_class.go_live,
    before_class.gather_round_a_screen,
    in_class.check_in,
    in_class.quiz,
    in_class.answer_what_was_asked,
    in_class.talk,
    in_class.groups,
    after_class.end,
    after_class.give_feedback,
    after_class.be_told,
    after_class.object_and_be_heard,
)


@pytest.mark.browser
@pytest.mark.timeout(280)
async def test_a_class_through_everything(tmp_path: Path) -> None:
    fewest = {"LECTERN_FEEDBACK_FEWEST": str(after_class.FEWEST)}
    async with running_server(tmp_path / "data", fewest) as server, browsers() as chromium:
        school = School(server, chromium)
        try:
            for act in ACTS:
                await act(school)
            await after_class.close_the_record(school, tmp_path)
        except BaseException:
            await chromium.take_pictures("class-trouble")
            print(server.last_words())
            raise
        assert school.found == []
