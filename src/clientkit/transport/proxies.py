"""The way out of this machine: the proxies and certificates that the environment names.

Raises `ConfigurationError` where a variable names what cannot be used.
"""

from __future__ import annotations

import os
import ssl
import urllib.request
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

import httpx

from clientkit.errors import ConfigurationError

_OWN_CLIENT = "unset it, or give the client an httpx client of your own (http_client=)"

_Credentials: TypeAlias = "tuple[bytes, bytes] | None"


class Proxy:
    """Where the proxy is: its `url` without its `credentials`, which no repr shows."""

    def __init__(self, url: str, *, credentials: _Credentials = None) -> None:
        self.url, self.credentials = url, credentials

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS and not HTTP."""
        return self.url.startswith("socks")


class WayOut:
    """What connections are made with; without `certificates` those of certifi are read with the first one that needs them."""

    def __init__(self, *, certificates: ssl.SSLContext | None = None, proxy: Proxy | None = None) -> None:
        self.certificates, self.proxy = certificates, proxy

    @classmethod
    def of_environment(cls) -> WayOut:
        """As the variables say."""
        return cls(certificates=_certificates(), proxy=_proxy())

    @classmethod
    def direct(cls) -> WayOut:
        """Whatever the variables say."""
        return cls()

    def goes_by_proxy(self, scheme: str, host: str) -> bool:
        """Whether a request to this host goes by the proxy."""
        # Plain http is for loopback, where a proxy would only see what it must not.
        return self.proxy is not None and scheme == "https" and not urllib.request.proxy_bypass(host)


def _certificates() -> ssl.SSLContext:
    file = os.environ.get("SSL_CERT_FILE")
    try:
        if file and not Path(file).is_file():
            # Older releases of httpx pass it over, and trust other certificates than the user named.
            raise FileNotFoundError(f"there is no file {file}")
        context = httpx.create_ssl_context(trust_env=True)
    except (OSError, ValueError) as error:
        named = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE") if os.environ.get(name)]
        raise ConfigurationError(
            f"the certificates cannot be read ({type(error).__name__}: {error}); look at "
            f"{' and '.join(named) or 'the installation of certifi'}"
        ) from error
    # Some releases of Python take an end below TLS for a right one, and so half an answer for a whole one.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


def _proxy() -> Proxy | None:
    proxies = urllib.request.getproxies()
    for name in ("https", "all"):
        if url := proxies.get(name):
            return _checked(url, _variable(name, url))
    return None


def _variable(name: str, url: str) -> str:
    known = (f"{name}_proxy", f"{name.upper()}_PROXY")
    return next((each for each in known if os.environ.get(each) == url), f"the system's proxy for {name}")


def _checked(url: str, variable: str) -> Proxy:
    text = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(text)
        host, port, user = parts.hostname, parts.port, parts.username
        # httpx has the last word on what is a URL.
        plain = httpx.URL(scheme=parts.scheme, host=host or "", port=port)
    except (ValueError, httpx.InvalidURL) as error:
        raise ConfigurationError(f"{variable} is not the URL of a proxy ({error}): {_OWN_CLIENT}") from None
    if parts.scheme not in {"http", "https", "socks5", "socks5h"} or not host:
        shown = parts.scheme if host else "nowhere"
        raise ConfigurationError(
            f"{variable} names a proxy of a kind that is not supported ({shown}); http, https, socks5 and socks5h are: "
            f"{_OWN_CLIENT}"
        )
    if parts.scheme.startswith("socks") and not _speaks_socks():
        raise ConfigurationError(
            f"{variable} names a SOCKS proxy, which takes the package socksio (pip install 'httpx[socks]'): {_OWN_CLIENT}"
        )
    credentials = None if user is None else (unquote(user).encode(), unquote(parts.password or "").encode())
    return Proxy(str(plain), credentials=credentials)


def _speaks_socks() -> bool:
    # Hardly anybody has such a proxy.
    from importlib.util import find_spec

    return find_spec("socksio") is not None
