"""What scanners and people give: each sort of code, its check digits, and texts that mean harm."""

from __future__ import annotations

import string
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649, luhn
from stdnum.iso7064 import mod_97_10

from odoo.addons.ar_reconcile.parsers.payment_code import MAX_LENGTH, MAX_REFERENCE, PaymentCode, read_payment_code

EPC = "BCD\n002\n1\nSCT\nCOBADEFFXXX\nAcme Weberei GmbH\nDE89370400440532013000\nEUR119.00\n\n{reference}\n{text}\nhi"
SWISS = [
    *("SPC", "0200", "1", "CH4431999123000889012", "S", "Robert Schneider AG", "Rue du Lac", "1268", "2501", "Biel"),
    *("CH", "", "", "", "", "", "", "", "1949.75", "CHF", "S", "Pia Rutschmann", "Marktgasse", "28", "9400"),
    *("Rorschach", "CH", "QRR", "210000000003139471430009017", "Order of 15 June", "EPD"),
]


def swiss(**changes: str) -> str:
    """The text of a Swiss QR code with other fields, by their places: ``at27="SCOR"``."""
    lines = list(SWISS)
    for place, text in changes.items():
        lines[int(place.removeprefix("at"))] = text
    return "\r\n".join(lines)


@pytest.mark.parametrize(
    "text",
    ["RF18539007547034", "rf18 5390 0754 7034", "]C1RF18 5390 0754 7034\r\n", "Inv RF18 5390 0754 7034 ok"],
)
def test_a_creditor_reference_is_known_by_its_check_digits(text: str) -> None:
    code = read_payment_code(text)
    assert (code.kind, code.reference) == ("creditor_reference", "RF18539007547034")


def test_a_creditor_reference_with_a_wrong_digit_is_text() -> None:
    assert read_payment_code("RF19539007547034") == PaymentCode("text", "RF19539007547034", text="RF19539007547034")


def test_a_sepa_code_tells_reference_amount_account_and_payee() -> None:
    assert read_payment_code(EPC.format(reference="RF18539007547034", text="")) == PaymentCode(
        "epc", "RF18539007547034", Decimal("119.00"), "EUR", "DE89370400440532013000", "Acme Weberei GmbH"
    )


def test_a_sepa_code_without_a_reference_tells_its_text() -> None:
    code = read_payment_code(EPC.format(reference="", text="Invoice INV/2026/00123"))
    assert (code.reference, code.text) == ("", "Invoice INV/2026/00123")


def test_a_sepa_code_may_end_behind_the_account() -> None:
    code = read_payment_code("\r\n".join(EPC.splitlines()[:7]))
    assert (code.kind, code.amount, code.currency) == ("epc", None, "")


@pytest.mark.parametrize("amount", ["EUR0", "EUR-5", "EUR1e9", "EUR1,5", "119.00", "EUR9999999999", ""])
def test_an_amount_that_no_sepa_code_can_have_is_none(amount: str) -> None:
    assert read_payment_code(EPC.replace("EUR119.00", amount)).amount is None


def test_a_code_with_a_wrong_account_is_text() -> None:
    assert read_payment_code(EPC.replace("DE89", "DE88")).kind == "text"
    assert read_payment_code(swiss(at3="CH4431999123000889013")).kind == "text"


def test_a_swiss_code_tells_reference_amount_account_and_payee() -> None:
    assert read_payment_code(swiss()) == PaymentCode(
        "swiss",
        "210000000003139471430009017",
        Decimal("1949.75"),
        "CHF",
        "CH4431999123000889012",
        "Robert Schneider AG",
        "Order of 15 June",
    )


@pytest.mark.parametrize(
    ("sort", "reference", "read"),
    [
        ("QRR", "210000000003139471430009016", ""),
        ("QRR", "000000000000000000000000000", ""),
        ("SCOR", "RF18539007547034", "RF18539007547034"),
        ("SCOR", "RF19539007547034", ""),
        ("NON", "", ""),
    ],
)
def test_the_reference_of_a_swiss_code_keeps_its_check_digit(sort: str, reference: str, read: str) -> None:
    code = read_payment_code(swiss(at27=sort, at28=reference))
    assert (code.kind, code.reference) == ("swiss", read)


def test_a_swiss_code_without_an_amount_leaves_it_to_the_payer() -> None:
    assert read_payment_code(swiss(at18="")).amount is None


@pytest.mark.parametrize(
    ("text", "kind", "reference"),
    [
        ("+++090/9337/55493+++", "belgian", "090933755493"),
        ("*** 090/9337/55493 ***", "belgian", "090933755493"),
        ("paid with +++010/8068/17183+++, bye", "belgian", "010806817183"),
        ("090933755493", "belgian", "090933755493"),
        ("+++000/0000/09797+++", "belgian", "000000009797"),
        ("21 00000 00003 13947 14300 09017", "qrr", "210000000003139471430009017"),
        ("2345676", "kid", "2345676"),
        ("1232", "finnish", "1232"),
        ("12 32", "finnish", "1232"),
    ],
)
def test_national_references_are_known_by_their_check_digits(text: str, kind: str, reference: str) -> None:
    code = read_payment_code(text)
    assert (code.kind, code.reference) == (kind, reference)


@pytest.mark.parametrize("text", ["+++090/9337/55494+++", "1234", "210000000003139471430009016"])
def test_a_number_that_keeps_no_check_digit_is_text(text: str) -> None:
    code = read_payment_code(text)
    assert (code.kind, code.reference) == ("text", text)


def test_a_number_that_keeps_two_rules_is_text() -> None:
    both = [number for number in map(str, range(1000, 9999)) if luhn.is_valid(number) and _is_finnish(number)]
    assert both
    assert {read_payment_code(number).kind for number in both} == {"text"}


def _is_finnish(number: str) -> bool:
    return sum(int(digit) * weight for digit, weight in zip(number, (1, 3, 7, 1), strict=True)) % 10 == 0


def test_the_number_of_an_invoice_is_text() -> None:
    assert read_payment_code(" INV/2026/00123\r\n") == PaymentCode("text", "INV/2026/00123", text="INV/2026/00123")


def test_what_is_not_shown_is_taken_out() -> None:
    code = read_payment_code("\ufeffINV\u202e/2026\0/\u200b00123\x1b[31m\ud800")
    assert code.text == "INV /2026 / 00123 [31m"


def test_a_very_long_text_is_cut() -> None:
    code = read_payment_code("A1 " * 1_000_000)
    assert len(code.text) <= MAX_LENGTH
    assert len(code.reference) <= MAX_REFERENCE


@given(st.text(alphabet=string.ascii_uppercase + string.digits, min_size=1, max_size=21))
def test_every_creditor_reference_is_read(own: str) -> None:
    reference = f"RF{mod_97_10.calc_check_digits(own + 'RF')}{own}"
    code = read_payment_code(f"x {iso11649.format(reference)}")
    assert (code.kind, code.reference) == ("creditor_reference", reference)


@given(st.text(max_size=400) | st.lists(st.sampled_from([*SWISS, *EPC.splitlines(), "RF", "+++"])).map("\n".join))
def test_whatever_is_scanned_something_is_returned(text: str) -> None:
    code = read_payment_code(text)
    assert len(code.reference) <= MAX_REFERENCE
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in code.text)
