"""The books that the workspace is measured on: thousands of open bank lines and items, mostly copied in the database.

One record of each sort is made by Odoo and copied by SQL, with numbers, amounts and customers of their own. Matching
then proposes what it finds for the open lines, and books nothing.
"""

import contextlib

import psycopg2

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL, mute_logger

CUSTOMERS, ITEMS, ITEMS_OF_LARGEST = 5_000, 20_000, 2_000
#: The amount of what is copied: the amounts of copies are shares of it.
AMOUNT = 100
#: Columns of amounts that have nothing to do with the amount of their record.
NO_SHARES = {"invoice_currency_rate", "discount", "quantity", "ar_exchange_rate", "deductible_amount", "probability"}


class Books:
    """A bank journal with open and matched lines, customers and their open invoices."""

    def __init__(self, env, open_lines, matched_lines):
        self.env = env(context={**env.context, "tracking_disable": True})
        self.company = self.env.company
        if not self.company.chart_template:
            self.env["account.chart.template"].try_loading("generic_coa", self.company, install_demo=False)
        self.journal = self.env["account.journal"].create(
            {"name": "Many Lines", "code": "BWS", "type": "bank", "company_id": self.company.id}
        )
        self.journal.ar_auto_match = False
        self.today = fields.Date.context_today(self.journal)
        customer, invoice, line = self.customer(), self.invoice(), self.line()
        paid, booked = self.invoice(), self.line()
        receivable = paid.line_ids.filtered(lambda item: item.display_type == "payment_term")
        match = booked.ar_book_by_hand([{"item": receivable.id, "amount": AMOUNT, "in_full": True}])
        self.env.flush_all()
        with contextlib.suppress(psycopg2.Error), self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
            # What is copied refers to what is there; only a superuser may leave that unchecked, to save half the time.
            self.env.cr.execute("SET LOCAL session_replication_role = replica")
        self.customers = self.copy_customers(customer)
        self.copy_matched(paid, booked, match, matched_lines)
        self.items = self.copy_open_items(invoice)
        self.lines = self.copy_open_lines(line, open_lines)
        self.env.cr.execute("SET LOCAL session_replication_role = DEFAULT")
        self.env.cr.commit()
        self.env.invalidate_all()
        self.env["account.bank.statement.line"].browse(self.lines)._ar_match("person")
        self.env.cr.commit()

    # One of each

    def customer(self):
        return self.env["res.partner"].create({"name": "Customer", "is_company": True})

    def invoice(self):
        """Return a posted invoice."""
        income = self.env["account.account"].search([("account_type", "=", "income")], limit=1)
        line = {"name": "Goods", "price_unit": AMOUNT, "tax_ids": False, "account_id": income.id}
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer().id,
                "invoice_date": self.today,
                "invoice_line_ids": [Command.create(line)],
            }
        )
        move.action_post()
        return move

    def line(self):
        """Return an open bank line."""
        values = {"journal_id": self.journal.id, "date": self.today, "amount": AMOUNT, "payment_ref": "Payment"}
        return self.env["account.bank.statement.line"].create(values)

    # Copies

    def want(self, count, **columns):
        """Begin a set of copies: what is to be different in each, as SQL of its number ``n`` from 1 on."""
        told = SQL(", ").join(SQL("%s AS %s", value, SQL.identifier(name)) for name, value in columns.items())
        self.env.cr.execute("DROP TABLE IF EXISTS wanted")
        self.env.cr.execute(
            SQL("CREATE TEMPORARY TABLE wanted AS SELECT n, %s FROM generate_series(1, %s) AS n", told, count)
        )
        self.count = count

    def copy(self, record, step=1, place=0, **values):
        """Copy a record for each one that is wanted, with ``values`` as SQL of the template ``t`` and the wanted ``w``.

        The nth copy has the id that is returned as SQL; with ``step``, ids are left free for records in between.
        """
        table = record._table
        self.env.cr.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [table]
        )
        kinds = {name: kind for name, kind in self.env.cr.fetchall() if name != "id"}
        chosen = []
        for name, kind in kinds.items():
            own = SQL("t.%s", SQL.identifier(name))
            if name in values:
                own = values[name]
            elif kind == "numeric" and name not in NO_SHARES and table != "res_partner":
                own = SQL("round(%s * w.amount / %s, 2)", own, AMOUNT)
            chosen.append(own)
        if not place:
            self.env.cr.execute(SQL("SELECT nextval(%s)", f"{table}_id_seq"))
            self.base = self.env.cr.fetchone()[0]
            self.env.cr.execute(SQL("SELECT setval(%s, %s)", f"{table}_id_seq", self.base + (self.count + 1) * step))
        id_ = SQL("(%s + w.n * %s + %s)", self.base, step, place)
        values_of = SQL(", ").join(SQL("%s", own) for own in chosen)
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (id, %s) SELECT %s, %s FROM %s t, wanted w WHERE t.id = %s ORDER BY w.n",
                *(SQL.identifier(table), SQL(", ").join(map(SQL.identifier, kinds)), id_, values_of),
                *(SQL.identifier(table), record.id),
            )
        )
        # The plans of what refers to this table were made when it was empty.
        self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
        return id_

    def copy_entry(self, move, line_id=None, **values):
        """Copy an entry with its items; return the SQL of its id, and that of the id of each item."""
        own = {"partner_id": SQL("w.partner"), "date": SQL("w.day")}
        move_id = self.copy(
            move,
            **own,
            commercial_partner_id=SQL("w.partner"),
            name=SQL("w.number"),
            sequence_number=SQL("w.n"),
            payment_reference=SQL("CASE WHEN t.payment_reference IS NULL THEN NULL ELSE w.number END"),
            statement_line_id=line_id or SQL("NULL"),
            invoice_date=SQL("CASE WHEN t.invoice_date IS NULL THEN NULL ELSE w.day END"),
            invoice_date_due=SQL("CASE WHEN t.invoice_date_due IS NULL THEN NULL ELSE w.day + 30 END"),
            invoice_partner_display_name=SQL("NULL"),
        )
        ids = {}
        for place, item in enumerate(move.line_ids.sorted("id")):
            full = values.get("full_reconcile_id") if item.full_reconcile_id else None
            ids[item] = self.copy(
                item,
                step=len(move.line_ids),
                place=place,
                **own,
                move_id=move_id,
                move_name=SQL("w.number"),
                date_maturity=SQL("CASE WHEN t.date_maturity IS NULL THEN NULL ELSE w.day + 30 END"),
                statement_line_id=line_id or SQL("NULL"),
                full_reconcile_id=full or SQL("NULL::integer"),
                matching_number=SQL("%s::text", full) if full else SQL("NULL"),
            )
        return move_id, ids

    def copy_line(self, line, **values):
        """Copy a bank line with its entry; return the SQL of its id, and that of the id of each item."""
        line_id = self.copy(
            line,
            payment_ref=SQL("w.text"),
            partner_name=SQL("w.payer"),
            partner_id=SQL("w.partner"),
            move_id=SQL("t.move_id"),
            ar_import_id=SQL("w.number"),
        )
        base = self.base
        move_id, items = self.copy_entry(line.move_id, line_id, **values)
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_bank_statement_line line
                   SET move_id = %s,
                       internal_index = to_char(w.day, 'YYYYMMDD') || substr(internal_index, 9, 10)
                                        || lpad(line.id::text, 10, '0')
                  FROM wanted w
                 WHERE line.id = %s + w.n
                """,
                *(move_id, base),
            )
        )
        return line_id, items, range(base + 1, base + self.count + 1)

    # Sorts of records

    def copy_customers(self, customer):
        """Return the ids of the customers, the largest first."""
        letters = "translate(left(md5(n::text), 9), '0123456789', 'ghiklmnopr')"
        self.want(CUSTOMERS, name=SQL(f"initcap({letters}) || ' Ltd'"))
        id_ = self.copy(
            customer, name=SQL("w.name"), complete_name=SQL("w.name"), commercial_partner_id=SQL("t.id"), ref=SQL("w.n")
        )
        self.env.cr.execute(
            SQL("UPDATE res_partner p SET commercial_partner_id = p.id FROM wanted w WHERE p.id = %s", id_)
        )
        return range(self.base + 1, self.base + CUSTOMERS + 1)

    def copy_matched(self, invoice, line, match, count):
        """Have so many lines of the last years that are booked to an invoice each."""
        self.want(
            count,
            number=SQL("'OLD/' || n"),
            text=SQL("'Invoice OLD/' || n"),
            payer=SQL("'PAYER ' || n %% 5000"),
            partner=SQL("%s + n %% %s", self.customers[0], CUSTOMERS),
            amount=SQL("10 + (n * 7919::bigint %% 300000)::numeric / 100"),
            day=SQL("%s::date - 40 - n %% 700", self.today),
        )
        receivable = invoice.line_ids.filtered("full_reconcile_id")
        partial, full = receivable.matched_credit_ids, receivable.full_reconcile_id
        full_id = self.copy(full)
        _invoice_id, invoice_items = self.copy_entry(invoice, full_reconcile_id=full_id)
        line_id, line_items, _ids = self.copy_line(line, full_reconcile_id=full_id)
        item_id = invoice_items[receivable]
        self.copy(
            partial,
            debit_move_id=item_id,
            credit_move_id=line_items[partial.credit_move_id],
            full_reconcile_id=full_id,
            max_date=SQL("w.day"),
        )
        match_id = self.copy(match, statement_line_id=line_id)
        self.copy(
            match.allocation_ids,
            proposal_id=match_id,
            move_line_id=item_id,
            partner_id=SQL("w.partner"),
            number=SQL("w.number"),
        )

    def copy_open_items(self, invoice):
        """Return the ids of the open items: those of the largest customer first.

        Of each other customer, the first two are of the same amount.
        """
        others = SQL("(n - %s)", ITEMS_OF_LARGEST)
        self.want(
            ITEMS,
            number=SQL("'INV/26/' || to_char(n, 'FM00000')"),
            partner=SQL(
                "%s + CASE WHEN n <= %s THEN 0 ELSE 1 + %s %% %s END",
                *(self.customers[0], ITEMS_OF_LARGEST, others, CUSTOMERS - 1),
            ),
            amount=SQL(
                "50 + ((CASE WHEN n BETWEEN %s AND %s THEN n - %s ELSE n END) * 7919::bigint %% 300000)::numeric / 100",
                *(ITEMS_OF_LARGEST + CUSTOMERS, ITEMS_OF_LARGEST + 2 * CUSTOMERS - 3, CUSTOMERS - 1),
            ),
            day=SQL("%s::date - n %% 90", self.today),
        )
        _move_id, items = self.copy_entry(invoice)
        receivable = invoice.line_ids.filtered(lambda item: item.display_type == "payment_term")
        place = invoice.line_ids.sorted("id").ids.index(receivable.id)
        step = len(items)
        return range(self.base + step + place, self.base + (ITEMS + 1) * step + place, step)

    def copy_open_lines(self, line, count):
        """Return the ids of the open lines: of ten, five name their invoice, two fit two of their payer, three nothing.

        The first of those that name nothing are as much as two invoices of the largest customer.
        """
        self.want(
            count,
            number=SQL("'NEW/' || n"),
            sort=SQL("CASE WHEN n %% 10 < 5 THEN 'named' WHEN n %% 10 < 7 THEN 'twins' ELSE 'none' END"),
            pays=SQL(
                "CASE WHEN n %% 10 < 5 THEN %s + n WHEN n %% 10 < 7 THEN %s + n %% %s ELSE 1 + n %% %s END",
                *(2 * CUSTOMERS + ITEMS_OF_LARGEST, ITEMS_OF_LARGEST, CUSTOMERS - 1, ITEMS_OF_LARGEST - 2),
            ),
        )
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE detailed AS
                SELECT w.n, w.number, w.sort, %(day)s::date - w.n %% 60 AS day, NULL::integer AS partner,
                       CASE w.sort WHEN 'none' THEN item.balance + other.balance ELSE item.balance END AS amount,
                       CASE w.sort WHEN 'named' THEN 'Payment of ' || item.move_name || ', thank you'
                                   WHEN 'twins' THEN 'Our order'
                                   ELSE 'Sundry ' || md5(w.n::text) END AS text,
                       CASE w.sort WHEN 'none' THEN 'SOMEBODY ' || w.n ELSE upper(partner.name) END AS payer
                  FROM wanted w
                  JOIN account_move_line item ON item.id = %(item)s + %(step)s * (w.pays - 1)
                  JOIN account_move_line other ON other.id = %(item)s + %(step)s * w.pays
                  JOIN res_partner partner ON partner.id = item.partner_id
                """,
                *(),
                day=self.today,
                item=self.items[0],
                step=self.items.step,
            )
        )
        self.env.cr.execute("DROP TABLE wanted; ALTER TABLE detailed RENAME TO wanted")
        return list(self.copy_line(line)[2])
