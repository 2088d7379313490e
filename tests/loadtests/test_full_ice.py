"""The browsers' side of ICE against our own lite agent, and against another full one."""

from random import Random

from loadtests.sfu.full_ice import CONSENT_S, PACE_S, FullIce, IceCredentials
from streaming.ice import stun
from streaming.ice.agent import Credentials, IceAgent

HERE, THERE = IceCredentials.random(), IceCredentials.random()


def test_proves_itself_to_a_lite_agent() -> None:
    browser = FullIce(HERE, THERE, is_controlling=True, now=0.0)
    agent: IceAgent[str] = IceAgent(
        Credentials(THERE.ufrag, THERE.pwd), Credentials(HERE.ufrag, HERE.pwd), 0.0, Random(1)
    )
    check = browser.handle_timer(0.0)
    assert check is not None
    assert browser.handle_timer(PACE_S / 2) is None
    request = stun.parse(check)
    assert request is not None
    answer = agent.receive_request(request, "path", "192.0.2.1", 9, 0.0)
    assert answer is not None
    assert agent.selected == "path"
    assert browser.receive_datagram(answer, "192.0.2.2", 9, 1.0) is None
    assert browser.is_connected
    assert browser.check_at == 1.0 + CONSENT_S


def test_answers_the_checks_of_a_full_agent() -> None:
    one = FullIce(HERE, THERE, is_controlling=True, now=0.0)
    other = FullIce(THERE, HERE, is_controlling=False, now=0.0)
    check = other.handle_timer(0.0)
    assert check is not None
    answer = one.receive_datagram(check, "192.0.2.2", 9, 0.0)
    assert answer is not None
    other.receive_datagram(answer, "192.0.2.1", 9, 0.0)
    assert other.is_connected
    assert not one.is_connected


def test_strangers_are_not_answered() -> None:
    browser = FullIce(HERE, THERE, is_controlling=True, now=0.0)
    stranger = FullIce(THERE, IceCredentials(HERE.ufrag, "x" * 24), is_controlling=False, now=0.0)
    check = stranger.handle_timer(0.0)
    assert check is not None
    assert browser.receive_datagram(check, "192.0.2.2", 9, 0.0) is None
    browser.handle_timer(0.0)
    forged = stun.build(stun.BINDING_SUCCESS, bytes(12), [], THERE.pwd.encode())
    assert browser.receive_datagram(forged, "192.0.2.2", 9, 0.0) is None
    assert not browser.is_connected
