"""camt files made to break a reader: refused or read, in time and memory in proportion to their size."""

from __future__ import annotations

import decimal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from camt_file import DECLARATION, PAYER, batch, camt, detail, document, entry, remittance, statement
from hypothesis import given, settings
from hypothesis import strategies as st
from work import Damage, assert_read_or_refused, calls_made, damages

from odoo.addons.ar_reconcile.parsers import camt as camt_format
from odoo.addons.ar_reconcile.parsers import camt_entry, camt_xml
from odoo.addons.ar_reconcile.parsers.statement import StatementError

HEAD = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>'
TAIL = "</Stmt></BkToCstmrStmt></Document>"
ENTRY_HEAD = "<Ntry><Amt>1</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-11-18</Dt></BookgDt>"
FRAGMENTS = [
    *("<", "<a", "<a>", "<a/>", "</a>", "<a:b/>", "</", "<!", "<?", "<!-- -->", "<!--", "<![CDATA[x]]>", "<![CDATA["),
    *("&", "&amp;", "&#", "&#1;", "&#65;", "&nbsp;", "&abcdefgh", "\n", ">", " ", "x", "é", "\x01", "\0", "]]>", "-->"),
    *("<Ntry/>", "<Ntry><Amt>1</Amt></Ntry>", "<Bal/>", "<Stmt>", "</Stmt>", "</Stmt><Stmt>", "<Acct><Id/></Acct>"),
    *("<a b=''/>", "<?x?>", "</Document><Document>", "<?xml version='1.0'?>", "<Stmt><Id/></Stmt>", "<TxsSummry/>"),
]
DETAIL_FRAGMENTS = [
    *("<Ustrd>a</Ustrd>", "<Strd><CdtrRefInf><Ref>1</Ref></CdtrRefInf></Strd>", "<RmtInf/>", "<TxDtls/>", "<Dbtr/>"),
    *("<TxDtls><Amt>2</Amt></TxDtls>", "<Chrgs><Amt>1</Amt></Chrgs>", "<Refs><TxId>1</TxId></Refs>", "<Purp>x</Purp>"),
    *("<RltdPties><Dbtr><Nm>x</Nm></Dbtr></RltdPties>", "<AddtlTxInf>x</AddtlTxInf>", "<AmtDtls/>", "<NtryDtls/>"),
]


def refused(content: bytes) -> StatementError:
    with pytest.raises(StatementError) as caught:
        camt_format.read(content)
    return caught.value


@pytest.mark.parametrize(
    "before",
    ["", HEAD, f"{HEAD}<Id>", f"{HEAD}{ENTRY_HEAD}<AddtlNtryInf>"],
    ids=["first", "statement", "text", "entry"],
)
@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_work_grows_no_faster_than_the_file(fragment: str, before: str) -> None:
    once, twice = (calls_made(camt_format.read, f"{before}{fragment * times}".encode()) for times in (1000, 2000))

    assert twice <= 2.1 * once + 600


@pytest.mark.parametrize(
    "where", ["NtryDtls", "NtryDtls><TxDtls", "NtryDtls><TxDtls><RmtInf", "NtryDtls><TxDtls><RltdPties"]
)
@pytest.mark.parametrize("fragment", DETAIL_FRAGMENTS)
def test_work_grows_no_faster_than_an_entry(fragment: str, where: str) -> None:
    after = "".join(f"</{name}>" for name in reversed(where.split("><")))

    def content(times: int) -> bytes:
        return f"{HEAD}{ENTRY_HEAD}<{where}>{fragment * times}{after}</Ntry>{TAIL}".encode()

    once, twice = calls_made(camt_format.read, content(500)), calls_made(camt_format.read, content(1000))

    assert twice <= 2.1 * once + 600


class CountingParser:
    """A parser of expat's that counts the bytes that expat has to look at, those of an unfinished tag again."""

    looked_at = 0

    def __init__(self, parser: Any) -> None:
        object.__setattr__(self, "parser", parser)
        object.__setattr__(self, "fed", 0)

    def Parse(self, data: bytes, is_final: bool) -> int:  # noqa: N802  expat's name
        unfinished = self.fed - self.parser.CurrentByteIndex
        CountingParser.looked_at += len(data) + max(0, unfinished)
        object.__setattr__(self, "fed", self.fed + len(data))
        return int(self.parser.Parse(data, is_final))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.parser, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.parser, name, value)


@pytest.mark.parametrize("begin", ["<!--", '<Id a="', "<", "<?x ", "<![CDATA["])
def test_what_is_never_finished_is_not_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch, begin: str) -> None:
    class Expat:
        """Stands in for the module."""

        ExpatError = camt_xml.expat.ExpatError
        ErrorString = staticmethod(camt_xml.expat.ErrorString)

        @staticmethod
        def ParserCreate(*settings: Any) -> CountingParser:  # noqa: N802  expat's name
            return CountingParser(create(*settings))

    create = camt_xml.expat.ParserCreate
    monkeypatch.setattr(camt_xml, "expat", Expat)
    content = f"{HEAD}{begin}{'x' * 1_000_000}".encode()
    CountingParser.looked_at = 0

    assert refused(content).code == "truncated"
    assert len(content) <= CountingParser.looked_at <= 4 * len(content)


def nested(depth: int) -> bytes:
    """A file whose innermost tag lies ``depth`` deep; Document, message and Stmt are the first three."""
    levels = depth - 3
    return f"{HEAD}{'<x>' * levels}{'</x>' * levels}{TAIL}".encode()


def test_depth_has_a_limit() -> None:
    assert len(camt_format.read(nested(camt_xml.MAX_DEPTH))) == 1
    error = refused(nested(camt_xml.MAX_DEPTH + 1))
    assert (error.code, error.line) == ("too_deep", 1)


def test_depth_has_a_limit_before_the_message_too() -> None:
    def wrapped(depth: int) -> bytes:
        inner = document(statement(entry()), declaration="")  # its deepest tag, BIC, lies 7 deep
        return f"{'<x>' * (depth - 7)}{inner}{'</x>' * (depth - 7)}".encode()

    assert len(camt_format.read(wrapped(camt_xml.MAX_DEPTH))) == 1
    assert refused(wrapped(camt_xml.MAX_DEPTH + 1)).code == "too_deep"
    assert refused(b"<x>" * 100_000).code == "too_deep"


@pytest.mark.parametrize("before", ["", HEAD])
def test_endless_opening_is_refused_and_not_stored(before: str) -> None:
    assert refused((before + "<x>" * 100_000).encode()).code == "too_deep"


CONTENT = camt(*[entry()] * 3)


@pytest.mark.parametrize(
    ("module", "limit", "most"),
    [
        (camt_entry, "MAX_LINES", 3),
        (camt_xml, "MAX_SIGNS", document(statement(*[entry()] * 3)).count("<")),
        (
            camt_xml,
            "MAX_NAMES",
            len(
                set(
                    "Document BkToCstmrStmt GrpHdr MsgId CreDtTm Stmt Id Acct IBAN Ccy Ownr Nm Svcr "
                    "FinInstnId BIC Ntry Amt CdtDbtInd Sts BookgDt Dt AcctSvcrRef xmlns".split()
                )
            ),
        ),
        (camt_xml, "MAX_DOCUMENTS", 1),
        (camt_format, "MAX_STATEMENTS", 1),
    ],
)
def test_every_count_has_a_limit(monkeypatch: pytest.MonkeyPatch, module: Any, limit: str, most: int) -> None:
    def content(entries: int, statements: int, documents: int, more: str = "") -> bytes:
        return (document(*[statement(*[entry()] * entries, more)] * statements) * documents).encode()

    monkeypatch.setattr(module, limit, most)

    assert len(camt_format.read(content(3, 1, 1))) == 1
    assert refused(content(4, 2, 2, "<More/>")).code == "too_large"


def test_details_count_as_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camt_entry, "MAX_LINES", 2)

    assert len(camt_format.read(camt(entry(batch(*[detail(amount="50.00")] * 2))))[0].lines) == 2
    assert refused(camt(entry(batch(*[detail(amount="50.00")] * 3)))).code == "too_large"


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE Document [<!ENTITY a "b">]>',
        f'<!DOCTYPE Document [<!ENTITY a "{"a" * 99}"><!ENTITY b "{"&a;" * 99}"><!ENTITY c "{"&b;" * 99}">]>',
        '<!DOCTYPE Document [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Document [<!ENTITY % a SYSTEM "http://localhost/a.dtd">%a;]>',
        '<!DOCTYPE Document SYSTEM "http://localhost/a.dtd">',
        "<!DOCTYPE Document>",
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-le", "cp1252"])
def test_a_document_type_is_refused_before_anything_is_expanded(declaration: str, codec: str) -> None:
    text = document(statement(entry(batch(detail(remittance("ä &c;"))))), declaration=f"{DECLARATION}{declaration}\n")

    for content in (text, document(statement(entry())) + text, f"<AppHdr/>{declaration}{text}"):
        error = refused(content.encode(codec))
        assert error.code == "entities"
        assert error.line is not None


def test_a_file_that_is_cut_off_anywhere_yields_nothing() -> None:
    whole = document(
        statement(entry(batch(detail(PAYER, remittance("Grüße <![CDATA[x]]>")))), "<!-- x -->"), statement(entry())
    )
    for content in (whole.encode(), whole.encode("cp1252")):
        last = content.rindex(b">")
        for length in range(last):
            error = refused(content[:length])
            assert error.code in ("truncated", "not_a_statement")
            assert error.code == "truncated" or b"<" not in content[:length]
            assert error.line is None or 1 <= error.line <= content.count(b"\n", 0, length) + 1
        assert len(camt_format.read(content[: last + 1])) == 2


def test_the_end_of_a_file_may_be_followed_by_what_transfers_leave_there() -> None:
    for rest in (b"\n\n", b"\0\0\0", b"\x1a", b"\r\n--boundary--"):
        assert len(camt_format.read(CONTENT + rest)) == 1


def test_the_error_names_the_line_of_the_file_and_not_of_its_document() -> None:
    damaged = CONTENT.replace(b"</Amt>", b"</Atm>")
    error = refused(CONTENT + damaged)

    assert error.code == "unreadable"
    assert error.line == CONTENT.count(b"\n") + damaged[: damaged.index(b"</Atm>")].count(b"\n") + 1


def test_work_for_a_sound_file_grows_with_its_entries() -> None:
    def sound(count: int) -> bytes:
        return camt(
            *(entry(batch(detail(PAYER, remittance(f"Invoice {number}"))), ref=f"R{number}") for number in range(count))
        )

    camt_format.read(sound(1))
    once, twice = calls_made(camt_format.read, sound(200)), calls_made(camt_format.read, sound(400))

    assert twice <= 2.05 * once


def test_the_precision_of_the_thread_changes_no_amount() -> None:
    content = camt(entry(batch(detail(amount="123456789012.34"), detail(amount="0.03")), amount="123456789012.38"))

    with decimal.localcontext() as context:
        context.prec = 3
        amounts = [str(line.amount) for line in camt_format.read(content)[0].lines]

    assert amounts == ["123456789012.34", "0.03", "0.01"]


def test_threads_do_not_disturb_each_other() -> None:
    files = [camt(*(entry(ref=f"F{file}-{number}") for number in range(50))) for file in range(8)]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(camt_format.read, files))

    assert together == [camt_format.read(file) for file in files]


SOUND = document(
    statement(entry(batch(detail(PAYER, remittance("Müller"), amount="60.00"), detail(amount="40.00")))),
    statement(entry(ref=""), entry(status="PDNG")),
).encode()


@settings(max_examples=400)
@given(damages(SOUND, FRAGMENTS + DETAIL_FRAGMENTS))
def test_a_damaged_file_is_read_or_refused_and_never_crashes(drawn: list[Damage]) -> None:
    assert_read_or_refused(camt_format.read, SOUND, drawn)


TAGS = (
    "Ntry Amt CdtDbtInd Sts Cd BookgDt Dt ValDt NtryDtls TxDtls Refs RltdPties Dbtr Nm RmtInf Ustrd Strd Acct Id Bal"
).split()
TREES = st.recursive(
    st.sampled_from(["", "1", "CRDT", "BOOK", "2026-11-18", "EUR", "x"]),
    lambda inner: st.lists(st.tuples(st.sampled_from(TAGS), inner), max_size=4).map(
        lambda tags: "".join(f"<{name}>{content}</{name}>" for name, content in tags)
    ),
    max_leaves=30,
)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(TAGS), TREES), max_size=6))
def test_tags_in_any_place_are_read_or_refused(tags: list[tuple[str, str]]) -> None:
    more = "".join(f"<{name}>{content}</{name}>" for name, content in tags)
    for content in (
        f"{HEAD}{more}{TAIL}",
        f"{HEAD}{ENTRY_HEAD}{more}</Ntry>{TAIL}",
        f"{HEAD}{ENTRY_HEAD}<NtryDtls><TxDtls>{more}</TxDtls></NtryDtls></Ntry>{TAIL}",
    ):
        with suppress(StatementError):
            camt_format.read(content.encode())


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"<Document>", HEAD.encode(), b"<?xml version='1.0'?>", b"\xff\xfe"])
)
def test_any_bytes_are_read_or_refused(content: bytes, beginning: bytes) -> None:
    with pytest.raises(StatementError):
        camt_format.read(beginning + content)
    camt_format.recognises(beginning + content)
