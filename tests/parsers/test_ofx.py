"""OFX files as banks write them: what is read, what is remarked and what refuses the file."""

from __future__ import annotations

import datetime as dt
import io
import re
import threading
from decimal import Decimal
from importlib import metadata
from types import SimpleNamespace

import ofxparse
import pytest
from bank_file import ACCOUNT, HEADER, SIGN_ON, XML_HEADER, document, ofx, statement, transaction
from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile import parsers
from odoo.addons.ar_reconcile.parsers import Statement, StatementError, StatementLine, read
from odoo.addons.ar_reconcile.parsers import ofx as ofx_format
from odoo.addons.ar_reconcile.parsers.statement import DETAILS


def only(content: bytes | str) -> Statement:
    """The statement of a file that has one."""
    (found,) = read(content.encode() if isinstance(content, str) else content)
    return found


def line_of(**written: str) -> StatementLine:
    """The line of a file with one transaction."""
    (line,) = only(ofx(transaction(**written))).lines
    return line


def refusal(content: bytes | str) -> StatementError:
    """Why a file is refused."""
    with pytest.raises(StatementError) as caught:
        read(content.encode() if isinstance(content, str) else content)
    return caught.value


def last_line_of(content: bytes | str, beginning: str) -> int:
    """Where the last line that begins like this stands, counted from 1."""
    text = content.decode() if isinstance(content, bytes) else content
    return max(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(beginning))


def codes(found: Statement) -> list[str]:
    """What was remarked about a statement."""
    return [remark.code for remark in found.warnings]


# What a sound file tells


def test_reads_a_statement_with_all_it_tells() -> None:
    content = ofx(transaction(more="<CHECKNUM>77\n<DTAVAIL>20240317\n"))
    assert only(content) == Statement(
        account="0500013M026",
        account_kind="bank",
        bank="20041",
        currency="EUR",
        closing_balance=Decimal("1250.75"),
        closing_date=dt.date(2024, 3, 31),
        start_date=dt.date(2024, 3, 1),
        end_date=dt.date(2024, 3, 31),
        lines=(
            StatementLine(
                date=dt.date(2024, 3, 15),
                amount=Decimal("100.00"),
                bank_id="A1",
                counterparty_name="Northwind Ltd",
                remittance="Invoice 2024/0815",
                reference="77",
                value_date=dt.date(2024, 3, 17),
                kind="CREDIT",
                line=last_line_of(content, "<STMTTRN>"),
                details={"cheque": "77"},
            ),
        ),
        format="OFX 1.02",
    )


def test_xml_and_sgml_of_one_statement_read_the_same() -> None:
    sgml = document(statement(transaction()))
    xml = "\n".join(
        f"{text}</{text[1:].partition('>')[0]}>" if text[:1] == "<" and not text.endswith(">") else text
        for text in sgml.replace(HEADER, "").replace("<SEVERITY>", "</CODE>\n<SEVERITY>").splitlines()
    )
    first, second = only(sgml), only(XML_HEADER + xml)
    assert first.lines[0].amount == second.lines[0].amount
    assert parsers.line_identities(first) == parsers.line_identities(second)


def test_the_line_number_is_the_one_an_editor_shows() -> None:
    text = document(statement(transaction(), transaction(fitid="A2")))
    for written in (text, text.replace("\n", "\r\n"), text.replace("\n", "\r")):
        shown = [number for number, line in enumerate(written.splitlines(), 1) if line == "<STMTTRN>"]
        assert [line.line for line in only(written).lines] == shown


def test_a_credit_card_keeps_the_signs_of_the_file_and_has_no_bank() -> None:
    text = document(statement(transaction(amount="-12.00"), account="<CCACCTFROM><ACCTID>4444</CCACCTFROM>"))
    text = text.replace("STMTRS", "CCSTMTRS").replace("STMTTRNRS", "CCSTMTTRNRS")
    found = only(text)
    assert (found.account_kind, found.account, found.bank) == ("credit_card", "4444", None)
    assert found.lines[0].amount == -12


def test_an_investment_account_gives_its_cash_lines_and_tells_of_securities() -> None:
    content = (
        f"{HEADER}<OFX>{SIGN_ON}<INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><DTASOF>20240331<CURDEF>USD"
        "<INVACCTFROM><BROKERID>broker.example<ACCTID>I-1</INVACCTFROM><INVTRANLIST><DTSTART>20240301<DTEND>20240331"
        "<BUYSTOCK><INVBUY><INVTRAN><FITID>S1<DTTRADE>20240310</INVTRAN><TOTAL>-545.88</INVBUY></BUYSTOCK>"
        f"<INVBANKTRAN>{transaction(fitid='C1')}<SUBACCTFUND>CASH</INVBANKTRAN>"
        f"<INVBANKTRAN>{transaction(fitid='C2')}<SUBACCTFUND>CASH</INVBANKTRAN>"
        "</INVTRANLIST><INVPOSLIST><POSSTOCK><INVPOS><UNITS>nonsense</INVPOS></POSSTOCK></INVPOSLIST>"
        "</INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>"
    )
    found = only(content)
    assert (found.account_kind, found.account, found.bank, found.currency) == (
        "investment",
        "I-1",
        "broker.example",
        "USD",
    )
    assert [line.bank_id for line in found.lines] == ["C1", "C2"]
    assert [(note.code, note.facts["kind"], note.facts["bank_id"]) for note in found.skipped] == [
        ("security", "BUYSTOCK", "S1")
    ]
    assert (found.start_date, found.end_date) == (dt.date(2024, 3, 1), dt.date(2024, 3, 31))


def test_several_statements_come_in_the_order_of_the_file() -> None:
    second = ACCOUNT.replace("0500013M026", "4712")
    found = read(document(statement(transaction()), statement(transaction(), account=second)).encode())
    assert [one.account for one in found] == ["0500013M026", "4712"]
    assert [len(one.lines) for one in found] == [1, 1]


def test_a_statement_without_transactions_is_one() -> None:
    found = only(document(statement()))
    assert (found.lines, found.closing_balance) == ((), Decimal("1250.75"))


def test_a_file_of_two_documents_gives_both() -> None:
    text = document(statement(transaction()))
    assert len(read((text + text).encode())) == 2


# Lines


@pytest.mark.parametrize(
    "written",
    [
        "20240315",
        "2024-03-15",
        "20240315000000",
        "20240315000000[+1:CET]",
        "20240315235959.999[-11:SST]",
        "20240315:014",
    ],
)
def test_the_day_is_the_one_the_bank_printed(written: str) -> None:
    assert line_of(day=written).date == dt.date(2024, 3, 15)


@pytest.mark.parametrize(
    "written",
    [
        *("", "20240230", "00000000", "2024031", "202403-15", "15032024", "03152024", "15.03.2024", "240315", "****"),
        *("18991231", "22000101", "\uff12\uff10\uff12\uff140315"),
    ],
)
def test_a_transaction_without_a_certain_day_refuses_the_file(written: str) -> None:
    content = ofx(transaction(), transaction(fitid="A2", day=written))
    refused = refusal(content)
    assert refused.code == "bad_date"
    assert refused.line == last_line_of(content, f"<DTPOSTED>{written}" if written else "<STMTTRN>")
    assert str(refused).startswith(f"Line {refused.line}: ")


@pytest.mark.parametrize("written", ["19000101", "21991231"])
def test_the_first_and_the_last_day_that_a_booking_may_have(written: str) -> None:
    assert line_of(day=written).date.strftime("%Y%m%d") == written


@pytest.mark.parametrize("written", ["", "NaN", "Infinity", "1E999999", "." * 4000, "9" * 1_000_000, "12..5", "abc"])
def test_a_transaction_without_a_certain_amount_refuses_the_file(written: str) -> None:
    content = ofx(transaction(), transaction(fitid="A2", amount=written))
    refused = refusal(content)
    assert refused.code == "bad_amount"
    assert refused.line == last_line_of(content, f"<TRNAMT>{written}" if written else "<STMTTRN>")
    assert len(refused.message) < 200


def test_an_ambiguous_amount_follows_the_other_amounts_of_the_file() -> None:
    found = only(ofx(transaction(amount="1.234"), transaction(fitid="A2", amount="5,00"), transaction(fitid="A3")))
    assert codes(found) == ["ambiguous_amount"]  # 5,00 and 100.00 disagree
    text = document(statement(transaction(amount="1.234"), transaction(fitid="A2", amount="5,00"), balance=""))
    found = only(text)
    assert [line.amount for line in found.lines] == [1234, 5]
    assert "ambiguous_amount" not in codes(found)


def test_an_amount_that_stays_ambiguous_is_remarked_with_its_line() -> None:
    text = document(statement(transaction(amount="1,234"), balance=""))
    found = only(text)
    assert found.lines[0].amount == Decimal("1.234")
    line = last_line_of(text, "<STMTTRN>")
    assert ("ambiguous_amount", {"text": "1,234", "read_as": "1.234", "line": line}) in [
        (remark.code, remark.facts) for remark in found.warnings
    ]


def test_an_amount_of_null_is_a_line_of_nothing() -> None:
    found = only(ofx(transaction(amount="null")))
    assert found.lines[0].amount == 0
    assert codes(found) == ["null_amount"]


def test_name_and_memo_are_read_where_only_one_is_there() -> None:
    assert line_of(memo="").counterparty_name == "Northwind Ltd"
    assert line_of(memo="").remittance == ""
    assert line_of(name="").remittance == "Invoice 2024/0815"


def test_a_long_name_replaces_the_one_cut_short() -> None:
    line = line_of(name="Northwind Trading and Shipping C", more="<EXTDNAME>Northwind Trading and Shipping Company\n")
    assert line.counterparty_name == "Northwind Trading and Shipping Company"
    assert line.remittance == "Invoice 2024/0815"


def test_a_second_name_is_kept_as_text() -> None:
    line = line_of(more="<EXTDNAME>for Southwind\n")
    assert (line.counterparty_name, line.remittance) == ("Northwind Ltd", "Invoice 2024/0815 for Southwind")


def test_the_payee_is_the_name_where_there_is_no_other() -> None:
    line = line_of(name="", more="<PAYEE><NAME>Northwind Ltd<ADDR1>1 Quay<CITY>Hull</PAYEE>\n")
    assert line.counterparty_name == "Northwind Ltd"


def test_memos_in_several_pieces_are_one_text() -> None:
    line = line_of(memo="RMR IV 2024", more="<MEMO>0815 100.00\n")
    assert (line.remittance, line.details) == ("RMR IV 2024 0815 100.00", {})


def test_cheque_and_reference_numbers_are_kept() -> None:
    assert line_of(more="<REFNUM>R-9\n").reference == "R-9"
    assert line_of(more="<CHECKNUM>77\n<REFNUM>77\n").reference == "77"
    assert line_of(more="<CHECKNUM>77\n<REFNUM>R-9\n").reference == "77 R-9"


@pytest.mark.parametrize("tag", ["BANKACCTTO", "CCACCTTO"])
def test_the_account_of_the_counterparty_is_kept_and_never_taken_for_ours(tag: str) -> None:
    other = f"<{tag}><BANKID>9<ACCTID>DE02120300000000202051<ACCTTYPE>CHECKING</{tag}>\n"
    found = only(document(statement(transaction(more=other), account="")))
    assert found.lines[0].counterparty_account == "DE02120300000000202051"
    assert (found.account, found.bank) == ("", None)
    assert codes(found) == ["no_account"]


def test_whatever_else_the_bank_said_is_kept() -> None:
    more = (
        "<DTUSER>20240314\n<SRVRTID>S-1\n<CHECKNUM>77\n<SIC>5411\n<PAYEEID>P-1\n<CATEGORY>Groceries\n"
        "<PAYEE>\n<NAME>Northwind Limited\n<ADDR1>1 Quay\n<CITY>Hull\n<POSTALCODE>HU1\n<COUNTRY>GBR\n</PAYEE>\n"
        "<BANKACCTTO>\n<BANKID>999\n<BRANCHID>3\n<ACCTID>4712\n</BANKACCTTO>\n<MEMO2>of <>\n<VALUEDATE>20240316\n"
    )
    line = line_of(more=more)
    assert (line.counterparty_name, line.reference, line.remittance) == ("Northwind Ltd", "77", "Invoice 2024/0815")
    assert dict(line.details) == {
        "transaction_id": "S-1",
        "cheque": "77",
        "bank_code": "5411",
        "counterparty_bank": "999 3",
        "counterparty_id": "P-1",
        "counterparty_address": "1 Quay, HU1, Hull, GBR",
        "additional_info": (
            "DTUSER: 20240314; CATEGORY: Groceries; NAME: Northwind Limited; MEMO2: of <>; VALUEDATE: 20240316"
        ),
    }
    assert set(line.details) <= set(DETAILS)


def test_nothing_is_said_twice() -> None:
    more = "<DTUSER>20240315120000\n<PAYEE><NAME>Northwind Ltd</PAYEE>\n<MEMO>Invoice 2024/0815\n<TRNAMT>\n"
    assert line_of(more=more).details == {}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (HEADER, "OFX 1.02"),
        (HEADER.replace("102", "160").replace("\n", " "), "OFX 1.60"),
        (XML_HEADER, "OFX 2.11"),
        (XML_HEADER.replace('"', "'").replace("211", "203"), "OFX 2.03"),
        ('<?xml version="1.0"?>', "OFX"),
        ("", "OFX"),
    ],
)
def test_the_version_of_the_format_is_told(header: str, told: str) -> None:
    assert only(document(statement(transaction()), header=header)).format == told


def test_a_list_of_accounts_in_the_file_names_the_account() -> None:
    accounts = (
        "<ACCTINFORS><ACCTINFO><DESC>Rainy days<BANKACCTINFO><BANKACCTFROM><ACCTID>0500013M026</BANKACCTFROM>"
        "</BANKACCTINFO></ACCTINFO></ACCTINFORS>"
    )
    assert only(document(statement(transaction()), accounts)).owner == "Rainy days"
    assert only(document(statement(transaction()), accounts.replace("M026", "M027"))).owner == ""


def test_an_original_currency_gives_the_amount_before_conversion() -> None:
    line = line_of(amount="92.00", more="<ORIGCURRENCY><CURRATE>0.92<CURSYM>USD</ORIGCURRENCY>\n")
    assert (line.amount, line.original_amount, line.original_currency, line.exchange_rate) == (
        Decimal("92.00"),
        Decimal("100.00"),
        "USD",
        Decimal("0.92"),
    )


def test_an_original_currency_without_a_usable_rate_gives_no_amount() -> None:
    for rate in ("", "0", "0.0000001", "nonsense", "NaN"):
        line = line_of(more=f"<ORIGCURRENCY><CURRATE>{rate}<CURSYM>USD</ORIGCURRENCY>\n")
        assert (line.original_amount, line.original_currency, line.exchange_rate) == (None, "USD", None)


def test_an_amount_said_to_be_foreign_is_remarked() -> None:
    found = only(ofx(transaction(more="<CURRENCY><CURRATE>0,92<CURSYM>usd</CURRENCY>\n")))
    assert (found.lines[0].amount, found.lines[0].original_amount) == (100, 100)
    assert (found.lines[0].original_currency, found.lines[0].exchange_rate) == ("USD", Decimal("0.92"))
    assert codes(found) == ["foreign_amount"]


def test_the_currency_of_the_statement_is_no_foreign_one() -> None:
    found = only(ofx(transaction(more="<CURRENCY><CURRATE>1<CURSYM>EUR</CURRENCY>\n")))
    assert (found.lines[0].original_currency, codes(found)) == (None, [])


def test_a_correction_that_deletes_is_no_booking() -> None:
    found = only(ofx(transaction(more="<CORRECTFITID>A0\n<CORRECTACTION>DELETE\n")))
    assert (found.lines, [note.code for note in found.skipped]) == ((), ["deletes"])
    assert found.skipped[0].facts["bank_id"] == "A0"


def test_a_correction_that_replaces_is_remarked() -> None:
    found = only(ofx(transaction(more="<CORRECTFITID>A0\n<CORRECTACTION>REPLACE\n")))
    assert (len(found.lines), codes(found)) == (1, ["replaces"])


def test_pending_transactions_are_told_and_not_booked() -> None:
    pending = "<BANKTRANLISTP><STMTTRNP><TRNAMT>-3<NAME>Taxi</STMTTRNP><STMTTRNP><TRNAMT>-4</STMTTRNP></BANKTRANLISTP>"
    found = only(document(statement(transaction(), balance=pending)))
    assert len(found.lines) == 1
    assert [(note.code, note.facts["amount"]) for note in found.skipped] == [("pending", "-3"), ("pending", "-4")]


def test_a_repeated_line_is_kept_once_and_a_reused_id_twice() -> None:
    found = only(ofx(transaction(), transaction(), transaction(amount="7")))
    assert [line.amount for line in found.lines] == [100, 7]
    assert [note.code for note in found.skipped] == ["repeated"]
    assert codes(found) == ["bank_id_reused"]


def test_an_id_that_most_lines_share_makes_no_repeat_of_two_equal_ones() -> None:
    tickets = [transaction(amount="-6.11", fitid="25198", memo="Ticket machine")] * 2
    others = [transaction(amount=amount, fitid="25198", memo="") for amount in ("-24.39", "-18.29", "-4.86")]
    found = only(ofx(*others, *tickets))

    assert [str(line.amount) for line in found.lines] == ["-24.39", "-18.29", "-4.86", "-6.11", "-6.11"]
    assert found.skipped == ()
    assert codes(found) == ["bank_id_reused"] * 3 + ["repeat_kept"]
    assert len(set(parsers.line_identities(found))) == 5


def test_an_id_that_a_payment_shares_with_its_fee_and_tax_still_tells_a_repeat() -> None:
    parts = [transaction(amount=amount, fitid="7") for amount in ("-900.00", "-2.00", "-0.30")]
    found = only(ofx(*parts, parts[0]))

    assert len(found.lines) == 3
    assert [note.code for note in found.skipped] == ["repeated"]


@pytest.mark.parametrize(
    ("fitid", "name", "memo"),
    [
        ("", "", "Saldo Anterior"),
        ("A1", "", "SALDO TOTAL DISPONÍVEL DIA"),
        ("A1", "Saldo do dia", ""),
        ("SALDO", "SALDO  ANTERIOR", "Saldo anterior"),
        ("", "S A L D O", ""),
        ("A1", "", "Balance brought forward"),
    ],
)
def test_a_balance_that_stands_between_transactions_is_told_and_not_booked(fitid: str, name: str, memo: str) -> None:
    found = only(ofx(transaction(fitid=fitid, name=name, memo=memo, amount="7930.11"), transaction(fitid="A2")))
    assert [line.bank_id for line in found.lines] == ["A2"]
    (note,) = found.skipped
    assert (note.code, note.facts["amount"], note.facts["text"]) == ("balance_row", "7930.11", name or memo)


@pytest.mark.parametrize(
    ("name", "memo"),
    [
        ("", "SALDO"),
        ("Rossi Srl", "Saldo anterior"),
        ("", "Saldo fattura 12"),
        ("Saldo anterior", "NF 77"),
        ("Sal", ""),
    ],
)
def test_a_payment_in_settlement_is_no_balance(name: str, memo: str) -> None:
    assert len(only(ofx(transaction(name=name, memo=memo))).lines) == 1


def test_lines_without_id_are_all_kept() -> None:
    assert len(only(ofx(transaction(fitid=""), transaction(fitid=""))).lines) == 2


# Balances, periods, accounts


@pytest.mark.parametrize(
    ("balance", "expected", "code"),
    [
        ("", None, "no_balance"),
        ("<LEDGERBAL><BALAMT><DTASOF>20240331</LEDGERBAL>", None, "no_balance"),
        ("<LEDGERBAL><BALAMT>n/a<DTASOF>20240331</LEDGERBAL>", None, "unreadable_balance"),
        ("<LEDGERBAL><BALAMT>5.00</LEDGERBAL>", Decimal("5.00"), "undated_balance"),
        ("<LEDGERBAL><BALAMT>5.00<DTASOF>never</LEDGERBAL>", Decimal("5.00"), "unreadable_balance_date"),
        ("<LEDGERBAL><BALAMT>5.00<DTASOF>20240401</LEDGERBAL>", Decimal("5.00"), "balance_of_another_day"),
    ],
)
def test_an_odd_balance_is_remarked_and_the_lines_are_read(balance: str, expected: Decimal | None, code: str) -> None:
    found = only(document(statement(transaction(), balance=balance)))
    assert (found.closing_balance, len(found.lines)) == (expected, 1)
    assert codes(found)[0] == code


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("31/03/2024", dt.date(2024, 3, 31)),
        ("03/31/2024", dt.date(2024, 3, 31)),
        ("05/05/2024", dt.date(2024, 5, 5)),
        ("05/04/2024", None),
        ("31/02/2024", None),
        ("31/03/24", None),
    ],
)
def test_the_day_of_a_balance_may_be_written_with_strokes_where_it_is_certain(
    written: str, day: dt.date | None
) -> None:
    balance = f"<LEDGERBAL><BALAMT>5.00<DTASOF>{written}</LEDGERBAL>"
    found = only(document(statement(transaction(), balance=balance)))

    assert (found.closing_balance, found.closing_date) == (Decimal("5.00"), day)
    assert ("unreadable_balance_date" in codes(found)) == (day is None)


def test_of_two_days_that_a_balance_may_be_of_the_last_one_of_the_statement_counts() -> None:
    balance = "<LEDGERBAL><BALAMT>5.00<DTASOF>05/04/2024</LEDGERBAL>"
    for end in (dt.date(2024, 4, 5), dt.date(2024, 5, 4)):
        period = f"<DTSTART>20240301\n<DTEND>{end:%Y%m%d}\n"
        found = only(document(statement(transaction(), balance=balance, period=period)))
        assert (found.closing_date, codes(found)) == (end, [])


def test_an_odd_period_is_remarked() -> None:
    found = only(document(statement(transaction(), period="<DTSTART>soon\n<DTEND>\n")))
    assert (found.start_date, found.end_date, codes(found)) == (None, None, ["unreadable_period"])


@pytest.mark.parametrize("currency", ["", "<CURDEF>\n", "<CURDEF>R$\n", "<CURDEF>EURO\n"])
def test_a_currency_that_is_no_iso_code_is_remarked(currency: str) -> None:
    found = only(document(statement(transaction(), currency=currency)))
    assert (found.currency, codes(found)) == (None, ["no_currency"])


def test_what_the_bank_says_about_a_statement_is_kept() -> None:
    text = document(statement(transaction())).replace(
        "<STATUS><CODE>0<SEVERITY>INFO</STATUS>\n<STMTRS>",
        "<STATUS><CODE>2003<SEVERITY>WARN<MESSAGE>Only 90 days</STATUS>\n<STMTRS>",
    )
    (remark,) = only(text).warnings
    assert (remark.code, remark.facts["message"]) == ("bank_status", "Only 90 days")


def test_an_account_that_the_bank_refuses_is_told_beside_the_others() -> None:
    refused = "<STMTTRNRS><TRNUID>2<STATUS><CODE>2003<SEVERITY>ERROR<MESSAGE>Closed</STATUS></STMTTRNRS>\n"
    (note,) = only(document(statement(transaction()), refused)).skipped
    assert (note.code, note.facts["code"], note.facts["message"]) == ("bank_status", "2003", "Closed")


# Markup


def test_a_header_run_together_is_read() -> None:
    text = document(statement(transaction()), header="OFXHEADER:100 DATA:OFXSGML ENCODING:USASCII CHARSET:1252 ")
    assert len(only(text).lines) == 1


@pytest.mark.parametrize(
    "header", ["", "\n\n\n", "Content-type: application/x-ofx\r\n\r\n", "<!-- <b> & -->\n", "\0\0"]
)
def test_what_stands_before_the_document_does_not_matter(header: str) -> None:
    assert len(only(document(statement(transaction()), header=header)).lines) == 1


@pytest.mark.parametrize("charset", ["1252", "NONE", "8859-1", "1234"])
@pytest.mark.parametrize("encoding", ["USASCII", "UNICODE", "ISO-8859-1", "UTF-8", "NONE"])
def test_letters_survive_every_wrong_header(encoding: str, charset: str) -> None:
    header = HEADER.replace("USASCII", encoding).replace("1252", charset)
    text = document(statement(transaction(name="Müller & Söhne")), header=header)
    for codec in ("utf-8", "cp1252", "utf-16"):
        assert only(text.encode(codec)).lines[0].counterparty_name == "Müller & Söhne"


def test_a_wrongly_declared_charset_is_remarked_where_it_matters() -> None:
    found = only(document(statement(transaction(name="Müller"))))
    assert [(remark.code, remark.facts) for remark in found.warnings] == [
        ("encoding", {"declared": "cp1252", "used": "utf-8"})
    ]
    assert found.encoding == "utf-8"
    assert codes(only(document(statement(transaction())))) == []


def test_characters_cut_in_two_are_remarked() -> None:
    content = document(statement(transaction(name="Übergröße", memo="Größe #"))).encode()
    found = only(content.replace(b"#", "ä".encode()[:1]))
    assert (found.lines[0].counterparty_name, found.lines[0].remittance) == ("Übergröße", "Größe \ufffd")
    assert found.warnings[0].facts == {"count": 1, "encoding": "utf-8"}


def test_the_charset_counts_more_than_the_encoding() -> None:
    header = HEADER.replace("USASCII", "UTF-8").replace("1252", "1250")
    text = document(statement(transaction(name="Dvořák")), header=header)
    assert only(text.encode("cp1250")).lines[0].counterparty_name == "Dvořák"


def test_a_charset_that_a_memo_names_is_none_of_the_file() -> None:
    text = document(statement(transaction(name="Müller und Söhne", memo="CHARSET:1251")), header="")
    assert only(text.encode("cp1252")).lines[0].counterparty_name == "Müller und Söhne"


def test_an_xml_declaration_names_the_charset() -> None:
    text = document(statement(transaction(name="Łódź")), header=XML_HEADER.replace("UTF-8", "ISO-8859-2"))
    assert only(text.encode("iso8859-2")).lines[0].counterparty_name == "Łódź"


@pytest.mark.parametrize("tag", ["NAME", "MEMO", "CHECKNUM", "REFNUM", "SIC", "FITID", "TRNTYPE", "DTUSER"])
@pytest.mark.parametrize("form", ["<{0}>\n", "<{0}></{0}>\n", "<{0}/>\n", "<{0}> \n</{0}>\n"])
def test_an_empty_tag_loses_nothing(tag: str, form: str) -> None:
    text = document(statement(transaction().replace("<STMTTRN>\n", "<STMTTRN>\n" + form.format(tag))))
    (line,) = only(text).lines
    assert (line.amount, line.counterparty_name, line.remittance) == (100, "Northwind Ltd", "Invoice 2024/0815")


@pytest.mark.parametrize("tag", ["CATEGORY", "BANKSPECIAL", "X.Y"])
def test_what_follows_an_empty_tag_of_the_banks_own_is_not_lost(tag: str) -> None:
    text = document(statement(transaction().replace("<STMTTRN>\n", f"<STMTTRN>\n<{tag}>\n"), transaction(fitid="A2")))
    assert [line.amount for line in only(text).lines] == [100, 100]


def test_a_transaction_ends_where_the_next_begins() -> None:
    text = document(statement(transaction(), transaction(fitid="A2"))).replace("</STMTTRN>\n", "")
    assert [line.bank_id for line in only(text).lines] == ["A1", "A2"]


def test_what_an_unclosed_transaction_lacks_is_not_taken_from_the_next() -> None:
    text = document(statement(transaction(memo=""), transaction(fitid="A2"))).replace("</STMTTRN>\n", "")
    assert [line.remittance for line in only(text).lines] == ["", "Invoice 2024/0815"]


def test_an_unclosed_last_transaction_keeps_what_follows_an_empty_tag() -> None:
    text = document(statement(transaction().replace("<STMTTRN>\n", "<STMTTRN>\n<CATEGORY>\n")))
    assert only(text.replace("</STMTTRN>\n", "")).lines[0].amount == 100


def test_text_behind_the_tag_of_an_aggregate_does_not_matter() -> None:
    text = document(statement(transaction().replace("<STMTTRN>\n", "<STMTTRN>first of one\n")))
    assert only(text).lines[0].amount == 100


@pytest.mark.parametrize(("opened", "closed"), [("CCSTMTRS", "STMTRS"), ("STMTRS", "CCSTMTRS")])
def test_a_statement_closed_as_one_of_the_other_kind_is_read(opened: str, closed: str) -> None:
    text = document(statement(transaction())).replace("</STMTRS>", f"</{closed}>").replace("<STMTRS>", f"<{opened}>")
    found = only(text)
    assert (len(found.lines), found.account_kind) == (1, "credit_card" if opened == "CCSTMTRS" else "bank")


def test_closing_tags_that_nothing_opened_are_passed_over() -> None:
    text = document(statement(transaction(more="</FEE>\n</PAYEE>\n"), transaction(fitid="A2")))
    assert len(only(text).lines) == 2


def test_name_space_prefixes_attributes_and_small_letters_are_read() -> None:
    text = document(statement(transaction()), header=XML_HEADER)
    prefixed = (
        text.replace("</", "</ofx:").replace("<", "<ofx:").replace("<ofx:/ofx:", "</ofx:").replace("<ofx:?", "<?")
    )
    prefixed = prefixed.replace("<ofx:OFX>", '<ofx:OFX xmlns:ofx="http://ofx.net/types/2003/04">')
    assert only(prefixed).lines == only(text).lines
    mixed = text.replace("MEMO", "memo")
    assert only(mixed).lines == only(text).lines
    small = document(statement(transaction(name="x", memo="y")), header="").lower()
    assert only(small).lines[0].amount == 100


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Stop &amp; Shop", "Stop & Shop"),
        ("AT&T &lt;5&gt; &#214;l &#xD6;l &eacute;", "AT&T <5> Öl Öl é"),
        ("a &amp;lt; b", "a &lt; b"),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("Wow <!now> and <?then>", "Wow <!now> and <?then>"),
        ("<script>alert(1)</script> paid", "<script>alert(1)</script> paid"),
        ("<Johnson & sons>", "<Johnson & sons>"),
        ("<![CDATA[<NAME>&amp; raw]]>", "<NAME>&amp; raw"),
        ("one <!-- hidden --> text", "one  text"),
        ("padded  text   kept", "padded  text   kept"),
        ("two\n   lines", "two lines"),
        ("bell\x07 and &#7;&#0;&#xD800;&#99999999999; gone", "bell and &#99999999999; gone"),
        ("Let&apos;s &unknown; go", "Let's &unknown; go"),
    ],
)
def test_texts_are_read_as_they_were_meant(written: str, read_as: str) -> None:
    assert line_of(memo=written).remittance == read_as


def test_entities_are_never_expanded() -> None:
    header = (
        '<?xml version="1.0"?>\n<!DOCTYPE OFX [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">'
        '<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
    )
    text = document(statement(transaction(memo="&b;&x;")), header=header)
    assert only(text).lines[0].remittance == "&b;&x;"


# Files that are refused


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf\r\n", b"\0\0"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert refusal(content).code == "empty"


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ("", "The file holds no statement."),
        (SIGN_ON, "The file holds no statement, only a sign-on."),
        (SIGN_ON + "<ACCTINFORS><ACCTINFO></ACCTINFO></ACCTINFORS>", "only a list of accounts."),
        ("<PROFRS><DTPROFUP>20240101</PROFRS>", "only the bank's profile."),
        (
            "<SONRS><STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Wrong password</STATUS></SONRS>",
            "The bank answered: Wrong password (code 15500).",
        ),
    ],
)
def test_a_file_without_a_statement_is_refused_in_the_banks_words(messages: str, expected: str) -> None:
    refused = refusal(f"{HEADER}<OFX>{messages}</OFX>")
    assert refused.code == "not_a_statement"
    assert expected in refused.message


def test_a_file_cut_off_anywhere_is_refused() -> None:
    content = ofx(transaction(), transaction(fitid="A2"))
    end = content.rindex(b"</OFX>") + len("</OFX>")
    for length in range(len(HEADER) + 6, end):
        assert refusal(content[:length]).code == "truncated", content[:length][-30:]
    assert len(only(content[:end]).lines) == 2


def test_a_header_without_a_document_is_cut_off() -> None:
    assert refusal(HEADER).code == "truncated"


def test_a_statement_that_is_not_closed_is_refused() -> None:
    text = document(statement(transaction())).replace("</STMTRS>", "")
    refused = refusal(text)
    assert (refused.code, refused.line) == ("truncated", last_line_of(text, "<STMTRS>"))


def test_transactions_outside_a_statement_refuse_the_file() -> None:
    refused = refusal(document(statement(transaction()), transaction(fitid="A2")))
    assert refused.code == "truncated"
    assert "2 transactions, but only 1" in refused.message


@pytest.mark.parametrize("lost", ["<STMTTRN>\n", "</STMTTRN>\n<STMTTRN>\n"])
def test_a_transaction_whose_beginning_is_lost_refuses_the_file(lost: str) -> None:
    text = document(statement(transaction(), transaction(fitid="A2"), transaction(fitid="A3")))
    begin = text.index(lost, text.index("A1"))
    refused = refusal(text[:begin] + text[begin + len(lost) :])
    assert refused.code in ("truncated", "bad_amount")


def test_a_transaction_that_is_not_booked_swallows_no_other() -> None:
    deleted = transaction(more="<CORRECTFITID>A0\n<CORRECTACTION>DELETE\n")
    lost = "</STMTTRN>\n<STMTTRN>\n"
    assert refusal(document(statement(deleted + transaction())).replace(lost, "")).code == "bad_amount"
    balance = transaction(name="Saldo do dia", memo="")
    assert refusal(document(statement(balance + transaction(name="", memo=""))).replace(lost, "")).code == "bad_amount"
    pending = "<BANKTRANLISTP><STMTTRNP><TRNAMT>-3<NAME>Taxi<TRNAMT>-4</STMTTRNP></BANKTRANLISTP>"
    assert refusal(document(statement(transaction(), balance=pending))).code == "bad_amount"


@pytest.mark.parametrize(
    "remnant",
    [
        "<TRNAMT>5.00\n",
        "<FITID>A9\n<NAME>\n<TRNAMT>5.00\n</STMTTRN>\n",
        "<PAYEE>\n<NAME>x\n<TRNAMT>5.00\n</PAYEE>\n</STMTTRN>\n",
    ],
)
@pytest.mark.parametrize(
    "place", ["<OFX>", "<SIGNON", "<STMTRS>", "<STMTTRN>", "<LEDGERBAL>", "</STMTRS>", "</OFX>", ""]
)
def test_what_is_left_of_a_transaction_refuses_the_file(place: str, remnant: str) -> None:
    before, found, behind = document(statement(transaction())).rpartition(place) if place else ("", "", "")
    text = f"{before}{remnant}{found}{behind}" if found else document(statement(transaction())) + remnant
    assert refusal(text).code == "truncated"


def test_a_payee_that_is_not_closed_takes_no_transaction_away() -> None:
    whole = transaction().replace("<DTPOSTED>", "<PAYEE>\n<ADDR1>1 Quay\n<DTPOSTED>")
    (line,) = only(ofx(whole)).lines
    assert (line.amount, line.counterparty_name) == (100, "Northwind Ltd")


def test_an_amount_of_a_transfer_order_is_no_remnant() -> None:
    order = "<INTRATRNRS><INTRARS><XFERINFO><TRNAMT>5.00\n</XFERINFO></INTRARS></INTRATRNRS>\n"
    assert len(only(document(order, statement(transaction()))).lines) == 1


def test_one_bad_transaction_among_several_accounts_refuses_them_all() -> None:
    assert refusal(document(statement(transaction()), statement(transaction(day="never")))).code == "bad_date"


# ofxparse


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # ofxparse's own, of its markup reader
def test_ofxparse_reads_what_it_can_read_the_same_way() -> None:
    content = ofx(*(transaction(fitid=f"A{number}", amount=f"-{number}.50") for number in range(1, 6)))
    account = ofxparse.OfxParser.parse(io.BytesIO(content)).account
    found = only(content)
    assert (account.account_id, account.routing_number) == (found.account, found.bank)
    assert (account.statement.balance, account.statement.end_date.date()) == (found.closing_balance, found.end_date)
    assert [
        (one.id, one.date.date(), one.amount, one.payee, one.memo, one.type.upper())
        for one in account.statement.transactions
    ] == [
        (line.bank_id, line.date, line.amount, line.counterparty_name, line.remittance, line.kind)
        for line in found.lines
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # ofxparse's own, of its markup reader
def test_settings_that_others_leave_on_ofxparse_do_not_matter() -> None:
    ofxparse.OfxParser.parse(io.BytesIO(ofx()), fail_fast=False, custom_date_format="%d%m%Y")
    assert line_of(day="20240315").date == dt.date(2024, 3, 15)
    assert ofxparse.OfxParser.fail_fast is False


def test_a_transaction_that_ofxparse_refuses_after_all_refuses_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_source: object) -> None:
        raise ofxparse.OfxParserException("not this one")

    monkeypatch.setattr(ofxparse.OfxParser, "parseTransaction", refuse)
    refused = refusal(ofx(transaction()))
    assert (refused.code, "not this one" in refused.message) == ("unreadable", True)


def test_files_read_at_once_do_not_disturb_each_other() -> None:
    found: dict[str, Decimal] = {}

    def read_many(amount: str) -> None:
        for _ in range(20):
            found[amount] = line_of(amount=amount).amount

    threads = [threading.Thread(target=read_many, args=(amount,)) for amount in ("1.50", "2,50")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"1.50": Decimal("1.50"), "2,50": Decimal("2.50")}


def test_the_impostor_of_ofxparse_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    ofx_format._refuse_impostor.cache_clear()
    monkeypatch.setattr(metadata, "distribution", lambda name: SimpleNamespace(name=name))
    refused = refusal(ofx(transaction()))
    assert refused.code == "wrong_library"
    monkeypatch.undo()
    assert only(ofx(transaction())).lines


def test_the_reader_that_is_installed_is_the_one_it_was_written_for() -> None:
    assert metadata.version("ofxparse") == "0.21"


# Round trip

words = st.text(
    st.characters(codec="cp1252", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Zs"], exclude_characters="<>&"),
    min_size=1,
    max_size=32,
)
written_transactions = st.lists(
    st.tuples(
        st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)),
        st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2)),
        words,
        words,
    ),
    max_size=12,
)


@given(
    written_transactions,
    st.sampled_from(["utf-8", "cp1252", "utf-16"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", ""]),
)
def test_every_transaction_of_a_random_file_is_found(
    written: list[tuple[dt.date, Decimal, str, str]], codec: str, comma: bool, close: bool, newline: str
) -> None:
    transactions = []
    for number, (day, amount, name, memo) in enumerate(written):
        figure = format(amount, "f").replace(".", "," if comma else ".")
        text = transaction(day.strftime("%Y%m%d"), figure, f"F{number}", name, memo)
        if close:
            text = "\n".join(
                f"{tag}</{tag[1:].partition('>')[0]}>" if not tag.endswith("STMTTRN>") else tag
                for tag in text.splitlines()
            )
        transactions.append(text.replace("\n", newline))
    content = document(statement(*transactions, balance="")).encode(codec)
    # Windows-1252 that happens to be UTF-8, such as "Â¡", can't be told from it.
    assume(codec != "cp1252" or not re.search(rb"[\xc2-\xf4][\x80-\xbf]", content))
    found = only(content)
    assert [(line.date, line.amount, line.counterparty_name, line.remittance) for line in found.lines] == written
    assert [line.bank_id for line in found.lines] == [f"F{number}" for number in range(len(written))]
    assert found.skipped == ()
