"""The status page as an ASGI application; the only file that knows Starlette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bridge.export.journal.protocol import JournalError
from bridge.export.web.access import Access, Session
from bridge.export.web.service import RequestError, StatusService
from bridge.export.web.templating import render, style

_COOKIE = "brex-rillet"
_LARGEST_FORM, _MOST_FIELDS = 20_000, 20
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Without a referrer browsers would not say the origin of a form either.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

Page = Callable[["Asked"], Response]


class Asked:
    """A request that may be answered: of a person with a session, and with the fields of its form."""

    def __init__(self, request: Request, session: Session, form: dict[str, str]) -> None:
        self.request, self.session, self.form = request, session, form

    def query(self, name: str) -> str:
        """A field of the address, empty where it is not there."""
        value: str = self.request.query_params.get(name, "")
        return value

    @property
    def record_id(self) -> str:
        """The record that the address names."""
        value: str = self.request.path_params["record_id"]
        return value


def status_app(service: StatusService, access: Access) -> Starlette:
    """The application. It reads and acts by the service, and lets nobody see anything whom `access` does not know."""
    pages = _Pages(service, access)
    made = Starlette(
        routes=[
            Route("/style.css", _plain(access, lambda _: PlainTextResponse(style(), media_type="text/css"))),
            Route("/sign-in", _plain(access, pages.sign_in_form), methods=["GET"]),
            Route("/sign-in", _plain(access, pages.sign_in), methods=["POST"]),
            Route("/sign-out", _page(access, pages.sign_out), methods=["POST"]),
            Route("/", _page(access, pages.records), methods=["GET"]),
            Route("/read", _page(access, pages.read), methods=["POST"]),
            Route("/reconcile", _page(access, pages.reconciliation), methods=["GET"]),
            Route("/reconcile", _page(access, pages.reconcile), methods=["POST"]),
            Route("/reconcile.csv", _page(access, pages.reconciliation_csv), methods=["GET"]),
            Route("/records/{record_id:path}", _page(access, pages.record), methods=["GET"]),
            Route("/records/{record_id:path}", _page(access, pages.act), methods=["POST"]),
        ]
    )
    made.add_exception_handler(404, lambda _, __: _problem("There is no such page.", 404))
    made.add_exception_handler(405, lambda _, __: _problem("That cannot be done here.", 405))
    made.add_exception_handler(Exception, lambda _, __: _problem("Something went wrong here; the log has more.", 500))
    return made


class _Pages:
    """The pages and what their forms do."""

    def __init__(self, service: StatusService, access: Access) -> None:
        self._service, self._access = service, access

    def records(self, asked: Asked) -> Response:
        told = self._service.records(status=asked.query("status"), words=asked.query("q"), page=asked.query("page"))
        return self._shown("records", asked, told, is_followed=bool(asked.query("wait")))

    def record(self, asked: Asked) -> Response:
        told = self._service.record(asked.record_id)
        return self._shown("record", asked, told, status=200 if told["is_known"] else 404)

    def reconciliation(self, asked: Asked) -> Response:
        told = self._service.reconciliation(asked.query("period"))
        return self._shown("reconcile", asked, told)

    def reconciliation_csv(self, asked: Asked) -> Response:
        period, text = self._service.reconciliation_csv(asked.query("period"))
        name = f'attachment; filename="reconciliation-{period}.csv"'
        return Response(text, media_type="text/csv", headers={"content-disposition": name})

    def read(self, asked: Asked) -> Response:
        del asked
        self._service.read_queue()
        return RedirectResponse("/?wait=1", 303)

    def reconcile(self, asked: Asked) -> Response:
        period = self._service.reconcile(asked.form.get("period", ""))
        return RedirectResponse(f"/reconcile?period={period}", 303)

    def act(self, asked: Asked) -> Response:
        name = asked.session.name if self._access.needs_secret else asked.form.get("by", "")
        where = self._service.act(
            asked.record_id,
            asked.form.get("action", ""),
            by=name,
            why=asked.form.get("why", ""),
            seen=asked.form.get("seen", ""),
            confirmed=bool(asked.form.get("confirmed")),
        )
        answer = RedirectResponse(where, 303)
        if name.strip() and name != asked.session.name:
            # Whoever has no secret to sign in with says the name once.
            self._remember(answer, self._access.begin(name))
        return answer

    def sign_in_form(self, asked: Request) -> Response:
        del asked
        return HTMLResponse(render("sign_in", problem="")) if self._access.needs_secret else RedirectResponse("/", 303)

    def sign_in(self, asked: Request) -> Response:
        form: dict[str, str] = asked.state.form
        name = " ".join(form.get("name", "").split())
        session = self._access.sign_in(name, form.get("secret", "")) if name else None
        if session is None:
            said = "That is not the secret, or there were too many wrong ones just now." if name else "Say who you are."
            return HTMLResponse(render("sign_in", problem=said), 403)
        answer = RedirectResponse("/", 303)
        self._remember(answer, session)
        return answer

    def sign_out(self, asked: Asked) -> Response:
        del asked
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(_COOKIE)
        return answer

    def _shown(
        self, name: str, asked: Asked, values: Mapping[str, object], *, status: int = 200, is_followed: bool = True
    ) -> Response:
        text = render(
            name,
            session=asked.session,
            token=self._access.token(asked.session),
            is_signed_in=self._access.needs_secret,
            is_outdated=self._service.is_outdated(),
            refresh=is_followed and bool(values["is_running"]),
            **values,
        )
        answer = HTMLResponse(text, status)
        if not self._access.needs_secret and _COOKIE not in asked.request.cookies:
            self._remember(answer, asked.session)
        return answer

    def _remember(self, answer: Response, session: Session) -> None:
        answer.set_cookie(
            _COOKIE,
            self._access.cookie(session),
            httponly=True,
            samesite="strict",
            secure=self._access.address.is_https,
        )


def _plain(access: Access, page: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """A page that everybody may see."""

    async def answer(request: Request) -> Response:
        try:
            request.state.form = await _read(access, request)
        except RequestError as error:
            return _problem(str(error), error.status)
        return _guarded(await run_in_threadpool(page, request))

    return answer


def _page(access: Access, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """A page for those whom `access` knows, and without a secret for everybody on this machine."""

    async def answer(request: Request) -> Response:
        try:
            form = await _read(access, request)
        except RequestError as error:
            return _problem(str(error), error.status)
        session = access.session(request.cookies.get(_COOKIE, ""))
        if request.method == "POST":
            if session is None or not access.is_token(session, form.get("token", "")):
                return _problem(
                    "This form is too old, or it is not of this page. Open the page again and repeat it.", 403
                )
        elif session is None:
            if access.needs_secret:
                return _guarded(RedirectResponse("/sign-in", 303))
            session = access.begin()
            request.cookies.pop(_COOKIE, None)
        return _guarded(await run_in_threadpool(_answered, page, Asked(request, session, form)))

    return answer


def _answered(page: Page, asked: Asked) -> Response:
    try:
        return page(asked)
    except RequestError as error:
        return _problem(str(error), error.status)
    except JournalError as error:
        return _problem(f"The journal cannot be read: {error}", 503)


async def _read(access: Access, request: Request) -> dict[str, str]:
    """The form of a request; empty where it has none. Raises `RequestError` where the request is not to be answered."""
    if not access.is_known_host(request.headers.get("host", "")):
        raise RequestError("This page is not known under that name.", 421)
    if request.method != "POST":
        return {}
    if not access.is_own_origin(request.headers.get("origin", "")):
        raise RequestError("That was not asked for by a page of this address.", 403)
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > _LARGEST_FORM:
                raise RequestError("That is too long.", 413)
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    except (ClientDisconnect, ValueError):
        raise RequestError("That is no form of this page.") from None
    return {name: values[-1] for name, values in fields.items()}


def _problem(text: str, status: int) -> Response:
    return _guarded(HTMLResponse(render("problem", text=text), status))


def _guarded(answer: Response) -> Response:
    for name, value in _HEADERS.items():
        answer.headers[name] = value
    return answer
