"""What somebody who was let in is by now: the one rule of who is still staff, and who may no longer be here.

A connection, a token, a link: each says what its holder was when it was made. Meanwhile they may have been
made a learner, replaced as host, or sent out. Whoever asks "is this person still staff?" or "may they still
run this session?" brings what is known of now, as a `Standing`, and what the holder was admitted as.
Leaving and coming back changes nothing: who is here is another question.
"""

from dataclasses import dataclass
from enum import StrEnum

from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import SessionRole


class Lapse(StrEnum):
    """Why what somebody was admitted as no longer holds; what a connection that ends for it is told."""

    REMOVED = "removed"
    ROLE_CHANGED = "role_changed"


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is now. `role` is None where nothing says; whoever was removed stays so."""

    role: SessionRole | None
    removed: bool = False

    def lapse(self, admitted: SessionRole) -> Lapse | None:
        """Return why somebody admitted as `admitted` may not go on as that; None while they may.

        Nothing is lost by a change that takes no power away: from presenter to host, or from learner to host.
        """
        if self.removed:
            return Lapse.REMOVED
        if admitted.is_staff and self.role is not None and not self.role.is_staff:
            return Lapse.ROLE_CHANGED
        return None

    def is_staff(self, admitted: SessionRole | None = None) -> bool:
        """Tell whether they run the class now; given what they were admitted as, whether they do as that.

        A learner's connection does not become a host's when its holder is named host: they open the lesson
        again. Of somebody of whom nothing is known, what they were admitted as is all there is.
        """
        role = self.role if admitted is None else admitted
        return role is not None and role.is_staff and self.lapse(role) is None

    def insist(self, admitted: SessionRole) -> None:
        """Refuse what somebody asks as `admitted` who may not go on as that.

        Raises:
            Forbidden: they were sent out (`removed`), or are staff no longer (`not_allowed`).
        """
        lapse = self.lapse(admitted)
        if lapse is Lapse.REMOVED:
            raise removed()
        if lapse is Lapse.ROLE_CHANGED:
            raise Forbidden("not_allowed", "Your role in this lesson has changed. Open the lesson again.")


def removed() -> Forbidden:
    """Return the refusal of somebody who was sent out."""
    return Forbidden("removed", "You were removed from this session.")


def role_changed() -> Forbidden:
    """Return the refusal, at a door, of what says more of its holder than is so by now."""
    return Forbidden("role_changed", "Your role in this lesson has changed. Open the lesson again.")
