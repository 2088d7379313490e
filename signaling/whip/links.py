"""TURN servers for WHIP and WHEP clients, as Link headers (RFC 9725 section 4.6, RFC 8288). Pure."""

from signaling.entry.turn import Turn


def links_of(turn: Turn, subject: str, now_s: int) -> list[str]:
    """Return the values of the Link headers, one for each address, with fresh credentials for `subject`.

    One header each, the address first: OBS splits at commas and semicolons without looking at quotes. What
    would break out of its quotes is left out.
    """
    if not turn.urls:
        return []
    username, credential = turn.credentials(subject, now_s)
    said = f'rel="ice-server"; username="{username}"; credential="{credential}"; credential-type="password"'
    return [f"<{url}>; {said}" for url in turn.urls if _is_plain(url) and _is_plain(username)]


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and not set(text) & set('"\\<>,; ')
