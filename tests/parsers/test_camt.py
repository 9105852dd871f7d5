"""What becomes of camt.052, 053 and 054 files."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from camt_file import (
    ACCOUNT,
    DECLARATION,
    PAYER,
    amount_tag,
    balance,
    batch,
    camt,
    detail,
    document,
    entry,
    remittance,
    statement,
    tag,
)

from odoo.addons.ar_reconcile.parsers import camt as camt_format
from odoo.addons.ar_reconcile.parsers.statement import Remark, Skipped, Statement, StatementError, StatementLine

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "statements" / "camt"


def one(content: bytes) -> Statement:
    (found,) = camt_format.read(content)
    return found


def only_line(*content: str, **changes: Any) -> StatementLine:
    (line,) = one(camt(entry(*content, **changes))).lines
    return line


def codes(notes: tuple[Remark, ...] | tuple[Skipped, ...]) -> list[str]:
    return [note.code for note in notes]


def facts_of(found: Statement, code: str) -> dict[str, str | int]:
    (note,) = [note for note in (*found.warnings, *found.skipped) if note.code == code]
    return dict(note.facts)


def refused(content: bytes) -> StatementError:
    with pytest.raises(StatementError) as caught:
        camt_format.read(content)
    return caught.value


def parties(**sides: str) -> str:
    return tag("RltdPties", *(tag(name, content) for name, content in sides.items()))


def iban(number: str) -> str:
    return tag("Id", tag("IBAN", number))


# Statements


@pytest.mark.parametrize("version", [f"{number:02}" for number in range(2, 14)])
@pytest.mark.parametrize(("message", "kind"), [("053", "statement"), ("052", "report"), ("054", "notification")])
def test_every_version_of_every_message_is_read(message: str, kind: str, version: str) -> None:
    status = "BOOK" if version < "08" else "<Cd>BOOK</Cd>"
    content = camt(entry(status=status), message=message, version=version)

    found = one(content)

    assert camt_format.recognises(content)
    assert (found.message_kind, found.format, len(found.lines)) == (kind, f"camt.{message}.001.{version}", 1)


def test_a_statement_tells_account_bank_owner_period_and_balances() -> None:
    period = "<FrToDt><FrDtTm>2026-11-17T00:00:00+01:00</FrDtTm><ToDtTm>2026-11-18T23:59:59+01:00</ToDtTm></FrToDt>"
    balances = balance("OPBD", "10.00", "DBIT", "2026-11-17") + balance("CLBD", "90.00")
    found = one(document(statement(balances, entry(), before=period)).encode())

    assert (found.account, found.account_kind, found.bank) == ("DE02120300000000202051", "bank", "BYLADEM1001")
    assert (found.owner, found.currency, found.number) == ("Fabrikam GmbH", "EUR", "S1")
    assert (found.start_date, found.end_date) == (dt.date(2026, 11, 17), dt.date(2026, 11, 18))
    assert (found.opening_balance, found.closing_balance) == (Decimal("-10.00"), Decimal("90.00"))
    assert found.closing_date == dt.date(2026, 11, 18)
    assert found.difference == 0
    assert not found.warnings


def test_an_account_that_is_no_iban_is_told_by_its_other_number() -> None:
    for number in ("<Othr><Id>4711</Id></Othr>", "<PrtryAcct><Id>4711</Id></PrtryAcct>", "<BBAN>4711</BBAN>"):
        assert one(document(statement(account=f"<Acct><Id>{number}</Id></Acct>")).encode()).account == "4711"


def test_a_card_account_is_a_credit_card_and_a_current_account_is_none() -> None:
    kinds = {}
    for code in ("CARD", "CACC"):
        account = ACCOUNT.replace("<Ccy>", f"<Tp><Cd>{code}</Cd></Tp><Ccy>")
        kinds[code] = one(document(statement(account=account)).encode()).account_kind

    assert kinds == {"CARD": "credit_card", "CACC": "bank"}


def test_the_currency_is_the_accounts_else_the_balances_else_the_entries() -> None:
    bare = "<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>"
    dollars = balance("CLBD", "1.00", currency="USD")
    found = [
        one(document(statement(dollars, entry(currency="CHF"), account=account)).encode())
        for account in (ACCOUNT, bare)
    ]
    found.append(one(document(statement(entry(currency="CHF"), account=bare)).encode()))
    found.append(one(document(statement(account=bare)).encode()))

    assert [statement.currency for statement in found] == ["EUR", "USD", "CHF", None]
    assert "no_currency" in codes(found[-1].warnings)


def test_a_statement_without_account_is_read_and_remarked() -> None:
    found = one(document(statement(entry(), account="")).encode())

    assert (found.account, len(found.lines)) == ("", 1)
    assert "no_account" in codes(found.warnings)


def test_the_previous_closing_balance_opens_only_where_there_is_no_opening_one() -> None:
    previous = balance("PRCD", "5.00")

    assert one(camt(previous)).opening_balance == 5
    assert one(camt(previous, balance("OPBD", "6.00"))).opening_balance == 6


def test_balances_with_the_codes_of_bai_are_known() -> None:
    codes_of_bai = [balance(code, amount) for code, amount in (("010", "1"), ("015", "2"), ("040", "3"), ("045", "4"))]
    content = camt(*(text.replace("<Cd>", "<Prtry>").replace("</Cd>", "</Prtry>") for text in codes_of_bai))

    assert (one(content).opening_balance, one(content).closing_balance) == (1, 2)


def test_an_interim_balance_stands_in_between_pages_only() -> None:
    def page(number: int, *balances: str, last: str) -> Statement:
        pages = f"<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>"
        return one(document(statement(*balances, before=pages)).encode())

    opening, closing = balance("OPBD", "1.00"), balance("CLBD", "4.00")
    two, three = balance("ITBD", "2.00"), balance("ITBD", "3.00")
    pages = [
        page(1, opening, two, last="false"),
        page(2, two, three, last="false"),
        page(3, three, closing, last="true"),
    ]

    assert [(found.opening_balance, found.closing_balance) for found in pages] == [(1, 2), (2, 3), (3, 4)]
    assert page(1, two, last="true").opening_balance is None
    assert page(2, two, opening, three, last="true").opening_balance == 1
    assert page(1, opening, two, last="true").closing_balance is None


def test_a_report_is_interim_and_its_interim_balance_closes_nothing() -> None:
    found = one(camt(balance("OPBD", "1.00"), balance("ITBD", "2.00"), message="052"))

    assert (found.opening_balance, found.closing_balance) == (1, None)
    assert codes(found.warnings) == ["interim"]


def test_a_balance_in_another_currency_or_unreadable_is_none() -> None:
    found = one(camt(balance("CLBD", "1.00", currency="USD"), balance("OPBD", "1e5")))

    assert (found.opening_balance, found.closing_balance) == (None, None)
    assert facts_of(found, "unreadable_balance")["text"] == "1e5"
    assert "no_balance" in codes(found.warnings)


def test_a_copy_is_remarked() -> None:
    content = document(statement(entry(), before=tag("CpyDplctInd", "DUPL"))).encode()

    assert facts_of(one(content), "copy") == {"kind": "DUPL"}


@pytest.mark.parametrize(
    ("figure", "right", "wrong"),
    [
        ("<TtlNtries><NbOfNtries>{}</NbOfNtries></TtlNtries>", "2", "3"),
        ("<TtlNtries><Sum>{}</Sum></TtlNtries>", "130.0", "130.01"),
        ("<TtlNtries><TtlNetNtryAmt>{}</TtlNetNtryAmt></TtlNtries>", "70", "130"),
        ("<TtlNtries><TtlNetNtry><Amt>{}</Amt></TtlNetNtry></TtlNtries>", "70.00", "69.99"),
        ("<TtlCdtNtries><Sum>{}</Sum></TtlCdtNtries>", "100", "101"),
        ("<TtlDbtNtries><Sum>{}</Sum></TtlDbtNtries>", "30", "-30.5"),
    ],
)
def test_a_summary_that_contradicts_the_entries_is_remarked(figure: str, right: str, wrong: str) -> None:
    def remarks(told: str) -> list[str]:
        summary = tag("TxsSummry", figure.format(told))
        return codes(
            one(camt(summary, balance("CLBD", "1"), entry(), entry(amount="30", sign="DBIT", ref="R2"))).warnings
        )

    assert remarks(right) == []
    assert remarks(wrong) == (["summary_differs"] if not wrong.startswith("-") else [])


def test_a_summary_may_count_what_is_pending_and_may_not() -> None:
    for told in ("1", "2"):
        summary = tag("TxsSummry", tag("TtlNtries", tag("NbOfNtries", told)))
        assert "summary_differs" not in codes(one(camt(summary, entry(), entry(status="PDNG", ref="R2"))).warnings)


def test_an_empty_statement_is_a_statement_and_an_empty_message_is_none() -> None:
    assert one(camt()).lines == ()
    assert refused(document().encode()).code == "not_a_statement"


def test_several_statements_are_told_apart_and_keep_their_order() -> None:
    found = camt_format.read(
        document(statement(entry(), number="A"), statement(number="B"), statement(number="C")).encode()
    )

    assert [(statement.number, len(statement.lines)) for statement in found] == [("A", 1), ("B", 0), ("C", 0)]


# Where the message is, and what it is


def test_prefixes_of_name_spaces_change_nothing() -> None:
    plain = camt(entry(batch(detail(PAYER, remittance("Invoice 1")))), balance("CLBD", "1.00"))
    text = plain.decode().replace("<", "<ns2:").replace("<ns2:/", "</ns2:").replace("<ns2:?", "<?")
    prefixed = text.replace("xmlns=", "xmlns:ns2=").encode()

    assert camt_format.recognises(prefixed)
    assert camt_format.read(prefixed) == camt_format.read(plain)
    assert camt_format.read(prefixed.replace(b"xmlns:ns2=", b"other="))[0].lines == one(plain).lines


def test_a_message_is_known_by_its_tag_without_any_name_space() -> None:
    content = camt(entry()).replace(b' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"', b"")

    assert camt_format.recognises(content)
    assert one(content).format == "camt.053"


def test_a_message_of_version_one_names_its_version_in_its_tag() -> None:
    text = camt(entry(tag("TxDtls", PAYER)), version="01").decode().replace("BkToCstmrStmt>", "BkToCstmrStmtV01>")

    assert one(text.encode()).lines[0].counterparty_name == "Northwind Ltd"


def test_an_envelope_around_the_document_and_a_header_in_front_of_it_are_passed_over() -> None:
    inner = document(statement(entry()), declaration="")
    header = '<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><BizMsgIdr>1</BizMsgIdr></AppHdr>'

    assert len(one(f"{DECLARATION}<Envelope>{header}<Body>{inner}</Body></Envelope>".encode()).lines) == 1
    assert len(one(f"{header}\n{inner}".encode()).lines) == 1


def test_documents_one_behind_the_other_are_all_read_and_lines_counted_through() -> None:
    first, second = document(statement(entry())), document(statement(entry(), message="052"), message="052")

    found = camt_format.read(f"{first}\n\ufeff\n\n{second}{second}".encode())

    assert [statement.message_kind for statement in found] == ["statement", "report", "report"]
    lines = [statement.lines[0].line for statement in found]
    assert lines[1] == first.count("\n") + 3 + lines[0]
    assert lines[2] == lines[1] + second.count("\n")


@pytest.mark.parametrize(
    ("space", "tag_name", "told"),
    [
        ("urn:iso:std:iso:20022:tech:xsd:pain.001.001.03", "CstmrCdtTrfInitn", "pain.001.001.03"),
        ("urn:iso:std:iso:20022:tech:xsd:camt.029.001.09", "RsltnOfInvstgtn", "camt.029.001.09"),
        ("urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08", "FIToFICstmrCdtTrf", "pacs.008.001.08"),
        ("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02", "Nothing", "Nothing"),
    ],
)
def test_another_message_is_refused_by_its_name(space: str, tag_name: str, told: str) -> None:
    content = f'<Document xmlns="{space}"><{tag_name}><Id>1</Id></{tag_name}></Document>'.encode()

    error = refused(content)

    assert camt_format.recognises(content)
    assert error.code == "not_a_statement"
    assert told in error.message


@pytest.mark.parametrize(
    "content",
    [
        b"<OFX><STMTRS>",
        b"<html><body>camt.053.001.02</body></html>",
        b"<kml><Document><name>BkToCstmrStmt</name></Document></kml>",
        b"camt.053.001.02;BkToCstmrStmt",
        b"",
    ],
)
def test_what_is_no_iso_20022_message_is_not_recognised(content: bytes) -> None:
    assert not camt_format.recognises(content)


# Encodings


@pytest.mark.parametrize(
    ("declared", "codec", "remarked"),
    [
        ("UTF-8", "utf-8", False),
        ("UTF-8", "utf-8-sig", False),
        ("UTF-8", "cp1252", True),
        ("ISO-8859-1", "utf-8", True),
        ("ISO-8859-1", "cp1252", False),
        ("ISO-8859-15", "iso8859-15", False),
        ("UTF-16", "utf-16", False),
        ("UTF-8", "utf-16-be", True),
    ],
)
def test_umlauts_come_out_right_whatever_the_declaration_says(declared: str, codec: str, remarked: bool) -> None:
    text = camt(entry(batch(detail(remittance("Müller größer")))), balance("CLBD", "1")).decode()
    content = text.replace("UTF-8", declared).encode(codec)

    found = one(content)

    assert camt_format.recognises(content)
    assert found.lines[0].remittance == "Müller größer"
    assert codes(found.warnings) == (["encoding"] if remarked else [])
    assert found.encoding in (codec, codec.removesuffix("-sig"), "utf-16-le")


def test_a_plain_file_has_no_encoding_to_remark() -> None:
    text = camt(entry(), balance("CLBD", "1")).replace(b"UTF-8", b"ISO-8859-1")

    assert one(text).warnings == ()


def test_characters_cut_in_two_are_counted() -> None:
    content = camt(entry(batch(detail(remittance("äöüäöüäöü ß.")))))
    cut = content.replace("ß.".encode(), "ß".encode()[:1] + b".")

    assert facts_of(one(cut), "characters_lost") == {"count": 1, "encoding": "utf-8"}


def test_loose_markup_signs_entities_of_html_and_control_characters_are_mended() -> None:
    content = camt(
        entry(batch(detail(remittance("A & B < 3 &eacute; &amp; &#0;&#65; &x; \x01.", "<![CDATA[C & <D>]]>"))))
    )

    assert one(content).lines[0].remittance == "A & B < 3 é & A &x;  . C & <D>"


def test_texts_are_one_line_without_control_characters() -> None:
    (line,) = one(camt(entry(batch(detail(remittance(" A\n\t B\u0085\u200bC&#xA; "))), ref="X&#x9;1"))).lines

    assert line.remittance == "A B \u200bC"
    assert line.bank_id == "X 1"


def test_a_text_is_kept_up_to_a_thousand_characters() -> None:
    for length, kept in ((1000, 1000), (1001, 1000)):
        assert len(only_line(batch(detail(remittance("x" * length)))).remittance) == kept


# Entries


def test_an_entry_is_a_line_with_all_that_the_bank_says() -> None:
    references = (
        "<Refs><AcctSvcrRef>R1-1</AcctSvcrRef><InstrId>I1</InstrId><EndToEndId>E1</EndToEndId><TxId>T1</TxId>"
        "<UETR>8a562c67-ca16-48ba-b074-65581be6f001</UETR><MndtId>MD1</MndtId><ChqNb>77</ChqNb></Refs>"
    )
    people = parties(
        Dbtr="<Nm>Northwind Ltd</Nm><PstlAdr><StrtNm>High St</StrtNm><BldgNb>5</BldgNb><PstCd>N1</PstCd>"
        "<TwnNm>London</TwnNm><Ctry>GB</Ctry></PstlAdr><Id><OrgId><Othr><Id>D99</Id></Othr></OrgId></Id>",
        DbtrAcct=iban("GB33BUKB20201555555555"),
        UltmtDbtr="<Nm>Northwind Holding</Nm>",
        Cdtr="<Nm>Fabrikam GmbH</Nm><Id><PrvtId><Othr><Id>DE98ZZZ09999999999</Id><SchmeNm><Prtry>SEPA</Prtry></SchmeNm>"
        "</Othr></PrvtId></Id>",
        UltmtCdtr="<Nm>Fabrikam Retail</Nm>",
    )
    agents = "<RltdAgts><DbtrAgt><FinInstnId><BIC>BUKBGB22</BIC></FinInstnId></DbtrAgt></RltdAgts>"
    more = (
        "<Purp><Cd>GDDS</Cd></Purp><RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed</AddtlInf></RtrInf>"
        '<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">1.50</TtlChrgsAndTaxAmt></Chrgs>'
    )
    code = (
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>"
        "<Prtry><Cd>NTRF+166</Cd></Prtry></BkTxCd>"
    )
    header = "<Btch><MsgId>BM</MsgId><PmtInfId>BP</PmtInfId><NbOfTxs>1</NbOfTxs></Btch>"
    inner = detail(references, people, agents, remittance("Invoice 2026/0815", "thanks"), more)

    line = only_line(
        "<ValDt><Dt>2026-11-20</Dt></ValDt>", code, batch(inner, more=header), "<AddtlNtryInf>SEPA</AddtlNtryInf>"
    )

    assert line == StatementLine(
        date=dt.date(2026, 11, 18),
        amount=Decimal("100.00"),
        bank_id="R1-1",
        counterparty_name="Northwind Ltd",
        counterparty_account="GB33BUKB20201555555555",
        remittance="Invoice 2026/0815 thanks",
        reference="77 E1",
        value_date=dt.date(2026, 11, 20),
        kind="RCDT",
        line=line.line,
        entry="R1",
        entry_amount=Decimal("100.00"),
        details={
            "end_to_end_id": "E1",
            "instruction_id": "I1",
            "transaction_id": "T1",
            "uetr": "8a562c67-ca16-48ba-b074-65581be6f001",
            "mandate_id": "MD1",
            "creditor_id": "DE98ZZZ09999999999",
            "cheque": "77",
            "batch": "BM BP (1)",
            "bank_code": "PMNT/RCDT/ESCT NTRF+166",
            "purpose": "GDDS",
            "counterparty_bank": "BUKBGB22",
            "counterparty_id": "D99",
            "counterparty_address": "High St 5, N1 London, GB",
            "ultimate_debtor": "Northwind Holding",
            "ultimate_creditor": "Fabrikam Retail",
            "charges": "1.50 EUR",
            "return_reason": "AC04 closed",
            "additional_info": "SEPA",
        },
    )


def test_the_line_of_a_transaction_is_the_one_that_its_entry_ends_on() -> None:
    content = camt(entry(), entry(ref="R2"))
    ends = [number for number, text in enumerate(content.decode().splitlines(), 1) if text.endswith("</Ntry>")]

    assert [line.line for line in one(content).lines] == ends


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5", "5"),
        ("5.00000", "5.00000"),
        ("0", "0"),
        ("0.00", "0.00"),
        ("007.5", "7.5"),
        ("1,25", "1.25"),
        ("1.234,56", "1234.56"),
        (".5", "0.5"),
        ("999999999999999", "999999999999999"),
        (" 5.10 ", "5.10"),
    ],
)
def test_an_amount_is_read_exactly(written: str, read: str) -> None:
    assert str(only_line(amount=written).amount) == read
    assert only_line(amount=written, sign="DBIT").amount == -Decimal(read)


@pytest.mark.parametrize(
    "written",
    [
        "-5.00",
        "1e5",
        "NaN",
        "Infinity",
        "x",
        "1.2.3",
        "9999999999999999",
        "0" * 41,
        "5" * 41,
        "12 34",
        "0x10",
        "٣",
        "--1",
    ],
)
def test_an_amount_that_is_not_certain_refuses_the_file(written: str) -> None:
    error = refused(camt(entry(), entry(amount=written)))

    assert (error.code, error.line is not None) == ("bad_amount", True)


def test_an_entry_without_amount_or_direction_refuses_the_file() -> None:
    assert refused(camt(entry(amount=""))).code == "bad_amount"
    assert refused(camt(entry(sign=""))).code == "bad_amount"
    assert refused(camt(entry(sign="BOTH"))).code == "bad_amount"
    assert refused(camt("<Ntry/>")).code == "bad_amount"
    assert only_line(amount="0.00", sign="").amount == 0


@pytest.mark.parametrize(
    "written",
    [
        "<Dt>2026-11-18</Dt>",
        "<Dt>2026-11-18+01:00</Dt>",
        "<Dt>2026-11-18Z</Dt>",
        "<Dt>20261118</Dt>",
        "<DtTm>2026-11-18T23:59:59.999-11:00</DtTm>",
        "<DtTm>2026-11-18T00:00:00+14:00</DtTm>",
        "<DtTm>2026-11-18</DtTm>",
        "2026-11-18",
    ],
)
def test_the_day_is_the_one_that_is_printed(written: str) -> None:
    assert only_line(day=written).date == dt.date(2026, 11, 18)


@pytest.mark.parametrize(
    "written", ["2026-02-29", "2026-13-01", "1899-12-31", "2200-01-01", "18.11.2026", "2026-11-188"]
)
def test_an_impossible_day_refuses_the_file(written: str) -> None:
    error = refused(camt(entry(day=f"<Dt>{written}</Dt>")))

    assert (error.code, written in error.message) == ("bad_date", True)
    assert error.line is not None


def test_the_first_and_the_last_day_that_a_booking_may_have_are_read() -> None:
    for day in ("1900-01-01", "2199-12-31", "2028-02-29"):
        assert only_line(day=f"<Dt>{day}</Dt>").date.isoformat() == day


def test_the_day_is_the_bookings_else_the_values_else_the_statements() -> None:
    valued = "<ValDt><Dt>2026-11-20</Dt></ValDt>"

    assert only_line(valued).date == dt.date(2026, 11, 18)
    assert only_line(valued, day="").date == dt.date(2026, 11, 20)
    found = one(camt(balance("CLBD", "1", day="2026-11-30"), entry(day=""), entry(day="", ref="R2")))
    assert [line.date for line in found.lines] == [dt.date(2026, 11, 30)] * 2
    assert facts_of(found, "date_assumed") == {"date": "2026-11-30", "count": 2, "line": found.lines[0].line}
    assert refused(camt(entry(day=""))).code == "bad_date"
    assert refused(camt(entry("<ValDt><Dt>2026-11-31</Dt></ValDt>", day=""))).code == "bad_date"


def test_an_impossible_value_date_is_remarked_where_the_day_is_certain() -> None:
    found = one(camt(entry("<ValDt><Dt>2026-11-31</Dt></ValDt>")))

    assert found.lines[0].value_date is None
    assert facts_of(found, "unreadable_value_date")["text"] == "2026-11-31"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("PDNG", "pending"),
        ("<Cd>PDNG</Cd>", "pending"),
        ("INFO", "information"),
        ("<Cd>FUTR</Cd>", "future"),
        ("<Prtry>ODD</Prtry>", "unknown_status"),
    ],
)
def test_what_is_not_booked_is_told_and_no_line(status: str, code: str) -> None:
    found = one(camt(entry(batch(detail(PAYER)), status=status, amount="1e5")))

    assert found.lines == ()
    told = facts_of(found, code)
    assert (told["amount"], told["name"]) == ("1e5", "Northwind Ltd")


@pytest.mark.parametrize("status", ["BOOK", "<Cd>BOOK</Cd>", "<Prtry>BOOK</Prtry>", "book", ""])
def test_what_is_booked_or_says_nothing_else_is_a_line(status: str) -> None:
    assert only_line(status=status).amount == 100


def test_a_reversal_changes_whose_name_is_shown_and_no_sign() -> None:
    people = parties(Dbtr="<Nm>Debtor</Nm>", Cdtr="<Nm>Creditor</Nm>")
    reversal = "<RvslInd>true</RvslInd>"
    names = {
        (sign, bool(flag)): only_line(flag, batch(detail(people)), sign=sign)
        for sign in ("CRDT", "DBIT")
        for flag in ("", reversal)
    }

    assert {key: (line.counterparty_name, line.amount) for key, line in names.items()} == {
        ("CRDT", False): ("Debtor", 100),
        ("CRDT", True): ("Creditor", 100),
        ("DBIT", False): ("Creditor", -100),
        ("DBIT", True): ("Debtor", -100),
    }
    assert names["CRDT", True].details["reversal"] == "true"
    assert only_line("<RvslInd>false</RvslInd>").details == {}


def test_the_counterparty_is_the_ultimate_party_or_the_other_side_where_its_own_is_missing() -> None:
    def name(**sides: str) -> str:
        return only_line(batch(detail(parties(**sides)))).counterparty_name

    assert name(Dbtr="<Id/>", UltmtDbtr="<Nm>Ultimate</Nm>") == "Ultimate"
    assert name(Dbtr="<Pty><Nm>Of version 8</Nm></Pty>") == "Of version 8"
    assert name(Dbtr="<Agt><FinInstnId><Nm>A bank</Nm></FinInstnId></Agt>") == "A bank"
    assert name(Cdtr="<Nm>Somebody</Nm>") == "Somebody"
    assert name(Cdtr="<Nm>FABRIKAM  GmbH</Nm>") == ""
    assert name(DbtrAcct="<Id><IBAN>GB33BUKB20201555555555</IBAN></Id><Nm>Of the account</Nm>") == "Of the account"
    own = iban("DE02 1203 0000 0000 2020 51")
    assert name(Dbtr="<Nm>Fabrikam</Nm>", DbtrAcct=own, Cdtr="<Nm>Somebody</Nm>") == "Somebody"


def test_only_of_a_reversal_the_other_side_is_taken_where_the_owner_is_not_known() -> None:
    inner = batch(detail(parties(Dbtr="<Nm>Somebody</Nm>")))
    for flag, name in (("<RvslInd>true</RvslInd>", "Somebody"), ("", "")):
        sign = "CRDT" if flag else "DBIT"
        content = document(statement(entry(flag, inner, sign=sign), account="")).encode()
        assert one(content).lines[0].counterparty_name == name


def test_the_bank_told_is_that_of_the_side_whose_name_is() -> None:
    agents = "".join(tag(f"{side}Agt", tag("FinInstnId", tag("BIC", side.upper()))) for side in ("Dbtr", "Cdtr"))
    people = parties(Dbtr="<Nm>Somebody</Nm>", Cdtr="<Nm>Fabrikam GmbH</Nm>", CdtrAcct=iban("DE02120300000000202051"))
    inner = batch(detail(people, tag("RltdAgts", agents), "<RtrInf><Rsn><Cd>MS03</Cd></Rsn></RtrInf>"))

    for sign, flag in (("CRDT", ""), ("DBIT", ""), ("DBIT", "<RvslInd>true</RvslInd>")):
        line = only_line(flag, inner, sign=sign)
        assert (line.counterparty_name, line.details["counterparty_bank"]) == ("Somebody", "DBTR")
    returned = batch(detail(parties(Dbtr="<Nm>Somebody</Nm>"), tag("RltdAgts", agents)))
    line = only_line("<RvslInd>true</RvslInd>", returned, sign="CRDT")
    assert (line.counterparty_name, line.details["counterparty_bank"]) == ("Somebody", "DBTR")


def test_the_name_of_a_bank_in_between_is_no_counterparty() -> None:
    agents = "<RltdAgts><DbtrAgt><FinInstnId><Nm>Some Bank</Nm></FinInstnId></DbtrAgt></RltdAgts>"
    line = only_line(batch(detail(agents)))

    assert (line.counterparty_name, line.details["counterparty_bank"]) == ("", "Some Bank")


def test_references_come_in_order_and_once() -> None:
    strd = tag(
        "RmtInf",
        "<Strd><RfrdDocInf><Nb>INV2</Nb></RfrdDocInf><RfrdDocInf><Nb>E1</Nb></RfrdDocInf>"
        "<CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf><AddtlRmtInf>with thanks</AddtlRmtInf></Strd>"
        "<Strd><CdtrRefInf><Ref>000</Ref></CdtrRefInf></Strd>",
    )
    line = only_line(batch(detail("<Refs><EndToEndId>E1</EndToEndId><ChqNb>55</ChqNb></Refs>", strd)))

    assert (line.reference, line.remittance) == ("RF18539007547034 INV2 E1 55", "with thanks")


@pytest.mark.parametrize(
    "nothing", ["NOTPROVIDED", "NotProvided", "NOT PROVIDED", "NONREF", "NOTAVAILABLE", "000", "-"]
)
def test_a_reference_that_says_there_is_none_is_none(nothing: str) -> None:
    references = f"<Refs><AcctSvcrRef>{nothing}</AcctSvcrRef><EndToEndId>{nothing}</EndToEndId></Refs>"
    line = only_line(f"<NtryRef>{nothing}</NtryRef>", batch(detail(references)), ref=nothing)

    assert (line.bank_id, line.entry, line.reference, line.details) == ("", "", "", {})


@pytest.mark.parametrize("kept", ["NONREF1", "0001", "NOTE", "NOTPROVIDED 5"])
def test_a_reference_that_only_begins_like_none_is_kept(kept: str) -> None:
    assert only_line(ref=kept).bank_id == kept


def test_the_banks_words_stand_in_for_a_missing_text_and_are_details_beside_one() -> None:
    info, more = tag("AddtlNtryInf", "entry text"), tag("AddtlTxInf", "detail text")
    lines = [
        only_line(info),
        only_line(info, batch(detail(more))),
        only_line(info, batch(detail(more, remittance("Invoice 1")))),
    ]

    assert [line.remittance for line in lines] == ["entry text", "detail text", "Invoice 1"]
    told = [line.details.get("additional_info") for line in lines]
    assert told == [None, "entry text", "detail text entry text"]


def test_a_creditor_id_is_one_of_sepa_or_beside_a_mandate() -> None:
    def keys(scheme: str, mandate: str) -> set[str]:
        held = f"<Nm>C</Nm><Id><PrvtId><Othr><Id>X1</Id>{scheme}</Othr></PrvtId></Id>"
        line = only_line(batch(detail(tag("Refs", tag("MndtId", mandate)), parties(Cdtr=held))), sign="DBIT")
        return {key for key, text in line.details.items() if text == "X1"}

    assert keys("<SchmeNm><Prtry>SEPA</Prtry></SchmeNm>", "") == {"creditor_id"}
    assert keys("", "M1") == {"creditor_id"}
    assert keys("<SchmeNm><Cd>CUST</Cd></SchmeNm>", "") == {"counterparty_id"}


def test_texts_that_are_joined_are_kept_up_to_four_thousand_characters() -> None:
    texts = [f"{number}{'x' * 996}" for number in range(5)]
    strd = "".join(f"<Strd><CdtrRefInf><Ref>{text}</Ref></CdtrRefInf></Strd>" for text in texts)
    both = only_line(batch(detail(tag("RmtInf", *(tag("Ustrd", text) for text in texts), strd))))
    less = only_line(batch(detail(remittance(*texts[:4]))))

    assert (len(less.remittance), len(both.remittance), len(both.reference)) == (3991, 4000, 4000)


def test_the_kind_is_the_family_else_the_banks_own_word() -> None:
    own = "<BkTxCd><Prtry><Cd>ntrf+166+9302</Cd></Prtry></BkTxCd>"

    assert (only_line(own).kind, only_line(own).details) == ("NTRF", {"bank_code": "ntrf+166+9302"})


# Bank ids


def test_a_customers_own_id_is_never_the_banks() -> None:
    references = "<Refs><EndToEndId>E1</EndToEndId><InstrId>I1</InstrId><PmtInfId>P1</PmtInfId></Refs>"

    assert only_line(batch(detail(references)), ref="").bank_id == ""


def test_the_transaction_id_is_the_banks_where_the_detail_only_repeats_the_entrys_reference() -> None:
    def bank_id(own: str, transaction: str) -> str:
        inner = f"<Refs><AcctSvcrRef>{own}</AcctSvcrRef><TxId>{transaction}</TxId></Refs>"
        return only_line(batch(detail(inner))).bank_id

    assert [bank_id("R1", "T1"), bank_id("OWN", "T1"), bank_id("R1", "R1")] == ["T1", "OWN", "R1"]


def test_several_details_are_known_by_their_own_reference_else_by_their_number() -> None:
    def refs(reference: str) -> str:
        return f"<Refs><AcctSvcrRef>{reference}</AcctSvcrRef></Refs>"

    details = [detail(refs(reference), amount="25.00") for reference in ("OWN", "R1", "SAME", "SAME")]

    assert [line.bank_id for line in one(camt(entry(batch(*details)))).lines] == ["OWN", "R1/2", "R1/3", "R1/4"]


def test_an_entry_without_bank_reference_gives_its_number_to_details_but_no_id_to_a_single_line() -> None:
    number = tag("NtryRef", "7")
    single = only_line(number, ref="")
    several = one(camt(entry(number, batch(detail(amount="60.00"), detail(amount="40.00")), ref=""))).lines

    assert (single.entry, single.bank_id) == ("7", "")
    assert [line.bank_id for line in several] == ["7/1", "7/2"]


def test_the_same_entry_twice_is_one_line_and_one_id_for_two_is_remarked() -> None:
    found = one(camt(entry(), entry(), entry(amount="7.00")))

    assert [line.amount for line in found.lines] == [100, 7]
    assert codes(found.skipped) == ["repeated"]
    assert "bank_id_reused" in codes(found.warnings)


# Batches


def test_a_batch_becomes_a_line_for_each_detail() -> None:
    details = [detail(PAYER, remittance("one"), amount="60.00"), detail(remittance("two"), amount="40.00")]
    found = one(camt(entry(batch(*details)), balance("CLBD", "1")))

    assert [(line.amount, line.remittance, line.entry, line.entry_amount) for line in found.lines] == [
        (60, "one", "R1", 100),
        (40, "two", "R1", 100),
    ]
    assert found.warnings == ()


def test_details_in_several_groups_are_one_batch() -> None:
    found = one(camt(entry(batch(detail(amount="60.00")), batch(detail(amount="40.00")))))

    assert [line.amount for line in found.lines] == [60, 40]


@pytest.mark.parametrize("where", ["TxAmt", "InstdAmt", "CntrValAmt"])
def test_the_amount_of_a_detail_may_be_among_its_amount_details(where: str) -> None:
    def told(amount: str) -> str:
        return detail(tag("AmtDtls", tag(where, amount_tag(amount))))

    assert [line.amount for line in one(camt(entry(batch(told("60.00"), told("40.00"))))).lines] == [60, 40]


def test_a_detail_may_go_the_other_way_than_its_entry() -> None:
    found = one(camt(entry(batch(detail(amount="120.00"), detail(amount="20.00", sign="DBIT")))))

    assert [line.amount for line in found.lines] == [120, -20]


def test_a_detail_that_only_seems_to_go_the_other_way_goes_with_its_entry() -> None:
    details = [detail(amount="60.00", sign="CRDT"), detail(amount="40.00", sign="CRDT")]

    assert [line.amount for line in one(camt(entry(batch(*details), sign="DBIT"))).lines] == [-60, -40]


def test_details_that_sum_up_to_something_else_get_a_line_for_the_difference() -> None:
    info = tag("AddtlNtryInf", "less fees")
    found = one(camt(entry(info, batch(detail(amount="60.00"), detail(amount="41.50")))))

    assert [(line.amount, line.kind, line.bank_id) for line in found.lines] == [
        (60, "", "R1/1"),
        (Decimal("41.50"), "", "R1/2"),
        (Decimal("-1.50"), "DIFFERENCE", "R1/difference"),
    ]
    assert found.total == found.lines[0].entry_amount
    assert found.lines[2].remittance == "less fees"
    expected = {"entry": "100.00", "details": "101.50", "difference": "-1.50", "line": found.lines[0].line}
    assert facts_of(found, "details_differ") == expected


@pytest.mark.parametrize(
    "details",
    [
        (detail(remittance("one")), detail(remittance("two"))),
        (detail(remittance("one"), amount="100.00"), detail(remittance("two"), amount="100.00")),
        (detail(remittance("one"), amount="60.00"), detail(remittance("two"))),
        (
            detail(remittance("one"), amount="60", currency="USD"),
            detail(remittance("two"), amount="40", currency="USD"),
        ),
        (detail(remittance("one"), amount="0"), detail(remittance("two"), amount="0")),
        (detail(remittance("one"), amount="6o"), detail(remittance("two"), amount="40")),
    ],
    ids=["no amounts", "the total repeated", "one without", "another currency", "zeros", "one unreadable"],
)
def test_details_that_tell_no_split_leave_the_entry_one_line(details: tuple[str, str]) -> None:
    found = one(camt(entry(batch(*details))))

    assert [(line.amount, line.remittance, line.bank_id) for line in found.lines] == [(100, "one two", "R1")]
    assert facts_of(found, "batch_not_split") == {"count": 2, "line": found.lines[0].line}


def test_a_batch_that_is_not_split_keeps_only_what_its_details_agree_on() -> None:
    other = PAYER.replace("Northwind", "Contoso")
    same, different = (
        one(camt(entry(batch(detail(PAYER), detail(PAYER))))),
        one(camt(entry(batch(detail(PAYER), detail(other))))),
    )

    assert same.lines[0].counterparty_name == "Northwind Ltd"
    assert different.lines[0].counterparty_name == ""
    assert different.lines[0].counterparty_account == "GB33BUKB20201555555555"


def test_a_batch_that_tells_no_details_stays_a_lump_sum() -> None:
    found = one(
        camt(entry(batch(more="<Btch><PmtInfId>P1</PmtInfId><NbOfTxs>25</NbOfTxs></Btch>")), balance("CLBD", "1"))
    )

    assert [(line.amount, line.details) for line in found.lines] == [(100, {"batch": "P1 (25)"})]
    assert found.warnings == ()


def test_a_single_detail_takes_the_entrys_amount() -> None:
    found = one(camt(entry(batch(detail(amount="90.00")))))

    assert found.lines[0].amount == 100
    assert facts_of(found, "details_differ")["difference"] == "10.00"


def test_a_single_detail_that_differs_by_its_charges_is_nothing_odd() -> None:
    charges = '<Chrgs><Rcrd><Amt Ccy="EUR">1.50</Amt></Rcrd><Rcrd><Amt Ccy="EUR">0.50</Amt></Rcrd></Chrgs>'
    found = one(camt(entry(batch(detail(charges, amount="102.00"))), balance("CLBD", "1")))

    assert found.warnings == ()
    assert found.lines[0].details["charges"] == "1.50 EUR, 0.50 EUR"


# Other currencies


@pytest.mark.parametrize(
    ("printed", "rate"),
    [
        ("1.25", "0.8"),
        ("0.8", "0.8"),
        ("", "0.8"),
        ("80", "0.8"),
        ("0.801", "0.801"),
        ("1.248", "0.8012820513"),
        ("x", "0.8"),
        ("0", "0.8"),
    ],
)
def test_a_rate_is_statement_currency_for_one_unit_of_the_original(printed: str, rate: str) -> None:
    exchange = tag("CcyXchg", tag("XchgRate", printed))
    line = only_line(batch(detail(tag("AmtDtls", tag("InstdAmt", amount_tag("125.00", "USD"), exchange)))), sign="DBIT")

    assert (line.amount, line.original_amount, line.original_currency) == (-100, Decimal("-125.00"), "USD")
    assert line.exchange_rate == Decimal(rate)


def test_an_original_amount_in_the_accounts_currency_is_none() -> None:
    line = only_line(batch(detail(tag("AmtDtls", tag("InstdAmt", amount_tag("100.00"))))))

    assert (line.original_amount, line.original_currency, line.exchange_rate) == (None, None, None)


def test_an_original_amount_of_zero_has_no_rate() -> None:
    line = only_line(batch(detail(amount="0", currency="SEK")))

    assert (line.original_amount, line.original_currency, line.exchange_rate) == (0, "SEK", None)


def test_each_detail_of_a_batch_has_its_own_original_amount() -> None:
    def told(euros: str, dollars: str) -> str:
        return detail(tag("AmtDtls", tag("InstdAmt", amount_tag(dollars, "USD"))), amount=euros)

    found = one(camt(entry(batch(told("60.00", "66.00"), told("40.00", "44.00")))))

    assert [line.original_amount for line in found.lines] == [66, 44]


def test_an_entry_in_another_currency_than_its_account_is_remarked() -> None:
    found = one(camt(entry(currency="USD")))

    assert (found.currency, found.lines[0].original_currency) == ("EUR", "USD")
    assert facts_of(found, "foreign_amount")["currency"] == "USD"


# Our own samples: what each is odd in is in its first comment.

EXPECTED: dict[str, tuple[str, str, str]] = {
    "052_v06_pending.xml": ("100.00", "pending information", "interim"),
    "053_v02_batch_lump_sum.xml": ("1000.00", "", ""),
    "053_v02_batch_total_repeated.xml": ("300.00", "", "batch_not_split"),
    "053_v02_batch_without_amounts.xml": ("300.00", "", "batch_not_split"),
    "053_v02_cp1252_as_utf8.xml": ("75.00", "", "encoding"),
    "053_v02_foreign_currency.xml": ("800.00", "", ""),
    "053_v02_loose_ampersand.xml": ("75.00", "", ""),
    "053_v02_no_entry.xml": ("", "", ""),
    "053_v02_no_references.xml": ("5.00 5.00 5.00", "", ""),
    "053_v02_prefixed_envelope.xml": ("250.00", "", ""),
    "053_v02_reversal_and_return.xml": ("-120.00 -3.50", "", ""),
    "053_v02_several_accounts.xml": ("10.00 -20.00", "", ""),
    "053_v02_single_entry.xml": ("250.00", "", ""),
    "053_v02_summary_differs.xml": ("10.00", "", "summary_differs"),
    "053_v02_times_near_midnight.xml": ("10.00 20.00", "", ""),
    "053_v02_two_documents.xml": ("10.00 20.00", "", ""),
    "053_v02_two_pages.xml": ("10.00 20.00", "", ""),
    "053_v04_batch_differs.xml": ("60.00 40.00 -2.90", "", "details_differ"),
    "053_v08_batch_split.xml": ("500.00 250.50 149.50", "", ""),
    "053_v13_utf16.xml": ("75.00", "", ""),
    "054_v08_batch_details.xml": ("180.00 120.00", "", ""),
}
REFUSED = {
    "053_v02_cut_off.xml": "truncated",
    "053_v02_external_entity.xml": "entities",
    "pain_001_payment_order.xml": "not_a_statement",
}


def test_every_sample_is_expected_here() -> None:
    assert {file.name for file in SAMPLES.glob("*.xml")} == {*EXPECTED, *REFUSED}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_sample_yields_its_amounts_skips_and_remarks(name: str) -> None:
    content = (SAMPLES / name).read_bytes()

    found = camt_format.read(content)

    assert camt_format.recognises(content)
    amounts = " ".join(str(line.amount) for statement in found for line in statement.lines)
    skipped = " ".join(note.code for statement in found for note in statement.skipped)
    remarks = " ".join(note.code for statement in found for note in statement.warnings)
    assert (amounts, skipped, remarks) == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_balances_of_a_sample_agree_unless_the_oddity_is_that_they_do_not(name: str) -> None:
    found = camt_format.read((SAMPLES / name).read_bytes())

    missing = 30 if name == "053_v02_summary_differs.xml" else 0
    assert {statement.difference for statement in found} <= {missing, None}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_sample_that_is_refused_says_why(name: str) -> None:
    content = (SAMPLES / name).read_bytes()

    assert camt_format.recognises(content)
    assert refused(content).code == REFUSED[name]


def test_a_rate_that_is_printed_the_other_way_round_is_turned() -> None:
    line = one((SAMPLES / "053_v02_foreign_currency.xml").read_bytes()).lines[0]

    assert (line.original_amount, line.original_currency, line.exchange_rate) == (1000, "USD", Decimal("0.8"))
