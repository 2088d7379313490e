"""The demo organisation: people with random passwords, a session to start, and one that was really held."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from accounts.service import principal_of
from accounts.store import Org
from interactions.question_sets.library import drafts_of
from lectern.app.demo_quiz import QUIZ, QUIZ_TITLE
from lectern.app.settings import Settings
from lectern.app.wired.classes import question_library
from lectern.app.wired.services import Services
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Rejected
from lectern.kernel.roles import OrgRole

_DEPARTMENTS = ("Sales 销售部", "Service 客服部", "Production 生产部")
_LEARNERS = """
王芳 李伟 张敏 刘洋 陈静 杨磊 赵娜 黄强 周洁 吴涛 徐丽 孙鹏 胡婷 朱军 高雪 林浩 何倩 郭峰 马玲 罗斌
Anna·Schmidt Ben·Carter Chloé·Martin David·Okafor Elif·Kaya Finn·Berg Grace·Lee Hugo·Silva Iris·Novak
Jonas·Weber
"""
_SHOWN_LEARNERS = 2
_FILE = "demo-sign-ins.json"


@dataclass(frozen=True, slots=True)
class SignIn:
    """One way into the demo."""

    role: str
    name: str
    login: str
    password: str


def refuse_beyond_loopback(settings: Settings) -> None:
    """Keep the demo, whose passwords stand on a screen, on this machine.

    Raises:
        Rejected: the server would listen on another address.
    """
    if not settings.is_loopback:
        raise Rejected(
            "demo_beyond_loopback",
            f"--demo serves this machine only, but LECTERN_HOST is {settings.host}. "
            "Unset LECTERN_HOST, or run `lectern serve` without --demo.",
        )


async def set_up_demo(services: Services, mail_domain: str | None = None) -> list[SignIn]:
    """Make the organisation at the first start, and return its sign-ins at every start.

    With `mail_domain`, everybody has an address there.
    """
    path = services.settings.data / _FILE
    async with services.database.read() as tx:
        org = await services.accounts.store.org(tx)
    if org is None:
        org = await services.accounts.set_up("示范公司 Demo Company", services.settings.zone)
        sign_ins = await _people(services, org, mail_domain)
        _write_private(path, json.dumps([_plain(s) for s in sign_ins], ensure_ascii=False, indent=1))
    elif not path.exists():
        raise Rejected(
            "not_a_demo", "This data folder holds a real organisation. Run `lectern serve` without --demo."
        )
    return [SignIn(**entry) for entry in json.loads(path.read_text())]


async def _people(services: Services, org: Org, mail_domain: str | None) -> list[SignIn]:
    accounts = services.accounts

    def address(login: str) -> str | None:
        return None if mail_domain is None else f"{login}@{mail_domain}"

    async with services.database.write() as tx:
        departments = [await accounts.store.create_department(tx, org.id, name) for name in _DEPARTMENTS]
    staff = (
        ("admin", "沈慧 Shen Hui", "admin", (OrgRole.ADMIN,), None),
        ("presenter", "顾明 Gu Ming", "presenter", (OrgRole.PRESENTER,), departments[0]),
        ("host", "唐悦 Tang Yue", "host", (OrgRole.HOST,), departments[1]),
        ("line manager", "宋凯 Song Kai", "manager", (OrgRole.LINE_MANAGER,), departments[0]),
    )
    sign_ins: list[SignIn] = []
    ids: dict[str, str] = {}
    for number, (role, name, login, roles, department) in enumerate(staff, start=1):
        password = secrets.token_urlsafe(9)
        ids[login] = await accounts.add_person(
            org.id,
            external_id=f"S{number:03}",
            name=name,
            department_id=department,
            roles=(*roles, OrgRole.LEARNER),
            manages=department,
            login=login,
            password=password,
            email=address(login),
        )
        sign_ins.append(SignIn(role, name, login, password))
    learners: list[str] = []
    for number, name in enumerate(_LEARNERS.split(), start=1):
        login = f"learner{number:02}"
        password = secrets.token_urlsafe(9)
        shown = name.replace("·", " ")
        learners.append(
            await accounts.add_person(
                org.id,
                external_id=f"L{number:03}",
                name=shown,
                department_id=departments[(number - 1) % 3],
                roles=(OrgRole.LEARNER,),
                login=login,
                password=password,
                email=address(login),
            )
        )
        sign_ins.append(SignIn("learner", shown, login, password))
    session = await services.sessions.create(
        org_id=org.id,
        title="新品上市培训 · New product launch",
        starts_utc_ms=utc_ms() + 15 * 60_000,
        zone=org.zone,
        presenter_person_id=ids["presenter"],
        host_person_id=ids["host"],
        guests_allowed=True,
    )
    await services.sessions.expect(session, learners)
    async with services.database.read() as tx:
        presenter = await accounts.store.person(tx, ids["presenter"])
    assert presenter is not None
    teacher = principal_of(presenter)
    library = question_library(services)
    quiz = await library.create(teacher, QUIZ_TITLE, drafts_of(QUIZ))
    await library.attach(teacher, session.id, [quiz.id])
    return sign_ins


def _plain(sign_in: SignIn) -> dict[str, str]:
    return {name: getattr(sign_in, name) for name in SignIn.__slots__}


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def announce(settings: Settings, sign_ins: list[SignIn]) -> None:
    """Print the address and the sign-ins."""
    width = max(len(s.login) for s in sign_ins)
    learners = [s for s in sign_ins if s.role == "learner"]
    print(f"\n  Lectern is at {settings.url}\n")
    for s in sign_ins[: len(sign_ins) - len(learners) + _SHOWN_LEARNERS]:
        print(f"    {s.role:<13} {s.login:<{width}}  {s.password}   {s.name}")
    print(f"    … and {len(learners) - _SHOWN_LEARNERS} more learners: {settings.data / _FILE}")
    print("\n  Ctrl+C ends it. For a fresh demo, remove the folder of LECTERN_DATA.\n", flush=True)
