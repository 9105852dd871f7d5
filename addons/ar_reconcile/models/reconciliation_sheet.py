"""The proof sheet: what a reconciliation is made of, as a table for paper and as a workbook."""

import io
import re

import xlsxwriter

from odoo import models
from odoo.exceptions import MissingError
from odoo.tools import SQL, format_date, format_datetime

from ..engine import closing

#: Rows that are printed; the workbook has all.
MOST_PRINTED = 500
#: Rows that a worksheet takes below its heading.
MOST_ROWS = 1_000_000
#: Characters that a cell takes.
LONGEST_CELL = 32_000
WIDTHS = {"text": 36, "date": 12, "money": 18, "number": 10}


class ArReconciliation(models.Model):
    _inherit = "ar.reconciliation"  # pylint: disable=consider-merging-classes-inherited

    def _sheet(self, limit=None):
        """Return all that the proof sheet shows, with up to ``limit`` rows; without one, as many as are printed.

        Amounts of the table are decimals; those of the proof are told in the reader's format. The proof is the one that
        was prepared, the table is of today; where there are ``changes``, they don't belong together any more.
        """
        self.ensure_one()
        now = self._current_figures()
        kept = closing.restored(self.figures) if self.figures else now
        limit = limit or MOST_PRINTED
        rows, count = self._open_line_rows(limit) if self.kind == "bank" else self._customer_rows(limit)
        return {
            "heading": self._heading(),
            "figures": kept,
            "proof": self._proof(kept),
            "changes": self._changes_told(closing.changes(kept, now)),
            "title": self.env._("Bank lines not matched yet")
            if self.kind == "bank"
            else self.env._("Balances of customers"),
            "columns": self._columns(),
            "rows": rows,
            "total": sum((row[-1] for row in rows), self._exact(0)),
            "more": max(count - len(rows), 0),
        }

    def _heading(self):
        """Return labels and texts of the head of the sheet."""
        company = self.company_id.sudo()
        ledger_account = self.journal_id.sudo().default_account_id.with_company(company)
        account = " ".join(filter(None, [ledger_account.code, ledger_account.name]))
        number = self.journal_id.sudo().bank_account_id.acc_number
        return [
            (self.env._("Company"), company.name),
            (self.env._("Reconciled"), " · ".join(filter(None, [self._subject(), number]))),
            *([(self.env._("Ledger account"), account)] if account else []),
            (
                self.env._("Period"),
                f"{format_date(self.env, self.date_from)} – {format_date(self.env, self.date_to)}",
            ),
            (self.env._("Currency"), self.currency_id.name),
        ]

    def _signatures(self):
        """Return the two signatures: label, name (empty: not yet) and time."""
        return [
            (
                label,
                person.sudo().name if person else "",
                moment and format_datetime(self.env, moment, dt_format="short"),
            )
            for label, person, moment in (
                (self.env._("Prepared by"), self.prepared_by_id, self.prepared_on),
                (self.env._("Signed off by"), self.signed_by_id, self.signed_on),
            )
        ]

    def _columns(self):
        """Return label and kind of the columns; the last one is the amount that is summed."""
        if self.kind == "bank":
            return [
                (self.env._("Date"), "date"),
                (self.env._("Counterparty"), "text"),
                (self.env._("Text"), "text"),
                (self.env._("Amount"), "money"),
                (self.env._("Open"), "money"),
            ]
        return [
            (self.env._("Customer"), "text"),
            (self.env._("Reference"), "text"),
            (self.env._("Entries"), "number"),
            (self.env._("Balance"), "money"),
        ]

    def _open_line_rows(self, limit):
        """Return up to ``limit`` open bank lines, and how many there are."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT move.date, line.partner_name, line.payment_ref, line.amount::text, (%(open)s)::text,
                       COUNT(*) OVER ()
                  FROM %(lines)s
                 WHERE line.is_reconciled IS NOT TRUE
              ORDER BY move.date, line.internal_index DESC
                 LIMIT %(limit)s
                """,
                open=self._sql_open_amount(),
                lines=self._sql_lines(),
                limit=limit,
            )
        )
        return [
            (day, name or "", text or "", self._exact(amount), self._exact(still))
            for day, name, text, amount, still, _count in rows
        ], (rows[0][-1] if rows else 0)

    def _customer_rows(self, limit):
        """Return up to ``limit`` customers with a balance, and how many there are; entries without one come last."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.complete_name, partner.ref, customer.count::bigint, customer.balance::text,
                       COUNT(*) OVER ()
                  FROM (%(customers)s) customer
             LEFT JOIN res_partner partner ON partner.id = customer.id
                 WHERE customer.balance <> 0
              ORDER BY customer.id IS NULL, partner.complete_name, customer.id
                 LIMIT %(limit)s
                """,
                customers=self._sql_customers(),
                limit=limit,
            )
        )
        nobody = self.env._("(without a customer)")
        return [(name or nobody, ref or "", count, self._exact(balance)) for name, ref, count, balance, _all in rows], (
            rows[0][-1] if rows else 0
        )

    # === WORKBOOK === #

    def _sheet_name(self):
        """Return the name of the sheet's file, without its ending."""
        return re.sub(r"[^\w.-]+", "_", f"{self._subject()}_{self.date_to}").strip("_")[:80]

    def proof_workbook(self):
        """Return name and content of the proof sheet as an XLSX file, for who may read the reconciliation."""
        self.ensure_one()
        self.check_access("read")
        if not self.exists():
            raise MissingError(self.env._("This reconciliation does not exist."))
        return f"{self._sheet_name()}.xlsx", self._workbook()

    def action_workbook(self):
        """Download the proof sheet as a workbook."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/ar_reconcile/reconciliation/{self.id}/sheet.xlsx",
            "target": "self",
        }

    def _keep_sheet(self):
        """Keep the workbook as it is at the signature, in the chatter."""
        self.sudo().message_post(
            body=self.env._("Signed off. The sheet as it was signed is attached."),
            attachments=[(f"{self._sheet_name()}.xlsx", self._workbook())],
        )

    def _workbook(self):
        """Return the proof sheet as an XLSX file, with all rows.

        Rows are written one by one, not held. All that people or banks wrote is written as text, never as a formula.
        """
        sheet = self._sheet(MOST_ROWS)
        content = io.BytesIO()
        with xlsxwriter.Workbook(content, {"constant_memory": True}) as workbook:
            pages = _Pages(workbook, self.currency_id.decimal_places)
            pages.proof(self, sheet)
            pages.table(sheet)
        return content.getvalue()


class _Pages:
    """Writes the two pages of a proof sheet."""

    def __init__(self, workbook, digits):
        self.workbook = workbook
        money = "#,##0" + ("." + "0" * digits if digits else "")
        self.formats = {
            "text": workbook.add_format(),
            "bold": workbook.add_format({"bold": True}),
            "heading": workbook.add_format({"bold": True, "bottom": 1}),
            "right": workbook.add_format({"bold": True, "bottom": 1, "align": "right"}),
            "money": workbook.add_format({"num_format": money}),
            "total": workbook.add_format({"num_format": money, "bold": True, "top": 1}),
            "number": workbook.add_format({"num_format": "0"}),
            "date": workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        }

    def proof(self, reconciliation, sheet):
        """Write heading, comparisons, remarks, explanation and signatures."""
        env = reconciliation.env
        page = self.workbook.add_worksheet(_page_name(env._("Proof")))
        page.set_column(0, 0, 60)
        page.set_column(1, 5, 22)
        figures = sheet["figures"]
        texts = [(reconciliation.display_name,), *sheet["heading"], ()]
        row = self._texts(page, 0, texts)
        if sheet["changes"]:
            row = self._texts(page, row, [(env._("The figures have changed since. The lists show today's."),), ()])
        headings = (env._("Figure"), env._("Amount"), env._("Number"))
        for column, label in enumerate(headings):
            page.write_string(row, column, label, self.formats["right" if column else "heading"])
        for code, label in reconciliation._figure_labels().items():
            if code not in figures:
                continue
            figure = figures[code]
            row += 1
            page.write_string(row, 0, label, self.formats["text"])
            if figure.amount is not None:
                page.write_number(row, 1, float(figure.amount), self.formats["money"])
            page.write_number(row, 2, figure.count, self.formats["number"])
        row = self._checks(page, row + 2, reconciliation, reconciliation._checks(figures))
        row = self._texts(page, row + 1, [(remark,) for remark in sheet["proof"]["remarks"]])
        if reconciliation.explanation:
            row = self._texts(page, row + 1, [(env._("Explanation"), reconciliation.explanation)])
        self._texts(page, row + 1, [[text or "–" for text in each] for each in reconciliation._signatures()])

    def _texts(self, page, row, texts):
        for cells in texts:
            for column, text in enumerate(cells):
                page.write_string(row, column, text[:LONGEST_CELL], self.formats["text" if column else "bold"])
            row += 1
        return row

    def _checks(self, page, row, reconciliation, checks):
        env = reconciliation.env
        headings = (env._("Check"), env._("Left"), env._("Right"), env._("Difference"), env._("Result"))
        for column, label in enumerate(headings):
            page.write_string(row, column, label, self.formats["right" if 0 < column < 4 else "heading"])
        for check in checks:
            if check.code not in reconciliation._compared():
                continue
            row += 1
            told = reconciliation._check_told(check)
            label = f"{told['label']} ({told['left_label']} / {told['right_label']})"
            page.write_string(row, 0, label, self.formats["text"])
            for column, amount in enumerate((check.left, check.right, check.difference), start=1):
                if amount is not None:
                    page.write_number(row, column, float(amount), self.formats["money"])
            page.write_string(row, 4, told["result"], self.formats["text"])
        return row + 1

    def table(self, sheet):
        """Write all rows of the list, and their sum."""
        page = self.workbook.add_worksheet(_page_name(sheet["title"]))
        page.freeze_panes(1, 0)
        kinds = [kind for _label, kind in sheet["columns"]]
        for column, (label, kind) in enumerate(sheet["columns"]):
            page.set_column(column, column, WIDTHS[kind])
            page.write_string(0, column, label, self.formats["right" if kind in ("money", "number") else "heading"])
        for row, cells in enumerate(sheet["rows"], start=1):
            for column, (kind, value) in enumerate(zip(kinds, cells, strict=True)):
                self._cell(page, row, column, kind, value)
        page.write_number(len(sheet["rows"]) + 1, len(kinds) - 1, float(sheet["total"]), self.formats["total"])

    def _cell(self, page, row, column, kind, value):
        if kind == "date":
            page.write_datetime(row, column, value, self.formats["date"])
        elif kind in ("money", "number"):
            page.write_number(row, column, float(value), self.formats[kind])
        else:
            page.write_string(row, column, value[:LONGEST_CELL], self.formats["text"])


def _page_name(title):
    """Return a title as the name of a worksheet: at most 31 characters, none of those that are not allowed."""
    return re.sub(r"[\[\]:*?/\\']", " ", title)[:31]
