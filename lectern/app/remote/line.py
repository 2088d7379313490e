"""What a worker says to its server: requests with its token, errors in the kernel's terms."""

from typing import Any, Final

import aiohttp
import msgspec

from lectern.kernel.errors import Conflict, Gone, NotFound, Rejected, Unauthenticated

_PATIENCE: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
_CODES: Final = {401: Unauthenticated, 404: NotFound, 409: Conflict}


class Line:
    """`server` is its origin, without a slash at the end. The token goes to it and to nobody else."""

    def __init__(self, http: aiohttp.ClientSession, server: str, token: str) -> None:
        self.http = http
        self.server = server
        self._authorization = {"Authorization": f"Bearer {token}"}

    async def say(self, path: str, body: dict[str, Any]) -> Any:
        """Post JSON, and return the JSON that is answered; None for nothing.

        Raises:
            Gone: the server cannot be reached, or has a fault. Unauthenticated, NotFound, Conflict, Rejected:
                it refuses.
        """
        try:
            async with self.http.post(
                f"{self.server}/api/v1/worker/{path}",
                json=body,
                headers=self._authorization,
                timeout=_PATIENCE,
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
                if answer.status == 204:
                    return None
                if answer.status == 200:
                    return msgspec.json.decode(content)
                raise refusal(answer.status, content)
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            raise away() from error


def refusal(status: int, content: bytes) -> Exception:
    """The server's error in our terms."""
    code, message = "refused", f"The server refuses this with status {status}."
    try:
        said = msgspec.json.decode(content)["error"]
        code, message = str(said["code"]), str(said["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        pass  # a proxy's words
    if status >= 500 or status == 429:
        return Gone(code, message)
    return _CODES.get(status, Rejected)(code, message)


def away() -> Gone:
    """What is raised while nobody answers."""
    return Gone("server_away", "The server cannot be reached at the moment.")
