from odoo import api, models
from odoo.tools import SQL

from .payment_facts import GATHERED

#: Facts that are no whole numbers.
KINDS = {"heaviest_number": "varchar"}


class ArCreditWork(models.Model):
    """Working table of a run: the facts of all customers of a company, from one statement over the ledger.

    Scoring reads it chunk by chunk, so that a run can be killed and goes on without reading the ledger again.  It is
    not logged by the database: after a crash it is empty, and the facts are gathered anew.
    """

    _name = "ar.credit.work"
    _description = "Facts Gathered for Scoring"
    _auto = False
    _log_access = False

    def init(self):
        """Make the table anew when its columns differ from the facts of this version."""
        wanted = ["company_id", "customer_id", *GATHERED]
        self.env.cr.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
            " ORDER BY attnum",
            [self._table],
        )
        if [name for (name,) in self.env.cr.fetchall()] == wanted:
            return
        columns = SQL(", ").join(
            SQL("%s %s", SQL.identifier(name), SQL(KINDS.get(name, "bigint"))) for name in GATHERED
        )
        table = SQL.identifier(self._table)
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", table))
        # The ORM takes "not null" away from columns that are no fields of its own, so there is no primary key.
        self.env.cr.execute(
            SQL("CREATE UNLOGGED TABLE %s (company_id integer, customer_id integer, %s)", table, columns)
        )
        self.env.cr.execute(SQL("CREATE INDEX ON %s (company_id, customer_id)", table))

    @api.model
    def _gather(self, company, day):
        """Gather the facts of all customers of ``company``, and with them how all pay on the whole."""
        company = company.root_id
        lines = self.env["account.move.line"]
        lines._ar_flush()
        self._forget(company)
        # Compiling the statement costs more than it brings, and its sums are too many for the usual memory.
        self.env.cr.execute("SET LOCAL jit = off")
        self.env.cr.execute("SET LOCAL work_mem = '64MB'")
        # Into a new table first: the database reads the ledger with several processes for that, but not to insert.
        self.env.cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE ar_credit_gathered ON COMMIT DROP AS %s",
                lines._ar_sql_payment_facts(company, day),
            )
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO ar_credit_work (company_id, customer_id, %(names)s)"
                " SELECT %(company)s, * FROM ar_credit_gathered",
                names=SQL(", ").join(SQL.identifier(name) for name in GATHERED),
                company=company.id,
            )
        )
        # The day with it: where nobody has paid yet there is nothing else to store, and Odoo keeps no empty JSON.
        portfolio = lines._ar_portfolio(SQL("ar_credit_gathered"))
        company.ar_portfolio = {"day": str(day), **portfolio.as_stored()}
        self.env.cr.execute("DROP TABLE ar_credit_gathered")

    @api.model
    def _forget(self, company):
        """Empty the table of what was gathered for ``company``."""
        self.env.cr.execute("DELETE FROM ar_credit_work WHERE company_id = %s", [company.id])

    @api.model
    def _chunk(self, company, after, size):
        """Facts of the next ``size`` customers above the id ``after``: ``[(customer id, *gathered), …]``."""
        return self.env.execute_query(
            SQL(
                "SELECT customer_id, %(names)s FROM ar_credit_work WHERE company_id = %(company)s"
                " AND customer_id > %(after)s ORDER BY customer_id LIMIT %(size)s",
                names=SQL(", ").join(SQL.identifier(name) for name in GATHERED),
                company=company.id,
                after=after,
                size=size,
            )
        )

    @api.model
    def _count(self, company, after):
        """Number of customers above the id ``after``."""
        ((count,),) = self.env.execute_query(
            SQL("SELECT COUNT(*) FROM ar_credit_work WHERE company_id = %s AND customer_id > %s", company.id, after)
        )
        return count
