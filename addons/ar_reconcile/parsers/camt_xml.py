"""The XML of ISO 20022 messages, streamed through xmltodict, with what a bank's or a stranger's file may do to it.

xmltodict refuses entities and holds one entry at a time. What is done around it, and why:

* Encoding: the bytes are read as UTF-8 whatever their declaration says, for that is what most of them are; only when
  they aren't, the text is decoded as :mod:`.encoding` does and read again.
* Repairs: an ``&`` or ``<`` that is no markup, HTML's entities and control characters are mended, once, and only
  after the file was refused as it is.
* Limits: a document type declaration, tags nested deeper than :data:`MAX_DEPTH`, too many tags or too many different
  names refuse the file. Expat counts the lines, so that every refusal names one.
* Prefixes of name spaces fall away.
* Messages lie at any depth, since banks wrap ``Document`` in envelopes, and one file may hold several documents.

Every byte is passed over a fixed number of times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html.entities import name2codepoint
from typing import Any
from xml.parsers import expat

import xmltodict

from .encoding import Decoded, codec_of, decode
from .statement import StatementError

MAX_DEPTH = 128
"""How deep tags may lie in each other; those of the messages lie at most some 20 deep."""
MAX_SIGNS = 7_000_000
"""How often ``<`` may occur: thirty tags with closing tags for each of some 115,000 entries."""
MAX_NAMES = 2_000
"""How many different tags a document may have; all versions of the three messages together have some 900."""
MAX_DOCUMENTS = 2_000
MAX_TEXT = 1_000
"""Characters kept of one value; the longest that the messages allow has 500."""

MESSAGES = {"BkToCstmrStmt": "053", "BkToCstmrAcctRpt": "052", "BkToCstmrDbtCdtNtfctn": "054"}

_PIECE = 2_048
_MESSAGE = re.compile(r"(BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn))(?:V[0-9]{2})?")
_ANY_MESSAGE = re.compile(r"\b(?:[a-z]{4})\.[0-9]{3}\.[0-9]{3}\.[0-9]{2}\b")
_RECOGNISED = re.compile(
    rb"<(?:[\w.-]+:)?BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn)(?:V[0-9]{2})?[\s/>]"
    rb"|<[^<>]*?(?:\b(?:camt|pain|pacs|acmt|admi|head)\.[0-9]{3}\.[0-9]{3}\.[0-9]{2}\b|iso:20022:tech)"
)
_RECOGNISED_WITHIN = 65_536
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")

_CUT_OFF = frozenset(
    (
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    )
)
_LOOSE = re.compile(
    r"&(?:#(?P<decimal>[0-9]{1,7});|#[xX](?P<hexadecimal>[0-9a-fA-F]{1,6});|(?P<name>[A-Za-z][A-Za-z0-9]{1,8});)?"
    r"|<(?![A-Za-z_:/!?\u00c0-\ufffd])"
)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OWN_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_NO_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)))

Path = list[tuple[str, Any]]
Take = Callable[["Document", Path, Any], None]


class NotWellFormed(StatementError):
    """A file that a repair might yet make readable."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as UTF-8: its bytes, and what they were written in, as :class:`.encoding.Decoded` tells it."""

    content: bytes
    encoding: str = "utf-8"
    declared: str | None = None
    lost: int = 0
    is_plain: bool = False


def recognises(content: bytes) -> bool:
    """Whether ``content`` begins as an ISO 20022 message of any kind, in any encoding, sound or not."""
    beginning = content[:_RECOGNISED_WITHIN].replace(b"\0", b"")
    return _RECOGNISED.search(beginning) is not None


def is_wide(content: bytes) -> bool:
    """Whether ``content`` is in UTF-16 or 32, which expat would see too, but count the tags of wrongly."""
    return content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:512]


def as_it_is(content: bytes) -> Source:
    """Return the source of a file that is taken for UTF-8."""
    declared = next(filter(None, map(codec_of, _labels(content))), None)
    return Source(content, declared=declared, is_plain=content.isascii())


def mended(content: bytes) -> Source:
    """Return the source of a file in another encoding or with illegal characters, decoded and repaired."""
    decoded: Decoded = decode(content, _labels(content))
    # A lone surrogate has no place in UTF-8; no codec but UTF-16 lets one through, as two halves that belong together.
    text = _repaired(_ILLEGAL.sub(" ", decoded.text))
    return Source(text.encode(), decoded.encoding, decoded.declared, decoded.lost, decoded.is_plain)


def _labels(content: bytes) -> list[str]:
    declared = _DECLARED.search(content[:1024].replace(b"\0", b""))
    return [declared[1].decode("ascii", "replace")] if declared else []


def _repaired(text: str) -> str:
    """Return ``text`` with every ``&`` and ``<`` that is no markup escaped; what CDATA holds stays as it is."""
    pieces = []
    position = 0
    while True:
        begin = text.find("<![CDATA[", position)
        end = text.find("]]>", begin) if begin >= 0 else -1
        if end < 0:
            pieces.append(_LOOSE.sub(_escaped, text[position:]))
            return "".join(pieces)
        pieces.append(_LOOSE.sub(_escaped, text[position:begin]))
        pieces.append(text[begin : end + 3])
        position = end + 3


def _escaped(found: re.Match[str]) -> str:
    """Return what a sign of markup stands for: itself where it is sound, a character, or its own reference."""
    if found[0] == "<":
        return "&lt;"
    decimal, hexadecimal, name = found["decimal"], found["hexadecimal"], found["name"]
    if name in _OWN_ENTITIES:
        return found[0]
    if name in name2codepoint:
        return chr(name2codepoint[name])
    if decimal or hexadecimal:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        if code > 0x10FFFF:
            return ""
        return "" if _ILLEGAL.match(chr(code)) else found[0]
    return "&amp;" + found[0][1:]


def plain_text(value: Any) -> str:
    """Return the text of one value of xmltodict's: one line, no control characters, at most :data:`MAX_TEXT` long.

    Of a tag that is there several times it is the first text, of one with attributes the text beside them.
    """
    if type(value) is str:
        if value.isprintable() and len(value) <= MAX_TEXT:
            return value.strip()
        parts = (part.strip() for part in value.replace("\t", " ").splitlines())
        return " ".join(filter(None, parts)).translate(_NO_CONTROLS).strip()[:MAX_TEXT].rstrip()
    if type(value) is dict:
        return plain_text(value.get("#text"))
    if type(value) is list:
        return next(filter(None, map(plain_text, value)), "")
    return ""


def version_in(attributes: Mapping[str, Any] | None) -> str:
    """Return the message that a tag's name spaces name, ``camt.053.001.08``, or nothing."""
    found = (_ANY_MESSAGE.search(str(value)[:200]) for value in (attributes or {}).values())
    return next((name[0] for name in found if name), "")


class _Found(Exception):
    """The message is found; nothing more needs to be looked at."""


class Document:
    """One XML document of a file, and where in it the reading is.

    :ivar message_at: index in a path of the message, such as BkToCstmrStmt; its statements are one behind it
    :ivar version: the first message's name in its name space, ``camt.053.001.08``; empty without one
    :ivar end: index in the file of what follows the document
    :ivar told: what a document without such a message is
    """

    def __init__(self, content: bytes, start: int, line: int) -> None:
        self.message_at = 0
        self.version = ""
        self.end = len(content)
        self.told = ""
        self._content = content
        self._start = start
        self._lines_before = line - 1
        self._parser: Any = None
        self._names: dict[str, str] = {}
        self._has_prefixes = False
        self._path: Path = []

    @property
    def line(self) -> int:
        """Return the line of the file that is being read."""
        return int(self._parser.CurrentLineNumber) + self._lines_before

    def find_message(self) -> bool:
        """Find out where the first message lies, looking no further than its opening tag.

        :return: whether there is one; else :attr:`end` and :attr:`told` say where the document ends and what it is
        """
        depth = 0
        names: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            local = name.rpartition(":")[2]
            self.version = version_in(attributes) or self.version
            self._has_prefixes = self._has_prefixes or local != name
            if _MESSAGE.fullmatch(local):
                self.message_at = depth
                raise _Found
            if len(names) < 2:
                names.append(local)
            depth += 1
            self._limit_depth(depth)

        def end(_name: str) -> None:
            nonlocal depth
            depth -= 1

        parser = self.ParserCreate("utf-8", None)
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        try:
            for piece in self._pieces():
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except _Found:
            return True
        except expat.ExpatError as problem:
            if problem.code in _CUT_OFF or depth or not names:
                raise self._told(problem) from None
            self.end = self._start + int(parser.ErrorByteIndex)
        is_ours = any(self.version.startswith(f"camt.{number}.") for number in MESSAGES.values())
        self.told = names[-1] if is_ours or not self.version else self.version
        return False

    def read(self, take: Take) -> None:
        """Hand every child of every statement to ``take``; :attr:`end` is known then.

        :raises NotWellFormed: when it is damaged, but not simply cut off
        """

        def callback(path: Path, item: Any) -> bool:
            take(self, path, item)
            return True

        try:
            xmltodict.parse(
                self._fed(), encoding="utf-8", expat=self, item_depth=self.message_at + 3, item_callback=callback
            )
        except expat.ExpatError as problem:
            if problem.code in _CUT_OFF or self._path:
                raise self._told(problem) from None
            self.end = self._start + int(self._parser.ErrorByteIndex)

    def ParserCreate(self, encoding: str, separator: str | None) -> Any:  # noqa: N802  what xmltodict asks expat for
        """Return a parser of expat's, kept to know the line from, and its tags' names, to know how many there are."""
        self._names = {}
        self._parser = expat.ParserCreate(encoding, separator, self._names)
        return self._parser

    def _fed(self) -> Iterator[bytes]:
        """Yield the document in pieces, and guard what xmltodict does with them: it has set its handlers by now.

        A handler of ours per tag would cost a quarter of the time. So tags are counted per piece, and only those
        of a piece that might pass the limit are looked at one by one.
        """
        parser = self._parser
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        path: Path = parser.StartElementHandler.__self__.path
        self._path = path
        if self._has_prefixes:
            self._strip_prefixes()
        plain = parser.StartElementHandler

        def careful(name: str, attributes: list[str]) -> None:
            self._limit_depth(len(path) + 1)
            plain(name, attributes)

        for piece in self._pieces():
            opened = piece.count(b"<") - piece.count(b"</")
            parser.StartElementHandler = careful if len(path) + opened >= MAX_DEPTH else plain
            yield piece

    def _strip_prefixes(self) -> None:
        """Let xmltodict see names without the prefixes of name spaces."""
        parser = self._parser
        begin, finish = parser.StartElementHandler, parser.EndElementHandler

        def start(name: str, attributes: list[str]) -> None:
            begin(name[name.find(":") + 1 :], attributes)

        def end(name: str) -> None:
            finish(name[name.find(":") + 1 :])

        parser.StartElementHandler, parser.EndElementHandler = start, end

    def _pieces(self) -> Iterator[bytes]:
        """Yield the document in pieces that are each as long as what expat couldn't make sense of yet, or longer.

        Expat looks at an unfinished tag or comment again from its beginning with each piece.
        """
        parser, names, content = self._parser, self._names, self._content
        begin = self._start
        while begin < len(content):
            end = begin + max(_PIECE, begin - self._start - int(parser.CurrentByteIndex))
            yield content[begin:end]
            begin = end
            if len(names) > MAX_NAMES:
                raise StatementError("too_large", f"The file has more than {MAX_NAMES} different tags.", self.line)

    def _limit_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise StatementError("too_deep", f"Tags are opened more than {MAX_DEPTH} deep.", self.line)

    def _refuse_doctype(self, *_what: Any) -> None:
        raise StatementError("entities", "The file has a document type declaration, which no bank sends.", self.line)

    def _told(self, problem: expat.ExpatError) -> StatementError:
        line = problem.lineno + self._lines_before
        if problem.code in _CUT_OFF:
            return StatementError("truncated", "The file is cut off: it ends before its tags are closed.", line)
        reason = expat.ErrorString(problem.code)
        return NotWellFormed("unreadable", f"The file is damaged: {reason}.", line)

    @property
    def last_line(self) -> int:
        """Return the line that :attr:`end` lies on."""
        return self.line if self.end == len(self._content) else int(self._parser.ErrorLineNumber) + self._lines_before


def read_documents(source: Source, take: Take) -> None:
    """Hand the children of every statement of every document to ``take``, in the order of the file.

    :raises StatementError: when a document isn't whole, is no message about an account, or is beyond the limits
    """
    content = source.content
    if content.count(b"<") > MAX_SIGNS:
        raise StatementError("too_large", f"The file has more than {MAX_SIGNS} tags.")
    documents, end, line = 0, 0, 1
    others: list[str] = []
    while True:
        start = content.find(b"<", end)
        if start < 0:
            break
        line += content.count(b"\n", end, start)
        documents += 1
        if documents > MAX_DOCUMENTS:
            raise StatementError("too_large", f"The file has more than {MAX_DOCUMENTS} documents.", line)
        document = Document(content, start, line)
        if document.find_message():
            document.read(take)
        else:  # perhaps the header of one that follows
            others.append(document.told)
        end, line = document.end, document.last_line
    if not documents:
        raise StatementError("not_a_statement", "The file holds no XML.")
    if documents == len(others):
        told = ", ".join(dict.fromkeys(other[:60] for other in others[:5]))
        raise StatementError("not_a_statement", f"The file holds no account statement but “{told}”.")
