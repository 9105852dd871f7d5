"""The markup of OFX files, SGML (1.x) and XML (2.x) alike, read as banks write it into a tree of elements.

It stands in for the first half of ofxparse, whose list of closing tags makes SGML quadratic and whose markup reader
drops what an unclosed aggregate holds. Rules:

1. A tag followed by text is a leaf; its closing tag may be missing. Empty leaves need none either: what seems to
   lie inside an empty leaf belongs to what surrounds it.
2. A transaction ends where the next one begins, and an aggregate where the one around it ends.
3. ``<`` begins a tag only where a name follows; a lower-case name that is not OFX's own, in a file that writes
   ``<OFX>`` in capitals, is text as well (``<script>`` in a memo).
4. Comments, processing instructions, name-space prefixes and attributes fall away; CDATA is text. Entities that
   the file declares are never expanded, so they stay as written.

Every character is looked at a fixed number of times, and depth and number of tags are limited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.entities import name2codepoint
from sys import intern

from .statement import StatementError

MAX_DEPTH = 64
MAX_SIGNS = 4_000_000
"""How often ``<`` may occur: ten tags with closing tags for each of 200,000 transactions."""
MAX_TRANSACTIONS = 200_000

# Aggregates keep what they hold even when their closing tag is missing.
_AGGREGATES = frozenset(
    "ofx signonmsgsrsv1 sonrs status fi bankmsgsrsv1 creditcardmsgsrsv1 invstmtmsgsrsv1"
    " stmttrnrs ccstmttrnrs invstmttrnrs stmtrs ccstmtrs invstmtrs bankacctfrom ccacctfrom invacctfrom"
    " banktranlist banktranlistp invtranlist invbanktran stmttrn stmttrnp payee bankacctto ccacctto"
    " currency origcurrency ledgerbal availbal".split()
)
_LEAVES = frozenset(
    "code severity message curdef bankid branchid acctid accttype acctkey brokerid dtstart dtend trntype dtposted"
    " dtuser dtavail trnamt fitid correctfitid correctaction srvrtid checknum refnum sic payeeid name extdname memo"
    " cursym currate balamt dtasof".split()
)
_OWN_NAMES = _AGGREGATES | _LEAVES
_TRANSACTIONS = ("stmttrn", "stmttrnp")
# Some banks open a card's statement and close a bank account's.
_TAKEN_FOR = {"stmtrs": "ccstmtrs", "ccstmtrs": "stmtrs"}

_DOCUMENT = re.compile(r"<(?:[\w-]+:)?OFX(?=[\s>])", re.IGNORECASE)
# Nearly every tag, with the text up to the next one. What it doesn't match is looked at piece by piece.
_PLAIN_TAG = re.compile(r"<(/?)([A-Za-z_][A-Za-z0-9_.]*)>([^<]*)")
_TAG = re.compile(r"(?P<end>/?)(?:[A-Za-z_][\w-]*:)?(?P<name>[A-Za-z_][\w.-]*)(?P<rest>(?:\s[^>]*)?/?)", re.ASCII)
_REFERENCE = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,8}));")
_NO_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)))


class Element:
    """A tag with its text or with what it holds, in the shape that ofxparse asks tags in.

    ``name`` is in lower case, ``line`` counts from 1, ``is_closed`` tells that a closing tag was there.
    """

    __slots__ = ("children", "is_closed", "line", "name", "value")

    def __init__(self, name: str, line: int, value: str = "", children: Sequence[Element] = ()) -> None:
        self.name = name
        self.line = line
        self.value = value
        self.children = children
        self.is_closed = False

    def add(self, element: Element) -> None:
        """Append ``element`` to what this one holds."""
        if isinstance(self.children, list):
            self.children.append(element)
        else:
            self.children = [*self.children, element]

    @property
    def contents(self) -> list[str]:
        """Return the text as the only node."""
        return [self.value]

    def inside(self) -> Iterator[Element]:
        """Yield every element inside this one, in the order of the file."""
        ahead = list(reversed(self.children))
        while ahead:
            element = ahead.pop()
            yield element
            if element.children:
                ahead.extend(reversed(element.children))

    def find(self, name: str) -> Element | None:
        """Return the first element of this name, however deep."""
        for element in self.children:
            if element.name == name:
                return element
            found = element.find(name) if element.children else None
            if found is not None:
                return found
        return None

    def findAll(self, name: str) -> list[Element]:  # noqa: N802  the name that ofxparse calls
        """Return every element of this name, however deep."""
        return [element for element in self.inside() if element.name == name]

    def text(self, name: str) -> str:
        """Return the first text of an element of this name, empty when there is none."""
        for element in self.children:
            value = element.value if element.name == name else ""
            value = value or (element.text(name) if element.children else "")
            if value:
                return value
        return ""


def _character(reference: re.Match[str]) -> str:
    decimal, hexadecimal, name = reference.groups()
    if name:
        code = name2codepoint.get(name, 39 if name == "apos" else None)
        return reference[0] if code is None else chr(code)
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return "" if code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code)


def plain_text(written: str) -> str:
    """Return the text that a value stands for: references resolved once, one line, no control characters."""
    text = (_REFERENCE.sub(_character, written) if "&" in written else written).strip()
    if text.isprintable():
        return text
    lines = (part.strip() for part in text.replace("\t", " ").splitlines())
    return " ".join(filter(None, lines)).translate(_NO_CONTROLS).strip()


class _Builder:
    """Grows the tree tag by tag; ``path`` leads from the root to the innermost open aggregate."""

    def __init__(self) -> None:
        self.root = Element("", 1)
        self.path = [self.root]
        self.leaf: Element | None = None
        self.texts: list[str] = []
        self.has_text = False
        self.transactions = 0

    def add_text(self, text: str) -> None:
        if self.leaf is not None and text:
            self.texts.append(text)
            self.has_text = self.has_text or not text.isspace()

    def _take_text(self) -> Element | None:
        """Give the newest tag its text; return it when it got none and may yet turn out an aggregate."""
        newest, self.leaf = self.leaf, None
        if newest is None:
            return None
        value = plain_text("".join(self.texts)) if self.has_text else ""
        self.texts = []
        self.has_text = False
        if newest.name in _AGGREGATES:
            return newest
        newest.value = value
        return None if value else newest

    def open(self, name: str, line: int) -> None:
        unfinished = self._take_text()
        if unfinished is not None:
            self._enter(unfinished)
        if name in _TRANSACTIONS:
            self.transactions += name == "stmttrn"
            if self.transactions > MAX_TRANSACTIONS:
                raise StatementError("too_large", f"The file has more than {MAX_TRANSACTIONS} transactions.", line)
            for transaction in _TRANSACTIONS:
                self._end(transaction)
        self.leaf = Element(name, line)
        self.path[-1].add(self.leaf)

    def close(self, name: str) -> None:
        newest = self.leaf
        unfinished = self._take_text()
        if newest is not None and newest.name == name:
            newest.is_closed = True
            return
        if unfinished is not None and unfinished.name in _AGGREGATES:
            self._enter(unfinished)
        ended = self._end(name)
        if ended is None and name in _TAKEN_FOR:
            ended = self._end(_TAKEN_FOR[name])
        if ended is not None:
            ended.is_closed = True

    def _enter(self, element: Element) -> None:
        if len(self.path) > MAX_DEPTH:
            raise StatementError("too_deep", f"Tags are opened more than {MAX_DEPTH} deep.", element.line)
        self.path.append(element)

    def _end(self, name: str) -> Element | None:
        """Leave the innermost open element of this name, if any."""
        depth = len(self.path) - 1
        while depth and self.path[depth].name != name:
            depth -= 1
        if not depth:
            return None
        self._gather(depth)
        ended = self.path[depth]
        del self.path[depth:]
        return ended

    def _gather(self, depth: int) -> None:
        """Have the element at ``depth`` hold what lies in unclosed leaves inside it."""
        holder = self.path[depth]
        for unclosed in self.path[depth + 1 :]:
            if unclosed.name in _AGGREGATES:
                holder = unclosed
            else:
                for element in unclosed.children:
                    holder.add(element)
                unclosed.children = ()

    def finish(self) -> None:
        """Take the end of the file for the end of everything that is open."""
        self._take_text()
        self._gather(0)


def find_document(text: str) -> int:
    """Return where the first ``<OFX>`` begins, or -1."""
    start = _DOCUMENT.search(text)
    return start.start() if start else -1


class _Reading:
    """One pass over the text of a file, from ``<OFX>`` to its end."""

    def __init__(self, text: str, position: int) -> None:
        document = _DOCUMENT.match(text, position)
        self.text = text
        self.position = position
        self.newline = "\n" if "\n" in text else "\r"
        self.line = 1 + text.count(self.newline, 0, position)
        self.is_in_capitals = document is not None and document[0].endswith("OFX")
        self.builder = _Builder()
        self.names: dict[str, str] = {}

    def run(self) -> None:
        text, builder, newline = self.text, self.builder, self.newline
        add_text, open_tag, close_tag = builder.add_text, builder.open, builder.close
        plain_tag, names, length = _PLAIN_TAG.match, self.names, len(text)
        while 0 <= self.position < length:
            found = plain_tag(text, self.position)
            if found is None:
                self._piece_by_piece()
                continue
            end, written, behind = found.groups()
            name = names.get(written)
            if name is None:
                name = names[written] = intern(written.lower()) if self._is_tag(written, "") else ""
            if not name:
                self._piece_by_piece()
                continue
            if end:
                close_tag(name)
            else:
                open_tag(name, self.line)
            if behind:
                add_text(behind)
                self.line += behind.count(newline)
            self.position = found.end()
        builder.finish()

    def _piece_by_piece(self) -> None:
        """Read what begins at ``position``, whatever it is, up to the next ``<``."""
        text = self.text
        following = text.find("<", self.position + 1)
        begin = self._tag(following)
        if begin > following >= 0:  # a comment or CDATA may hold such signs
            following = text.find("<", begin)
        stop = following if following >= 0 else len(text)
        self.builder.add_text(text[begin:stop])
        self.line += text.count(self.newline, self.position, stop)
        self.position = following

    def _tag(self, following: int) -> int:
        """Let what begins at ``position`` act on the tree.

        :param following: where the next ``<`` stands, or -1
        :return: where the text behind it begins: at ``position`` when it is no tag but text
        """
        text, position = self.text, self.position
        if text.startswith("<!--", position):
            return self._closing("-->") + 3
        if text.startswith("<![CDATA[", position):
            end = self._closing("]]>")
            self.builder.add_text(text[position + 9 : end].replace("&", "&amp;"))
            return end + 3
        close = text.find(">", position, following if following >= 0 else len(text))
        inner = text[position + 1 : close] if close > 0 else ""
        if inner[:1] in ("!", "?"):
            return position if self.builder.has_text else close + 1
        tag = _TAG.fullmatch(inner)
        if tag is None or not self._is_tag(tag["name"], tag["rest"]):
            return position
        name = intern(tag["name"].lower())
        if not tag["end"]:
            self.builder.open(name, self.line)
        if tag["end"] or tag["rest"].endswith("/"):
            self.builder.close(name)
        return close + 1

    def _is_tag(self, name: str, rest: str) -> bool:
        """Whether a name in angle brackets, with what follows it, is markup and no text."""
        if rest and rest.strip(" \t\r\n/") and "=" not in rest:
            return False
        return not (self.is_in_capitals and name.islower() and name not in _OWN_NAMES)

    def _closing(self, ending: str) -> int:
        end = self.text.find(ending, self.position)
        if end < 0:
            raise StatementError("truncated", f"What begins here is never closed by {ending}.", self.line)
        return end


def read_markup(text: str, position: int) -> tuple[Element, int]:
    """Return the tree of ``text`` from ``position`` on, and the number of booked transactions that it opens.

    :raises StatementError: ``too_deep``, ``too_large``, or ``truncated`` for a comment that never ends
    """
    if text.count("<") > MAX_SIGNS:
        raise StatementError("too_large", f"The file has more than {MAX_SIGNS} tags.")
    reading = _Reading(text, position)
    reading.run()
    return reading.builder.root, reading.builder.transactions
