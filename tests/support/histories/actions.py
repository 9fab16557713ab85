"""What can happen in a history: each action is a name and a few numbers, so that it can be left out and played again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from support.histories import in_brex, in_rillet
from support.histories.choices import chosen
from support.histories.world import SUMMARIES, Setup, World, settings_can

CHOICES: Mapping[str, Sequence[str]] = {
    "on_change": ("replace", "correct", "refuse"),
    "on_delete": ("refuse", "delete"),
    "closed_period": ("refuse", "first_open_day"),
    "reimbursement_basis": ("accrual", "cash"),
}
_RUNS = ("run", "run", "run_with_fault", "run_killed")
_IN_BREX = ("add", "edit", "edit", "edit", "edit", "offer", "offer", "zero", "leave")
_IN_RILLET = ("recode", "recode", "delete", "pay", "rename", "close")
_OTHERS = ("set", "wait", "replay")
_MOVES = 0.5


@dataclass(frozen=True)
class Action:
    """Something that happens; the numbers choose what it happens to."""

    name: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class History:
    """How a world begins, and what happens in it."""

    seed: int
    setup: Setup
    actions: tuple[Action, ...]


def history_of(seed: int) -> History:
    """The history with this seed."""
    source = random.Random(seed)
    settings = {
        name: source.choice(values)
        for name, values in CHOICES.items()
        if name != "reimbursement_basis" and settings_can(**{name: values[0]}) and source.random() < 0.5
    }
    journal = source.random() < 0.6
    setup = Setup(journal=journal, summarise=journal and source.random() < 0.3, settings=settings)
    names = ["add"] * source.randint(1, 3) + [source.choice(_RUNS)]
    for _ in range(source.randint(1, 3)):
        for _ in range(source.randint(1, 3)):
            names.append(source.choice(source.choice((_IN_BREX, _IN_BREX, _IN_RILLET, _OTHERS))))
        names.append(source.choice(_RUNS))
    actions = tuple(Action(each, tuple(source.choices(range(10**6), k=4))) for each in names)
    if source.random() < _MOVES:
        # Some of what comes is money that moves.
        actions = tuple(
            replace(each, name="move") if each.name == "add" and source.random() < _MOVES else each for each in actions
        )
    return History(seed, setup, actions)


def with_shares(history: History) -> History:
    """The history with records of two entities in place of every other new one."""
    actions = tuple(
        replace(each, name="share") if each.name in ("add", "move") and each.numbers[3] % 2 else each
        for each in history.actions
    )
    return replace(history, setup=replace(history.setup, shares=True, summarise=False), actions=actions)


def perform(world: World, action: Action) -> None:
    """Let something happen; nothing where it cannot."""
    _DOERS[action.name](world, *action.numbers)
    world.clock.advance(60)


def _set(world: World, which: int, value: int, *_: int) -> None:
    known = [name for name, values in CHOICES.items() if settings_can(**{name: values[0]})]
    name = chosen(known, which)
    world.set(**{name: chosen(CHOICES[name], value)})
    world.say(f"the settings have {name} = {chosen(CHOICES[name], value)}")


def _wait(world: World, hours: int, *_: int) -> None:
    passed = timedelta(hours=chosen((1, 25, 50), hours))
    world.clock.advance(passed.total_seconds())
    world.has_waited |= passed > timedelta(hours=22)
    world.say(f"{passed} have passed")


def _approve(world: World, which: int, *_: int) -> None:
    """A record has to be approved, or is."""
    known = sorted(world.known)
    if known:
        name = chosen(known, which)
        world.held ^= {name}
        world.say(f"{name} {'has to be approved' if name in world.held else 'is approved'}")


def _dismiss(world: World, which: int, *_: int) -> None:
    """A person has booked a record by hand, which nothing in Rillet tells, and takes it out of the queue."""
    there = world.objects()
    known = [each for each in sorted(world.brex.records) if world.group_of(each) != SUMMARIES and each not in there]
    if not known or not world.setup.journal:
        return
    name = chosen(known, which)
    try:
        world.export().dismiss(name, why="booked by hand")
    except ValueError:
        # It was posted, or may have been.
        return
    world.dismissed.add(name)
    world.say(f"a person dismisses {name}")


_DOERS: Mapping[str, Callable[..., None]] = {
    **in_brex.DOERS,
    **in_rillet.DOERS,
    "set": _set,
    "wait": _wait,
    "approve": _approve,
    "dismiss": _dismiss,
}
