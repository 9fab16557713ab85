"""The stand-in's draft contracts: the only objects of Rillet's that an external reference keeps from being made twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rillet.receivables.draft_contracts import DraftContract, DraftContractItem, NewDraftContract, NewDraftContractItem
from rillet.testing.receivables.amounts import contract_value
from rillet.testing.receivables.books import ReceivablesBooks, by_query, unknown_scope
from rillet.testing.server.routing import Call, Route, invalid


class DraftContractEndpoints:
    """Contracts that wait for somebody's approval, which no endpoint gives."""

    def __init__(self, receivables: ReceivablesBooks) -> None:
        self._receivables, self._books, self._drafts = receivables, receivables.books, receivables.drafts

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/draft-contracts", self._list)
        yield Route("POST", "/draft-contracts", self._create)
        yield Route("GET", "/draft-contracts/{draft_contract_id}", self._get)
        yield Route("PUT", "/draft-contracts/{draft_contract_id}", self._update)
        yield Route("DELETE", "/draft-contracts/{draft_contract_id}", self._delete)

    def _list(self, call: Call) -> object:
        return self._drafts.page(call, by_query(call, subsidiary_id="subsidiary_id", customer_id="customer_id"))

    def _get(self, call: Call) -> object:
        return self._drafts.show(self._drafts.get(call.ids["draft_contract_id"]))

    def _create(self, call: Call) -> object:
        """A new draft, or one in the place of the oldest that shares a reference; further ones that do are gone."""
        asked = call.body(NewDraftContract)
        given = {(each.type, each.id) for each in asked.external_references}
        same = [
            draft.id for draft in self._drafts if given & {(each.type, each.id) for each in draft.external_references}
        ]
        made = self._put(same[0] if same else self._books.new_id(), asked)
        for draft_id in same[1:]:
            self._drafts.remove(draft_id)
        return made

    def _update(self, call: Call) -> object:
        draft = self._drafts.get(call.ids["draft_contract_id"])
        return self._put(draft.id, call.body(NewDraftContract))

    def _delete(self, call: Call) -> object:
        self._drafts.remove(call.ids["draft_contract_id"])
        return None

    def _put(self, id: str, asked: NewDraftContract) -> object:
        """The draft as `asked` and nothing else: what is left out becomes empty, and every line gets a new id."""
        if not asked.scope.is_known:
            raise unknown_scope(asked.scope)
        self._books.check_references(asked.external_references)
        return self._drafts.put(
            DraftContract(
                id=id,
                external_references=tuple(asked.external_references),
                subsidiary_id=self._books.subsidiary(asked.subsidiary_id).id,
                customer_id=self._receivables.customer(asked.customer_id).id,
                name=asked.name,
                amount=asked.amount,
                close_date=asked.close_date,
                start_date=asked.start_date,
                end_date=asked.end_date,
                scope=asked.scope,
                items=self._items(asked, asked.items),
            )
        )

    def _items(self, draft: NewDraftContract, asked: Sequence[NewDraftContractItem]) -> tuple[DraftContractItem, ...]:
        if not asked:
            raise invalid("items must not be empty", "items")
        items = list[DraftContractItem]()
        for index, item in enumerate(asked):
            where = f"items[{index}]"
            start = item.start_date or draft.start_date or draft.close_date
            contract_value(item.price, item.quantity, item.discount, start=start, end=None, where=where)
            items.append(
                DraftContractItem(
                    id=self._books.new_id(),
                    product_id=self._receivables.product(item.product_id, where).id,
                    price=item.price,
                    quantity=item.quantity,
                    discount=item.discount,
                    start_date=item.start_date,
                    end_date=item.end_date,
                )
            )
        return tuple(items)
