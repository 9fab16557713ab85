"""Who may see the page, and whose requests are people's own.

Every request has to name a host that the page is known by, because a foreign page may point a name of its own at this machine.
A request that changes something has to come from the page itself: its origin is checked, and it carries a token of its session.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

import attrs

from clientkit.addresses import is_loopback
from clientkit.errors import ConfigurationError

#: The environment variable with the secret.
SECRET_VARIABLE = "BREX_RILLET_WEB_SECRET"  # noqa: S105 - the name of the variable
_SHORTEST_SECRET = 16
_LONGEST_NAME = 120
_HOURS, _HOUR = 12, 3600.0
# Wrong secrets within a minute, beyond which nobody can sign in for the rest of it.
_MOST_WRONG, _MINUTE = 10, 60.0


@attrs.frozen(kw_only=True)
class Session:
    """Who looks at the page; `name` is empty as long as nobody has said it."""

    id: str
    expires: float
    name: str = ""


@attrs.frozen(kw_only=True)
class Address:
    """Where the page is served: `origins` are how browsers may name it, such as ``http://127.0.0.1:8321``."""

    host: str
    port: int
    origins: tuple[str, ...]

    @property
    def hosts(self) -> frozenset[str]:
        """What the header ``Host`` may say."""
        return frozenset(urlsplit(each).netloc for each in self.origins)

    @property
    def is_https(self) -> bool:
        """Whether browsers reach it by HTTPS alone."""
        return all(each.startswith("https://") for each in self.origins)


def address_of(host: str, port: int, *, origin: str | None, secret: str | None) -> Address:
    """Where the page may be served.

    Without an `origin` that is loopback alone. Raises `ConfigurationError` for a place that is reached from elsewhere
    without a secret or an origin, and for a secret or an origin that cannot be used.
    """
    if secret is not None and len(secret) < _SHORTEST_SECRET:
        raise ConfigurationError(f"{SECRET_VARIABLE} needs at least {_SHORTEST_SECRET} characters")
    is_local = is_loopback(host)
    if (origin is not None or not is_local) and secret is None:
        raise ConfigurationError(
            f"the page would be reached from elsewhere than this machine: set {SECRET_VARIABLE}, which people sign in with"
        )
    if origin is None:
        if not is_local:
            raise ConfigurationError(
                "say by --origin under which address people open the page, https://books.example.com"
            )
        shown = f"[{host}]" if ":" in host else host
        names = dict.fromkeys((shown, "localhost", "127.0.0.1"))
        return Address(host=host, port=port, origins=tuple(f"http://{each}:{port}" for each in names))
    return Address(host=host, port=port, origins=(_checked_origin(origin),))


def _checked_origin(origin: str) -> str:
    try:
        parts = urlsplit(origin)
        is_local = parts.hostname is not None and is_loopback(parts.hostname)
        is_usable = bool(parts.netloc) and "@" not in parts.netloc and parts.path in {"", "/"} and not parts.query
    except ValueError:
        is_usable = is_local = False
        parts = urlsplit("")
    if not is_usable or (parts.scheme != "https" and not (parts.scheme == "http" and is_local)):
        raise ConfigurationError(f"--origin is an address such as https://books.example.com, by HTTPS: {origin!r}")
    return f"{parts.scheme}://{parts.netloc.lower()}"


class Access:
    """Keeps the secret and signs sessions with a key of its own; a restart ends them all.

    `clock` gives seconds since the epoch.
    """

    def __init__(self, address: Address, secret: str | None, *, clock: Callable[[], float]) -> None:
        self.address, self._clock = address, clock
        self._secret, self._key = secret, secrets.token_bytes(32)
        self._wrong = deque[float](maxlen=_MOST_WRONG)

    @property
    def needs_secret(self) -> bool:
        """Whether people have to sign in."""
        return self._secret is not None

    def is_known_host(self, host: str) -> bool:
        """Whether the page is known by this name."""
        return host.lower() in self.address.hosts

    def is_own_origin(self, origin: str) -> bool:
        """Whether a request was made by a page of this address."""
        return origin in self.address.origins

    def sign_in(self, name: str, secret: str) -> Session | None:
        """A session for who knows the secret. None for a wrong one, and for anybody while too many wrong ones came."""
        now = self._clock()
        if len(self._wrong) == _MOST_WRONG and now - self._wrong[0] < _MINUTE:
            return None
        if self._secret is None or not hmac.compare_digest(secret.encode(), self._secret.encode()):
            self._wrong.append(now)
            return None
        return self.begin(name)

    def begin(self, name: str = "") -> Session:
        """A new session."""
        told = " ".join(name.split())[:_LONGEST_NAME]
        return Session(id=secrets.token_urlsafe(16), expires=self._clock() + _HOURS * _HOUR, name=told)

    def cookie(self, session: Session) -> str:
        """The session as a browser keeps it."""
        name = base64.urlsafe_b64encode(session.name.encode()).decode()
        told = f"{session.id}.{session.expires:.0f}.{name}"
        return f"{told}.{self._signed('session', told)}"

    def session(self, cookie: str) -> Session | None:
        """The session of a cookie that was made here and has not expired."""
        told, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signed("session", told).encode()):
            return None
        try:
            number, expires, name = told.split(".")
            read = Session(id=number, expires=float(expires), name=base64.urlsafe_b64decode(name).decode())
        except (ValueError, binascii.Error):
            return None
        return read if self._clock() < read.expires else None

    def token(self, session: Session) -> str:
        """What every form of the session carries."""
        return self._signed("form", session.id)

    def is_token(self, session: Session, token: str) -> bool:
        """Whether a form is one of the session's."""
        return hmac.compare_digest(token.encode(), self.token(session).encode())

    def _signed(self, purpose: str, text: str) -> str:
        return hmac.new(self._key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()
