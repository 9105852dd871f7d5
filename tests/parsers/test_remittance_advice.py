"""Remittance advices as customers send them: languages, encodings, amounts, totals, and rows that can't be read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from advice_file import errors, pairs, remarks, workbook
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.parsers.advice_columns import role_of
from odoo.addons.ar_reconcile.parsers.remittance_advice import AdviceRow, read_advice, read_pasted

GERMAN = (
    "Rechnungsnummer;Rechnungsdatum;Rechnungsbetrag;Skonto;Zahlbetrag\r\n"
    "INV/2026/00001;02.11.2026;1.190,00;23,80;1.166,20\r\n"
    "INV/2026/00002;13.11.2026;50,00;;50,00\r\n"
    "Summe;;;;1.216,20\r\n"
)


def test_an_advice_is_read_with_all_that_its_columns_tell() -> None:
    advice = read_advice(GERMAN.encode())
    assert advice.rows == (
        AdviceRow("INV/2026/00001", Decimal("1166.20"), Decimal("23.80"), date=dt.date(2026, 11, 2), row=2),
        AdviceRow("INV/2026/00002", Decimal("50.00"), date=dt.date(2026, 11, 13), row=3),
    )
    assert (advice.total, advice.remarks, advice.errors) == (Decimal("1216.20"), (), ())


@pytest.mark.parametrize(
    "headings",
    [
        "Invoice;Gross;Discount;Deduction;Amount paid",
        "Document No.;Invoice amount;Discount taken;Deductions;Net amount",
        "Your reference;Gross amount;Cash discount;Adjustment;Payment amount",
        "Facture;Montant brut;Escompte;Retenue;Montant payé",
        "N° facture;Montant facture;Escompte;Retenues;Net à payer",
        "Rechnungs-Nr.;Bruttobetrag;Skonto;Abzug;Zahlbetrag",
        "Belegnummer;Rechnungsbetrag;Skontobetrag;Kürzung;Überweisungsbetrag",
        "Factura;Importe bruto;Descuento;Retención;Importe pagado",
        "Fattura;Importo lordo;Sconto;Ritenuta;Importo pagato",
        "Factuurnummer;Factuurbedrag;Korting;Inhouding;Betaald bedrag",
        "发票号码;发票金额;现金折扣;扣款;付款金额",
        "单据编号(Document);总金额;折扣;扣减;实付金额\uff08元\uff09",
    ],
)
def test_headings_are_known_in_seven_languages(headings: str) -> None:
    (row,) = read_pasted(f"{headings}\nA-1001;100,00;2,00;8,00;90,00").rows
    assert row == AdviceRow("A-1001", Decimal("90.00"), Decimal("2.00"), Decimal("8.00"), row=2)


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Invoice date", "date"),
        ("Invoice amount (EUR)", "gross"),
        ("Our reference", "other_number"),
        ("Your Invoice No.", "number"),
        ("Amount", "amount"),
        ("Date de facture", "date"),
        ("Colour", None),
    ],
)
def test_the_longest_term_in_a_heading_decides(heading: str, role: str | None) -> None:
    assert role_of(heading) == role


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_file_is_read_in_every_usual_encoding_and_with_every_delimiter(codec: str, delimiter: str) -> None:
    text = "Facture;Montant payé;Libellé\r\nF-1;1 234,50;été\r\nF-2;10,00;\r\n".replace(";", delimiter)
    advice = read_advice(text.encode(codec))
    assert pairs(advice) == [("F-1", "1234.50"), ("F-2", "10.00")]
    assert advice.rows[0].text == "été"


def test_a_chinese_file_is_read_in_its_own_encoding() -> None:
    text = "付款单位:上海贸易有限公司\n发票号码,发票日期,付款金额\nINV001,2026年11月2日,100.00\n合计,,100.00"
    advice = read_advice(text.encode("gb18030"))
    assert (pairs(advice), advice.payer) == ([("INV001", "100.00")], "上海贸易有限公司")
    assert advice.rows[0].date == dt.date(2026, 11, 2)


def test_quotes_hold_delimiters_and_lines_together() -> None:
    text = 'Invoice,Amount,Remark\n"INV-1","1,234.50","first\nsecond, ""third"""\n"INV-2","65.50",\n'
    advice = read_advice(text.encode())
    assert pairs(advice) == [("INV-1", "1234.50"), ("INV-2", "65.50")]
    assert advice.rows[0].text == 'first second, "third"'


def test_a_quote_that_is_never_closed_does_not_swallow_the_rows() -> None:
    rows = "\n".join(f"INV-{number},1.00," for number in range(100, 150))
    advice = read_advice(f'Invoice,Amount,Remark\nINV-1,5.00,"12 inch\n{rows}'.encode())
    assert len(advice.rows) == 51


@pytest.mark.parametrize(
    ("written", "paid"),
    [
        ("(12.00)", "-12.00"),
        ("12.00-", "-12.00"),
        ("-12.00", "-12.00"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1'234.56", "1234.56"),
        ("1\u202f234,56", "1234.56"),
        ("EUR 12.00", "12.00"),
        ("12,00 EUR", "12.00"),
        ("€12.00", "12.00"),
        ("12", "12"),
    ],
)
def test_amounts_are_read_as_people_write_them(written: str, paid: str) -> None:
    assert pairs(read_pasted(f"Invoice\tAmount\nINV-1\t{written}")) == [("INV-1", paid)]


def test_the_other_amounts_tell_what_a_mark_means() -> None:
    assert pairs(read_pasted("Invoice\tAmount\nINV-1\t1.234\nINV-2\t5,50")) == [("INV-1", "1234"), ("INV-2", "5.50")]


def test_an_amount_that_may_be_two_things_is_no_amount() -> None:
    advice = read_pasted("Invoice\tAmount\nINV-1\t1.234\nINV-2\t5")
    assert (pairs(advice), errors(advice)) == ([("INV-2", "5")], [("ambiguous_amount", 2)])


def test_rows_that_can_t_be_read_are_told_and_hide_no_others() -> None:
    advice = read_pasted("Invoice;Amount\nINV-1;10.00\n;5.00\nINV-3;soon\nINV-4;\nINV-5;9999999999999.00\nINV-6;2.00")
    assert pairs(advice) == [("INV-1", "10.00"), ("INV-6", "2.00")]
    assert errors(advice) == [("no_number", 3), ("bad_amount", 4), ("no_amount", 5), ("too_large", 6)]


@pytest.mark.parametrize("word", ["Total", "Grand total", "Summe:", "Montant total", "Totale", "Totaal", "合计", ""])
def test_a_total_is_no_invoice(word: str) -> None:
    advice = read_pasted(f"Invoice;Amount\nINV-1;10.00\nINV-2;5.00\n{word};15.00")
    assert (pairs(advice), advice.total) == ([("INV-1", "10.00"), ("INV-2", "5.00")], Decimal("15.00"))
    assert not advice.errors


def test_a_total_that_differs_from_its_rows_is_told() -> None:
    advice = read_pasted("Invoice;Amount\nINV-1;10.00\nTotal;15.00")
    assert (advice.total, remarks(advice)) == (Decimal("15.00"), {"total_differs"})


def test_subtotals_and_repeated_headings_are_no_invoices() -> None:
    advice = read_pasted("Invoice;Amount\nINV-1;10.00\nCarried forward;10.00\nInvoice;Amount\nINV-2;5.00\nTotal;15.00")
    assert (pairs(advice), remarks(advice)) == ([("INV-1", "10.00"), ("INV-2", "5.00")], {"subtotal"})


def test_what_is_paid_is_the_gross_amount_less_what_is_taken_off() -> None:
    advice = read_pasted("Invoice;Gross;Discount\nINV-1;100.00;-2.00\nINV-2;-50.00;1.00")
    assert pairs(advice) == [("INV-1", "98.00"), ("INV-2", "-49.00")]


def test_a_row_that_does_not_add_up_is_told() -> None:
    advice = read_pasted("Invoice;Gross;Discount;Paid\nINV-1;100.00;2.00;97.00")
    assert (pairs(advice), remarks(advice)) == ([("INV-1", "97.00")], {"row_differs"})


def test_an_invoice_that_is_there_twice_is_told() -> None:
    assert remarks(read_pasted("Invoice;Amount\nINV/1;1.00\ninv-1;1.00")) == {"twice"}


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("Invoice;Amount (CHF)\nINV-1;10.00", "CHF"),
        ("Invoice;Amount;Currency\nINV-1;10.00;usd", "USD"),
        ("Invoice;Amount\nINV-1;10.00 SEK", "SEK"),
        ("Invoice;Amount;Currency\nINV-1;10.00;EUR\nINV-2;10.00;USD", ""),
        ("Invoice;Amount\nINV-1;10.00", ""),
    ],
)
def test_the_currency_is_the_one_that_is_told(text: str, currency: str) -> None:
    assert read_pasted(text).currency == currency


def test_a_table_in_an_e_mail_is_found_between_its_sentences() -> None:
    advice = read_pasted(
        "Dear all, we have paid you:\n\n"
        "INV-1001   2026-11-01     100.00 EUR\n"
        "INV-1002   2026-11-02   1,050.00 EUR\n"
        "----------------------------------\n"
        "Total                   1,150.00 EUR\n\nKind regards, Jane"
    )
    assert pairs(advice) == [("INV-1001", "100.00"), ("INV-1002", "1050.00")]
    assert (advice.total, advice.currency, remarks(advice)) == (Decimal("1150.00"), "EUR", {"no_headings"})


def test_a_table_with_bars_is_read() -> None:
    advice = read_pasted("| Invoice | Amount  |\n|---------|---------|\n| INV-1   |  12.00- |\n| INV-2   |   100.00 |")
    assert pairs(advice) == [("INV-1", "-12.00"), ("INV-2", "100.00")]


def test_columns_without_headings_are_known_by_what_one_leaves_of_another() -> None:
    advice = read_pasted("A-100\t100.00\t2.00\t98.00\nA-101\t50.00\t\t50.00\nA-102\t10.00\t1.00\t9.00")
    assert pairs(advice) == [("A-100", "98.00"), ("A-101", "50.00"), ("A-102", "9.00")]
    assert advice.rows[0].discount == Decimal("2.00")


def test_a_column_without_heading_that_ends_in_its_total_is_what_is_paid() -> None:
    advice = read_pasted("A-100\t30.00\t900.00\nA-101\t20.00\t800.00\nA-102\t10.00\t700.00\n\t60.00\t")
    assert (pairs(advice)[0], advice.total) == (("A-100", "30.00"), Decimal("60.00"))


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (("13/04/2026", "05/04/2026"), dt.date(2026, 4, 13)),
        (("04/13/2026", "04/05/2026"), dt.date(2026, 4, 13)),
        (("2026-04-13", ""), dt.date(2026, 4, 13)),
        (("13 Apr 2026", ""), dt.date(2026, 4, 13)),
        (("31/31/2026", ""), None),
    ],
)
def test_a_column_of_days_tells_whether_the_month_comes_first(days: tuple[str, str], first: dt.date | None) -> None:
    advice = read_pasted(f"Invoice;Date;Amount\nINV-1;{days[0]};1.00\nINV-2;{days[1]};1.00")
    assert advice.rows[0].date == first


# Workbooks


def test_a_workbook_is_read_with_its_numbers_and_days() -> None:
    content = workbook(
        [
            ["Remittance advice", None, None],
            ["Payer:", "Acme Weberei GmbH", None],
            [None, None, None],
            ["Invoice", "Date", "Amount (EUR)"],
            ["INV/2026/00001", dt.datetime(2026, 11, 2), 1166.2],  # noqa: DTZ001 - worksheets know no zones
            [20260002, dt.date(2026, 11, 3), "50,00"],
            ["INV/2026/00003", "2026-11-04", 0.1 + 0.2],
            ["Total", None, 1216.5],
        ]
    )
    advice = read_advice(content)
    assert pairs(advice) == [("INV/2026/00001", "1166.2"), ("20260002", "50.00"), ("INV/2026/00003", "0.3")]
    assert [row.date for row in advice.rows] == [dt.date(2026, 11, day) for day in (2, 3, 4)]
    assert (advice.payer, advice.currency, advice.total) == ("Acme Weberei GmbH", "EUR", Decimal("1216.5"))
    assert (remarks(advice), advice.rows[0].row) == (set(), 5)


def test_the_sheet_that_holds_an_advice_is_taken() -> None:
    advice = read_advice(workbook([["Hello"]], [["Invoice", "Amount"], ["INV-1", 5]]))
    assert (pairs(advice), remarks(advice)) == ([("INV-1", "5")], {"one_sheet"})


def test_a_formula_whose_result_is_not_in_the_file_is_told() -> None:
    advice = read_advice(workbook([["Invoice", "Amount"], ["INV-1", "=1+1"], ["INV-2", 5]]))
    assert (pairs(advice), errors(advice)) == ([("INV-2", "5")], [("no_amount", 2)])
    assert remarks(advice) == {"formulas"}


# Properties

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


def _english(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _german(amount: Decimal) -> str:
    return f"{abs(amount):,.2f}".translate({44: ".", 46: ","}) + ("-" if amount < 0 else "")


@given(st.lists(AMOUNTS, min_size=1, max_size=30), st.sampled_from([_english, _german]))
def test_every_amount_comes_back(amounts: list[Decimal], write: object) -> None:
    assert callable(write)
    lines = [f"INV-{number}\t{write(amount)}" for number, amount in enumerate(amounts, 1000)]
    advice = read_pasted("\n".join(["Invoice\tAmount", *lines, f"Total\t{write(sum(amounts))}"]))
    assert [row.paid for row in advice.rows] == amounts
    assert (advice.total, advice.remarks) == (sum(amounts), ())


@given(st.lists(AMOUNTS, min_size=1, max_size=10))
def test_every_amount_of_a_workbook_comes_back(amounts: list[Decimal]) -> None:
    rows = [[f"INV-{number}", float(amount)] for number, amount in enumerate(amounts, 1000)]
    advice = read_advice(workbook([["Invoice", "Amount"], *rows]))
    assert [row.paid for row in advice.rows] == amounts
