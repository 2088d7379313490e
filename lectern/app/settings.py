"""Settings: environment variables `LECTERN_*`, and a `.env` file. `lectern settings` lists them."""

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from lectern.app import consent
from lectern.kernel.address import is_address
from lectern.storage.place import bucket_and_prefix, checked_endpoint
from notices.rules import LONGEST_MINUTES, MOST_REMINDERS

CHECKOUT = Path(__file__).resolve().parents[2]
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (nothing binds here: these hosts are no address to reach)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    """Everything an installation can be told. Each field's description is what `lectern settings` prints."""

    model_config = SettingsConfigDict(env_prefix="LECTERN_", env_file=".env", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address that HTTP listens on.")
    port: int = Field(8080, ge=0, le=65535, description="TCP port of HTTP.")
    data: Path = Field(CHECKOUT / "data", description="Folder of the database, files and secrets (absolute).")
    database_url: str = Field("", description="PostgreSQL URL; empty: SQLite under LECTERN_DATA.")
    storage_url: str = Field(
        "",
        description="Bucket of recordings and replays, s3://BUCKET/FOLDER; empty: LECTERN_DATA has them.",
    )
    storage_endpoint: str = Field(
        "", description="Address of the S3 server, https://HOST:PORT; empty: Amazon's, by region."
    )
    storage_region: str = Field("us-east-1", description="Region of the bucket, as its server names it.")
    storage_key_id: str = Field(
        "", description="Id of the bucket's access key; empty: AWS_* variables, or the machine's own role."
    )
    storage_secret: str = Field("", repr=False, description="Secret of LECTERN_STORAGE_KEY_ID.")
    storage_secret_file: Path | None = Field(None, description="File that holds it, instead.")
    storage_ca: Path | None = Field(
        None,
        description="PEM certificates of authorities that vouch for the S3 server, beside the usual.",
    )
    storage_keep_hours: float = Field(
        24.0, ge=0, description="Hours that media of a closed replay stays in LECTERN_DATA beside the bucket."
    )
    storage_cache_gb: float = Field(
        4.0, ge=0.1, description="Disk (GB) for copies of what viewers fetch from the bucket."
    )
    redis_url: str = Field(
        "",
        description="Redis URL for several server processes, and to wake media workers; empty: one process.",
    )
    server_name: str = Field(
        "",
        pattern=r"^[a-z0-9]{0,16}$",
        description="Short name of this server process (a-z, 0-9), by which a proxy finds it for polling.",
    )
    server_address: str = Field(
        "",
        description="How other server processes reach this one, http://HOST:PORT; empty: from host and port.",
    )
    public_url: str = Field("", description="How browsers reach this server; empty: from host and port.")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, comma-separated.",
    )
    frame_ancestors: str = Field("'self'", description="Sites that may embed room and replay (CSP sources).")
    tls_cert: Path | None = Field(None, description="PEM certificate chain, to serve HTTPS directly.")
    tls_key: Path | None = Field(None, description="PEM private key of LECTERN_TLS_CERT.")
    media_port: int = Field(7882, ge=1, le=65535, description="UDP and TCP port of the first media process.")
    media_processes: int = Field(
        1,
        ge=1,
        le=64,
        description="Media processes, one per core that media may use, on consecutive UDP ports.",
    )
    media_nodes: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Media processes that run by themselves: control sockets or tcp://HOST:PORT, "
        "comma-separated, the same list for all server processes; empty: this server runs its own.",
    )
    media_control_secret: str = Field(
        "", repr=False, description="Secret shared with media processes at tcp:// (32 random characters)."
    )
    media_control_secret_file: Path | None = Field(None, description="File that holds it, instead.")
    media_process_viewers: int = Field(
        200,
        ge=1,
        description="Peers that a media process serves before a sibling takes a session's new viewers.",
    )
    media_public_ips: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses that browsers send media to, comma-separated; empty: those of the machine."
    )
    media_tcp: bool = Field(True, description="Whether media may also come over TCP, at the media port.")
    turn_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="TURN servers for clients, comma-separated; example: turn:turn.example.com:3478."
    )
    turn_secret: str = Field("", description="Secret shared with the TURN server (static-auth-secret).")
    org_name: str = Field("Lectern", description="Name of the organisation when it is first set up.")
    zone: str = Field("Asia/Shanghai", description="IANA time zone of the organisation at set-up.")
    consent_version: str = Field(
        consent.VERSION, description="Version of the consent text; a new one asks again."
    )
    embedded_worker: bool = Field(True, description="Whether `lectern serve` runs a media worker itself.")
    worker_server: str = Field(
        "",
        description="Server that `lectern worker` works for with a token alone, https://HOST; empty: it has "
        "the database itself.",
    )
    worker_token: SecretStr = Field(
        SecretStr(""), description="Token of a worker with LECTERN_WORKER_SERVER."
    )
    worker_token_file: Path | None = Field(None, description="File that holds it, instead.")
    microcourse_long_minutes: int = Field(15, description="Microcourse length (min) that earns a warning.")
    microcourse_very_long_minutes: int = Field(20, description="Length (min) that earns a strong warning.")
    watermark: bool = Field(
        False, description="Whether the viewer's name moves over replays and microcourses (each may differ)."
    )
    encrypt_media: bool = Field(
        False,
        description="Whether broadcasts, replays and microcourses go out encrypted, with keys for the viewer "
        "alone; whole files (MP4) are then for editors alone.",
    )
    bin_days: int = Field(
        30,
        ge=1,
        le=365,
        description="Days that deleted replays and microcourses wait in the bin before they are erased.",
    )
    completion_threshold: float = Field(
        0.8, gt=0, le=1, description="Share of a medium that must be watched to count as completed."
    )
    make_up_hours: int = Field(
        72, ge=0, le=8760, description="Hours after a lesson in which people may ask for a make-up check-in."
    )
    smtp_host: str = Field(
        "", description="Mail server that takes our mail; empty: no mail, in-app notices only."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of LECTERN_SMTP_HOST.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="starttls (587), tls (465), or none (a mail server on this machine).",
    )
    smtp_user: str = Field("", description="Sign-in name at the mail server; empty: without signing in.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password of LECTERN_SMTP_USER.")
    smtp_password_file: Path | None = Field(
        None, description="File that holds the password, instead of LECTERN_SMTP_PASSWORD."
    )
    mail_from: str = Field("", description="Address that mail comes from; needed with LECTERN_SMTP_HOST.")
    mail_per_minute: int = Field(
        120, ge=1, le=100_000, description="Pace of mail of all server processes together."
    )
    mail_give_up_hours: int = Field(
        48, ge=2, le=720, description="Hours after which mail that the server does not take is given up."
    )
    mail_language: Literal["zh-CN", "en"] = Field(
        "zh-CN", description="Language of mail to people who never chose one, and to bare addresses."
    )
    notices_keep_days: int = Field(
        180, ge=1, description="Days after which notices that are sent, read or given up are deleted."
    )
    lesson_minutes: int = Field(
        60, ge=1, le=4320, description="Length (min) of a lesson in calendars, where none is planned."
    )
    remind_before_minutes: Annotated[tuple[int, ...], NoDecode] = Field(
        (1440, 15),
        description="Minutes before a lesson at which those are reminded who are not there, comma-separated; "
        "the one nearest to the start is for checking in. An organisation may set others on its page.",
    )
    remind_after_minutes: Annotated[tuple[int, ...], NoDecode] = Field(
        (0, 1440),
        description="Minutes after a lesson's end at which those are reminded who have something left to do.",
    )
    attendance_percent: int = Field(
        85, ge=0, le=100, description="Share (%) of a lesson that somebody has to be there to be present."
    )
    attendance_tolerance_minutes: int = Field(
        2, ge=0, le=4320, description="Minutes that may be missing of that share."
    )
    attendance_least_minutes: int = Field(
        5, ge=0, le=4320, description="Minutes below which somebody without a check-in was absent."
    )
    attendance_checkins: int = Field(
        2, ge=0, le=100, description="Check-ins that somebody needs to be present; all, if there were fewer."
    )
    attendance_make_up_counts: bool = Field(True, description="Whether made-up check-ins count for that.")
    attendance_replay_counts: bool = Field(
        False, description="Whether missed time that was watched in the replay counts."
    )
    attendance_away_counts: bool = Field(
        False, description="Whether time counts in which a learner's page was hidden and silent."
    )
    objection_days: int = Field(
        14, ge=0, le=3650, description="Days after a lesson in which learners may object to their attendance."
    )
    attendance_heads_to: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Mail addresses, best outside this house, that get the head of every closed attendance "
        "record besides presenter, host and administrators; comma-separated.",
    )
    weak_sign_in: float = Field(
        0.5, ge=0, le=1, description="Sign-in rate below which a session is flagged to its owner."
    )
    weak_completion: float = Field(
        0.6, ge=0, le=1, description="Completion rate below which a replay or microcourse counts as weak."
    )
    weak_participation: float = Field(
        0.9, ge=0, le=1,
        description="Share of those expected below which a lesson's report proposes to ask who was absent.",
    )  # fmt: skip
    weak_signal: float = Field(
        0.5, ge=0, le=1,
        description="Share below which a lesson's report says that learning time, activity or right answers "
        "are low.",
    )  # fmt: skip
    promote_positive: float = Field(
        0.9, ge=0, le=1, description="Share of grades 4 and 5 above which content is to be made more of."
    )
    fewest_viewers: int = Field(
        10, ge=1, le=100_000, description="Viewers in a period below which content is not judged or ranked."
    )
    feedback_days: int = Field(
        7, ge=1, le=365, description="Days after a lesson in which people may hand in feedback."
    )
    feedback_fewest: int = Field(
        5,
        ge=3,
        le=50,
        description="Feedback forms, and anonymous ratings of a medium, that show at once at the least.",
    )
    hint_minutes: int = Field(
        15, ge=0, le=240, description="Minutes without interaction that earn presenters a hint; 0: never."
    )
    log_json: bool = Field(False, description="Log lines as JSON instead of for people.")

    @field_validator(
        "trusted_proxies",
        "media_public_ips",
        "turn_urls",
        "media_nodes",
        "attendance_heads_to",
        "remind_before_minutes",
        "remind_after_minutes",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value

    @field_validator("storage_url")
    @classmethod
    def _bucket(cls, value: str) -> str:
        if value:
            bucket_and_prefix(value)
        return value

    @field_validator("storage_endpoint")
    @classmethod
    def _endpoint(cls, value: str) -> str:
        return checked_endpoint(value)

    @model_validator(mode="after")
    def _keys_come_in_pairs(self) -> "Settings":
        if self.storage_secret and self.storage_secret_file:
            msg = "set LECTERN_STORAGE_SECRET or LECTERN_STORAGE_SECRET_FILE, not both"
            raise ValueError(msg)
        if bool(self.storage_key_id) != bool(self.storage_secret or self.storage_secret_file):
            msg = "LECTERN_STORAGE_KEY_ID and its secret belong together"
            raise ValueError(msg)
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            try:
                ipaddress.ip_network(address)
            except ValueError:
                msg = "LECTERN_TRUSTED_PROXIES are addresses or networks like 10.0.0.7 or 10.1.0.0/16"
                raise ValueError(msg) from None
        return value

    @field_validator("attendance_heads_to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(is_address, value)):
            msg = "LECTERN_ATTENDANCE_HEADS_TO are mail addresses like archive@example.com"
            raise ValueError(msg)
        return value

    @field_validator("turn_urls")
    @classmethod
    def _turn(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(url.partition(":")[0] in ("turn", "turns") and url.partition(":")[2] for url in value):
            msg = "LECTERN_TURN_URLS are like turn:turn.example.com:3478 or turns:turn.example.com:5349"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _turn_needs_its_secret(self) -> "Settings":
        if self.turn_urls and not self.turn_secret:
            msg = "LECTERN_TURN_URLS needs LECTERN_TURN_SECRET"
            raise ValueError(msg)
        return self

    @field_validator("remind_before_minutes", "remind_after_minutes")
    @classmethod
    def _some_minutes(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(value) > MOST_REMINDERS or any(not 0 <= minutes <= LONGEST_MINUTES for minutes in value):
            msg = f"at most {MOST_REMINDERS} reminders, each 0 to {LONGEST_MINUTES} minutes; example: 1440,15"
            raise ValueError(msg)
        return tuple(sorted(set(value), reverse=True))

    @field_validator("mail_from")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value and not is_address(value):
            msg = "LECTERN_MAIL_FROM is one address like lectern@example.com"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _mail_is_whole_and_safe(self) -> "Settings":
        if self.smtp_host and not self.mail_from:
            msg = "LECTERN_SMTP_HOST needs LECTERN_MAIL_FROM, the address that mail comes from"
            raise ValueError(msg)
        if self.smtp_user and self.smtp_security == "none" and self.smtp_host not in _LOOPBACK:
            msg = "LECTERN_SMTP_USER would send its password in the clear: set LECTERN_SMTP_SECURITY"
            raise ValueError(msg)
        return self

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if not value.is_absolute():
            msg = "LECTERN_DATA must be an absolute path"
            raise ValueError(msg)
        return value

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            msg = "there is no such time zone; example: Asia/Shanghai"
            raise ValueError(msg) from None
        return value

    @property
    def database(self) -> str:
        """URL of the database in force."""
        return self.database_url or f"sqlite:///{self.data / 'lectern.db'}"

    @property
    def url(self) -> str:
        """The origin that browsers use, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls_cert else 'http'}://{host}:{self.port}"

    @property
    def address(self) -> str:
        """Where other server processes reach this one, without a slash at the end."""
        if self.server_address:
            return self.server_address.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls_cert else 'http'}://{host}:{self.port}"

    @property
    def is_reachable(self) -> bool:
        """Whether `address` is one that another server process can use."""
        return bool(self.server_address) or self.host not in _EVERYWHERE

    @property
    def is_loopback(self) -> bool:
        """Whether HTTP listens on this machine alone."""
        return self.host in _LOOPBACK

    @property
    def attendance_rule(self) -> dict[str, Any]:
        """The attendance rule of an installation that has set none, as fields of `Rule`."""
        return {
            "present_percent": self.attendance_percent,
            "tolerance_minutes": self.attendance_tolerance_minutes,
            "least_minutes": self.attendance_least_minutes,
            "checkins": self.attendance_checkins,
            "make_up_counts": self.attendance_make_up_counts,
            "replay_counts": self.attendance_replay_counts,
            "away_counts": self.attendance_away_counts,
        }

    @property
    def sessions_dir(self) -> Path:
        """Where sessions keep their files."""
        return self.data / "sessions"
