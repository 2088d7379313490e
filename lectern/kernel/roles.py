"""What somebody may be, in the organisation and inside a session."""

from enum import StrEnum


class OrgRole(StrEnum):
    """A role granted to a person, for the whole organisation or for one department."""

    ADMIN = "admin"
    PRESENTER = "presenter"
    HOST = "host"
    LEARNER = "learner"
    LINE_MANAGER = "line_manager"


MAY_HOST = frozenset({OrgRole.HOST, OrgRole.PRESENTER, OrgRole.ADMIN})
"""Who of these roles may be named host of a session."""


class SessionRole(StrEnum):
    """What a participant is inside one session."""

    PRESENTER = "presenter"
    HOST = "host"
    LEARNER = "learner"
    SCREEN = "screen"

    @property
    def is_staff(self) -> bool:
        """Presenter and host run the class; learners and screens take part."""
        return self in (SessionRole.PRESENTER, SessionRole.HOST)
