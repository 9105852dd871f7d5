from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..engine.policy import Policy

ACCOUNT = "DE02120300000000202051"


def ofx(transactions, *, account=ACCOUNT, currency="USD", balance="1000.00"):
    """Return a bank's OFX 1.x file of ``(fitid, day, amount, name, memo)`` transactions."""
    entries = "".join(
        f"<STMTTRN>\r\n<TRNTYPE>CREDIT\r\n<DTPOSTED>{day}120000\r\n<TRNAMT>{amount}\r\n<FITID>{fitid}\r\n"
        f"<NAME>{name}\r\n<MEMO>{memo}\r\n</STMTTRN>\r\n"
        for fitid, day, amount, name, memo in transactions
    )
    return (
        "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\nCHARSET:1252\r\n"
        "COMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n"
        "<OFX>\r\n<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261120120000"
        "<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>\r\n"
        "<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>\r\n"
        f"<STMTRS><CURDEF>{currency}\r\n<BANKACCTFROM><BANKID>12030000<ACCTID>{account}<ACCTTYPE>CHECKING"
        "</BANKACCTFROM>\r\n<BANKTRANLIST><DTSTART>20261101<DTEND>20261120\r\n"
        f"{entries}</BANKTRANLIST>\r\n<LEDGERBAL><BALAMT>{balance}<DTASOF>20261120</LEDGERBAL>\r\n"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1>\r\n</OFX>\r\n"
    ).encode()


@tagged("post_install", "-at_install")
class BankFileCommon(AccountTestInvoicingCommon):
    """A bank journal with an account, two customers, and files of the bank."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("ar_reconcile.group_reconcile")
        cls.journal = cls.company_data["default_journal_bank"]
        cls.journal.bank_account_id = cls.env["res.partner.bank"].create(
            {"acc_number": ACCOUNT, "partner_id": cls.company_data["company"].partner_id.id}
        )

    def _invoice(self, amount, partner=None, **values):
        return self._create_invoice_one_line(
            price_unit=amount,
            partner_id=partner or self.partner_a,
            invoice_date="2026-11-01",
            tax_ids=False,
            post=True,
            **values,
        )

    def _drop(self, content, name="statement.ofx", journal=None):
        """Drop a file on the card of a journal; return the record of what it would bring."""
        attachment = self.env["ir.attachment"].create({"name": name, "raw": content})
        action = (journal or self.journal).create_document_from_attachment(attachment.ids)
        return self.env["ar.statement.import"].browse(action["res_id"])

    def _import(self, content, name="statement.ofx", journal=None):
        """Drop a file on the card of a journal and import it if it can be; return the record of what was done."""
        record = self._drop(content, name, journal)
        if record.state == "preview" and not record.has_problem:
            record.action_import()
        return record

    def _pay(self, *lines):
        """Import a file of ``(amount, text)`` payments; return its bank lines in their order."""
        number = self.env["account.bank.statement.line"].search_count([])
        transactions = [
            (f"T{number}-{position}", "20261118", amount, "SOMEBODY", text)
            for position, (amount, text) in enumerate(lines)
        ]
        record = self._import(ofx(transactions))
        self.assertEqual(record.state, "done", record.message)
        return record.line_ids.sorted("id")


class MatchCommon(BankFileCommon):
    """Payments that are booked, wait for a person, or fit several invoices."""

    def _threshold(self, threshold):
        """Have the journals book alone from this probability on, as a context manager."""
        policy = Policy(threshold=Decimal(threshold))
        return patch.object(type(self.journal), "_as_policy", lambda journal: policy)

    def _unmatched(self, *lines):
        """Import a file of ``(amount, text)`` payments that nobody has matched yet."""
        with patch.object(
            type(self.env["account.bank.statement.line"]), "_ar_match", lambda lines, trigger: self.env["ar.match.run"]
        ):
            return self._pay(*lines)

    def _proposal(self, amount=50):
        """Return an invoice and a bank line whose payment of it waits for a person."""
        invoice = self._invoice(amount)
        with self._threshold(1):
            line = self._pay((f"{amount}.00", invoice.name))
        self.assertEqual(line.ar_match_state, "proposed")
        return invoice, line

    def _tie(self, amount=500):
        """Return two invoices of one customer that a payment fits equally, and its bank line."""
        twins = self._invoice(amount) | self._invoice(amount)
        file = ofx([(f"tie{amount}", "20261118", f"{amount}.00", self.partner_a.name.upper(), "THANKS")])
        line = self._import(file).line_ids
        self.assertEqual(line.ar_match_state, "ambiguous")
        return twins, line
