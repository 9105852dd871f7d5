"""What one transaction of a camt entry says: its texts, references, parties and codes, from xmltodict's dictionaries.

ISO 20022 calls it EntryTransaction (``TxDtls``). The versions wrap the same facts differently: a name is ``Nm`` up to
version 07 and ``Pty/Nm`` from 08 on, a BIC is ``BIC`` or ``BICFI``, version 01 has names of its own. Rules:

1. ``NOTPROVIDED`` and the like, and zeros only, are no references.
2. The counterparty is the debtor of money that comes in and the creditor of money that goes out, the other way round
   for a reversal; the ultimate party where that one has no name; never the owner of the account when the other party
   is known. A bank's name counts only where the bank itself is the party.
3. Free text is ``Ustrd`` with ``AddtlRmtInf``, else ``AddtlTxInf``, else the entry's ``AddtlNtryInf``.
4. References are the creditor's, then document numbers, then the cheque's number, then the payer's ``EndToEndId``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .amount import AmountError, read_amount
from .camt_xml import MAX_TEXT, plain_text
from .day import calendar_day

MAX_JOINED = 4 * MAX_TEXT
"""Characters kept of texts that are joined into one."""
MAX_CACHED = 2_000

Money = tuple[Decimal, str]

_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,20})?")
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})(?![0-9])")
_DIRECTIONS = {"CRDT": True, "DBIT": False}
_CURRENCY = re.compile(r"[A-Z]{3}")
_NO_REFERENCE = frozenset(("NOTPROVIDED", "NONREF", "NOTAVAILABLE", "NONE", "NA"))
_LETTERS = re.compile("[^A-Z]")
_DIGIT = re.compile("[0-9]")
_REFERENCES = {
    "EndToEndId": "end_to_end_id",
    "InstrId": "instruction_id",
    "TxId": "transaction_id",
    "UETR": "uetr",
    "MndtId": "mandate_id",
    "ChqNb": "cheque",
}
_ACCOUNT_NUMBERS = (("IBAN",), ("Othr", "Id"), ("PrtryAcct", "Id"), ("BBAN",), ("UPIC",))
_BANK_NUMBERS = (
    *(("BICFI",), ("BIC",), ("ClrSysMmbId", "MmbId"), ("ClrSysMmbId", "Id"), ("Nm",), ("NmAndAdr", "Nm")),
    *(("CmbndId", "BIC"), ("Othr", "Id")),
)


def inside(value: Any, *names: str) -> Any:
    """Return what lies at a path of tags inside a value of xmltodict's; of repeated tags the first one counts."""
    for name in names:
        if type(value) is list:
            value = value[0]
        if type(value) is not dict:
            return None
        value = value.get(name)
    return value


def first(value: Any) -> Any:
    """Return the only or first value of a tag that may be there several times."""
    return value[0] if type(value) is list else value


def each(value: Any) -> list[Any]:
    """Return the values of a tag that may be there several times, once or not at all."""
    if type(value) is list:
        return value
    return [] if value is None else [value]


def reference_text(value: Any) -> str:
    """Return a reference, or nothing where the bank wrote that there is none."""
    text = plain_text(value)
    if text[:1] not in "Nn0-./":
        return text
    if not text.strip("0 -./"):
        return ""
    is_none = len(text) < 20 and _LETTERS.sub("", text.upper()) in _NO_REFERENCE and not _DIGIT.search(text)
    return "" if is_none else text


def joined(texts: Iterable[str], mark: str = " ") -> str:
    """Return the different ones among ``texts``, one behind the other, up to :data:`MAX_JOINED` characters."""
    kept = dict.fromkeys(filter(None, texts))
    return next(iter(kept)) if len(kept) == 1 else mark.join(kept)[:MAX_JOINED].rstrip()


def joined_all(texts: list[str]) -> str:
    """Return ``texts`` one behind the other, also those that are there twice: a text cut in pieces may repeat one."""
    return texts[0] if len(texts) == 1 else " ".join(filter(None, texts))[:MAX_JOINED].rstrip()


def read_day(text: str) -> dt.date | None:
    """Return the day that a date or a time begins with; ``None`` when that is none between 1900 and 2199."""
    found = _DAY.match(text)
    return calendar_day(found[1], found[3], found[4]) if found else None


def day_text(value: Any) -> str:
    """Return the text of a tag that holds ``Dt`` or ``DtTm``, or that is the day itself."""
    value = first(value)
    if type(value) is dict:
        return plain_text(value.get("Dt")) or plain_text(value.get("DtTm")) or plain_text(value.get("#text"))
    return plain_text(value)


def iso_currency(text: Any) -> str:
    """Return the code of a currency in capitals, or nothing."""
    if type(text) is not str:
        return ""
    if len(text) == 3 and text.isupper() and text.isascii() and text.isalpha():  # as nearly all are
        return text
    code = text.strip().upper()
    return code if _CURRENCY.fullmatch(code) else ""


def unsigned_amount(value: Any) -> Money:
    """Return the amount that a tag writes, and its currency.

    :raises AmountError: when it isn't certainly one amount that is not below zero
    """
    value = first(value)
    currency = ""
    if type(value) is dict:
        currency = iso_currency(value.get("@Ccy"))
        value = value.get("#text")
    text = value.strip() if type(value) is str else ""
    if len(text) <= 36 and _AMOUNT.fullmatch(text):
        return Decimal(text), currency
    amount = read_amount(text)
    if amount < 0:
        raise AmountError("a sign in front beside CdtDbtInd")
    return amount, currency


def is_credit(value: Any) -> bool | None:
    """Return whether ``CdtDbtInd`` says credit, ``None`` when it says nothing."""
    return _DIRECTIONS.get(value if type(value) is str and value in _DIRECTIONS else plain_text(value).upper())


def name_of(party: Any) -> str:
    """Return the name of a party, however the version of the message wraps it: ``Nm``, ``Pty/Nm``, ``Agt/…/Nm``."""
    party = first(party)
    name = party.get("Nm") if type(party) is dict else None
    name = name or inside(party, "Pty", "Nm") or inside(party, "Agt", "FinInstnId", "Nm")
    return plain_text(name)


def account_number(account: Any) -> str:
    """Return the number of an account: an IBAN, or whatever else the bank identifies it by."""
    node = inside(account, "Id")
    if type(node) is dict and type(node.get("IBAN")) is str:  # as nearly all are
        return reference_text(node["IBAN"])
    for path in _ACCOUNT_NUMBERS:
        number = inside(node, *path)
        if number is not None:
            return reference_text(number)
    return ""


def bank_of(agent: Any) -> str:
    """Return the BIC of a bank, else its number in the country's clearing, else its name."""
    bank = inside(agent, "FinInstnId")
    return next(filter(None, (reference_text(inside(bank, *path)) for path in _BANK_NUMBERS)), "")


def charges_of(node: Any) -> list[Money]:
    """Return the charges that a ``Chrgs`` tells, in any version; those of zero aside."""
    told = []
    for charges in each(node):
        total = inside(charges, "TtlChrgsAndTaxAmt")
        records = [total] if total is not None else [inside(one, "Amt") for one in each(inside(charges, "Rcrd"))]
        for written in records or [inside(charges, "Amt")]:
            try:
                amount, currency = unsigned_amount(written)
            except AmountError:
                continue
            if amount:
                told.append((amount, currency))
    return told


def charges_text(node: Any) -> str:
    """Return charges as text, ``1.50 EUR``; several are listed."""
    return ", ".join(f"{format(amount, 'f')} {currency}".rstrip() for amount, currency in charges_of(node)[:20])


def batch_text(node: Any) -> str:
    """Return what a batch (``Btch``) is known by: its message, its payment information, its number of transactions."""
    count = plain_text(inside(node, "NbOfTxs"))
    references = (reference_text(inside(node, tag)) for tag in ("MsgId", "PmtInfId"))
    return joined((*references, f"({count})" if count.strip("0") else ""))


def _return_reason(node: Any) -> str:
    """Return why a payment came back (``RtrInf``): the code and what is written beside it."""
    reason = inside(node, "Rsn") or inside(node, "RtrRsn")
    texts = each(inside(node, "AddtlInf")) + each(inside(node, "AddtlRtrRsnInf"))
    return joined((_code_or_own(reason), *map(plain_text, texts)))


def _code_or_own(node: Any) -> str:
    """Return a code of ISO's list, or the bank's own one."""
    return plain_text(inside(node, "Cd")) or plain_text(inside(node, "Prtry"))


def _address(party: Any) -> str:
    node = inside(party, "PstlAdr") or inside(party, "Pty", "PstlAdr")
    if node is None:
        return ""
    street = joined_all([plain_text(inside(node, tag)) for tag in ("StrtNm", "BldgNb")])
    town = joined_all([plain_text(inside(node, tag)) for tag in ("PstCd", "TwnNm")])
    lines = map(plain_text, each(inside(node, "AdrLine")))
    return joined((street, *lines, town, plain_text(inside(node, "Ctry"))), ", ")


def _party_id(party: Any) -> tuple[str, str]:
    """Return the id of an organisation or person, and the scheme that it belongs to."""
    node = inside(party, "Id") or inside(party, "Pty", "Id")
    for kind in ("OrgId", "PrvtId"):
        held = inside(node, kind)
        for other in each(inside(held, "Othr")):
            text = reference_text(inside(other, "Id"))
            if text:
                return text, _code_or_own(inside(other, "SchmeNm")).upper()
        for tag in ("AnyBIC", "BICOrBEI", "BIC", "LEI"):
            text = reference_text(inside(held, tag))
            if text:
                return text, ""
    return "", ""


def compact(account: str) -> str:
    """Return an account number in the form to compare it in."""
    return account.replace(" ", "").upper()


def folded(name: str) -> str:
    """Return a name in the form to compare it in."""
    return " ".join(name.split()).casefold()


@dataclass(slots=True)
class Part:
    """What one detail says, or the entry itself where it has none.

    :ivar own_reference: the bank's reference of this detail, when it isn't the entry's
    """

    name: str
    account: str
    remittance: str
    reference: str
    kind: str
    details: dict[str, str]
    own_reference: str = ""


def merged(parts: list[Part]) -> Part:
    """Return one part for details that can't be told apart: their texts joined, and only what all agree on."""

    def agreed(values: Iterable[str]) -> str:
        different = set(values)
        return different.pop() if len(different) == 1 else ""

    keys = dict.fromkeys(key for part in parts for key in part.details)
    details = {key: agreed(part.details.get(key, "") for part in parts) for key in keys}
    return Part(
        agreed(part.name for part in parts),
        agreed(part.account for part in parts),
        joined(part.remittance for part in parts),
        joined(part.reference for part in parts),
        agreed(part.kind for part in parts),
        {key: text for key, text in details.items() if text},
    )


class DetailReader:
    """Reads the details of one account's entries."""

    def __init__(self, account: str, owners: Iterable[str]) -> None:
        self._account = compact(account)
        self._owners = frozenset(folded(owner) for owner in owners if owner)
        self._codes: dict[tuple[Any, ...], tuple[str, str]] = {}

    def part(self, detail: Mapping[str, Any], details: dict[str, str], kind: str, entry: str, credit: bool) -> Part:
        """Return what ``detail`` says.

        :param details: what its entry says for all details; it is added to
        :param kind: the word for what the entry is
        :param entry: the bank's reference of the entry
        :param credit: whether the money comes in
        """
        own = name = account = ""
        side = "Dbtr" if credit != ("reversal" in details) else "Cdtr"
        references = detail.get("Refs")
        if references is not None:
            own = _read_references(first(references), details, entry)
        parties = detail.get("RltdPties")
        if parties is not None:
            name, account, side = self._read_parties(first(parties), side, details)
        agents = detail.get("RltdAgts")
        if agents is not None:
            bank = bank_of(inside(agents, f"{side}Agt"))
            if bank:
                details["counterparty_bank"] = bank
        if "Purp" in detail:
            purpose = _code_or_own(detail["Purp"])
            if purpose:
                details["purpose"] = purpose
        if "RtrInf" in detail:
            reason = _return_reason(detail["RtrInf"])
            if reason:
                details["return_reason"] = reason
        remittance, reference = _read_remittance(detail, details)
        return Part(name, account, remittance, reference, kind, details, own)

    def code(self, node: Any) -> tuple[str, str]:
        """Return the short word for a bank transaction code, and the code in full: ``PMNT/RCDT/ESCT NTRF``."""
        try:  # as in nearly all, a domain alone that is known by now
            domain = node["Domn"]
            family = domain["Fmly"]
            if "Prtry" not in node:
                return self._codes[domain["Cd"], family["Cd"], family["SubFmlyCd"], None]
        except (KeyError, TypeError):
            pass
        domain = inside(node, "Domn")
        family = inside(domain, "Fmly")
        written = (inside(domain, "Cd"), inside(family, "Cd"), inside(family, "SubFmlyCd"), inside(node, "Prtry", "Cd"))
        try:
            return self._codes[written]
        except (KeyError, TypeError):  # not known yet, or several where one belongs
            pass
        key = tuple(map(plain_text, written))
        known = self._codes.get(key)
        if known is None:
            kind = key[1] or key[0] or re.split(r"[^\w.-]", key[3])[0][:20]
            known = kind.upper(), joined(("/".join(filter(None, key[:3])), key[3]))
            if len(self._codes) < MAX_CACHED:
                self._codes[key] = known
                if all(text is None or type(text) is str for text in written):
                    self._codes[written] = known
        return known

    def counterparty(self, parties: Any, near: str, is_reversal: bool = False) -> tuple[str, str, Any, str]:
        """Return name and account of the counterparty, the tag that describes it, and its side, ``Dbtr`` or ``Cdtr``.

        The other side than ``near`` is the owner of the account unless it certainly isn't; of a reversal banks turn
        the sides or not.
        """
        if type(parties) is not dict:
            return "", "", None, near
        far = "Cdtr" if near == "Dbtr" else "Dbtr"
        name, account, party = _side(parties, near)
        is_own = bool(account) and compact(account) == self._account
        if (name or account) and not is_own:
            return name, account, party, near
        other_name, other_account, other_party = _side(parties, far)
        if (
            other_name
            and (is_own or self._owners or is_reversal)
            and folded(other_name) not in self._owners
            and not (other_account and compact(other_account) == self._account)
        ):
            return other_name, other_account, other_party, far
        return name, account, party, near

    def _read_parties(self, parties: Any, near: str, details: dict[str, str]) -> tuple[str, str, str]:
        """Put what is known of the parties into ``details`` and return the counterparty's name, account and side."""
        if type(parties) is not dict:
            return "", "", near
        name, account, party, side = self.counterparty(parties, near, "reversal" in details)
        for tag, key in (("UltmtDbtr", "ultimate_debtor"), ("UltmtCdtr", "ultimate_creditor")):
            if tag in parties:
                ultimate = name_of(parties[tag])
                if ultimate:
                    details[key] = ultimate
        creditor = first(parties.get("Cdtr"))
        if type(creditor) is dict and ("Id" in creditor or "Pty" in creditor):
            creditor_id, scheme = _party_id(creditor)
            if creditor_id and (scheme == "SEPA" or "mandate_id" in details):
                details["creditor_id"] = creditor_id
        if type(party) is dict and (len(party) > 1 or "Nm" not in party):
            party_id = _party_id(party)[0]
            if party_id and party_id != details.get("creditor_id"):
                details["counterparty_id"] = party_id
            address = _address(party)
            if address:
                details["counterparty_address"] = address
        return name, account, side


def _side(parties: Mapping[str, Any], side: str) -> tuple[str, str, Any]:
    """Return name and account of the debtor or creditor, and the tag that describes it."""
    party = first(parties.get(side))
    name = name_of(party) if party is not None else ""
    if not name:
        ultimate = first(parties.get(f"Ultmt{side}"))
        name = name_of(ultimate)
        party = ultimate if party is None else party
    account = parties.get(f"{side}Acct")
    if account is None:
        return name, "", party
    return name or plain_text(inside(account, "Nm")), account_number(account), party


def _read_references(references: Any, details: dict[str, str], entry: str) -> str:
    """Put the references of a detail into ``details``; return the bank's own one that isn't the entry's."""
    if type(references) is not dict:
        return ""
    for tag, value in references.items():
        key = _REFERENCES.get(tag)
        if key is not None:
            text = reference_text(value)
            if text:
                details[key] = text
    if "batch" not in details and "PmtInfId" in references:
        batch = joined(reference_text(references.get(tag)) for tag in ("MsgId", "PmtInfId"))
        if batch:
            details["batch"] = batch
    own = reference_text(references.get("AcctSvcrRef"))
    if not own or own == entry:
        own = details.get("transaction_id", "")
    return own if own != entry else ""


def _read_remittance(detail: Mapping[str, Any], details: dict[str, str]) -> tuple[str, str]:
    """Return the free text and the references of a detail; a text of the bank's stands in for a missing one.

    A text of the bank's that doesn't have to stand in stays in ``details``.
    """
    texts: list[str] = []
    references: list[str] = []
    for remittance in each(detail.get("RmtInf")):
        if type(remittance) is not dict:
            continue
        written = remittance.get("Ustrd")
        if type(written) is str:
            texts.append(plain_text(written))
        elif written is not None:
            texts += map(plain_text, each(written))
        if "Strd" in remittance:
            _read_structured(each(remittance["Strd"]), texts, references)
    references += (details.get("cheque", ""), details.get("end_to_end_id", ""))
    text = joined_all(texts) if texts else ""
    more = joined(map(plain_text, each(detail["AddtlTxInf"]))) if "AddtlTxInf" in detail else ""
    info = details.pop("additional_info", "")
    if not text:
        text, more, info = (more, "", info) if more else (info, "", "")
    if more or info:
        details["additional_info"] = joined((more, info))
    return text, joined(references)


def _read_structured(remittances: list[Any], texts: list[str], references: list[str]) -> None:
    """Add what structured remittance says: creditor references, then documents, and the text beside them."""
    documents: list[str] = []
    for structured in remittances:
        references += [
            reference_text(inside(one, "Ref") or inside(one, "CdtrRef"))
            for one in each(inside(structured, "CdtrRefInf"))
        ]
        documents += [
            reference_text(inside(one, "Nb") or inside(one, "RfrdDocNb"))
            for one in each(inside(structured, "RfrdDocInf"))
        ]
        texts += map(plain_text, each(inside(structured, "AddtlRmtInf")))
    references += documents
