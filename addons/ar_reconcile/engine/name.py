"""Whose name it is: names as banks write them, compared with names as we keep them.

Banks write in capitals, without accents, in another script, without the legal form, and cut after 18, 32 or 35
characters. So names are compared as *words* in plain capitals. A word says the more the fewer customers bear it: its
weight is that of one customer among all, in decibans, and a name's weight the sum over the words that agree.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz import process
from rapidfuzz.distance import OSA

#: What a company is, not what it is called.
LEGAL_FORMS = frozenset(
    """
    AB AG AKTIENGESELLSCHAFT APS AS ASA BHD BV BVBA CIA CO COMPANY CORP CORPORATION CV DOO EG EI EIRELI EK EPE EURL EV
    GBR GESELLSCHAFT GESMBH GMBH GMBHCOKG HOLDING IKE INC INCORPORATED JSC KFT KG KGAA KK LDA LIMITED LIMITADA LLC LLP
    LP LTD LTDA ME MBH NV OEG OHG OOO OU OY OYJ PAO PLC PRIVATE PTE PTY PVT RT SA SAE SARL SAS SASU SC SCA SCI SCOP SCRL
    SDN SE SENC SIA SL SLL SLU SNC SP SPA SPJ SPOLKA SPRL SPZOO SRL SRLS SRO TBK TOV UAB UG UNIPESSOAL VOF ZAO ZOO
    YOU XIAN ZE REN GONG SI GU FEN YOUXIAN GONGSI YOUXIANGONGSI
    """.split()
)
#: What banks write before a payer's name.
BANK_WORDS = frozenset(
    "ACH BACS CR CREDIT CREDITO CREDITED DD FPS FROM GIRO GUTSCHR GUTSCHRIFT INST INV PIX PRLV RECEBIDO RECU SEPA TED"
    " TRF TRANSFER TRANSFERENCIA UBERWEISUNG VIR VIREMENT WIRE".split()
)
#: Words between others.
FILLERS = frozenset(
    "A AND DE DA DO DOS DAS DEL DER DI DU E ET FRAU HERR I LA LE LES M MME MR MRS MS THE UND VAN VON Y".split()
)
_CHINESE = re.compile("[\u4e00-\u9fff]")
_CHINESE_FORMS = re.compile("股份有限公司|有限责任公司|有限公司|公司")
#: Where one Chinese syllable ends in transliteration and the next begins.
_SYLLABLE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[A-Z]+|[0-9]+")
_DIGRAPHS = re.compile(r"([AOU])E")

#: The most that a name can say, and that single words can.
MOST_WEIGHT = 45
MOST_WORD_WEIGHT = 33
#: For each word of the customer's name that is not written, and each written one that is not the customer's.
MISSING_WEIGHT = -5
STRANGE_WEIGHT = -6
#: A cut or mistaken word says less than a whole one.
CUT_SHARE = 0.7
MISTAKEN_SHARE = 0.75
#: Fewest letters of a word's beginning, and of a word with a mistake in it.
FEWEST_CUT_LETTERS = 3
FEWEST_MISTAKEN_LETTERS = 5
#: Letters that may be left of a word which a bank cut.
MOST_STUB_LETTERS = 2
#: Fewest decibans that count as a name.
LEAST_WEIGHT = 12
#: Words of a text that are looked at.
MOST_WORDS = 60


class Likeness(IntEnum):
    """How like a written name is to a customer's, the weakest first."""

    PART = 1
    SIMILAR = 2
    CUT = 3
    EQUAL = 4


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How a payer's name resembles a customer's: in kind, and in decibans."""

    likeness: Likeness
    weight: int


@lru_cache(maxsize=1 << 17)
def words(name: str) -> tuple[str, ...]:
    """Return the words of ``name`` in plain capitals, without legal forms; umlauts written either way agree."""
    plain = name[:400]
    if _CHINESE.search(plain):
        plain = _SYLLABLE.sub(" ", anyascii(_CHINESE_FORMS.sub(" ", plain)))
    elif not plain.isascii():
        plain = anyascii(plain)
    plain = re.sub(r"(?<=\b[A-Za-z])\.(?=[A-Za-z]\b)", "", plain.replace("'", "").replace("’", ""))
    found = [_DIGRAPHS.sub(r"\1", word) for word in _WORD.findall(plain.upper())[:MOST_WORDS]]
    telling = tuple(word for word in found if word not in LEGAL_FORMS and word not in FILLERS)
    return telling or tuple(found)


def written_words(name: str) -> tuple[str, ...]:
    """Return the words of a payer's name without what banks write around it: kinds of transfers, and numbers."""
    found = words(name)
    return tuple(word for word in found if word not in BANK_WORDS and not word.isdecimal()) or found


def words_of(text: str) -> frozenset[str]:
    """Return all words of a list of any length, as :func:`words` cuts texts."""
    return frozenset(word for each in text.split() for word in words(each))


def word_weight(bearers: int, customers: int) -> float:
    """Return how much it says that a word agrees which ``bearers`` of all ``customers`` bear."""
    return min(MOST_WORD_WEIGHT, max(0.0, 10 * math.log10((customers + 100) / max(bearers, 1))))


def resemblance(
    written: Sequence[str], own: Sequence[str], weight_of: dict[str, float], *, is_field: bool
) -> Resemblance | None:
    """Compare the words of a payer's name with those of a customer's.

    ``weight_of`` tells what each of the customer's words says. ``is_field`` tells a field for the name from a text in
    which a name may stand among other words.
    """
    if not own or not written:
        return None
    left = list(written)
    weight, shares = _agreement(own, left, weight_of)
    missing, cut, mistaken = (shares.count(share) for share in (0.0, CUT_SHARE, MISTAKEN_SHARE))
    is_cut = is_field and _is_beginning(written, own)
    if left and left[-1] == written[-1] and len(left[-1]) <= MOST_STUB_LETTERS:
        left.pop()  # the first letters of a legal form, behind which the bank cut the name
    strange = len(left) if is_field else 0
    if not is_cut:
        weight *= (len(own) - missing) / (len(own) + strange)
        weight += MISSING_WEIGHT * missing + STRANGE_WEIGHT * min(strange, 3)
    if weight < LEAST_WEIGHT:
        return None
    if not (missing or strange or mistaken or cut):
        kind = Likeness.EQUAL
    elif is_cut or not (missing or strange or mistaken):
        kind = Likeness.CUT
    else:
        kind = Likeness.PART if missing else Likeness.SIMILAR
    return Resemblance(kind, min(MOST_WEIGHT, round(weight)))


def share_a_word(written: Sequence[str], own: Sequence[str]) -> bool:
    """Whether any word of two names agrees, so that they may be of one bearer although too little does."""
    return any(word in written or _alike(word, written)[1] is not None for word in own)


def _agreement(own: Sequence[str], left: list[str], weight_of: dict[str, float]) -> tuple[float, list[float]]:
    """Take the words of ``own`` out of ``left``; return what they weigh together, and how well each was found."""
    weight, shares = 0.0, []
    whole = []
    for word in own:
        if word in left:
            left.remove(word)
            weight += weight_of.get(word, MOST_WORD_WEIGHT)
            whole.append(word)
    for word in own:
        if word in whole:
            whole.remove(word)
            continue
        share, found = _alike(word, left)
        shares.append(share)
        if found is not None:
            left.remove(found)
            weight += share * weight_of.get(word, MOST_WORD_WEIGHT)
    return weight, shares


def _alike(word: str, left: Sequence[str]) -> tuple[float, str | None]:
    """Return how well, and where, ``word`` stands with its end cut or a mistake among the words that are left."""
    for other in left:
        if len(other) >= FEWEST_CUT_LETTERS and word.startswith(other):
            return CUT_SHARE, other
    if len(word) >= FEWEST_MISTAKEN_LETTERS:
        found = process.extractOne(word, left, scorer=OSA.distance, processor=None, score_cutoff=1)
        if found is not None:
            return MISTAKEN_SHARE, found[0]
    return 0.0, None


def _is_beginning(written: Sequence[str], own: Sequence[str]) -> bool:
    """Whether a bank cut the customer's name where the written one ends."""
    return "".join(own).startswith("".join(written)) and len("".join(written)) >= 12


def beginnings(names: Iterable[str]) -> set[str]:
    """Return the keys under which a word is found although its end is cut or mistaken."""
    return {word[:4] for word in names if len(word) >= 4}
