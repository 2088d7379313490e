from streaming.forwarding.keyframe_requests import MIN_INTERVAL_S, KeyframeRequests


def test_many_wishes_are_few_requests() -> None:
    requests = KeyframeRequests()
    sent = 0
    for step in range(1000):  # ten seconds of constant wishing
        requests.wish()
        sent += requests.due(step * 0.01)
    assert sent == 10 / MIN_INTERVAL_S
    assert requests.sent == sent


def test_a_wish_in_between_is_granted_later() -> None:
    requests = KeyframeRequests()
    requests.wish()
    assert requests.due(0.0)
    requests.wish()
    assert not requests.due(0.1)
    assert requests.due(MIN_INTERVAL_S)
    assert not requests.due(10.0)


def test_a_keyframe_fulfils_all_wishes() -> None:
    requests = KeyframeRequests()
    requests.wish()
    requests.arrived()
    assert not requests.due(5.0)
