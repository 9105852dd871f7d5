"""Balance confirmation (ISA 505): what was confirmed, as one text with one fingerprint, and what comes out of it.

A :class:`Letter` states a balance with its open items. A :class:`Reply` agrees, or says line by line what differs. Both
together have one canonical text: the same facts give the same bytes, so that anybody can compute the fingerprint again.
Amounts are positive where the customer owes more. The day is a value, words for people are made elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

#: The version of the canonical text; texts of an older version keep theirs.
FORMAT = 1
AMOUNT = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,15})(?:\.(?P<part>[0-9]{0,6}))?")

#: What an item that only the customer knows does to the balance.
UNKNOWN_KINDS = {"invoice": 1, "credit_note": -1, "payment": -1}


class Refused(ValueError):
    """Something that can't be a reply: a ``code`` with the ``facts`` that its words need."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Item:
    """An open item as the letter states it."""

    key: int
    number: str
    day: date
    due: date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Letter:
    """The balance of one customer in one currency at the end of a day; it is the sum of its items."""

    creditor: str
    customer: str
    as_of: date
    currency: str
    places: int
    form: str
    items: tuple[Item, ...]

    @property
    def balance(self) -> Decimal:
        """What the customer owes according to the letter."""
        return sum((item.amount for item in self.items), Decimal())


@dataclass(frozen=True, slots=True)
class Claim:
    """What the customer says of one item of the letter."""

    key: int
    amount: Decimal
    reason: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class UnknownItem:
    """An item in the customer's books that the letter doesn't have; ``amount`` is positive, ``kind`` tells its side."""

    kind: str
    number: str
    day: date | None
    amount: Decimal
    comment: str = ""

    @property
    def effect(self) -> Decimal:
        """What it changes in the balance."""
        return UNKNOWN_KINDS[self.kind] * self.amount


@dataclass(frozen=True, slots=True)
class Signature:
    """Who replied, by which way, and when (UTC, ISO 8601, to the second)."""

    name: str
    function: str
    channel: str
    signed_at: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the customer; ``supersedes`` is the fingerprint of the one before, ``reason`` why it changed."""

    number: int
    agrees: bool
    signature: Signature
    claims: tuple[Claim, ...] = ()
    unknown_items: tuple[UnknownItem, ...] = ()
    stated_balance: Decimal | None = None
    remark: str = ""
    files: tuple[tuple[str, str], ...] = ()
    supersedes: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """An item whose amount the customer has otherwise: ``amount`` is theirs less ours."""

    item: Item
    claim: Claim

    @property
    def amount(self) -> Decimal:
        """What the customer owes more than the letter says; negative where it owes less."""
        return self.claim.amount - self.item.amount


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reply says: ``unexplained`` is what no line accounts for of the balance that the customer states."""

    agrees: bool
    differences: tuple[Difference, ...]
    explained: Decimal
    unexplained: Decimal
    their_balance: Decimal


def amount(text: str, places: int) -> Decimal:
    """Read an amount as a browser sends it: ASCII digits, a point, no grouping, no more decimals than the currency.

    :raises Refused: not_a_number, or too_precise
    """
    found = AMOUNT.fullmatch(text.strip())
    if not found:
        raise Refused("not_a_number", text=text[:40])
    if len((found["part"] or "").rstrip("0")) > places:
        raise Refused("too_precise", text=text[:40])
    value = Decimal(text.strip().rstrip("."))
    return value or Decimal()  # zero has no sign


def outcome(letter: Letter, reply: Reply) -> Outcome:
    """Judge a reply to a letter.

    An amount that the customer gives as we have it is no difference.

    :raises Refused: unknown_item, twice, wrong_side (an invoice below zero, a credit above), negative, no_number,
        unknown_kind, nothing_differs, agrees_and_differs
    """
    items = {item.key: item for item in letter.items}
    differences = []
    for key, claim in _by_key(reply.claims).items():
        if key not in items:
            raise Refused("unknown_item")
        item = items[key]
        if claim.amount and (claim.amount > 0) != (item.amount > 0):
            raise Refused("wrong_side", number=item.number)
        if claim.amount != item.amount:
            differences.append(Difference(item, claim))
    _check_unknown(reply.unknown_items)
    explained = sum((difference.amount for difference in differences), Decimal())
    explained += sum((item.effect for item in reply.unknown_items), Decimal())
    their_balance = letter.balance + explained if reply.stated_balance is None else reply.stated_balance
    unexplained = their_balance - letter.balance - explained
    differs = bool(differences or reply.unknown_items or unexplained)
    if reply.agrees and (differs or reply.claims):
        raise Refused("agrees_and_differs")
    if not reply.agrees and not differs:
        raise Refused("nothing_differs")
    return Outcome(reply.agrees, tuple(differences), explained, unexplained, their_balance)


def to_dispute(difference: Difference, disputed: Decimal) -> Decimal:
    """What of a difference is to be disputed: what the customer owes less, beyond what is ``disputed`` already.

    Credits aren't disputed, and neither is what the customer says that it owes more.
    """
    if difference.item.amount <= 0:
        return Decimal()
    return max(Decimal(), -difference.amount - disputed)


def canonical(letter: Letter, reply: Reply) -> str:
    """The letter and the reply as JSON: sorted keys, no blanks, ASCII, money as text with the currency's decimals."""

    def money(value: Decimal) -> str:
        shown = f"{value:.{letter.places}f}"
        if Decimal(shown) != value:
            raise ValueError(f"{value} has more decimals than {letter.currency}")
        return f"{abs(value):.{letter.places}f}" if not value else shown

    facts = {
        "format": FORMAT,
        "letter": {
            "creditor": letter.creditor,
            "customer": letter.customer,
            "as_of": letter.as_of.isoformat(),
            "currency": letter.currency,
            "form": letter.form,
            "balance": money(letter.balance),
            "items": [
                {
                    "key": item.key,
                    "number": item.number,
                    "day": item.day.isoformat(),
                    "due": item.due.isoformat() if item.due else None,
                    "amount": money(item.amount),
                }
                for item in sorted(letter.items, key=lambda item: item.key)
            ],
        },
        "reply": {
            "number": reply.number,
            "agrees": reply.agrees,
            "claims": [
                {"key": claim.key, "amount": money(claim.amount), "reason": claim.reason, "comment": claim.comment}
                for claim in sorted(reply.claims, key=lambda claim: claim.key)
            ],
            "unknown_items": [
                {
                    "kind": item.kind,
                    "number": item.number,
                    "day": item.day.isoformat() if item.day else None,
                    "amount": money(item.amount),
                    "comment": item.comment,
                }
                for item in reply.unknown_items
            ],
            "stated_balance": None if reply.stated_balance is None else money(reply.stated_balance),
            "remark": reply.remark,
            "files": [list(file) for file in sorted(reply.files)],
            "supersedes": reply.supersedes,
            "reason": reply.reason,
            "signature": {
                "name": reply.signature.name,
                "function": reply.signature.function,
                "channel": reply.signature.channel,
                "signed_at": reply.signature.signed_at,
            },
        },
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def fingerprint(text: str | bytes) -> str:
    """SHA-256 of bytes, or of a text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def sample(keys: Iterable[int], size: int, seed: str) -> tuple[int, ...]:
    """Draw ``size`` of ``keys`` at random, so that whoever knows the seed draws the same again.

    The keys are ordered by the SHA-256 of ``seed:key``, and the first ones are taken; the order of ``keys`` is of no
    matter, and a larger sample contains every smaller one of the same seed.
    """
    return tuple(sorted(set(keys), key=lambda key: fingerprint(f"{seed}:{key}"))[: max(size, 0)])


def _by_key(claims: Sequence[Claim]) -> dict[int, Claim]:
    by_key = {claim.key: claim for claim in claims}
    if len(by_key) < len(claims):
        raise Refused("twice")
    return by_key


def _check_unknown(items: Iterable[UnknownItem]) -> None:
    for item in items:
        if item.kind not in UNKNOWN_KINDS:
            raise Refused("unknown_kind")
        if item.amount <= 0:
            raise Refused("negative", number=item.number)
        if not item.number:
            raise Refused("no_number")
