"""How a line comes about: who pays, through which format, on which day, with which text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from remittance import payers, texts
from remittance.ledger import FIRST_DAY, LAST_DAY, Ledger
from remittance.values import CENT, Answer, SampleCustomer, SampleInvoice, SampleLine, Truth

#: Formats whose text has room for one reference only.
NARROW = {"fps", "cn"}


@dataclass(frozen=True)
class Draft:
    """A line and its truth; their keys are given when all lines are known."""

    line: SampleLine
    truth: Truth


Draw = Callable[[Ledger, int], list[Draft]]


def nothing(_ledger: Ledger, _count: int) -> None:
    """Add nothing to the ledger."""


@dataclass(frozen=True)
class Kind:
    """A kind of lines: ``draw`` makes one or, if so many are wanted, a pair.

    Kinds that are ``is_last`` need the finished ledger and add nothing to it; ``prepare`` adds what so many lines need.
    """

    name: str
    draw: Draw
    is_last: bool = False
    prepare: Callable[[Ledger, int], None] = nothing


@dataclass
class Pay:
    """What goes into a line; the rest is drawn. ``must`` are the pieces of text that can't be left out."""

    amount: Decimal
    must: Sequence[str] = ()
    others: Sequence[str] = ()
    day: date | None = None
    channel: str = ""
    name: str | None = None
    hides_name: bool = False
    currency: str = "EUR"
    texts: tuple[str, ...] | None = None
    remittance: tuple[tuple[str, Decimal], ...] = ()
    original: tuple[Decimal, str] | None = None


def line(ledger: Ledger, payer: SampleCustomer, pay: Pay) -> SampleLine:
    """Write a line that ``payer`` causes."""
    chance = ledger.chance
    channel = pay.channel or texts.channel_of(chance, payer.country)
    longest = len(" ".join(pay.must))
    if not pay.channel and longest > texts.WIDTHS[channel][1]:
        channel = "sepa"
    name_width, text_width = texts.WIDTHS[channel]
    name = pay.name
    if name is None:
        name = payers.as_bank_shows(chance, payer.name, payer.country, payer.is_person, name_width)
    written = pay.texts or (texts.fitted(chance, pay.must, pay.others, text_width),)
    if chance.random() < 0.5 and pay.texts is None and payer.habit % 3 == 0 and ledger.numbers.isdisjoint(pay.must):
        written = tuple(text.upper() for text in written)
    account = payer.account if channel in texts.WITH_ACCOUNT else ""
    if pay.hides_name:
        name = ""
    elif channel == "ofx" and pay.texts is None and chance.random() < 0.25:
        name, written = _in_one_field(chance, name, written, text_width)
    return SampleLine(
        *(
            0,
            "",
            pay.day or day(chance),
            pay.amount.quantize(CENT),
            pay.currency,
            name,
            tuple(text for text in written if text),
        ),
        account=account,
        channel=channel,
        remittance=pay.remittance,
        original_amount=pay.original[0] if pay.original else None,
        original_currency=pay.original[1] if pay.original else "",
    )


def _in_one_field(chance: Random, name: str, written: tuple[str, ...], width: int) -> tuple[str, tuple[str, ...]]:
    """Put name and text into one field, as a third of the banks' files do, if it is wide enough."""
    both = "  ".join((name, *written))
    prefix = chance.choice(("", "", "VIR ", "VIR SEPA ", "CR ", "GUTSCHR ", "TRF "))
    if len(prefix) + len(both) > width:
        return name, written
    return "", (prefix + both,)


def draft(
    written: SampleLine, *answers: Answer, payer: int | None = None, has_answer: bool = True, note: str = ""
) -> Draft:
    """Put a line and its truth together."""
    return Draft(written, Truth(0, has_answer, answers, payer, note))


def full(*items: SampleInvoice) -> Answer:
    """Say that items are settled completely."""
    return Answer(tuple((item.key, item.residual) for item in items))


def less(item: SampleInvoice, kind: str, difference: Decimal) -> Answer:
    """Say that an item is settled, with a difference."""
    return Answer(((item.key, item.residual),), ((kind, difference.quantize(CENT)),))


def partly(item: SampleInvoice, amount: Decimal) -> Answer:
    """Say that a part of an item is paid."""
    return Answer(((item.key, amount.quantize(CENT)),))


def day(chance: Random, first: date = FIRST_DAY, last: date = LAST_DAY) -> date:
    """Draw a day on which a line is booked."""
    first = max(first, FIRST_DAY)
    return first + timedelta(chance.randrange(max(1, (last - first).days + 1)))


def day_after(chance: Random, *items: SampleInvoice) -> date:
    """Draw a day on which these items can have been paid."""
    return day(chance, max(item.issued for item in items) + timedelta(1))


def around(ledger: Ledger, item: SampleInvoice, amount: Decimal | None = None) -> list[str]:
    """Return what else a payer writes beside an invoice's number."""
    payer = ledger.customer(item.customer)
    return texts.noise(ledger.chance, payer.country, payer.number, item.issued, amount or item.residual)
