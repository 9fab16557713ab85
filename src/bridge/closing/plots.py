"""Plots as values: what they show, and the picture of it as an SVG that stands by itself and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from html import escape

import attrs

from bridge.closing.period import Period, month_of
from bridge.closing.reconciliation import Reconciliation
from bridge.closing.snapshot import NOT_CODED, Snapshot
from bridge.closing.spending import MonthlySpending, months_up_to
from bridge.datatable import money
from clientkit.money import total
from clientkit.showing import plain

# Everything is in tenths of a pixel, so that no picture depends on the rounding of a machine.
_UNIT = 10
_WIDTH, _LINE, _FONT = 720, 26, 12
_LABEL, _LABEL_LETTERS = 250, 38
_PANEL, _PANEL_HEIGHT, _PANELS_IN_A_ROW, _PANEL_LETTERS = 232, 150, 3, 34
_MOST_ACCOUNTS, _MOST_YEARS_SHOWN = 9, 7
_ABOVE, _BELOW = "#2a78d6", "#e34948"
_INK, _FAINT = "#0b0b0b", "#c3c2b7"
_AGES = ((0, 7), (8, 30), (31, 60), (61, 90), (91, None))


@attrs.frozen(kw_only=True)
class Bar:
    """One amount of a plot: what it is of, and how it is written."""

    label: str
    amount: Decimal
    text: str


@attrs.frozen(kw_only=True)
class Panel:
    """Bars that belong together, under a title of their own."""

    title: str
    bars: tuple[Bar, ...]


@attrs.frozen(kw_only=True)
class Plot:
    """A picture of amounts. Columns stand beside each other in panels of one scale; other bars lie under each other.

    Notebooks show it; `svg` is the picture.
    """

    title: str
    panels: tuple[Panel, ...]
    is_columns: bool = False

    @property
    def svg(self) -> str:
        """The picture; it has a title for those who do not see it."""
        drawn = _columns(self.panels) if self.is_columns else _bars(self.panels)
        shapes, height = list(drawn[0]), drawn[1]
        title = _text_of(self.title)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
            f'role="img" aria-label="{title}" font-family="system-ui, sans-serif" font-size="{_FONT}" fill="{_INK}">'
            f"<title>{title}</title>{''.join(shapes)}</svg>"
        )

    def _repr_svg_(self) -> str:
        return self.svg


def spending_plot(spending: Iterable[MonthlySpending], snapshot: Snapshot) -> Iterator[Plot]:
    """One plot for each currency: of the accounts with the largest amounts, each month's; the other accounts together."""
    told = tuple(spending)
    months = _months(told)
    for currency in sorted({each.currency for each in told}):
        sums = dict[str, dict[Period, list[Decimal]]]()
        for each in told:
            if each.currency == currency:
                sums.setdefault(each.account, {}).setdefault(each.month, []).append(each.amount)
        order = sorted(sums, key=lambda code: (-total(map(_size, sums[code].values())), code))
        shown, others = order[:_MOST_ACCOUNTS], order[_MOST_ACCOUNTS:]
        if len(others) == 1:
            shown, others = order, []
        panels = [_spent(f"{code} {snapshot.account(code)}", [sums[code]], months, currency) for code in shown]
        if others:
            panels.append(_spent(f"{len(others)} other accounts", [sums[code] for code in others], months, currency))
        yield Plot(title=f"Spending by account and month, {currency}", panels=tuple(panels), is_columns=True)


def differences_plot(found: Reconciliation) -> Iterator[Plot]:
    """One plot for each currency: how far each account with a difference is off."""
    different = [row for row in found.rows if row.difference]
    for currency in sorted({row.currency for row in different}):
        rows = [row for row in different if row.currency == currency]
        several = len({row.subsidiary for row in rows}) > 1
        bars = tuple(
            Bar(
                label=f"{row.account} {row.name}".strip() + (f", {row.subsidiary}" if several else ""),
                amount=row.difference,
                text=money(row.difference, currency),
            )
            for row in rows
        )
        yield Plot(title=f"Difference by account, Brex less Rillet, {currency}", panels=(Panel(title="", bars=bars),))


def ages_plot(days: Iterable[int]) -> Plot:
    """How many records wait how long."""
    told = tuple(days)
    bars = list[Bar]()
    for first, last in _AGES:
        count = sum(max(each, 0) >= first and (last is None or each <= last) for each in told)
        label = f"{first} to {last} days" if last is not None else f"over {first - 1} days"
        bars.append(Bar(label=label, amount=Decimal(count), text=str(count)))
    return Plot(title="Age of what is not in the books, records", panels=(Panel(title="", bars=tuple(bars)),))


def _months(spending: Sequence[MonthlySpending]) -> tuple[Period, ...]:
    """Every month from the first to the last one, also those in which nothing was spent."""
    if not spending:
        return ()
    first, last = (of(each.month.first for each in spending) for of in (min, max))
    return months_up_to(month_of(last), (last.year - first.year) * 12 + last.month - first.month + 1)


def _size(amounts: Iterable[Decimal]) -> Decimal:
    return total(amounts).copy_abs()


def _spent(
    title: str, sums: Sequence[Mapping[Period, list[Decimal]]], months: Sequence[Period], currency: str
) -> Panel:
    bars = list[Bar]()
    for month in months:
        amount = total(part for each in sums for part in each.get(month, ()))
        bars.append(Bar(label=str(month), amount=amount, text=money(amount, currency)))
    return Panel(title=title if not title.startswith(f"{NOT_CODED} ") else "not coded", bars=tuple(bars))


def _bars(panels: Sequence[Panel]) -> tuple[Iterator[str], int]:
    """Bars to the right and left of one line, each with its label and its amount."""
    bars = [bar for panel in panels for bar in panel.bars]
    return _each_bar(bars), max(len(bars), 1) * _LINE + 8


def _each_bar(bars: Sequence[Bar]) -> Iterator[str]:
    text_room = 7 * max((len(bar.text) for bar in bars), default=0) + 12
    has_negative = any(bar.amount < 0 for bar in bars)
    has_positive = any(bar.amount > 0 for bar in bars)
    left = _LABEL + (text_room if has_negative else 0)
    room = _WIDTH - left - text_room
    zero = left + (room // 2 if has_negative and has_positive else room if has_negative else 0)
    longest = room // 2 if has_negative and has_positive else room
    top = max((bar.amount.copy_abs() for bar in bars), default=Decimal(0))
    for number, bar in enumerate(bars):
        y = number * _LINE + 4
        length = _scaled(bar.amount.copy_abs(), top, longest)
        x = zero * _UNIT - length if bar.amount < 0 else zero * _UNIT
        yield _label(_LABEL - 10, y + 15, _shortened(bar.label, _LABEL_LETTERS), bar.label, anchor="end")
        if length:
            yield _rectangle(x, y * _UNIT, length, 20 * _UNIT, bar)
        at = x - 6 * _UNIT if bar.amount < 0 else x + length + 6 * _UNIT
        anchor = "end" if bar.amount < 0 else "start"
        yield f'<text x="{_tenths(at)}" y="{y + 15}" text-anchor="{anchor}">{_text_of(bar.text)}</text>'
    yield f'<line x1="{zero}" y1="0" x2="{zero}" y2="{max(len(bars), 1) * _LINE + 4}" stroke="{_FAINT}"/>'


def _columns(panels: Sequence[Panel]) -> tuple[Iterator[str], int]:
    rows = -(-max(len(panels), 1) // _PANELS_IN_A_ROW)
    return _each_panel(panels), rows * (_PANEL_HEIGHT + 10)


def _each_panel(panels: Sequence[Panel]) -> Iterator[str]:
    """Small pictures of one scale, so that accounts can be compared; the last column's amount is written."""
    amounts = [bar.amount for panel in panels for bar in panel.bars]
    highest, lowest = max((*amounts, Decimal(0))), min((*amounts, Decimal(0)))
    span = total((highest, lowest.copy_negate()))
    room = _PANEL_HEIGHT - 62
    for number, panel in enumerate(panels):
        left = number % _PANELS_IN_A_ROW * (_PANEL + 12)
        up = number // _PANELS_IN_A_ROW * (_PANEL_HEIGHT + 10)
        zero = (up + 38) * _UNIT + _scaled(highest, span, room)
        yield _label(left, up + 14, _shortened(panel.title, _PANEL_LETTERS), panel.title, weight="600")
        last = panel.bars[-1] if panel.bars else None
        if last is not None:
            yield f'<text x="{left}" y="{up + 30}">{_text_of(last.text)}</text>'
        step = _PANEL * _UNIT // max(len(panel.bars), 1)
        for place, bar in enumerate(panel.bars):
            x, height = left * _UNIT + place * step, _scaled(bar.amount.copy_abs(), span, room)
            y = zero if bar.amount < 0 else zero - height
            if height:
                yield _rectangle(x, y, step * 7 // 10, height, bar)
            month = bar.label[5:] if len(panel.bars) > _MOST_YEARS_SHOWN else f"{bar.label[5:]}/{bar.label[2:4]}"
            middle = x + step * 35 // 100
            yield (
                f'<text x="{_tenths(middle)}" y="{up + _PANEL_HEIGHT - 6}" text-anchor="middle" font-size="10">'
                f"{_text_of(month)}</text>"
            )
        yield (
            f'<line x1="{left}" y1="{_tenths(zero)}" x2="{left + _PANEL - 10}" y2="{_tenths(zero)}" stroke="{_FAINT}"/>'
        )


def _scaled(amount: Decimal, top: Decimal, length: int) -> int:
    """How long an amount is drawn, in tenths of a pixel; one that is there is always seen."""
    if not amount or not top:
        return 0
    return max(int(amount * length * _UNIT / top), _UNIT)


def _rectangle(x: int, y: int, width: int, height: int, bar: Bar) -> str:
    colour = _BELOW if bar.amount < 0 else _ABOVE
    return (
        f'<rect x="{_tenths(x)}" y="{_tenths(y)}" width="{_tenths(width)}" height="{_tenths(height)}" rx="2" fill="{colour}">'
        f"<title>{_text_of(f'{bar.label}: {bar.text}')}</title></rect>"
    )


def _label(x: int, y: int, text: str, whole: str, *, anchor: str = "start", weight: str = "400") -> str:
    told = f"<title>{_text_of(whole)}</title>" if text != whole else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}">{_text_of(text)}{told}</text>'


def _tenths(place: int) -> str:
    whole, rest = divmod(place, _UNIT)
    return f"{whole}.{rest}" if rest else str(whole)


def _shortened(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _text_of(text: str) -> str:
    return escape(plain(text))
