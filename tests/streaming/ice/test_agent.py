from random import Random

import pytest

from streaming.ice import stun
from streaming.ice.agent import (
    CONNECT_TIMEOUT_S,
    CONSENT_LASTS_S,
    DEAD_AFTER_S,
    FIRST_QUESTIONS,
    IDLE_TIMEOUT_S,
    MAX_ADDRESSES,
    PROBE_AFTER_S,
    PROBE_INTERVAL_S,
    REFRESH_S,
    TRIAL_QUESTIONS,
    Credentials,
    IceAgent,
    IceState,
)

LOCAL = Credentials("ours", "our-password-is-long-enough")
REMOTE = Credentials("theirs", "their-password-is-long-enough")
NEW_LOCAL = Credentials("ours2", "our-second-password-is-long")
NEW_REMOTE = Credentials("theirs2", "their-second-password-is-long")
TRANSACTION = b"transaction!"
NOMINATE = (stun.USE_CANDIDATE, b"")


def agent(*, receives: bool = True) -> IceAgent[str]:
    return IceAgent(LOCAL, REMOTE, 0.0, Random(5), receives=receives)


def check(
    target: IceAgent[str],
    path: str = "a",
    now: float = 0.0,
    *attributes: tuple[int, bytes],
    user: str = "ours:theirs",
    password: str = LOCAL.pwd,
) -> stun.StunMessage | None:
    """Send a check; the parsed response."""
    listed = [(stun.USERNAME, user.encode()), (stun.ICE_CONTROLLING, bytes(8)), *attributes]
    request = stun.parse(stun.build(stun.BINDING_REQUEST, TRANSACTION, listed, password.encode()))
    assert request is not None
    response = target.receive_request(request, path, "192.0.2.1", 5000, now)
    return None if response is None else stun.parse(response)


def code(response: stun.StunMessage | None) -> int:
    assert response is not None
    assert response.message_type == stun.BINDING_ERROR
    value = response.attributes[stun.ERROR_CODE]
    return value[2] * 100 + value[3]


def answer(
    target: IceAgent[str], now: float, *, password: str = REMOTE.pwd, only: str = "", via: str = ""
) -> int:
    """Answer every question that was asked (`only` there, or from elsewhere, `via`); how many were good."""
    good = 0
    for path, datagram in target.poll_probes():
        if only and path != only:
            continue
        question = stun.parse(datagram)
        assert question is not None
        assert question.username == "theirs:ours"
        assert question.is_signed_with(REMOTE.pwd.encode())
        assert stun.ICE_CONTROLLED in question.attributes
        mapped = (stun.XOR_MAPPED_ADDRESS, stun.xor_address("192.0.2.9", 7882, question.transaction_id))
        reply = stun.build(stun.BINDING_SUCCESS, question.transaction_id, [mapped], password.encode())
        parsed = stun.parse(reply)
        assert parsed is not None
        good += target.receive_answer(parsed, via or path, now)
    return good


def died_at(target: IceAgent[str], now: float) -> float:
    """Let time pass without hearing anything."""
    while target.state is not IceState.FAILED:
        now += 0.01
        target.handle_timer(now)
        assert now < 1000
    return now


def test_a_good_check_proves_its_address_even_without_priority_or_nomination() -> None:
    target = agent()
    response = check(target)
    assert response is not None
    assert response.message_type == stun.BINDING_SUCCESS
    assert response.is_signed_with(LOCAL.pwd.encode())
    assert (target.state, target.selected) == (IceState.CONNECTED, "a")
    assert target.is_proven("a")
    assert not target.is_proven("b")


def test_the_last_nomination_wins() -> None:
    target = agent()
    check(target, "a", 0.0)
    check(target, "b", 0.1)
    assert target.selected == "a"
    check(target, "b", 0.2, NOMINATE)
    assert target.selected == "b"
    check(target, "a", 0.3)
    assert target.selected == "b"
    check(target, "phone-on-mobile-network", 0.4, NOMINATE)
    assert target.selected == "phone-on-mobile-network"


@pytest.mark.parametrize(
    ("user", "password", "expected"),
    [
        ("ours:other", LOCAL.pwd, 401),
        ("ours", LOCAL.pwd, 401),
        ("ours:theirs", "wrong", 401),
        ("ours:theirs", "", 400),
    ],
)
def test_strangers_are_told_off_and_prove_nothing(user: str, password: str, expected: int) -> None:
    target = agent()
    assert code(check(target, user=user, password=password)) == expected
    assert target.state is IceState.CHECKING
    assert target.selected is None


def test_role_conflicts_and_unknown_attributes_have_their_errors() -> None:
    target = agent()
    assert code(check(target, "a", 0.0, (stun.ICE_CONTROLLED, bytes(8)))) == 487
    response = check(target, "a", 0.0, (0x7FFF, b"1234"))
    assert code(response) == 420
    assert response is not None
    assert response.attributes[stun.UNKNOWN_ATTRIBUTES] == b"\x7f\xff"
    assert target.selected is None


def test_who_never_answers_is_gone_after_a_silence_that_its_own_rhythm_does_not_know() -> None:
    target = agent()
    check(target, "a", 1.0)
    for step in range(200):
        target.heard("a", 1.0 + step / 50)
    assert died_at(target, 5.0) == pytest.approx(4.98 + DEAD_AFTER_S, abs=0.02)
    assert target.reason == "peer_silent"
    assert check(target, "a", 20.0) is None


def test_reports_every_second_are_a_rhythm_too() -> None:
    target = agent()
    check(target, "a", 0.0)
    for second in range(1, 12):
        target.heard("a", float(second))
    assert died_at(target, 11.0) == pytest.approx(11.0 + DEAD_AFTER_S, abs=0.02)


@pytest.mark.parametrize(("pause_s", "patience_s"), [(2.5, 10.0), (5.0, IDLE_TIMEOUT_S)])
def test_a_peer_that_only_checks_has_more_patience(pause_s: float, patience_s: float) -> None:
    """The exception to "within five seconds": who speaks so rarely, and answers nothing, cannot be told from
    a dead one (docs/operating.md)."""
    target = agent()
    for number in range(10):
        check(target, "a", number * pause_s)
    assert died_at(target, 9 * pause_s) == pytest.approx(9 * pause_s + patience_s, abs=0.02)


def test_a_slow_show_of_slides_is_no_dead_encoder() -> None:
    """One picture in five seconds, nothing else, no answers: ffmpeg plays it, and it goes on."""
    target = agent(receives=False)
    check(target, "a", 0.0)
    for step in range(60_000):
        now = step / 100
        if step % 500 < 3:
            target.heard("a", now)
        target.handle_timer(now)
    assert target.state is IceState.CONNECTED


def test_a_pause_of_long_ago_is_forgotten() -> None:
    target = agent()
    check(target, "a", 0.0)
    for step in range(4000):
        target.heard("a", (step if step < 10 else step + 60) / 25)
    last = 4059 / 25
    assert died_at(target, last) == pytest.approx(last + DEAD_AFTER_S, abs=0.02)


def test_nobody_knows_a_rhythm_at_once() -> None:
    target = agent()
    check(target, "a", 1.0)
    assert died_at(target, 1.0) == pytest.approx(1.0 + IDLE_TIMEOUT_S, abs=0.02)


def test_a_peer_that_never_comes_is_given_up() -> None:
    target = agent()
    target.handle_timer(CONNECT_TIMEOUT_S)
    assert (target.state, target.reason) == (IceState.FAILED, "ice_timeout")


def test_addresses_are_bounded_and_the_selected_one_stays() -> None:
    target = agent()
    check(target, "chosen", 0.0, NOMINATE)
    for number in range(50):
        check(target, f"path-{number}", 0.1)
    assert len(target.paths) == MAX_ADDRESSES
    assert target.is_proven("chosen")


def test_a_peer_that_answers_is_asked_when_silent_and_dead_within_five_seconds() -> None:
    target = agent()
    check(target, "a", 0.0)
    target.handle_timer(0.0)
    assert answer(target, 0.05) == 1
    assert target.answers
    assert target.next_deadline() == pytest.approx(0.05 + PROBE_AFTER_S)
    target.handle_timer(0.05 + PROBE_AFTER_S - 0.01)
    assert target.poll_probes() == []
    asked = 0
    now = 0.05
    while target.state is not IceState.FAILED:
        now += 0.01
        target.handle_timer(now)
        probes = target.poll_probes()
        assert all(path == "a" for path, _ in probes)
        asked += len(probes)
    assert now == pytest.approx(0.05 + DEAD_AFTER_S, abs=0.02)
    assert asked == pytest.approx((DEAD_AFTER_S - PROBE_AFTER_S) / PROBE_INTERVAL_S, abs=1)
    assert target.reason == "peer_silent"


def test_one_answer_among_many_lost_ones_keeps_a_quiet_peer() -> None:
    target = agent()
    check(target, "a", 0.0)
    target.handle_timer(0.0)
    answer(target, 0.0)
    now, number = 0.0, 0
    while now < 60.0:
        now += 0.01
        target.handle_timer(now)
        for probe in target.poll_probes():
            number += 1
            if number % 8 == 0:
                target._probes.append(probe)
                assert answer(target, now) == 1
    assert target.state is IceState.CONNECTED


def test_a_peer_that_never_answers_is_soon_asked_no_more_while_it_is_heard() -> None:
    target = agent()
    check(target, "a", 0.0)
    asked = 0
    for step in range(3000):
        target.heard("a", step / 100)
        target.handle_timer(step / 100)
        asked += len(target.poll_probes())
    assert asked == FIRST_QUESTIONS
    assert not target.answers


def test_a_forged_or_unasked_answer_is_no_sign_of_life() -> None:
    target = agent()
    check(target, "a", 0.0)
    target.handle_timer(0.0)
    assert answer(target, 3.0, password="not-the-password-of-the-peer") == 0
    unasked = stun.parse(stun.build(stun.BINDING_SUCCESS, TRANSACTION, [], REMOTE.pwd.encode()))
    assert unasked is not None
    assert not target.receive_answer(unasked, "a", 3.0)
    assert not target.answers


def test_after_a_restart_old_credentials_are_good_until_new_ones_are_used() -> None:
    target = agent()
    check(target, "wifi", 0.0, NOMINATE)
    target.restart(NEW_LOCAL, NEW_REMOTE)
    assert set(target.ufrags) == {"ours", "ours2"}
    old = check(target, "wifi", 0.5)
    assert old is not None
    assert old.is_signed_with(LOCAL.pwd.encode())
    new = check(target, "mobile", 1.0, NOMINATE, user="ours2:theirs2", password=NEW_LOCAL.pwd)
    assert new is not None
    assert new.is_signed_with(NEW_LOCAL.pwd.encode())
    assert target.selected == "mobile"
    assert target.ufrags == ("ours2",)
    assert code(check(target, "wifi", 1.5)) == 401
    assert target.selected == "mobile"


def test_mixed_or_forged_credentials_do_not_end_the_old_ones() -> None:
    target = agent()
    check(target, "wifi", 0.0, NOMINATE)
    target.restart(NEW_LOCAL, NEW_REMOTE)
    assert code(check(target, "x", 0.1, NOMINATE, user="ours2:theirs", password=NEW_LOCAL.pwd)) == 401
    assert code(check(target, "x", 0.1, NOMINATE, user="ours2:theirs2", password=LOCAL.pwd)) == 401
    assert check(target, "wifi", 0.2) is not None
    assert (target.selected, set(target.ufrags)) == ("wifi", {"ours", "ours2"})


def test_a_second_restart_takes_the_place_of_the_first() -> None:
    target = agent()
    check(target, "a", 0.0)
    target.restart(Credentials("lost", "x" * 24), Credentials("lost", "y" * 24))
    target.restart(NEW_LOCAL, NEW_REMOTE)
    assert set(target.ufrags) == {"ours", "ours2"}
    assert check(target, "a", 1.0, user="ours2:theirs2", password=NEW_LOCAL.pwd) is not None
    assert target.ufrags == ("ours2",)


def test_a_closed_connection_is_left_for_the_path_checked_last() -> None:
    target = agent()
    check(target, "tcp", 0.0, NOMINATE)
    check(target, "udp-1", 0.1)
    check(target, "udp-2", 0.2)
    target.lose_path("tcp")
    assert (target.selected, target.paths) == ("udp-2", ("udp-1", "udp-2"))
    target.lose_path("udp-1")
    target.lose_path("udp-2")
    assert target.selected == "udp-2"
    assert not target.is_proven("udp-2")


def connected(*, receives: bool = True) -> IceAgent[str]:
    """A browser at "home" that answers, with keys, at 1.0."""
    target = agent(receives=receives)
    check(target, "home", 0.0, NOMINATE)
    target.handle_timer(0.0)
    assert answer(target, 0.1) == 1
    target.secured(1.0)
    return target


def test_a_forged_nomination_gets_a_few_questions_and_no_media() -> None:
    """Whoever forges a victim's address, and keeps the transport alive from elsewhere, moves nothing."""
    target = connected()
    asked = 0
    for step in range(6000):
        now = 1.0 + step / 100
        if step % 10 == 0:
            target.heard("home", now)
            target.heard("victim", now)
        if step % 200 == 0:
            check(target, "victim", now, NOMINATE)
        target.handle_timer(now)
        asked += sum(path == "victim" for path, _ in target._probes)
        answer(target, now, only="home")
        assert target.selected == "home"
    assert 30 <= asked <= 30 * 5
    assert target.state is IceState.CONNECTED


def test_a_moved_phone_is_followed_with_its_answer_however_many_are_lost_at_first() -> None:
    target = connected()
    target.heard("home", 1.9)
    check(target, "mobile", 2.0, NOMINATE)
    assert target.selected == "home"
    assert [path for path, _ in target.poll_probes()] == ["mobile"]
    target.handle_timer(2.24)
    assert target.poll_probes() == []
    assert target.next_deadline() == pytest.approx(2.25)
    for now in (2.25, 2.5):
        target.handle_timer(now)
        assert [path for path, _ in target.poll_probes()] == ["mobile"]
    target.handle_timer(2.75)
    assert answer(target, 2.9) == 1
    assert target.selected == "mobile"


def test_who_goes_back_to_where_it_just_was_need_not_be_asked() -> None:
    target = connected()
    check(target, "mobile", 2.0, NOMINATE)
    answer(target, 2.1)
    check(target, "home", 3.0, NOMINATE)
    assert (target.selected, target.poll_probes()) == ("home", [])
    check(target, "mobile", 3.0 + 2 * REFRESH_S, NOMINATE)
    assert target.selected == "home"


def test_an_answer_from_elsewhere_than_asked_says_nothing() -> None:
    target = connected()
    check(target, "victim", 2.0, NOMINATE)
    assert answer(target, 2.1, via="home") == 0
    assert target.selected == "home"


def test_nobody_can_answer_a_question_that_they_did_not_get() -> None:
    """The peer knows both passwords: from them, and from other questions, no number can be computed."""
    one, other = (IceAgent[str](LOCAL, REMOTE, 0.0, Random(seed)) for seed in (1, 2))
    for target in (one, other):
        check(target, "a", 0.0)
        target.handle_timer(0.0)
    numbers = [stun.parse(target.poll_probes()[0][1]) for target in (one, other)]
    assert numbers[0] is not None
    assert numbers[1] is not None
    assert numbers[0].transaction_id != numbers[1].transaction_id


def test_media_from_one_address_keeps_no_other_alive() -> None:
    target = connected()
    check(target, "other", 2.0)
    answer(target, 2.0)
    for step in range(600):
        now = 2.0 + step / 100
        target.heard("other", now)
        target.handle_timer(now)
        answer(target, now, only="other")
        if target.selected == "other":
            assert 4.0 < now - 0.1 < 6.0
            return
    pytest.fail("media went on to an address that took no part any more")


def test_without_another_address_that_takes_part_the_peer_is_gone() -> None:
    target = connected()
    check(target, "victim", 1.0)
    for step in range(600):
        now = 1.0 + step / 100
        check(target, "victim", now)
        target.heard("victim", now)
        target.handle_timer(now)
    assert (target.state, target.reason) == (IceState.FAILED, "peer_silent")


def test_consent_is_renewed_and_ends_when_it_is_not() -> None:
    """RFC 7675: reports that may be forged do not replace it."""
    target = connected()
    now = 1.0
    while now < 100.0:
        now += 0.01
        target.heard("home", now)
        target.handle_timer(now)
        if now < 50.0:
            answer(target, now)
        elif target.state is IceState.FAILED:
            break
    assert CONSENT_LASTS_S - REFRESH_S - 0.1 < now - 50.0 < CONSENT_LASTS_S


def test_an_encoder_that_answers_only_during_its_handshake_is_no_worse_off() -> None:
    target = connected(receives=False)
    for step in range(60_000):
        now = 1.0 + step / 100
        target.heard("home", now)
        target.handle_timer(now)
        target.poll_probes()
    assert target.state is IceState.CONNECTED
    assert not target.answers


def test_an_encoder_behind_a_forgetful_nat_is_followed_by_its_media() -> None:
    target = agent(receives=False)
    check(target, "old", 0.0, NOMINATE)
    target.secured(0.5)
    check(target, "new", 10.0, NOMINATE)
    assert target.selected == "old"
    target.heard("new", 10.1)
    assert target.selected == "new"
    viewer = agent()
    check(viewer, "old", 0.0, NOMINATE)
    viewer.secured(0.5)
    check(viewer, "new", 10.0, NOMINATE)
    viewer.heard("new", 10.1)
    assert viewer.selected == "old"


def test_who_changed_its_address_during_the_handshake_must_answer_there() -> None:
    """Half of a handshake with each of two addresses shows nothing about the second one."""
    target = agent()
    check(target, "real", 0.0, NOMINATE)
    check(target, "victim", 0.1, NOMINATE)
    assert target.selected == "victim"
    target.secured(0.2)
    now, asked = 0.2, 0
    while target.state is IceState.CONNECTED:
        now += 0.01
        check(target, "real", now)
        target.heard("victim", now)
        target.handle_timer(now)
        asked += sum(path == "victim" for path, _ in target.poll_probes())
    assert asked == TRIAL_QUESTIONS
    assert now < 0.2 + (TRIAL_QUESTIONS + 1) * PROBE_INTERVAL_S + 0.1
    good = agent()
    check(good, "wifi", 0.0, NOMINATE)
    check(good, "mobile", 0.1, NOMINATE)
    good.secured(0.2)
    good.handle_timer(0.2)
    assert answer(good, 0.3) == 1
    for step in range(1000):
        check(good, "mobile", 0.3 + step / 100)
        good.handle_timer(0.3 + step / 100)
    assert (good.state, good.selected) == (IceState.CONNECTED, "mobile")


def test_a_closed_connection_without_another_is_missed_for_a_moment_only() -> None:
    target = connected()
    target.heard("home", 2.0)
    target.lose_path("home")
    assert target.ask(2.1) is None
    target.handle_timer(2.0 + DEAD_AFTER_S - 0.1)
    assert target.state is IceState.CONNECTED
    check(target, "again", 2.0 + DEAD_AFTER_S - 0.1)
    assert target.selected == "again"
    target = connected()
    target.heard("home", 2.0)
    target.lose_path("home")
    target.handle_timer(2.0 + DEAD_AFTER_S)
    assert target.state is IceState.FAILED
