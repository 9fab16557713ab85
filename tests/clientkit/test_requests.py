"""Requests as values: paths, queries, equality, pickling."""

from __future__ import annotations

import copy
import hashlib
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clientkit import Page, PageRequest, Paging, Request, segment
from clientkit.codec import parse, structure
from clientkit.forms import Form, Multipart
from clientkit.requests import Download, QueryValue, follow
from support.shop import PAGING, Colour, Item, ItemOperations, NewItem

_NO_SURROGATES = st.characters(exclude_categories=["Cs"])
_TEXT = st.text(_NO_SURROGATES)


class Size(Enum):
    SMALL = "small"
    SECOND = 2


@given(_TEXT.filter(lambda text: text not in {"", ".", ".."}))
@example("a/b?c#d")
@example("%2e%2e")
@example("...")
def test_a_segment_is_one_segment_and_says_the_id(value: str) -> None:
    made = segment(value)
    assert unquote(made) == value
    parts = urlsplit(f"https://host/items/{made}/lines")
    assert parts.path == f"/items/{made}/lines"
    assert parts.path.split("/") == ["", "items", made, "lines"]
    assert (parts.query, parts.fragment, parts.netloc) == ("", "", "host")


@pytest.mark.parametrize("path", ["organizations/self", ".evil.example/x", "@evil.example/x", ":8443/x", ""])
def test_a_path_cannot_change_the_host_that_the_token_goes_to(path: str) -> None:
    with pytest.raises(ValueError, match=r"does not begin with a slash; a path is such as '/vendors'"):
        Request[None](method="GET", path=path)
    with pytest.raises(ValueError, match="does not begin with a slash"):
        PageRequest(path=path, item=Item, items_key="items", paging=PAGING)


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_what_would_name_another_path_is_no_id(value: str) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        segment(value)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("a b&c=d", ["a b&c=d"]),
        ("", [""]),
        (0, ["0"]),
        (True, ["true"]),
        (False, ["false"]),
        (None, []),
        (date(2026, 1, 31), ["2026-01-31"]),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), ["2026-01-31T12:00:00Z"]),
        (datetime(2026, 1, 31, 0, 30, 0, 5, tzinfo=timezone(timedelta(hours=1))), ["2026-01-30T23:30:00.000005Z"]),
        (Colour.RED, ["RED"]),
        (Colour("GREEN"), ["GREEN"]),
        (Size.SECOND, ["2"]),
        ((), []),
        (["a", "b"], ["a", "b"]),
        ((Size.SMALL, Size.SECOND), ["small", "2"]),
        ([Colour.RED, Colour("GREEN")], ["RED", "GREEN"]),
    ],
)
def test_query_values(value: QueryValue, sent: list[str]) -> None:
    target = Request(method="GET", path="/items", query={"q": value}).target()
    assert target.partition("?")[0] == "/items"
    assert parse_qsl(urlsplit(target).query, keep_blank_values=True) == [("q", each) for each in sent]
    assert ("?" in target) == bool(sent)


def test_a_time_without_a_zone_is_never_sent() -> None:
    request: Request[None] = Request(method="GET", path="/items", query={"since": datetime(2026, 1, 1)})  # noqa: DTZ001 - the case
    with pytest.raises(ValueError, match="no time zone"):
        request.target()


@given(st.dictionaries(_TEXT, st.lists(_TEXT, max_size=3), max_size=4))
def test_any_text_survives_the_query(query: dict[str, list[str]]) -> None:
    target = Request(method="GET", path="/x", query=dict(query)).target()
    assert target.isascii()
    expected = [(name, value) for name, values in query.items() for value in values]
    assert parse_qsl(urlsplit(target).query, keep_blank_values=True) == expected


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"])
def test_which_requests_may_be_repeated(method: str) -> None:
    plain: Request[None] = Request(method=method, path="/x")
    assert plain.is_repeatable == (method not in {"POST", "PATCH"})
    assert attrs.evolve(plain, takes_key=True).is_repeatable == plain.is_repeatable
    assert attrs.evolve(plain, idempotency_key="k").is_repeatable == plain.is_repeatable
    assert attrs.evolve(plain, takes_key=True, idempotency_key="k").is_repeatable
    assert attrs.evolve(plain, repeatable=True).is_repeatable


@given(st.dictionaries(_TEXT, _TEXT))
def test_a_form_is_read_as_it_was_written_and_not_shown(fields: dict[str, str]) -> None:
    form = Form(fields=fields)
    assert dict(parse_qsl(form.encode().decode("ascii"), keep_blank_values=True)) == fields
    assert "fields" not in repr(form)


@pytest.mark.parametrize("key", ["", " ", "a\nb", "a\r\nX: y", "ключ", " k", "k ", "\x7f"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_at_once(key: str) -> None:
    with pytest.raises(ValueError, match="idempotency_key"):
        Request(method="POST", path="/x", takes_key=True, idempotency_key=key)


def test_equal_requests_are_equal_and_find_each_other_in_a_table() -> None:
    new = NewItem(price=Decimal("1.10"))
    table: dict[Request[Item], str] = {ItemOperations.create.build(new, idempotency_key="k"): "answer"}
    assert table[ItemOperations.create.build(new, idempotency_key="k")] == "answer"
    assert ItemOperations.create.build(new, idempotency_key="other") not in table
    assert ItemOperations.get.build("a") != ItemOperations.get.build("b")
    assert ItemOperations.get.build("a", on=date(2026, 1, 1)) != ItemOperations.get.build("a")


def test_pages_of_one_listing_are_equal_requests() -> None:
    first = ItemOperations.list.build(colour=Colour.RED)
    assert first.at("c") == ItemOperations.list.build(colour=Colour("RED")).at("c")
    assert hash(first.at("c")) == hash(ItemOperations.list.build(colour=Colour.RED).at("c"))
    assert first.at("c") != first.at(None)
    assert first.at(None).target() == "/items?colour=RED"
    assert first.at("c").target() == "/items?colour=RED&cursor=c"


def test_parts_are_queries_of_their_own() -> None:
    whole = PageRequest(
        path="/items",
        item=Item,
        items_key="items",
        paging=PAGING,
        query={"limit": 2},
        parts=[{"ids": ["a"]}, {"ids": "b"}],
    )
    assert [whole.at(None, part).target() for part in (0, 1)] == ["/items?limit=2&ids=a", "/items?limit=2&ids=b"]


@pytest.mark.parametrize(
    "value",
    [ItemOperations.get.build("a"), ItemOperations.list.build(limit=3), ItemOperations.list.build().at("c"), PAGING],
)
def test_requests_survive_pickling_and_copying(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value


def test_a_page_reads_items_cursor_and_total(engine: str) -> None:
    shape = ItemOperations.list.build().at(None).returns
    assert shape is not None
    body = parse(b'{"items": [{"id": "a", "price": 1}], "next": "c", "total": 7}')
    page = structure(body, shape)
    assert [item.id for item in page.items] == ["a"]
    assert (page.next_cursor, page.total) == ("c", 7)
    assert structure({"items": []}, shape) == Page(items=())


def test_a_service_that_tells_no_total() -> None:
    assert Paging(next_cursor=lambda _: None).total({"total": 3}) is None


@pytest.mark.parametrize(
    ("link", "named"),
    [
        ("https://files.test/a/b.pdf?X-Signature=s", "https://files.test/a/b.pdf"),
        ("http://127.0.0.1:8/f?s=1", "http://127.0.0.1/f"),
        ("http://localhost/f", "http://localhost/f"),
        ("http://[::1]/f", "http://::1/f"),
    ],
)
def test_a_link_is_followed_under_a_name_without_its_permission(link: str, named: str) -> None:
    request = follow(link)
    assert (request.method, request.link, request.path, request.returns) == ("GET", link, named, Download)
    assert "ignature" not in repr(request)


@pytest.mark.parametrize(
    "link",
    ["http://files.test/f?s=secret", "ftp://files.test/f?s=secret", "/f?s=secret", "https:///f?s=secret", "",
     "https://user:secret@files.test/f", "http://127.0.0.1.files.test/f?s=secret"],
)  # fmt: skip
def test_an_unsafe_link_is_refused_without_showing_its_permission(link: str) -> None:
    with pytest.raises(ValueError, match="not a link that can be followed") as caught:
        follow(link)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("port", ["99999", "abc", "-1"])
def test_a_link_to_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match="no URL") as caught:
        follow(f"https://files.test:{port}/f?s=secret")
    assert "secret" not in str(caught.value)


@given(content=st.binary(max_size=200), filename=st.text(_NO_SURROGATES, min_size=1, max_size=20))
def test_a_multipart_body_holds_its_file_between_its_boundaries(content: bytes, filename: str) -> None:
    body = Multipart(filename=filename, content=content, content_type="application/pdf")
    mark = body.boundary.encode()
    assert mark not in content
    head, _, rest = body.encode().partition(b"\r\n\r\n")
    assert rest == content + b"\r\n--" + mark + b"--\r\n"
    first, disposition, kind = head.split(b"\r\n")
    assert (first, kind) == (b"--" + mark, b"Content-Type: application/pdf")
    assert disposition.startswith(b'Content-Disposition: form-data; name="file"; filename="')
    assert disposition.count(b'"') == 4
    assert body.encode() == Multipart(filename=filename, content=content, content_type="application/pdf").encode()
    assert "content=" not in repr(body)


def test_a_boundary_that_stands_in_the_file_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    class Digest:
        def __init__(self, data: bytes) -> None:
            self.data = data

        def hexdigest(self) -> str:
            return "taken" if self.data.startswith(b"0:") else "free"

    monkeypatch.setattr(hashlib, "sha256", Digest)
    assert Multipart(filename="f", content=b"it is taken", content_type="a/b").boundary == "free"


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [("", "a/b"), ("f", ""), ("f", "pdf"), ("f", "a/b\r\nX: y"), ("f", "a/ b"), ("f", "ä/b")],
)
def test_a_file_without_a_name_or_a_type_is_refused(filename: str, content_type: str) -> None:
    with pytest.raises(ValueError, match=r"filename|content_type|Length"):
        Multipart(filename=filename, content=b"", content_type=content_type)
