"""Which column of a remittance advice is what: by its heading in seven languages, or by what stands in it.

A heading is compared without accents and marks; of the terms that stand in it the longest decides, so that
*invoice amount* is no number of an invoice. Without headings the columns' contents decide: amounts, of which one may be
another less a third; days; references that differ from row to row.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .advice_grid import Cell
from .amount import AmountError, Mark, decimal_mark, read_amount
from .day import calendar_day

Role = Literal["number", "other_number", "date", "gross", "discount", "deduction", "paid", "amount", "currency", "text"]

#: Words of the headings, per language: English, French, German, Spanish, Italian, Dutch, Chinese.
_TERMS: Mapping[Role, str] = {
    "number": """invoice|invoice number|invoice no|invoice nr|invoice num|invoice id|inv|inv no|inv number|inv nr
        |document|document number|document no|doc no|doc number|bill number|bill no|your invoice|your reference
        |reference|reference number|reference no|ref|ref no|your ref|voucher
        |facture|no facture|n facture|numero facture|numero de facture|num facture|piece|no piece|numero de piece
        |votre reference|votre facture|reference facture
        |rechnung|rechnungsnummer|rechnungsnr|rechnung nr|rechnungs nr|re nr|belegnummer|belegnr|beleg nr|beleg
        |referenz|ihre referenz|ihre rechnung|referenznummer|rg nr|rgnr
        |factura|numero de factura|numero factura|n factura|no factura|num factura|documento|numero de documento
        |referencia|su factura|su referencia
        |fattura|numero fattura|n fattura|nr fattura|num fattura|numero documento|riferimento|vostro riferimento
        |factuur|factuurnummer|factuurnr|factuur nr|faktuur|faktuurnummer|referentie|uw referentie|documentnummer
        |boekstuk|boekstuknummer|kenmerk
        |发票|发票号|发票号码|发票编号|单据|单据号|单据编号|参考号|凭证号""",
    "other_number": """our reference|our ref|our document|customer number|customer no|vendor number|vendor no
        |supplier no|purchase order|po|po number|po no|order|order number|order no|payment reference|payment number
        |payment no|cheque number|check number|line|line no|item|pos|position|no|nr
        |notre reference|numero client|n client|commande|numero de commande|ligne
        |unsere referenz|unser zeichen|kundennummer|kundennr|kunden nr|lieferantennummer|bestellung|bestellnummer
        |auftragsnummer|zahlungsreferenz|lfd nr
        |nuestra referencia|numero de cliente|pedido|numero de pedido|linea
        |nostro riferimento|codice cliente|ordine|numero ordine|riga
        |onze referentie|klantnummer|bestelnummer|ordernummer|regel
        |订单|订单号|客户编号|付款编号|序号|行号""",
    "date": """date|invoice date|document date|doc date|inv date|due date|posting date
        |date facture|date de facture|date piece|date de piece|echeance|date d echeance
        |datum|rechnungsdatum|belegdatum|buchungsdatum|fallig|falligkeit|falligkeitsdatum
        |fecha|fecha factura|fecha de factura|vencimiento|fecha de documento
        |data|data fattura|data documento|scadenza
        |factuurdatum|faktuurdatum|vervaldatum|boekdatum
        |日期|发票日期|开票日期|单据日期|到期日|付款日期""",
    "gross": """gross|gross amount|invoice amount|invoice total|invoice value|document amount|original amount
        |amount due|open amount|balance due|total invoice
        |brut|montant brut|montant facture|montant de la facture|montant du|montant initial|montant piece
        |brutto|bruttobetrag|rechnungsbetrag|belegbetrag|offener betrag|ursprungsbetrag
        |bruto|importe bruto|importe factura|importe de la factura|importe original|importe documento
        |lordo|importo lordo|importo fattura|importo documento|importo originale
        |brutobedrag|factuurbedrag|faktuurbedrag|openstaand bedrag
        |发票金额|总金额|原金额|应付金额|单据金额""",
    "discount": """discount|disc|discount taken|discount amount|cash discount|early payment discount|settlement discount
        |escompte|remise|rabais|montant escompte
        |skonto|skontobetrag|skontoabzug
        |descuento|dto|descuento pronto pago|importe descuento
        |sconto|importo sconto|abbuono
        |korting|betalingskorting|kortingsbedrag
        |折扣|现金折扣|折扣金额""",
    "deduction": """deduction|deductions|deducted|adjustment|adjustments|withholding|withheld|chargeback|retention|less
        |deduction amount|withholding tax
        |deduction faite|retenue|retenues|ajustement|deduit
        |abzug|abzuge|abzugsbetrag|kurzung|einbehalt|korrektur
        |deduccion|deducciones|retencion|ajuste
        |detrazione|detrazioni|ritenuta|trattenuta|rettifica
        |aftrek|inhouding|inhoudingen|correctie
        |扣款|扣除|扣减|调整|预扣税|扣款金额""",
    "paid": """paid|paid amount|amount paid|payment amount|payment|net|net amount|net paid|net payment|remitted
        |remittance|amount remitted|paid now|this payment
        |paye|montant paye|montant regle|regle|reglement|montant du reglement|net|net paye|montant net|net a payer
        |paiement|montant paiement|montant verse
        |zahlbetrag|zahlung|zahlungsbetrag|gezahlt|bezahlt|gezahlter betrag|netto|nettobetrag|uberweisungsbetrag
        |pagado|importe pagado|pago|importe del pago|neto|importe neto|importe pago
        |pagato|importo pagato|pagamento|importo pagamento|netto|importo netto|importo versato
        |betaald|betaald bedrag|betaling|betalingsbedrag|nettobedrag|te betalen
        |付款金额|实付|实付金额|已付金额|支付金额|净额|本次付款""",
    "amount": """amount|value|total|sum|montant|somme|betrag|summe|wert|importe|monto|importo|valore|bedrag|totaal
        |金额|金額""",
    "currency": "currency|curr|cur|ccy|devise|monnaie|wahrung|whrg|moneda|divisa|valuta|munt|币种|货币",
    "text": """text|description|details|remark|remarks|note|notes|comment|comments|reason|memo
        |libelle|designation|remarque|motif|commentaire|verwendungszweck|bemerkung|beschreibung|buchungstext|grund
        |descripcion|concepto|observaciones|motivo|descrizione|causale|omschrijving|opmerking|reden|备注|摘要|说明""",
}
_ROLE_OF: dict[str, Role] = {
    " ".join(term.split()): role for role, terms in _TERMS.items() for term in terms.split("|")
}
_CJK = re.compile("[\u3400-\u9fff]")
_LONGEST = max(len(term.split()) for term in _ROLE_OF)
#: Rows among which the headings are looked for; before them stand letter heads.
HEADINGS_WITHIN = 40
#: Which column tells what is paid; the last ones where there is none of the first.
PAID_IN: tuple[Role, ...] = ("paid", "amount", "gross")
#: Codes that are looked for where any three capitals could stand.
CURRENCIES = frozenset(
    """AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KRW MAD MXN MYR NOK NZD
    PEN PHP PLN RON RUB SAR SEK SGD THB TND TRY TWD UAH USD VND ZAR""".split()
)
_CODE_FIRST = re.compile(r"^([A-Z]{3})(?=[\s\d(+-])\s*")
_CODE_LAST = re.compile(r"(?<=[\d\s)-])\s*([A-Z]{3})$")
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW"}
_ISO_DAY = re.compile(r"((?:19|20|21)\d\d)[-./年]([01]?\d)[-./月]([0-3]?\d)日?(?:[T ].*)?")
_DAY = re.compile(r"([0-3]?\d)([-./])([0-3]?\d)\2((?:19|20|21)?\d\d)(?: .*)?")
_WRITTEN_DAY = re.compile(r"([0-3]?\d)[- .]([A-Za-z]{3})[a-z]*[- .,]*((?:19|20|21)\d\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_REFERENCE = re.compile(r"(?=.*\d).{3,}")

Row = tuple[int, tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where what stands: ``first`` is the place of the first row below ``heading``, or 0 without headings.

    Where ``paid`` and ``gross`` share a column, what is paid is the gross amount less what is taken off.
    """

    roles: Mapping[Role, int]
    first: int
    heading: tuple[str, ...] = ()

    def cell(self, cells: Sequence[Cell], role: Role) -> Cell:
        """Return what a row has in a column, nothing where it has none."""
        place = self.roles.get(role)
        return cells[place] if place is not None and place < len(cells) else ""


def plain_words(text: str) -> str:
    """Return ``text`` in small letters, without accents and marks."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(
        re.sub(r"[^\w]|_", " ", "".join(char for char in spread if not unicodedata.combining(char))).split()
    )


def role_of(heading: str) -> Role | None:
    """Return what a column of this heading holds, by the longest of our terms that stands in it."""
    plain = plain_words(heading[:80])
    if plain in _ROLE_OF:
        return _ROLE_OF[plain]
    words = plain.split()
    for width in range(min(_LONGEST, len(words)), 0, -1):
        for at in range(len(words) - width + 1):
            role = _ROLE_OF.get(" ".join(words[at : at + width]))
            if role:
                return role
    if _CJK.search(plain):
        inside = [term for term in _ROLE_OF if _CJK.search(term) and term in plain]
        return _ROLE_OF[max(inside, key=len)] if inside else None
    return None


def columns_of(rows: Sequence[Row]) -> Columns | None:
    """Return which column is what, by headings or else by content; ``None`` if nothing looks like an advice."""
    return _by_headings(rows) or _by_content(rows)


def _by_headings(rows: Sequence[Row]) -> Columns | None:
    best: tuple[int, Columns] | None = None
    for place, (_number, cells) in enumerate(rows[:HEADINGS_WITHIN]):
        if not all(isinstance(cell, str) for cell in cells):
            continue
        texts = tuple(str(cell) for cell in cells)
        roles = _roles([role_of(text) if text and len(text) <= 60 else None for text in texts])
        if "number" in roles and "paid" in roles and (best is None or len(roles) > best[0]):
            best = len(roles), Columns(roles, place + 1, texts)
    return best[1] if best else None


def _roles(found: Sequence[Role | None]) -> dict[Role, int]:
    """Return the columns by what they hold; the first of several counts, and some amount must be what is paid."""
    roles: dict[Role, int] = {}
    for place, role in enumerate(found):
        if role is not None:
            roles.setdefault(role, place)
    if "number" not in roles and "other_number" in roles and len(roles) > 2:
        roles["number"] = roles["other_number"]
    paid = next((roles[role] for role in PAID_IN if role in roles), None)
    return roles if paid is None else {**roles, "paid": paid}


# Without headings


def _by_content(rows: Sequence[Row]) -> Columns | None:
    """Know columns by what stands in them: in most rows amounts, days, or references that differ."""
    texts_of_all = (cell for _number, cells in rows for cell in cells if isinstance(cell, str) and not _is_day(cell))
    mark = decimal_mark(money_text(cell)[0] for cell in texts_of_all)
    widths = Counter(len(cells) for _number, cells in rows if len(cells) > 1)
    if not widths:
        return None
    width = max(widths, key=lambda each: (widths[each], each))
    table = [cells for _number, cells in rows if len(cells) == width]
    texts = [[cells[at] for cells in table] for at in range(width)]
    amounts = {at: _amounts(column, mark) for at, column in enumerate(texts) if _is_money(column, mark)}
    number = _number_column(texts, set(amounts))
    if number is None:
        return None
    if not amounts:  # whole numbers may be amounts where another column has the references
        amounts = {
            at: _amounts(column, mark)
            for at, column in enumerate(texts)
            if at != number and _share(read_money(cell, mark) is not None for cell in column) > 0.7
        }
    if not amounts:
        return None
    roles: dict[Role, int] = {"number": number, **_money_roles(amounts)}
    days = [at for at, column in enumerate(texts) if at != number and _share(map(_is_day, column)) > 0.7]
    if days:
        roles["date"] = days[0]
    return Columns(roles, 0)


def _money_roles(amounts: Mapping[int, Sequence[Decimal | None]]) -> dict[Role, int]:
    """Return which column is paid: what another leaves less a third, what ends in its total, or the largest."""
    places = sorted(amounts)
    for gross in places:
        for discount in places:
            for paid in places:
                if len({gross, discount, paid}) == 3 and _is_difference(
                    amounts[gross], amounts[discount], amounts[paid]
                ):
                    return {"gross": gross, "discount": discount, "paid": paid}
    with_total = [at for at in places if _ends_in_total(amounts[at])]
    candidates = with_total or places
    return {"paid": max(candidates, key=lambda at: (sum((each or 0 for each in amounts[at]), Decimal()), at))}


def _is_difference(
    gross: Sequence[Decimal | None], discount: Sequence[Decimal | None], paid: Sequence[Decimal | None]
) -> bool:
    full = [
        (one, two or Decimal(), three) for one, two, three in zip(gross, discount, paid, strict=True) if one and three
    ]
    return (
        bool(full)
        and any(two for _one, two, _three in full)
        and all(one - abs(two) == three for one, two, three in full)
    )


def _ends_in_total(column: Sequence[Decimal | None]) -> bool:
    told = [each for each in column if each is not None]
    return len(told) > 2 and sum(told[:-1], Decimal()) == told[-1]


def _number_column(columns: Sequence[Sequence[Cell]], taken: set[int]) -> int | None:
    """Return the column whose references differ most; letters and digits together are the likeliest ones."""
    best: tuple[float, int] | None = None
    for at, column in enumerate(columns):
        told = [str(cell) for cell in column if cell != ""]
        if at in taken or not told:
            continue
        like = [text for text in told if _REFERENCE.fullmatch(text) and not _is_day(text)]
        score = len(set(like)) / len(column) + _share(re.search("[A-Za-z]", text) is not None for text in like) / 4
        if len(like) * 2 > len(told) and (best is None or score > best[0]):
            best = score, at
    return best[1] if best else None


def _is_money(column: Sequence[Cell], mark: Mark | None) -> bool:
    """Whether a column holds amounts: numbers in most cells, some with a fraction or a currency."""
    told = [cell for cell in column if cell != ""]
    if not told or _share(read_money(cell, mark) is not None for cell in told) < 0.7:
        return False
    return any(_has_fraction(cell) for cell in told)


def _has_fraction(cell: Cell) -> bool:
    if isinstance(cell, Decimal):
        return cell != cell.to_integral_value()
    return isinstance(cell, str) and re.search(r"[.,]\d{1,3}\)?-?(?:\s*\D{1,3})?$|^\D{1,3}\s*\d", cell) is not None


def _amounts(column: Sequence[Cell], mark: Mark | None) -> list[Decimal | None]:
    return [None if (found := read_money(cell, mark)) is None else found[0] for cell in column]


def _share(truths: Iterable[bool]) -> float:
    told = list(truths)
    return sum(told) / len(told) if told else 0.0


# Cells


def money_text(cell: Cell) -> tuple[str, str]:
    """Return a cell's amount as text without the code of its currency, and that code."""
    text = str(cell).strip()
    code = ""
    for pattern in (_CODE_FIRST, _CODE_LAST):
        match = pattern.search(text)
        if match and match[1] in CURRENCIES:
            code, text = match[1], pattern.sub("", text, count=1)
    if not code:
        code = next((code for sign, code in _SIGNS.items() if sign in text), "")
    return text.strip(), code


def read_money(cell: Cell, mark: Mark | None) -> tuple[Decimal, str] | None:
    """Return the amount in a cell and the code of its currency, if told; ``None`` for what is no amount."""
    if isinstance(cell, Decimal):
        return cell, ""
    if not isinstance(cell, str) or not cell or len(cell) > 60:
        return None
    text, code = money_text(cell)
    try:
        return read_amount(text, mark), code
    except AmountError:
        return None


def read_day(cell: Cell, *, is_month_first: bool = False) -> dt.date | None:
    """Return the day in a cell: year first, day first, or month first where the column says so."""
    if isinstance(cell, dt.date):
        return cell
    if not isinstance(cell, str) or len(cell) > 40:
        return None
    match = _ISO_DAY.fullmatch(cell)
    if match:
        return calendar_day(match[1], match[2], match[3])
    match = _WRITTEN_DAY.fullmatch(cell)
    if match and match[2].lower() in _MONTHS:
        return calendar_day(match[3], str(_MONTHS.index(match[2].lower()) + 1), match[1])
    match = _DAY.fullmatch(cell)
    if not match:
        return None
    year = match[4] if len(match[4]) == 4 else f"20{match[4]}"
    day, month = (match[3], match[1]) if is_month_first else (match[1], match[3])
    return calendar_day(year, month, day)


def is_month_first(cells: Iterable[Cell]) -> bool:
    """Whether days like 04/13/2026 stand in a column, and none like 13/04/2026."""
    firsts, seconds = [0], [0]
    for cell in cells:
        match = _DAY.fullmatch(cell) if isinstance(cell, str) else None
        if match:
            firsts.append(int(match[1]))
            seconds.append(int(match[3]))
    return max(seconds) > 12 >= max(firsts)


def _is_day(cell: Cell) -> bool:
    return read_day(cell) is not None or read_day(cell, is_month_first=True) is not None
