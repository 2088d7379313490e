"""Join tokens: only ours, only in time, only unaltered; and keys that rotate."""

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Unauthenticated
from lectern.kernel.roles import SessionRole
from signaling.entry.join_tokens import JoinTokens, Keys

OLD, NEW = b"o" * 32, b"n" * 32
TOKENS = JoinTokens(Keys("new", {"old": OLD, "new": NEW}))
GRANT = SessionGrant("s1", SessionRole.LEARNER, None, guest_id="g1", guest_name="王芳")
NOW = 1_795_000_000


def code_of(token: str, tokens: JoinTokens = TOKENS, now_s: int = NOW) -> str:
    with pytest.raises(Unauthenticated) as refused:
        tokens.read(token, now_s=now_s)
    return refused.value.code


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@given(
    st.builds(
        SessionGrant,
        session_id=st.text(st.characters(codec="ascii"), min_size=1, max_size=40),
        role=st.sampled_from(SessionRole),
        person_id=st.none() | st.text(max_size=40),
        participant_id=st.none() | st.text(max_size=40),
        guest_id=st.none() | st.text(max_size=40),
        guest_name=st.none() | st.text(st.characters(blacklist_categories=["Cs"]), max_size=100),
    )
)
def test_what_is_issued_is_read(grant: SessionGrant) -> None:
    read = TOKENS.read(TOKENS.issue("org", grant, now_s=NOW, ttl_s=60), now_s=NOW)
    assert (read.org_id, read.grant) == ("org", grant)


def test_it_ends_to_the_second() -> None:
    token = TOKENS.issue("org", GRANT, now_s=NOW, ttl_s=60)
    assert TOKENS.read(token, now_s=NOW + 59).grant == GRANT
    assert code_of(token, now_s=NOW + 60) == "token_expired"


def test_every_altered_character_is_noticed() -> None:
    token = TOKENS.issue("org", GRANT, now_s=NOW)
    head, body, signature = token.split(".")
    richer = json.loads(base64.urlsafe_b64decode(body + "==")) | {"role": "presenter"}
    forged = f"{head}.{base64url(json.dumps(richer).encode())}.{signature}"
    assert code_of(forged) == "token_invalid"
    for at in range(0, len(token) - 2, 7):  # the very last character carries padding bits
        other = "A" if token[at] != "A" else "B"
        assert code_of(token[:at] + other + token[at + 1 :]) == "token_invalid"


@pytest.mark.parametrize(
    "header", [{"alg": "none", "kid": "new"}, {"alg": "None", "kid": "new"}, {"alg": "none"}]
)
@pytest.mark.parametrize("signature", ["", "AA"])
def test_a_token_without_signature_is_none(header: dict[str, str], signature: str) -> None:
    claims = {"org": "org", "sid": "s1", "role": "presenter", "exp": NOW + 60}
    parts = [base64url(json.dumps(part).encode()) for part in (header, claims)]
    assert code_of(".".join([*parts, signature])) == "token_invalid"


CLAIMS = {"org": "org", "sid": "s1", "role": "presenter", "exp": NOW + 60}


@pytest.mark.parametrize(
    "make",
    [
        lambda: jwt.encode({"alg": "HS256", "kid": "new"}, CLAIMS, OctKey.import_key(b"x" * 32)),
        lambda: jwt.encode({"alg": "HS256", "kid": "unknown"}, CLAIMS, OctKey.import_key(NEW)),
        lambda: jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(NEW)),
        lambda: jwt.encode({"alg": "HS512", "kid": "new"}, CLAIMS, OctKey.import_key(NEW * 2), ["HS512"]),
        lambda: jwt.encode(
            {"alg": "HS256", "kid": "new"}, {**CLAIMS, "role": "king"}, OctKey.import_key(NEW)
        ),
        lambda: jwt.encode({"alg": "HS256", "kid": "new"}, {"sid": "s1"}, OctKey.import_key(NEW)),
    ],
    ids=["foreign key", "unknown key", "no key named", "other algorithm", "no such role", "claims missing"],
)
def test_foreign_tokens(make: Callable[[], str]) -> None:
    assert code_of(make()) == "token_invalid"


@pytest.mark.parametrize(
    "garbage", ["", ".", "..", "a.b.c", "é.é.é", "😀", "x" * 100_000, "\x00", "e30.e30.e30"]
)
def test_garbage(garbage: str) -> None:
    assert code_of(garbage) == "token_invalid"


@given(st.text(max_size=80))
def test_no_text_raises_anything_else(text: str) -> None:
    assert code_of(text) == "token_invalid"


def test_keys_rotate_and_old_links_live_until_their_key_is_dropped() -> None:
    before = JoinTokens(Keys("old", {"old": OLD}))
    token = before.issue("org", GRANT, now_s=NOW)
    assert TOKENS.read(token, now_s=NOW).grant == GRANT
    after = JoinTokens(Keys("new", {"new": NEW}))
    assert code_of(token, after) == "token_invalid"
    assert after.read(TOKENS.issue("org", GRANT, now_s=NOW), now_s=NOW).grant == GRANT
