from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.credit_limit import CreditPosition
from ..engine.money import Currency

READERS = "ar_enhanced.group_ar_user"
PARTS = ("open_items", "uncleared", "orders", "drafts")
COMPARISONS = {
    ">": lambda figure, value: figure > value,
    ">=": lambda figure, value: figure >= value,
    "<": lambda figure, value: figure < value,
    "<=": lambda figure, value: figure <= value,
    "in": lambda figure, values: figure in values,
}


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_credit_limit_ids = fields.One2many("ar.credit.limit", "partner_id", string="Credit Limits", groups=READERS)
    ar_credit_security_ids = fields.One2many(
        "ar.credit.security", "partner_id", string="Credit Securities", groups=READERS
    )
    ar_limit_currency_id = fields.Many2one(
        "res.currency", string="Currency of Credit Limit", compute="_compute_ar_limit_currency_id"
    )
    ar_has_credit_limit = fields.Boolean(
        string="Has Credit Limit",
        compute="_compute_ar_credit_position",
        search="_search_ar_has_credit_limit",
        compute_sudo=True,
        groups=READERS,
    )
    ar_credit_limit = fields.Monetary(
        string="Approved Credit Limit",
        compute="_compute_ar_credit_position",
        search="_search_ar_credit_limit",
        currency_field="ar_limit_currency_id",
        compute_sudo=True,
        groups=READERS,
        help="The approved limit and what is secured. Before the first approval: the limit in Odoo's own field.",
    )
    ar_credit_secured = fields.Monetary(
        string="Secured",
        compute="_compute_ar_credit_position",
        currency_field="ar_limit_currency_id",
        compute_sudo=True,
        groups=READERS,
    )
    ar_limit_valid_until = fields.Date(
        string="Limit Valid Until", compute="_compute_ar_credit_position", compute_sudo=True, groups=READERS
    )
    ar_exposure = fields.Monetary(
        string="Credit Exposure",
        compute="_compute_ar_credit_position",
        search="_search_ar_exposure",
        currency_field="ar_limit_currency_id",
        compute_sudo=True,
        groups=READERS,
        help="Open items, payments the bank has not confirmed, confirmed orders to invoice and draft invoices.",
    )
    ar_exposure_open_items = fields.Monetary(
        string="Open Items",
        compute="_compute_ar_credit_position",
        currency_field="ar_limit_currency_id",
        compute_sudo=True,
        groups=READERS,
    )
    ar_exposure_uncleared = fields.Monetary(
        string="Payments Not Confirmed",
        compute="_compute_ar_credit_position",
        currency_field="ar_limit_currency_id",
        compute_sudo=True,
        groups=READERS,
    )
    ar_exposure_orders = fields.Monetary(
        string="Orders to Invoice",
        compute="_compute_ar_credit_position",
        currency_field="ar_limit_currency_id",
        compute_sudo=True,
        groups=READERS,
    )
    ar_exposure_drafts = fields.Monetary(
        string="Draft Invoices",
        compute="_compute_ar_credit_position",
        currency_field="ar_limit_currency_id",
        compute_sudo=True,
        groups=READERS,
    )
    ar_headroom = fields.Monetary(
        string="Headroom",
        compute="_compute_ar_credit_position",
        search="_search_ar_headroom",
        currency_field="ar_limit_currency_id",
        compute_sudo=True,
        groups=READERS,
        help="What the customer may still owe; negative if it is over its limit.",
    )
    ar_utilisation = fields.Float(
        string="Limit Used (%)",
        digits=(6, 1),
        compute="_compute_ar_credit_position",
        search="_search_ar_utilisation",
        compute_sudo=True,
        groups=READERS,
    )
    ar_exposure_gap = fields.Char(
        string="Not in Exposure",
        compute="_compute_ar_credit_position",
        compute_sudo=True,
        groups=READERS,
        help="Amounts in a currency without a rate: they are not in the exposure.",
    )
    ar_group_exposure = fields.Monetary(
        string="Group Exposure",
        compute="_compute_ar_group_exposure",
        currency_field="ar_limit_currency_id",
        compute_sudo=True,
        groups=READERS,
        help="Exposure of all customers under the topmost parent company. "
        "What one of them has paid ahead does not make up for what another one owes.",
    )

    @api.depends_context("company")
    def _compute_ar_limit_currency_id(self):
        self.ar_limit_currency_id = self.env.company.root_id.currency_id

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "lang")
    def _compute_ar_credit_position(self):
        positions = self._ar_credit_positions(self.env.company)
        for partner in self:
            position = positions.get(partner.commercial_partner_id._origin.id) or CreditPosition()
            partner.ar_has_credit_limit = position.limit is not None
            partner.ar_credit_limit = float(position.total_limit or 0)
            partner.ar_credit_secured = float(position.secured)
            partner.ar_limit_valid_until = position.limit_valid_until
            partner.ar_exposure = float(position.exposure)
            partner.ar_exposure_open_items = float(position.open_items)
            partner.ar_exposure_uncleared = float(position.uncleared)
            partner.ar_exposure_orders = float(position.orders)
            partner.ar_exposure_drafts = float(position.drafts)
            partner.ar_headroom = float(position.headroom or 0)
            partner.ar_utilisation = float(position.utilisation or 0)
            partner.ar_exposure_gap = ", ".join(f"{amount} {code}" for code, amount in position.unconverted)

    @api.depends("commercial_partner_id", "parent_id")
    @api.depends_context("company")
    def _compute_ar_group_exposure(self):
        exposures = self._ar_group_exposures(self.env.company)
        for partner in self:
            partner.ar_group_exposure = float(exposures.get(partner.commercial_partner_id._origin.id, 0))

    def _search_ar_exposure(self, operator, value):
        return self._ar_search_figure("ar_exposure", operator, value, lambda position: position.exposure, Decimal(0))

    def _search_ar_credit_limit(self, operator, value):
        return self._ar_search_figure("ar_credit_limit", operator, value, lambda position: position.total_limit)

    def _search_ar_headroom(self, operator, value):
        return self._ar_search_figure("ar_headroom", operator, value, lambda position: position.headroom)

    def _search_ar_utilisation(self, operator, value):
        return self._ar_search_figure("ar_utilisation", operator, value, lambda position: position.utilisation)

    def _search_ar_has_credit_limit(self, operator, value):
        self._ar_check_searched("ar_has_credit_limit")
        if operator != "in":
            return NotImplemented
        positions = self.sudo()._ar_all_credit_positions(self.env.company)
        with_limit = [customer_id for customer_id, position in positions.items() if position.limit is not None]
        wanted = set(value)
        if wanted >= {True, False}:
            return [(1, "=", 1)]
        return [("commercial_partner_id", "in" if True in wanted else "not in", with_limit)]

    @api.model
    def _ar_search_figure(self, name, operator, value, figure_of, of_others=None):
        """Domain of the partners whose figure compares so, in a constant number of statements.

        :param name: of the field that is searched by
        :param figure_of: function of a position; None is no figure, which compares with nothing
        :param of_others: the figure of customers about whom nothing is known
        """
        self._ar_check_searched(name)
        if operator not in COMPARISONS:
            return NotImplemented
        value = {Decimal(str(each or 0)) for each in value} if operator == "in" else Decimal(str(value or 0))
        compares = COMPARISONS[operator]
        matching, others = [], []
        for customer_id, position in self.sudo()._ar_all_credit_positions(self.env.company).items():
            figure = figure_of(position)
            (matching if figure is not None and compares(figure, value) else others).append(customer_id)
        if of_others is not None and compares(of_others, value):
            return [("commercial_partner_id", "not in", others)]
        return [("commercial_partner_id", "in", matching)]

    def _ar_credit_positions(self, company):
        """Position towards ``company`` of the customers that ``self`` belong to, whatever the user may read.

        The number of statements doesn't depend on the number of customers.

        :param company: a company or a branch: the root company with all its branches is one creditor
        :return: ``{customer id: CreditPosition}`` with an entry for every customer of ``self``
        """
        customers = self.sudo().commercial_partner_id
        if not customers.ids:
            return {}
        condition = SQL("customer.commercial_partner_id = ANY(%s)", customers.ids)
        found = self.sudo()._ar_positions_where(company.sudo().root_id, condition)
        return {customer_id: found.get(customer_id) or CreditPosition() for customer_id in customers.ids}

    @api.model
    def _ar_all_credit_positions(self, company):
        """Positions of all customers about whom anything is known."""
        return self.sudo()._ar_positions_where(company.sudo().root_id, SQL("TRUE"))

    def _ar_group_exposures(self, company):
        """Exposure of the whole group that each customer belongs to: ``{customer id: Decimal}``.

        Groups are customers under one topmost parent.  Members that have paid ahead count as nothing: nobody
        may set one company's money against another one's debt.
        """
        root_by_customer = self._ar_group_roots(self.sudo().commercial_partner_id.ids)
        members_by_root = self._ar_group_members(set(root_by_customer.values()))
        members = self.browse({member for members in members_by_root.values() for member in members})
        positions = members._ar_credit_positions(company)
        exposure_by_root = {
            root: sum((max(positions[member].exposure, Decimal(0)) for member in members), Decimal(0))
            for root, members in members_by_root.items()
        }
        return {customer: exposure_by_root[root] for customer, root in root_by_customer.items()}

    @api.model
    def _ar_group_roots(self, customer_ids):
        """Topmost parent of each customer, itself if it has none."""
        self.flush_model(["parent_id", "commercial_partner_id"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    WITH RECURSIVE above AS (
                        SELECT id AS customer_id, id, parent_id
                          FROM res_partner
                         WHERE id = ANY(%s)
                         UNION
                        SELECT above.customer_id, parent.id, parent.parent_id
                          FROM above
                          JOIN res_partner parent ON parent.id = above.parent_id
                    )
                    SELECT customer_id, id FROM above WHERE parent_id IS NULL
                    """,
                    list(customer_ids),
                )
            )
        )

    @api.model
    def _ar_group_members(self, root_ids):
        """Customers under each topmost parent, the parent included: ``{root id: [customer id, …]}``."""
        members = defaultdict(list)
        for root_id, customer_id in self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE below AS (
                    SELECT id AS root_id, id, commercial_partner_id
                      FROM res_partner
                     WHERE id = ANY(%s)
                     UNION
                    SELECT below.root_id, child.id, child.commercial_partner_id
                      FROM below
                      JOIN res_partner child ON child.parent_id = below.id
                )
                SELECT DISTINCT root_id, commercial_partner_id FROM below
                """,
                list(root_ids),
            )
        ):
            members[root_id].append(customer_id)
        return dict(members)

    @api.model
    def _ar_positions_where(self, company, condition):
        """Positions of the customers that meet ``condition`` and have a limit, a security or any exposure."""
        day = fields.Date.context_today(self)
        sums = self._ar_exposure_sums(company, condition)
        limits = self.env["ar.credit.limit"]._ar_limits_where(company, condition)
        securities = self.env["ar.credit.security"]._ar_secured_where(company, condition, day)
        native = self._ar_native_limits_where(company, condition)
        convert = company._ar_day_converter(
            {currency for _customer, _part, currency in sums}
            | {currency for _customer, currency in securities}
            | {currency for _amount, currency, _valid_until in limits.values()},
            day,
        )
        figures = defaultdict(lambda: defaultdict(Decimal))
        unconverted = defaultdict(lambda: defaultdict(Decimal))

        def add(customer_id, part, amount, currency_id):
            converted = convert(amount, currency_id)
            if converted is None:
                # A security without a rate secures nothing; it hides no risk, so it isn't a gap in the exposure.
                if part != "secured":
                    unconverted[customer_id][currency_id] += amount
            else:
                figures[customer_id][part] += converted

        for (customer_id, part, currency_id), amount in sums.items():
            add(customer_id, part, amount, currency_id)
        for (customer_id, currency_id), amount in securities.items():
            add(customer_id, "secured", amount, currency_id)
        positions = {}
        for customer_id in {*figures, *unconverted, *limits, *native}:
            limit, valid_until = native.get(customer_id), None
            if customer_id in limits:
                amount, currency_id, valid_until = limits[customer_id]
                # A limit in a currency that can't be converted any more allows nothing until a new one is approved.
                limit = convert(amount, currency_id) or Decimal(0)
            positions[customer_id] = CreditPosition(
                limit=limit,
                limit_valid_until=valid_until,
                unconverted=tuple(
                    sorted(
                        (currency.name, Currency(currency.name, currency.decimal_places).rounded(amount))
                        for currency_id, amount in unconverted.get(customer_id, {}).items()
                        for currency in self.env["res.currency"].browse(currency_id)
                    )
                ),
                **figures.get(customer_id, {}),
            )
        return positions

    @api.model
    def _ar_exposure_sums(self, company, condition):
        """Parts of the exposure: ``{(customer id, part, currency id): Decimal}``, in one statement."""
        self.env["account.move.line"]._ar_flush()
        self.env["account.payment"].flush_model()
        branches = self.env["res.company"].sudo()._ar_creditor(company)
        parts = SQL(" UNION ALL ").join(self._ar_sql_exposure(branches, condition))
        return {
            (customer_id, part, currency_id): Decimal(amount)
            for customer_id, part, currency_id, amount in self.env.execute_query(
                SQL(
                    """
                    SELECT customer_id, part, currency_id, SUM(amount)::numeric::text
                      FROM (%s) AS exposure
                  GROUP BY customer_id, part, currency_id
                    HAVING SUM(amount) != 0
                    """,
                    parts,
                )
            )
        }

    @api.model
    def _ar_sql_exposure(self, branches, condition):
        """SQL queries of the parts of exposure, to be extended by documents of other addons.

        :param branches: the companies that are one creditor
        :param condition: SQL condition on the table ``customer`` (res_partner), to be part of each query
        :return: list of SQL queries with the columns customer_id (a commercial partner), part (a field of
            ``CreditPosition``), currency_id and amount (numeric, positive if the customer owes it)
        """
        return [
            self._ar_sql_exposure_open_items(branches, condition),
            self._ar_sql_exposure_uncleared(branches, condition),
            self._ar_sql_exposure_drafts(branches, condition),
        ]

    @api.model
    def _ar_sql_exposure_open_items(self, branches, condition):
        """Open lines as Odoo keeps them in company currency; the index on open lines needs the accounts."""
        return SQL(
            """
            SELECT customer.commercial_partner_id AS customer_id,
                   'open_items' AS part,
                   line.company_currency_id AS currency_id,
                   line.amount_residual AS amount
              FROM account_move_line line
              JOIN res_partner customer ON customer.id = line.partner_id
             WHERE line.account_id IN (SELECT account.id FROM account_account account WHERE %(receivable)s)
               AND line.reconciled IS NOT TRUE
               AND line.parent_state = 'posted'
               AND line.company_id = ANY(%(branches)s)
               AND %(condition)s
            """,
            receivable=self.env["account.move.line"]._ar_sql_trade_receivable(),
            branches=branches.ids,
            condition=condition,
        )

    @api.model
    def _ar_sql_exposure_uncleared(self, branches, condition):
        """What is left on the outstanding account of received payments.

        A payment without an entry has settled nothing, so its invoice is still an open item.  One that goes
        straight to the bank's own account waits for no statement: Odoo calls it matched.
        """
        return SQL(
            """
            SELECT customer.commercial_partner_id AS customer_id,
                   'uncleared' AS part,
                   line.company_currency_id AS currency_id,
                   line.amount_residual AS amount
              FROM account_payment payment
              JOIN account_move_line line
                ON line.move_id = payment.move_id AND line.account_id = payment.outstanding_account_id
              JOIN res_partner customer ON customer.id = payment.partner_id
             WHERE payment.is_matched IS NOT TRUE
               AND payment.payment_type = 'inbound'
               AND payment.partner_type = 'customer'
               AND line.parent_state = 'posted'
               AND line.reconciled IS NOT TRUE
               AND payment.company_id = ANY(%(branches)s)
               AND %(condition)s
            """,
            branches=branches.ids,
            condition=condition,
        )

    @api.model
    def _ar_sql_exposure_drafts(self, branches, condition):
        """Draft invoices; a draft credit note is not granted yet, so it doesn't count."""
        return SQL(
            """
            SELECT customer.commercial_partner_id AS customer_id,
                   'drafts' AS part,
                   move.currency_id,
                   move.amount_total AS amount
              FROM account_move move
              JOIN res_partner customer ON customer.id = move.partner_id
             WHERE move.state = 'draft'
               AND move.move_type IN ('out_invoice', 'out_receipt')
               AND move.company_id = ANY(%(branches)s)
               AND %(condition)s
            """,
            branches=branches.ids,
            condition=condition,
        )

    @api.model
    def _ar_native_limits_where(self, company, condition):
        """Limits in Odoo's own field that are the customer's own: ``{customer id: Decimal}``.

        The company's default is no limit that anybody has set for this customer, and 0 means none there.
        """
        self.flush_model(["credit_limit", "commercial_partner_id"])
        fallback = self._fields["credit_limit"].get_company_dependent_fallback(self.with_company(company))
        return {
            customer_id: Decimal(limit)
            for customer_id, limit in self.env.execute_query(
                SQL(
                    """
                    SELECT customer.id, customer.credit_limit ->> %(company)s
                      FROM res_partner customer
                     WHERE customer.id = customer.commercial_partner_id
                       AND (customer.credit_limit ->> %(company)s)::numeric > 0
                       AND (customer.credit_limit ->> %(company)s)::numeric != %(fallback)s
                       AND %(condition)s
                    """,
                    company=str(company.id),
                    fallback=fallback or 0,
                    condition=condition,
                )
            )
        }


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_creditor(self, company):
        """The companies that are one creditor with ``company``, a root: archived branches are still owed to."""
        companies = self.with_context(active_test=False).search([("id", "child_of", company.id)])
        return companies.with_env(self.env)

    def _ar_day_converter(self, currency_ids, day):
        """Function of (amount, currency id) that converts to this company's currency at the rate of ``day``.

        It gives None where there is no rate at all: Odoo itself would convert one to one.
        """
        self.ensure_one()
        own = self.currency_id
        rounded = Currency(own.name, own.decimal_places).rounded
        foreign = self.env["res.currency"].browse(set(currency_ids) - {own.id, None, False})
        rates = {}
        if foreign:
            rated = self.env["res.currency.rate"]._read_group(
                [("currency_id", "in", foreign.ids), ("company_id", "in", (False, self.id))], ["currency_id"]
            )
            known = own.browse(currency.id for (currency,) in rated)
            rates = {
                currency_id: Decimal(str(rate))
                for currency_id, rate in (known | own)._get_rates(self, day).items()
                if rate
            }

        def convert(amount, currency_id):
            if currency_id == own.id:
                return rounded(amount)
            if currency_id not in rates or not rates.get(own.id):
                return None
            return rounded(amount * rates[own.id] / rates[currency_id])

        return convert
