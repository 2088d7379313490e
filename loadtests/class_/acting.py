"""Acting users: Locust drives them, each over python-socketio's own client, as learners who take part.

`python -m loadtests.class_.acting URL`: reads orders on standard input, one JSON object a line, and answers
each with one.

* `{"do": "join", "tokens": […], "consent": V}`: a user per token joins
* `{"do": "chat", "per_s": R, "seconds": S}`: all together send so many messages
* `{"do": "report"}`: what Locust counted since the last report, by name (`took_ms`: how many took so long),
  and how late this process itself was: it takes its users one after another

Without any order they vote in every poll within ten seconds, and answer every check-in within five.
"""

import json
import random
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

import gevent.event
import msgspec
from gevent.fileobject import FileObject
from locust import task
from locust.contrib.socketio import SocketIOUser
from locust.env import Environment

VOTE_WITHIN_S = 10.0
ANSWER_WITHIN_S = 5.0
ANSWER_TIMEOUT_S = 30.0
TRIES = 20
JOIN_TIMEOUT_S = 30
_NAMESPACE = "/class"


class Json:
    """The JSON that the users' clients speak, at a fraction of what the standard library's costs us."""

    @staticmethod
    def dumps(value: Any, **_how: Any) -> str:
        """Encode."""
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str | bytes) -> Any:
        """Decode."""
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from None


class Plan:
    """What the users were told to do. One per process."""

    url = ""
    consent = ""
    tokens: ClassVar[list[str]] = []
    chat_every_s = 0.0
    chat_until_s = 0.0


class Learner(SocketIOUser):
    """Somebody who takes part."""

    options: dict[str, Any] = {  # noqa: RUF012 (as the base class has it)
        "json": Json,
        "reconnection_delay": 1,
        "reconnection_delay_max": 5,
        # Byte by byte in Python, the client's own check was a third of what this process did.
        "websocket_extra_options": {"skip_utf8_validation": True},
    }

    def on_start(self) -> None:
        """Join by the link."""
        self.seen: set[str] = set()
        self.sio.on("welcome", self._greeted, namespace=_NAMESPACE)
        self.sio.on("events", self._told, namespace=_NAMESPACE)
        self.sio.on("*", lambda *_: None, namespace=_NAMESPACE)
        began = time.perf_counter()
        self.welcomed = gevent.event.Event()
        auth = {"token": Plan.tokens.pop(), "consent": Plan.consent, "device": "pc", "after": None}
        connect: Callable[..., None] = self.sio.connect  # Locust types it half
        connect(
            Plan.url,
            auth=auth,
            namespaces=[_NAMESPACE],
            transports=["websocket"],
            wait_timeout=JOIN_TIMEOUT_S,
        )
        is_welcome = self.welcomed.wait(60)
        self._note("join", began, None if is_welcome else TimeoutError("no welcome"))

    @task
    def chat(self) -> None:
        """Say something now and then while the class is told to."""
        if time.monotonic() < Plan.chat_until_s:
            gevent.sleep(random.uniform(0, 2 * Plan.chat_every_s))
            if time.monotonic() < Plan.chat_until_s:
                self._command("chat_send", {"text": "I have a question about this.", "group": None})
        else:
            gevent.sleep(0.5)

    def _greeted(self, data: dict[str, Any]) -> None:
        self.welcomed.set()
        for path, entity in data.get("entities", {}).items():
            self._see(path, entity)
        for event in data.get("events", ()):
            self._told({"events": [event]})

    def _told(self, data: dict[str, Any]) -> None:
        for event in data["events"]:
            for path, entity in event["put"]:
                self._see(path, entity)

    def _see(self, path: str, entity: Any) -> None:
        kind = path.partition("/")[0]
        if path in self.seen or not isinstance(entity, dict) or entity.get("state") != "open":
            return
        if kind == "poll":
            self.seen.add(path)
            choice = {"id": entity["id"], "option": random.randrange(len(entity["options"]))}
            gevent.spawn_later(random.uniform(0, VOTE_WITHIN_S), self._command, "poll_vote", choice)
        elif kind == "checkin":
            self.seen.add(path)
            gevent.spawn_later(
                random.uniform(0, ANSWER_WITHIN_S), self._command, "checkin_answer", {"id": entity["id"]}
            )

    def _command(self, type_: str, data: dict[str, Any]) -> None:
        """Give a command until it is acknowledged, under one id, as the web client does."""
        message = {"id": uuid.uuid4().hex, "type": type_, "data": data}
        began = time.perf_counter()
        fault: Exception | None = None
        for _ in range(TRIES):
            try:
                answer = super(type(self.sio), self.sio).call(
                    "command", message, namespace=_NAMESPACE, timeout=ANSWER_TIMEOUT_S
                )
                fault = None if "ok" in answer else ValueError(str(answer["error"]["code"]))
                break
            except Exception as error:  # noqa: BLE001 (whatever went wrong counts against the server)
                fault = error
                gevent.sleep(0.5)
        self._note(type_, began, fault)

    def _note(self, name: str, began: float, fault: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type="class",
            name=name,
            response_time=(time.perf_counter() - began) * 1000,
            response_length=0,
            exception=fault,
            context={},
        )


class Lateness:
    """How late a user of this process is that wants to do something every 20 ms."""

    ms: ClassVar[list[float]] = []

    @classmethod
    def watch(cls) -> None:
        """Note it for ever."""
        while True:
            due = time.perf_counter() + 0.02
            gevent.sleep(0.02)
            cls.ms.append((time.perf_counter() - due) * 1000)


def _report(environment: Environment) -> dict[str, Any]:
    found = {
        name: {
            "count": entry.num_requests,
            "failures": entry.num_failures,
            "p99_ms": entry.get_response_time_percentile(0.99) or 0,
            "took_ms": list(entry.response_times.items()),
        }
        for (name, kind), entry in environment.stats.entries.items()
        if kind == "class"
    }
    faults = [f"{error.name}: {error.error}" for error in environment.stats.errors.values()]
    environment.stats.reset_all()
    late_ms = [round(late) for late in Lateness.ms]
    Lateness.ms.clear()
    return {"stats": found, "faults": faults[:5], "late_ms": late_ms}


def main() -> None:
    """Take orders until standard input ends."""
    Plan.url = sys.argv[1]
    environment = Environment(user_classes=[Learner])
    runner = environment.create_local_runner()
    gevent.spawn(Lateness.watch)
    for line in FileObject(sys.stdin.buffer, "rb"):
        order = json.loads(line)
        answer: dict[str, Any] = {}
        if order["do"] == "join":
            Plan.tokens, Plan.consent = order["tokens"], order["consent"]
            count = len(Plan.tokens)
            runner.start(count, spawn_rate=order["per_s"])
            while Plan.tokens or runner.user_count < count:
                gevent.sleep(0.1)
        elif order["do"] == "chat":
            Plan.chat_every_s = max(1, runner.user_count) / order["per_s"]
            Plan.chat_until_s = time.monotonic() + order["seconds"]
        else:
            answer = _report(environment)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    runner.quit()


if __name__ == "__main__":
    main()
