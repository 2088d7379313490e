import pytest

from streaming.ice import stun
from streaming.ice.agent import (
    CONNECT_TIMEOUT_S,
    DEAD_AFTER_S,
    FIRST_QUESTIONS,
    IDLE_TIMEOUT_S,
    MAX_ADDRESSES,
    PROBE_AFTER_S,
    PROBE_INTERVAL_S,
    SILENCE_TIMEOUT_S,
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


def agent() -> IceAgent[str]:
    return IceAgent(LOCAL, REMOTE, 0.0)


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


def answer(target: IceAgent[str], now: float, *, password: str = REMOTE.pwd) -> int:
    """Answer every question that was asked; how many were good."""
    good = 0
    for _, datagram in target.poll_probes():
        question = stun.parse(datagram)
        assert question is not None
        assert question.username == "theirs:ours"
        assert question.is_signed_with(REMOTE.pwd.encode())
        assert stun.ICE_CONTROLLED in question.attributes
        mapped = (stun.XOR_MAPPED_ADDRESS, stun.xor_address("192.0.2.9", 7882, question.transaction_id))
        reply = stun.build(stun.BINDING_SUCCESS, question.transaction_id, [mapped], password.encode())
        parsed = stun.parse(reply)
        assert parsed is not None
        good += target.receive_answer(parsed, now)
    return good


def died_at(target: IceAgent[str], now: float) -> float:
    """Let time pass without hearing anything."""
    while target.state is not IceState.FAILED:
        now += 0.01
        target.handle_timer(now)
        assert now < 100
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


def test_silence_is_death_and_anything_heard_is_life() -> None:
    target = agent()
    check(target, "a", 1.0)
    target.heard(3.0)
    target.handle_timer(3.0 + SILENCE_TIMEOUT_S - 0.01)
    assert target.state is IceState.CONNECTED
    target.handle_timer(3.0 + SILENCE_TIMEOUT_S)
    assert (target.state, target.reason) == (IceState.FAILED, "peer_silent")
    assert check(target, "a", 20.0) is None


def test_a_peer_that_only_checks_has_more_patience() -> None:
    target = agent()
    check(target, "a", 1.0)
    assert died_at(target, 1.0) == pytest.approx(1.0 + IDLE_TIMEOUT_S, abs=0.02)
    target = agent()
    target.heard(2.0)
    check(target, "a", 4.0)
    assert died_at(target, 4.0) == pytest.approx(4.0 + SILENCE_TIMEOUT_S, abs=0.02)
    target = agent()
    target.heard(2.0)
    check(target, "a", 6.0)
    assert died_at(target, 6.0) == pytest.approx(6.0 + IDLE_TIMEOUT_S, abs=0.02)
    assert target.reason == "peer_silent"


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
        target.heard(step / 100)
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
    assert not target.receive_answer(unasked, 3.0)
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
