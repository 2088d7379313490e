"""The way to a real mail server: what it takes, what it refuses, how it fails, encrypted and signed in."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notices.smtp import Deferred, MailServer, Refused, ServerAway, connected
from tests.notices.post_office import LOCAL, Box, allowed, mail_server


def letter(subject: str = "Hello") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "us@example.com", "ann@example.com", subject
    mail.set_content("课程")
    return mail


async def send(server: MailServer, *recipients: str, tls: ssl.SSLContext | None = None) -> list[str]:
    """Send to each over one connection; return what each said."""
    said = []
    async with connected(server, tls) as connection:
        for recipient in recipients:
            try:
                await connection.send(letter(), "us@example.com", recipient)
                said.append("sent")
            except (Refused, Deferred) as fault:
                said.append(f"{type(fault).__name__} {fault.problem}")
    return said


async def test_one_connection_survives_refusals() -> None:
    box = Box()
    async with mail_server(box) as server:
        said = await send(
            server, "ann@example.com", "r550@example.com", "r450@x.org", "d554@x.org", "bob@x.org"
        )
    assert said == [
        "sent",
        "Refused mail_recipient_refused",
        "Deferred mail_deferred",
        "Refused mail_content_refused",
        "sent",
    ]
    assert [envelope.rcpt_tos for envelope in box.taken] == [["ann@example.com"], ["bob@x.org"]]


async def test_a_server_that_closes_is_not_the_messages_fault() -> None:
    async with mail_server(Box()) as server:
        with pytest.raises(ServerAway):
            await send(server, "r421@example.com")


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind((LOCAL, 0))
        port = unused.getsockname()[1]
        with pytest.raises(ServerAway) as away:
            await send(MailServer(LOCAL, port, "none", timeout_s=2), "ann@example.com")
    assert away.value.problem == "mail_server_away"


async def test_a_server_that_says_nothing() -> None:
    left = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    server = await asyncio.start_server(silent, LOCAL, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ServerAway) as away:
            await send(MailServer(LOCAL, port, "none", timeout_s=0.3), "ann@example.com")
        await left.wait()
    assert away.value.problem == "mail_server_away"


async def test_a_server_that_hangs_up_in_the_middle() -> None:
    left = asyncio.Event()

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            if line == b".\r\n":
                break
            if line[:4].upper() in {b"EHLO", b"MAIL", b"RCPT"}:
                writer.write(b"250 fine\r\n")
            elif line[:4].upper() == b"DATA":
                writer.write(b"354 go on\r\n")
        writer.close()  # without a word about the mail
        left.set()

    server = await asyncio.start_server(rude, LOCAL, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ServerAway) as away:
            await send(MailServer(LOCAL, port, "none", timeout_s=5), "ann@example.com")
        await left.wait()
    assert away.value.problem == "mail_server_away"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that only this test trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOCAL))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(encoding))
    return path


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_encrypted_and_signed_in(certificate: Path, security: str) -> None:
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    box = Box()
    how: dict[str, Any] = {"authenticator": allowed}
    if security == "tls":
        how |= {"implicit": serving, "auth_require_tls": False}
    else:
        how |= {"tls_context": serving, "require_starttls": True, "auth_required": True}
    async with mail_server(box, **how) as plain:
        for password, good in (("secret", True), ("wrong", False)):
            server = MailServer(LOCAL, plain.port, security, "lectern", password, timeout_s=5)  # type: ignore[arg-type] # parametrized
            if good:
                assert await send(server, "ann@example.com", tls=trusting) == ["sent"]
            else:
                with pytest.raises(ServerAway) as refused:
                    await send(server, "ann@example.com", tls=trusting)
                assert refused.value.problem == "mail_sign_in_refused"
                assert password not in str(refused.value)
        with pytest.raises(ServerAway) as untrusted:  # our own authorities do not know it
            await send(MailServer(LOCAL, plain.port, security, timeout_s=5), "ann@example.com")  # type: ignore[arg-type] # parametrized
        assert untrusted.value.problem == "mail_tls_failed"
    assert len(box.taken) == 1


async def test_a_server_without_encryption_gets_no_password() -> None:
    box = Box()
    async with mail_server(box, authenticator=allowed, auth_require_tls=False) as plain:
        with pytest.raises(ServerAway) as refused:
            await send(MailServer(LOCAL, plain.port, "starttls", "lectern", "secret", 5), "ann@example.com")
    assert refused.value.problem == "mail_tls_failed"
    assert "secret" not in repr(MailServer(LOCAL, 1, "tls", "lectern", "secret"))
