"""Which credentials the environment names: a user token, or the tokens of a consent in a file."""

from __future__ import annotations

import os

from brex_accounting.auth import Credential
from clientkit.client import checked_base_url, checked_token, from_environment
from clientkit.errors import ConfigurationError

TOKEN, TOKEN_FILE = "BREX_TOKEN", "BREX_TOKEN_FILE"
_CLIENT_ID, _CLIENT_SECRET, _AUTH_URL = "BREX_CLIENT_ID", "BREX_CLIENT_SECRET", "BREX_AUTH_URL"


def credential_from_env(prefix: str = "") -> str | Credential:
    """What a client of Brex takes as its token; see `Client.from_env`."""
    path = os.environ.get(f"{prefix}{TOKEN_FILE}")
    if not path:
        return checked_token(from_environment(f"{prefix}{TOKEN}"), f"{prefix}{TOKEN}")
    if os.environ.get(f"{prefix}{TOKEN}"):
        # One may be of another company than the other.
        raise ConfigurationError(f"{prefix}{TOKEN} and {prefix}{TOKEN_FILE} are both set; set the one that is meant")
    # A user token needs nothing of this.
    from brex_accounting.oauth import AUTH_URL, OAuthApp
    from brex_accounting.renewing import OAuth
    from brex_accounting.token_file import FileTokenStore

    # Before the secret is there, which no frame of an error may hold.
    url = checked_base_url(os.environ.get(f"{prefix}{_AUTH_URL}") or AUTH_URL, f"{prefix}{_AUTH_URL}")
    app = OAuthApp(
        client_id=from_environment(f"{prefix}{_CLIENT_ID}"),
        client_secret=os.environ.get(f"{prefix}{_CLIENT_SECRET}") or None,
        base_url=url,
    )
    try:
        return OAuth(app, FileTokenStore(path))
    except OSError as error:
        raise ConfigurationError(f"{prefix}{TOKEN_FILE}: {path} cannot be read: {error.strerror}") from None
    except ConfigurationError as error:
        raise ConfigurationError(f"{prefix}{TOKEN_FILE}: {path}: {error}") from None
