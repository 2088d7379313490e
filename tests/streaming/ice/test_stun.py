from aioice import stun as aioice_stun
from hypothesis import given
from hypothesis import strategies as st

from streaming.ice import stun

PASSWORD = b"a-password-of-22-chars"
TRANSACTION = bytes(range(12))


def foreign_request(**attributes: object) -> bytes:
    """A check as aioice builds it."""
    message = aioice_stun.Message(aioice_stun.Method.BINDING, aioice_stun.Class.REQUEST, TRANSACTION)
    message.attributes["USERNAME"] = "local:remote"
    message.attributes.update(attributes)
    message.add_message_integrity(PASSWORD)
    return bytes(message)


def test_reads_what_aioice_writes() -> None:
    message = stun.parse(foreign_request(PRIORITY=5))
    assert message is not None
    assert message.message_type == stun.BINDING_REQUEST
    assert message.username == "local:remote"
    assert message.is_signed_with(PASSWORD)
    assert not message.is_signed_with(b"another")
    assert message.unknown_required == ()


def test_aioice_reads_what_we_write() -> None:
    for address in (("192.0.2.7", 4321), ("2001:db8::7", 4321)):
        mapped = stun.xor_address(*address, TRANSACTION)
        data = stun.build(stun.BINDING_SUCCESS, TRANSACTION, [(stun.XOR_MAPPED_ADDRESS, mapped)], PASSWORD)
        parsed = aioice_stun.parse_message(data)
        assert parsed.attributes["XOR-MAPPED-ADDRESS"] == address
        assert parsed.check_message_integrity(PASSWORD)


def test_an_error_code_is_readable() -> None:
    data = stun.build(
        stun.BINDING_ERROR, TRANSACTION, [(stun.ERROR_CODE, stun.error_code(487, "Role Conflict"))], b""
    )
    assert aioice_stun.parse_message(data).attributes["ERROR-CODE"] == (487, "Role Conflict")


def test_a_flipped_bit_anywhere_is_noticed() -> None:
    data = foreign_request(PRIORITY=5)
    original = stun.parse(data)
    for position in range(len(data) * 8):
        broken = bytearray(data)
        broken[position // 8] ^= 1 << position % 8
        message = stun.parse(bytes(broken))
        is_trusted = message is not None and message.is_signed_with(PASSWORD)
        assert not is_trusted or message == original  # only the word FINGERPRINT itself may change


def test_nothing_behind_the_signature_counts() -> None:
    data = foreign_request()[:-8]  # without FINGERPRINT
    extra = bytes.fromhex("00250000")
    tampered = data[:2] + (len(data) - 20 + 4).to_bytes(2, "big") + data[4:] + extra
    message = stun.parse(tampered)
    assert message is not None
    assert stun.USE_CANDIDATE not in message.attributes


@given(st.binary(max_size=120))
def test_garbage_is_none(data: bytes) -> None:
    assert stun.parse(data) is None


@given(st.binary(max_size=80), st.integers(0, 0x3FFF))
def test_garbage_in_a_valid_frame_never_raises(body: bytes, message_type: int) -> None:
    body += bytes(-len(body) % 4)
    header = message_type.to_bytes(2, "big") + len(body).to_bytes(2, "big") + stun.MAGIC.to_bytes(4, "big")
    message = stun.parse(header + TRANSACTION + body)
    if message is not None:
        assert isinstance(message.username, str)
        assert isinstance(message.unknown_required, tuple)
        assert not message.is_signed_with(PASSWORD)
