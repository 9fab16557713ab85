"""Custom fields and their values, four ways."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import BadRequestError, Client, NotFoundError, Options, Request, RetryPolicy
from brex_accounting.field_values import (
    FieldValue,
    FieldValueChange,
    FieldValueId,
    FieldValueOperations,
    FieldValueUpdate,
    NewFieldValue,
)
from brex_accounting.fields import Field, FieldGroup, FieldOperations, NewField
from brex_accounting.testing import StandIn
from clientkit import codec
from clientkit.testing import AnswerLost, Asked, Fault, Respond, json_answer
from support.endpoint_runner import Runner

DEPARTMENT = NewField(name="Department", group=FieldGroup.ACCOUNTING, remote_id="dep")


def _values(count: int) -> Sequence[NewFieldValue]:
    return [NewFieldValue(value=f"Value {number}", remote_id=f"remote_{number:05}") for number in range(count)]


@pytest.fixture
def field(run: Runner[Client]) -> Field:
    return run.call(lambda client: client.fields.create(DEPARTMENT))


def _written(standin: StandIn, method: str) -> list[Asked]:
    return [asked for asked in standin.asked if asked.method == method and asked.path.endswith("/values")]


def test_the_life_of_a_field(run: Runner[Client], standin: StandIn, field: Field) -> None:
    assert (field.name, field.group, field.remote_id, field.is_disabled) == ("Department", "ACCOUNTING", "dep", False)
    assert standin.asked[0].json() == {"name": "Department", "group": "ACCOUNTING", "remote_id": "dep"}
    assert standin.asked[0].headers["idempotency-key"]

    assert run.call(lambda client: client.fields.get(field.brex_id)) == field
    changed = run.call(lambda client: client.fields.update(field.brex_id, is_disabled=True))
    assert changed == attrs.evolve(field, is_disabled=True)
    assert standin.asked[-1].json() == {"is_disabled": True}
    renamed = run.call(lambda client: client.fields.update(field.brex_id, name="Team", is_disabled=False))
    assert (renamed.name, renamed.is_disabled) == ("Team", False)
    assert standin.asked[-1].json() == {"name": "Team", "is_disabled": False}

    run.call(lambda client: client.fields.delete(field.brex_id))
    with pytest.raises(NotFoundError) as caught:
        run.call(lambda client: client.fields.get(field.brex_id))
    assert caught.value.path == f"/v1/fields/{field.brex_id}"


def test_a_field_of_the_erp_belongs_to_an_integration(run: Runner[Client], standin: StandIn) -> None:
    integration = run.call(lambda client: client.integrations.create(vendor="A", vendor_account_id="1"))
    new = NewField(name="Account", group=FieldGroup.ERP, remote_id="gl", integration_id=integration.id)
    assert run.call(lambda client: client.fields.create(new)).group == FieldGroup.ERP
    assert codec.structure(standin.asked[-1].json(), NewField) == new
    unknown = attrs.evolve(new, integration_id="int_9")
    with pytest.raises(BadRequestError, match="names no accounting integration"):
        run.call(lambda client: client.fields.create(unknown))


def test_the_integration_is_checked_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="its group is ERP"):
        NewField(name="Account", group=FieldGroup.ERP)
    with pytest.raises(ValueError, match="its group is ERP"):
        NewField(name="Account", group=FieldGroup.USER, integration_id="int_1")
    with pytest.raises(ValueError, match="name, is_disabled, or both"):
        FieldOperations.update.build("extended_field_1")


def test_fields_are_listed_page_by_page(run: Runner[Client], standin: StandIn) -> None:
    made = [run.call(lambda client: client.fields.create(DEPARTMENT)) for _ in range(5)]
    assert run.call(lambda client: client.fields.list(limit=2)) == made
    assert [asked.query["limit"] for asked in standin.asked[-3:]] == [("2",)] * 3
    wanted = [made[3].brex_id, made[1].brex_id, made[3].brex_id]
    assert run.call(lambda client: client.fields.list(field_ids=wanted)) == [made[1], made[3]]
    assert standin.asked[-1].query == {"field_id[]": (made[3].brex_id, made[1].brex_id), "limit": ("1000",)}
    assert run.call(lambda client: client.fields.list(field_ids=[])) == []


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_limit_that_brex_refuses_is_not_sent(limit: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        FieldOperations.list.build(limit=limit)
    with pytest.raises(ValueError, match="1 to 1000"):
        FieldValueOperations.list.build("f", limit=limit)


def test_one_id_is_not_a_sequence_of_ids() -> None:
    with pytest.raises(TypeError, match="field_ids: a list of str is wanted, not a str"):
        FieldOperations.list.build(field_ids="extended_field_1")


def test_the_life_of_values(run: Runner[Client], standin: StandIn, field: Field) -> None:
    created = run.call(lambda client: client.field_values.create(field.brex_id, _values(3)))
    assert [value.remote_id for value in created] == ["remote_00000", "remote_00001", "remote_00002"]
    assert {value.field_id for value in created} == {field.brex_id}
    first, second, third = created

    assert run.call(lambda client: client.field_values.get(field.brex_id, first.brex_id)) == first
    updates = [
        FieldValueUpdate(brex_id=first.brex_id, data=FieldValueChange(value="Rent")),
        FieldValueUpdate(remote_id="remote_00001", data=FieldValueChange(is_disabled=True)),
    ]
    changed = run.call(lambda client: client.field_values.update(field.brex_id, updates))
    assert changed == (attrs.evolve(first, value="Rent"), attrs.evolve(second, is_disabled=True))
    assert standin.asked[-1].json() == {
        "items": [
            {"brex_id": first.brex_id, "data": {"value": "Rent"}},
            {"remote_id": "remote_00001", "data": {"is_disabled": True}},
        ]
    }

    gone = [FieldValueId(brex_id=first.brex_id), FieldValueId(remote_id="remote_00001")]
    assert run.call(lambda client: client.field_values.delete(field.brex_id, gone)) is None
    assert standin.asked[-1].method == "DELETE"
    assert standin.asked[-1].json() == {"items": [{"brex_id": first.brex_id}, {"remote_id": "remote_00001"}]}
    assert run.call(lambda client: client.field_values.list(field.brex_id)) == [third]


def test_values_are_found_by_each_of_their_ids(run: Runner[Client], standin: StandIn, field: Field) -> None:
    new = [
        NewFieldValue(value="Rent", value_id="6100", remote_id="a"),
        NewFieldValue(value="Travel", value_id="6200", remote_id="b", is_disabled=True),
    ]
    rent, travel = run.call(lambda client: client.field_values.create(field.brex_id, new))
    assert travel.is_disabled
    path = field.brex_id
    assert run.call(lambda client: client.field_values.list(path, brex_ids=[rent.brex_id])) == [rent]
    assert run.call(lambda client: client.field_values.list(path, value_ids=["6200", "6300"])) == [travel]
    assert standin.asked[-1].query == {"value_id[]": ("6200", "6300"), "limit": ("1000",)}
    assert run.call(lambda client: client.field_values.list(path, remote_ids=["b"])) == [travel]
    assert run.call(lambda client: client.field_values.list(path, value="Rent", limit=1)) == [rent]
    assert run.call(lambda client: client.field_values.list(path, remote_ids=())) == []


def test_many_ids_are_asked_for_in_several_calls(run: Runner[Client], standin: StandIn, field: Field) -> None:
    created = run.call(lambda client: client.field_values.create(field.brex_id, _values(250)))
    standin.asked.clear()
    ids = [f"remote_{number:05}" for number in range(250)]
    found = run.call(lambda client: client.field_values.list(field.brex_id, remote_ids=ids))
    assert sorted(found, key=lambda value: value.remote_id or "") == list(created)
    assert [len(asked.query["remote_id[]"]) for asked in standin.asked] == [100, 100, 50]


def test_ids_of_two_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="give one of"):
        FieldValueOperations.list.build("f", brex_ids=["a"], remote_ids=["b"])


def test_a_value_is_named_by_exactly_one_id() -> None:
    for named in ({}, {"brex_id": "a", "remote_id": "b"}):
        with pytest.raises(ValueError, match="exactly one of"):
            FieldValueId(**named)
        with pytest.raises(ValueError, match="exactly one of"):
            FieldValueUpdate(**named, data=FieldValueChange())


def test_one_call_takes_1_to_1000_values() -> None:
    for count in (0, 1001):
        with pytest.raises(ValueError, match=f"1 to 1000 values, not {count}"):
            FieldValueOperations.create_batch.build("f", _values(count))
        with pytest.raises(ValueError, match=f"1 to 1000 values, not {count}"):
            FieldValueOperations.delete_batch.build("f", [FieldValueId(remote_id="a")] * count)


def test_more_than_1000_values_make_several_calls(run: Runner[Client], standin: StandIn, field: Field) -> None:
    values = _values(2500)
    created = run.call(lambda client: client.field_values.create(field.brex_id, values, idempotency_key="upload"))
    assert [value.remote_id for value in created] == [value.remote_id for value in values]
    assert [asked.headers["idempotency-key"] for asked in _written(standin, "POST")] == [
        "upload",
        "upload-2",
        "upload-3",
    ]

    change = FieldValueChange(is_disabled=True)
    updates = [FieldValueUpdate(remote_id=value.remote_id, data=change) for value in values[:1001]]
    changed = run.call(lambda client: client.field_values.update(field.brex_id, updates))
    assert [value.remote_id for value in changed] == [value.remote_id for value in values[:1001]]
    gone = [FieldValueId(remote_id=value.remote_id) for value in values[:2000]]
    run.call(lambda client: client.field_values.delete(field.brex_id, gone))
    assert len(_written(standin, "PUT")) == len(_written(standin, "DELETE")) == 2
    assert len(run.call(lambda client: client.field_values.list(field.brex_id))) == 500


def test_no_values_make_no_call(run: Runner[Client], standin: StandIn, field: Field) -> None:
    assert run.call(lambda client: client.field_values.create(field.brex_id, [])) == ()
    assert run.call(lambda client: client.field_values.update(field.brex_id, [])) == ()
    run.call(lambda client: client.field_values.delete(field.brex_id, []))
    assert len(standin.asked) == 1


def test_an_error_says_how_many_values_came_before_it(run: Runner[Client], standin: StandIn, field: Field) -> None:
    refusal = Respond(json_answer(400, {"type": "BAD_REQUEST", "message": "Only ASCII"}))
    values = [*_values(1000), NewFieldValue(value="Ä")]
    standin.faults.append(Fault(refusal, matches=lambda asked: "\\u00c4" in asked.content.decode()))
    with pytest.raises(BadRequestError) as caught:
        run.call(lambda client: client.field_values.create(field.brex_id, values, idempotency_key="upload"))
    assert caught.value.__notes__ == ["The first 1000 of 1001 values were written by earlier calls."]

    # The same values under the same key create only what is missing.
    run.call(lambda client: client.field_values.create(field.brex_id, values, idempotency_key="upload"))
    assert len(standin.fields.values) == 1001


def test_an_error_of_the_first_call_has_nothing_before_it(run: Runner[Client]) -> None:
    with pytest.raises(NotFoundError) as caught:
        run.call(lambda client: client.field_values.create("extended_field_9", _values(2)))
    assert not hasattr(caught.value, "__notes__")


def test_a_lost_answer_creates_nothing_twice(standin: StandIn) -> None:
    options = Options(retry=RetryPolicy(attempts=2))
    with standin.client(options=options, sleep=lambda _: None) as client:
        standin.faults.append(Fault(AnswerLost(), times=1))
        field = client.fields.create(DEPARTMENT)
        standin.faults.append(Fault(AnswerLost(), times=1))
        created = client.field_values.create(field.brex_id, _values(3))
    assert list(standin.fields.by_id) == [field.brex_id]
    assert list(standin.fields.values) == [value.brex_id for value in created]


def test_the_values_go_with_their_field(run: Runner[Client], standin: StandIn, field: Field) -> None:
    other = run.call(lambda client: client.fields.create(DEPARTMENT))
    run.call(lambda client: client.field_values.create(field.brex_id, _values(2)))
    (left,) = run.call(lambda client: client.field_values.create(other.brex_id, _values(1)))
    run.call(lambda client: client.fields.delete(field.brex_id))
    assert list(standin.fields.values.values()) == [left]


def _write(method: str, path: str, body: object, key: str | None = None) -> Request[None]:
    return Request(method=method, path=path, body=body, idempotency_key=key)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (_write("POST", "/v1/fields", {"name": "A", "group": "USER"}), "Idempotency-Key is required"),
        (_write("POST", "/v1/fields", {"name": "A"}, "k"), "group"),
        (_write("POST", "/v1/fields/{}/values", {"items": "A"}, "k"), "items is a list"),
        (_write("POST", "/v1/fields/{}/values", {"items": []}, "k"), "1 to 1000 values, not 0"),
        (_write("PUT", "/v1/fields/{}/values", {"items": [{"value_id": "a", "remote_id": "b"}]}), "data"),
    ],
)
def test_the_stand_in_refuses_what_brex_refuses(
    run: Runner[Client], field: Field, request_: Request[None], said: str
) -> None:
    there = attrs.evolve(request_, path=request_.path.format(field.brex_id))
    with pytest.raises(BadRequestError, match=said):
        run.call(lambda client: client.execute(there))


def test_a_value_that_is_not_there(run: Runner[Client], field: Field) -> None:
    with pytest.raises(NotFoundError, match="no field value"):
        run.call(lambda client: client.field_values.delete(field.brex_id, [FieldValueId(value_id="6100")]))


# Of zones with one offset: an hour that a summer's end repeats equals itself in no other zone.
ZONES = (UTC, timezone(timedelta(hours=-8)), timezone(timedelta(hours=5, minutes=45)))
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.sampled_from(ZONES))  # noqa: DTZ001 - bounds


@given(
    value=st.builds(
        FieldValue,
        brex_id=st.text(),
        field_id=st.text(),
        value=st.text(),
        updated_at=MOMENTS,
        is_disabled=st.booleans(),
        value_id=st.none() | st.text(),
        remote_id=st.none() | st.text(),
        extra=st.dictionaries(st.sampled_from(["usage", "color"]), st.integers()),
    )
)
def test_a_value_survives_writing_and_reading(value: FieldValue) -> None:
    assert codec.structure(codec.parse(codec.dumps(value)), FieldValue) == value
