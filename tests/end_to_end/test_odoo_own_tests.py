"""Odoo's own tests of what our addons touch, run with the addons installed."""

from __future__ import annotations

import re

from conftest import Database

TESTS = (
    "/account:TestAccountBankStatementLine",
    "/account:TestAccountBankStatement",
    "/account:TestUi.test_01_account_tour",
    "/account:TestAccountEarlyPaymentDiscount",
    "/account:TestAccountPaymentRegister",
    "/account_payment",
    "/portal",
    "/sale:TestSaleOrder",
    "/sale:TestSaleOrderCreditLimit",
    "/sale:TestSaleToInvoice",
)


def test_odoo_s_own_tests_pass_with_the_addons(installed_database: Database) -> None:
    tags = ",".join(TESTS)
    log = installed_database.odoo(
        "-u", "account", "--stop-after-init", "--test-tags", tags, "--http-port=0", quiet=False
    )
    result = re.search(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", log)
    assert result is None or (result[1], result[2]) == ("0", "0"), result
    assert "test_01_account_tour" in log
    ran = re.search(r"(\d+) post-tests in", log)
    assert ran
    assert int(ran[1]) >= 189, ran[0]
