from freezegun import freeze_time

from odoo.tests import tagged

from .common import MatchCommon

#: Lines or items that a call is about, so that what it costs for each of them shows.
FEW, MANY = 2, 10
AMOUNTS_AND_DAYS = ((20, 20), (40, 15), (30, 25), (50, 10))


@tagged("post_install", "-at_install")
class TestWorkspaceScale(MatchCommon):
    """What the workspace does takes no statements for each line or item that is shown, and few for each that is booked.

    Bounds are for what grows with the number of records; what Odoo needs once may change with its version.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = cls.env["account.bank.statement.line"]
        cls.own = [("journal_id", "=", cls.journal.id)]

    def _statements(self, call):
        """Return how many statements ``call`` takes with empty caches, its writes included."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _for_each(self, call, lines):
        """Return how many statements ``call`` takes for each line more: of ``MANY`` against ``FEW``."""
        call(lines[:1])  # what is asked once and kept
        few = self._statements(lambda: call(lines[1 : 1 + FEW]))
        many = self._statements(lambda: call(lines[1 + FEW : 1 + FEW + MANY]))
        return (many - few) / (MANY - FEW)

    def _proposed(self, count):
        """Return bank lines that each have a proposal which waits."""
        invoices = self._invoice(50)
        for number in range(1, count):
            invoices |= self._invoice(50 + number)
        with self._threshold(1):
            lines = self._pay(*((f"{move.amount_total:.2f}", move.name) for move in invoices))
        self.assertEqual(set(lines.mapped("ar_match_state")), {"proposed"})
        return lines

    def test_a_page_of_many_lines_takes_no_more_statements_than_one_of_few(self):
        self._proposed(MANY)
        self.lines.ar_workspace_page(self.own, 0, FEW)
        few = self._statements(lambda: self.lines.ar_workspace_page(self.own, 0, FEW))
        many = self._statements(lambda: self.lines.ar_workspace_page(self.own, 0, MANY))
        self.assertLessEqual(many, few)

    def test_the_states_of_all_lines_are_counted_in_one_statement(self):
        self._proposed(FEW)
        self._pay(("7.77", "UNKNOWN"))
        self.lines.ar_workspace_counts(self.own)
        plain = self._statements(lambda: self.lines.search_count(self.own))
        counts = self._statements(lambda: self.lines.ar_workspace_counts(self.own))
        self.assertLessEqual(counts, plain + 1)  # one more to read the currency

    def test_the_counts_tell_states_late_lines_own_lines_and_their_sum(self):
        lines = self._proposed(FEW)
        self.lines.create({"journal_id": self.journal.id, "date": "2020-01-01", "amount": 10, "payment_ref": "OLD"})
        lines[0].ar_owner_id = self.env.user
        with freeze_time("2026-11-20"):
            counts = self.lines.ar_workspace_counts(self.own)
        self.assertEqual(dict(counts["states"]), {"proposed": FEW, "none": 1})
        self.assertEqual((counts["late"], counts["mine"], counts["amount"]), (1, 1, 50 + 51 + 10))
        self.assertEqual(counts["currency_id"], self.journal.company_id.currency_id.id)
        lines.ar_workspace_accept()
        left = self.lines.ar_workspace_counts([*self.own, ("payment_ref", "!=", "OLD")])
        self.assertEqual((dict(left["states"]), left["amount"], left["currency_id"]), ({}, None, None))

    def test_many_open_items_take_no_more_statements_than_few(self):
        for number in range(MANY):
            self._invoice(20 + number)
        line = self._unmatched(("500.00", "SUNDRY"))
        partner = self.partner_a.id
        line.ar_workspace_items(partner, limit=FEW)
        few = self._statements(lambda: line.ar_workspace_items(partner, limit=FEW))
        many = self._statements(lambda: line.ar_workspace_items(partner, limit=MANY))
        self.assertLessEqual(many, few)

    def test_pages_of_open_items_begin_with_the_amount_that_was_paid_and_show_each_item_once(self):
        invoices = [
            self._invoice(amount, invoice_payment_term_id=False, invoice_date_due=f"2026-11-{day}")
            for amount, day in AMOUNTS_AND_DAYS
        ]
        line = self._unmatched(("30.00", "SUNDRY"))
        pages = [line.ar_workspace_items(self.partner_a.id, "", offset, 2) for offset in (0, 2, 4)]
        numbers = [item["number"] for page in pages for item in page["items"]]
        self.assertEqual(numbers, [invoices[place].name for place in (2, 3, 1, 0)])
        self.assertEqual([page["count"] for page in pages], [4, 4, 4])
        self.assertEqual(pages[0]["suggested"], [pages[0]["items"][0]["id"]])

    def test_a_line_takes_no_more_statements_for_a_long_history(self):
        line = self._proposed(1)
        line.ar_workspace_line()
        short = self._statements(line.ar_workspace_line)
        for _time in range(MANY):
            line.ar_workspace_reject()
            line.ar_workspace_match()
        self.assertGreater(len(line.ar_match_ids), FEW)
        long = self._statements(line.ar_workspace_line)
        self.assertLessEqual(long, short + 1)

    def test_accepting_takes_few_statements_for_each_line_more(self):
        lines = self._proposed(1 + FEW + MANY)
        self.assertLessEqual(self._for_each(lambda some: some.ar_workspace_accept(), lines), 3)
        self.assertTrue(all(lines.mapped("is_reconciled")))

    def test_taking_back_takes_what_odoo_needs_for_each_line_more(self):
        lines = self._proposed(1 + FEW + MANY)
        lines.ar_workspace_accept()
        # Odoo makes the entries of one line after the other anew.
        self.assertLessEqual(self._for_each(lambda some: some.ar_workspace_undo(), lines), 95)
        self.assertFalse(any(lines.mapped("is_reconciled")))

    def test_a_note_takes_no_statement_for_each_line_more(self):
        lines = self._proposed(1 + FEW + MANY)
        self.assertLessEqual(self._for_each(lambda some: some.ar_workspace_note("Ask"), lines), 1)

    def test_noting_the_customer_takes_what_odoo_needs_for_each_line_more(self):
        lines = self._proposed(1 + FEW + MANY)
        noting = self._for_each(lambda some: some.ar_workspace_set_customer(self.partner_b.id), lines)
        self.assertLessEqual(noting, 20)  # Odoo has the entries follow one line after the other
