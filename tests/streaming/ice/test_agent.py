import pytest

from streaming.ice import stun
from streaming.ice.agent import (
    CONNECT_TIMEOUT_S,
    IDLE_TIMEOUT_S,
    MAX_ADDRESSES,
    SILENCE_TIMEOUT_S,
    Credentials,
    IceAgent,
    IceState,
)

LOCAL = Credentials("ours", "our-password-is-long-enough")
TRANSACTION = b"transaction!"
NOMINATE = (stun.USE_CANDIDATE, b"")


def agent() -> IceAgent[str]:
    return IceAgent(LOCAL, "theirs", 0.0)


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
    assert target.next_deadline() == 3.0 + SILENCE_TIMEOUT_S
    target.handle_timer(3.0 + SILENCE_TIMEOUT_S)
    assert (target.state, target.reason) == (IceState.FAILED, "peer_silent")
    assert check(target, "a", 20.0) is None


def test_a_peer_that_only_checks_has_more_patience() -> None:
    target = agent()
    check(target, "a", 1.0)
    assert target.next_deadline() == 1.0 + IDLE_TIMEOUT_S
    target.heard(2.0)
    check(target, "a", 4.0)
    assert target.next_deadline() == 4.0 + SILENCE_TIMEOUT_S
    check(target, "a", 6.0)
    assert target.next_deadline() == 6.0 + IDLE_TIMEOUT_S
    target.handle_timer(6.0 + IDLE_TIMEOUT_S)
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
