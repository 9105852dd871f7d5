from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount, format_date
from odoo.tools.misc import formatLang

from ..engine.credit_score import NOT_RATED
from .ar_credit_score import LEVELS

#: Customers who use so much of their limit, in percent, are near it.
NEAR_LIMIT = 80
#: Limits that end within so many days are about to expire.
EXPIRING_DAYS = 30
#: Promises that were broken within so many days are news.
BROKEN_DAYS = 30
#: Customers named beside the chart of limits; its title opens the list of all.
NAMED_CUSTOMERS = 8


class ArCreditDashboard(models.AbstractModel):
    """What a credit manager looks at in the morning, of the current company and its branches.

    The number of statements doesn't depend on the number of customers.
    """

    _name = "ar.credit.dashboard"
    _description = "Credit Dashboard"

    @api.model
    @api.readonly
    def figures(self):
        """All figures of the dashboard, formatted for reading.

        :return: dict with ``title``, ``is_empty``, ``tiles``, ``levels``, ``limits``, ``discounts`` and
            ``quality`` (False before the first measurement); what can be opened carries the arguments of
            :meth:`drill_down`
        :raises AccessError: unless the user may see receivables
        """
        self._check_may_read()
        company = self.env.company.root_id
        positions = self.env["res.partner"]._ar_all_credit_positions(company)
        levels = self._levels(company, positions)
        return {
            "title": self.env._("%(company)s, %(day)s", company=company.name, day=format_date(self.env, self._today())),
            "is_empty": not positions and not any(level["customers"] for level in levels),
            "tiles": self._tiles(company, positions),
            "levels": levels,
            "limits": self._limits(company, positions),
            "discounts": self._discounts(company),
            "quality": self._quality(company),
        }

    @api.model
    @api.readonly
    def drill_down(self, figure, key=False):
        """The action that lists what ``figure`` counts.

        :param figure: name of a figure as :meth:`figures` gives it
        :param key: the level or the customer's id, where the figure has one
        """
        self._check_may_read()
        actions = self._drill_downs()
        if figure not in actions:
            raise UserError(self.env._("There is no list behind this figure."))
        return actions[figure](self.env.company.root_id, key)

    @api.model
    def _check_may_read(self):
        if not self.env.user.has_group("ar_enhanced.group_ar_user"):
            raise AccessError(self.env._("The credit dashboard takes the rights of a user of receivables."))

    @api.model
    def _today(self):
        return fields.Date.context_today(self)

    @api.model
    def _drill_downs(self):
        """Functions of (company, key) that return an action, by figure."""
        return {
            "level": self._open_level,
            "customer": self._open_customer,
            "on_hold": lambda company, key: self._open(
                "ar.credit.hold", self.env._("Customers on Hold"), self._held_domain(company)
            ),
            "held_documents": lambda company, key: self._open(
                "ar.credit.hold", self.env._("Orders and Invoices on Hold"), self._held_documents_domain(company)
            ),
            "warnings": lambda company, key: self._open(
                "ar.credit.warning", self.env._("Early Warnings"), self._warning_domain(company)
            ),
            "over_limit": lambda company, key: self._open_customers(
                self.env._("Over the Limit"), self._over_limit_ids(company)
            ),
            "near_limit": lambda company, key: self._open_customers(
                self.env._("Near or over the Limit"), self._near_limit_ids(company)
            ),
            "limits_waiting": lambda company, key: self._open(
                "ar.credit.limit", self.env._("Limits to Approve"), self._waiting_domain(company)
            ),
            "limits_expiring": lambda company, key: self._open(
                "ar.credit.limit", self.env._("Limits Expired or Expiring"), self._expiring_domain(company)
            ),
            "limits_to_review": lambda company, key: self._open(
                "ar.credit.limit", self.env._("Limits to Review"), self._review_domain(company)
            ),
            "broken_promises": lambda company, key: self._open(
                "ar.promise", self.env._("Broken Promises"), self._broken_domain(company)
            ),
            "open_disputes": lambda company, key: self._open(
                "ar.dispute", self.env._("Open Disputes"), self._disputed_domain(company)
            ),
            "discounts_offered": lambda company, key: self._open(
                "ar.discount.offer", self.env._("Discounts Offered This Month"), self._offered_domain(company)
            ),
            "discounts_taken": lambda company, key: self._open(
                "ar.discount.offer",
                self.env._("Discounts Taken This Month"),
                [("id", "in", self._taken_offers(company).ids)],
            ),
        }

    # -- levels -----------------------------------------------------------------------------------

    @api.model
    def _levels(self, company, positions):
        """Customers and their exposure by level; who is not rated, or never scored, comes last.

        What one customer has paid ahead doesn't lower what the others owe.
        """
        level_by_customer = self._level_by_customer(company)
        counts, exposures = defaultdict(int), defaultdict(Decimal)
        for customer_id in level_by_customer.keys() | positions.keys():
            level = level_by_customer.get(customer_id, NOT_RATED)
            counts[level] += 1
            if customer_id in positions:
                exposures[level] += max(positions[customer_id].exposure, Decimal(0))
        words = self.env["ar.credit.score"]
        labels = dict(words._fields["level"]._description_selection(self.env))
        most, largest = max(counts.values(), default=0), max(exposures.values(), default=Decimal(0))
        return [
            {
                "level": level,
                "label": labels[level],
                "words": words.new({"level": level})._level_words() if level != NOT_RATED else "",
                "customers": counts[level],
                "customers_text": self._customers_text(counts[level]),
                "customers_share": self._percent(counts[level], most),
                "exposure": float(exposures[level]),
                "exposure_text": self._money(exposures[level], company.currency_id),
                "exposure_share": self._percent(exposures[level], largest),
            }
            for level, _label in LEVELS
        ]

    @api.model
    def _level_by_customer(self, company):
        query = self.env["ar.credit.score"]._search(
            [("is_current", "=", True), ("company_id", "=", company.id)], bypass_access=False
        )
        if query.is_empty():
            return {}
        columns = [SQL.identifier(query.table, name) for name in ("partner_id", "level")]
        return dict(self.env.execute_query(query.select(*columns)))

    @api.model
    def _open_level(self, company, level):
        return {
            **self._action("ar_enhanced.action_ar_customers_by_level"),
            "domain": [("is_current", "=", True), ("company_id", "=", company.id), ("level", "=", level)],
            "context": {},
            "views": [[False, "list"], [False, "kanban"], [False, "form"]],
        }

    # -- limits -----------------------------------------------------------------------------------

    @api.model
    def _limits(self, company, positions):
        """Exposure against limits on the whole, and the customers who use most of theirs."""
        limited = {customer_id: position for customer_id, position in positions.items() if position.limit is not None}
        near = sorted(
            (customer_id for customer_id, position in limited.items() if position.utilisation >= NEAR_LIMIT),
            key=lambda customer_id: (-limited[customer_id].utilisation, customer_id),
        )
        exposure = sum((max(position.exposure, Decimal(0)) for position in limited.values()), Decimal(0))
        limit = sum((position.total_limit for position in limited.values()), Decimal(0))
        unlimited = sum(
            (max(position.exposure, Decimal(0)) for position in positions.values() if position.limit is None),
            Decimal(0),
        )
        partners = self.env["res.partner"]
        currency = company.currency_id
        named = partners.browse(near[:NAMED_CUSTOMERS])
        return {
            "customers": len(limited),
            "near": len(near),
            "exposure": float(exposure),
            "limit": float(limit),
            "unlimited": float(unlimited),
            "sentence": self.env._(
                "%(customers)s with a limit: %(exposure)s of %(limit)s used.",
                customers=self._customers_text(len(limited)),
                exposure=self._money(exposure, currency),
                limit=self._money(limit, currency),
            )
            if limited
            else self.env._("No customer has a credit limit."),
            "without": bool(unlimited)
            and self.env._("Without a limit: %(exposure)s.", exposure=self._money(unlimited, currency)),
            "rows": [
                {
                    "id": customer.id,
                    "name": customer.display_name,
                    "position": partners._ar_position_card(limited[customer.id], currency),
                }
                for customer in named
            ],
        }

    @api.model
    def _over_limit_ids(self, company):
        positions = self.env["res.partner"]._ar_all_credit_positions(company)
        return [
            customer_id
            for customer_id, position in positions.items()
            if position.limit is not None and position.headroom < 0
        ]

    @api.model
    def _near_limit_ids(self, company):
        positions = self.env["res.partner"]._ar_all_credit_positions(company)
        return [
            customer_id
            for customer_id, position in positions.items()
            if position.limit is not None and position.utilisation >= NEAR_LIMIT
        ]

    @api.model
    def _waiting_domain(self, company):
        return [("company_id", "=", company.id), ("state", "=", "waiting")]

    @api.model
    def _expiring_domain(self, company):
        return [
            ("company_id", "=", company.id),
            ("is_current", "=", True),
            ("valid_until", "<=", self._today() + timedelta(EXPIRING_DAYS)),
        ]

    @api.model
    def _review_domain(self, company):
        return [("company_id", "=", company.id), ("is_current", "=", True), ("review_date", "<=", self._today())]

    # -- holds and warnings -----------------------------------------------------------------------

    @api.model
    def _held_domain(self, company):
        return [("company_id", "=", company.id), ("state", "=", "active"), ("is_of_document", "=", False)]

    @api.model
    def _held_documents_domain(self, company):
        return [("company_id", "=", company.id), ("state", "=", "active"), ("is_of_document", "=", True)]

    @api.model
    def _warning_domain(self, company):
        return [("company_id", "=", company.id), ("state", "=", "open")]

    @api.model
    def _hold_tiles(self, company, positions):
        """Customers on hold with what is at stake, and the documents that wait for a release."""
        holds = self.env["ar.credit.hold"]
        held = [customer.id for (customer,) in holds._read_group(self._held_domain(company), ["partner_id"])]
        at_stake = sum(
            (max(positions[customer_id].exposure, Decimal(0)) for customer_id in held if customer_id in positions),
            Decimal(0),
        )
        ((count, amount),) = holds._read_group(self._held_documents_domain(company), [], ["__count", "amount:sum"])
        return [
            self._tile(
                "on_hold",
                self.env._("Customers on hold"),
                len(held),
                "danger",
                held and self.env._("%(amount)s at stake", amount=self._money(at_stake, company.currency_id)),
            ),
            self._tile(
                "held_documents",
                self.env._("Orders and invoices on hold"),
                count,
                "danger",
                count and self._money(amount, company.currency_id),
            ),
        ]

    # -- promises, disputes, discounts ------------------------------------------------------------

    @api.model
    def _broken_domain(self, company):
        return [
            ("company_id", "=", company.id),
            ("state", "in", ("broken", "partially_kept")),
            ("settled_on", ">=", self._today() - timedelta(BROKEN_DAYS)),
        ]

    @api.model
    def _disputed_domain(self, company):
        return [("company_id", "=", company.id), ("state", "=", "open")]

    @api.model
    def _offered_domain(self, company):
        month = self._today().replace(day=1)
        return [
            ("company_id", "child_of", company.id),
            ("cancelled_on", "=", False),
            ("first_day", ">=", month),
            ("first_day", "<=", self._today()),
        ]

    @api.model
    def _taken_domain(self, company):
        return [
            ("company_id", "child_of", company.id),
            ("ar_discount_offer_id", "!=", False),
            ("parent_state", "=", "posted"),
            ("date", ">=", self._today().replace(day=1)),
            ("date", "<=", self._today()),
        ]

    @api.model
    def _taken_offers(self, company):
        # Who reads offers needn't read the entries of the bank; the company and the right were checked.
        groups = self.env["account.move.line"].sudo()._read_group(self._taken_domain(company), ["ar_discount_offer_id"])
        return self.env["ar.discount.offer"].browse(offer.id for (offer,) in groups)

    @api.model
    def _discounts(self, company):
        """Discounts offered and taken this month; of the tiers of an instalment, the best counts."""
        offered = defaultdict(float)
        best = self.env["ar.discount.offer"]._read_group(
            self._offered_domain(company), ["currency_id", "move_line_id"], ["amount:max"]
        )
        for currency, _line, amount in best:
            offered[currency] += amount
        # As in _taken_offers.
        taken = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                self._taken_domain(company),
                ["currency_id"],
                ["amount_currency:sum", "ar_discount_offer_id:count_distinct"],
            )
        )
        return [
            {
                "figure": "discounts_offered",
                "label": self.env._("Offered this month"),
                "count": len(best),
                "text": self._amounts_text(offered, company),
            },
            {
                "figure": "discounts_taken",
                "label": self.env._("Taken this month"),
                "count": sum(count for _currency, _amount, count in taken),
                "text": self._amounts_text({currency: amount for currency, amount, _count in taken}, company),
            },
        ]

    # -- quality of the score ---------------------------------------------------------------------

    @api.model
    def _quality(self, company):
        """What the newest measurement found, or False."""
        quality = self.env["ar.credit.quality"].search_fetch(
            [("company_id", "=", company.id)],
            ["date", "verdict", "gini", "invoice_count", "late_count"],
            order="date desc, id desc",
            limit=1,
        )
        return bool(quality) and {
            "sentence": self.env._(
                "%(verdict)s Measured on %(day)s.", verdict=quality.words, day=format_date(self.env, quality.date)
            )
        }

    # -- tiles ------------------------------------------------------------------------------------

    @api.model
    def _tiles(self, company, positions):
        """What needs somebody today, the most pressing first."""
        over = [position for position in positions.values() if position.limit is not None and position.headroom < 0]
        excess = sum((-position.headroom for position in over), Decimal(0))
        limits = self.env["ar.credit.limit"]
        return [
            *self._hold_tiles(company, positions),
            self._tile(
                "over_limit",
                self.env._("Over the limit"),
                len(over),
                "danger",
                over and self.env._("by %(amount)s", amount=self._money(excess, company.currency_id)),
            ),
            self._tile(
                "limits_waiting",
                self.env._("Limits to approve"),
                limits.search_count(self._waiting_domain(company)),
                "warning",
            ),
            self._tile(
                "limits_expiring",
                self.env._("Limits expired or expiring"),
                limits.search_count(self._expiring_domain(company)),
                "warning",
                self.env._("within %(days)s days", days=EXPIRING_DAYS),
            ),
            self._tile(
                "limits_to_review",
                self.env._("Reviews due"),
                limits.search_count(self._review_domain(company)),
                "warning",
            ),
            self._tile(
                "warnings",
                self.env._("Early warnings"),
                self.env["ar.credit.warning"].search_count(self._warning_domain(company)),
                "warning",
            ),
            self._counted_tile(
                "broken_promises",
                self.env._("Broken promises"),
                self.env["ar.promise"],
                self._broken_domain(company),
                "danger",
                company,
            ),
            self._counted_tile(
                "open_disputes",
                self.env._("Open disputes"),
                self.env["ar.dispute"],
                self._disputed_domain(company),
                "warning",
                company,
            ),
        ]

    @api.model
    def _counted_tile(self, figure, label, records, domain, color, company):
        """A tile of documents with their amounts by currency."""
        groups = records._read_group(domain, ["currency_id"], ["amount:sum", "__count"])
        amounts = {currency: amount for currency, amount, _count in groups}
        count = sum(count for _currency, _amount, count in groups)
        return self._tile(figure, label, count, color, count and self._amounts_text(amounts, company))

    @api.model
    def _tile(self, figure, label, count, color, note=False):
        return {
            "figure": figure,
            "label": label,
            "count": count,
            "color": color if count else "none",
            "note": note or "",
        }

    # -- words and actions ------------------------------------------------------------------------

    @api.model
    def _amounts_text(self, amounts, company):
        """Amounts by currency, each in its own: they are never added up."""
        by_currency = amounts or {company.currency_id: 0}
        return " + ".join(
            format_amount(self.env, by_currency[currency], currency)
            for currency in sorted(by_currency, key=lambda currency: currency.name)
        )

    @api.model
    def _money(self, amount, currency):
        return format_amount(self.env, float(amount), currency)

    @api.model
    def _percent(self, part, whole):
        return round(float(100 * part / whole), 2) if whole else 0

    @api.model
    def _customers_text(self, count):
        if count == 1:
            return self.env._("1 customer")
        return self.env._("%(count)s customers", count=formatLang(self.env, count, digits=0))

    @api.model
    def _action(self, xml_id):
        return self.env["ir.actions.act_window"]._for_xml_id(xml_id)

    @api.model
    def _open(self, model, name, domain):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [[False, "list"], [False, "form"]],
            "domain": domain,
        }

    @api.model
    def _open_customers(self, name, customer_ids):
        return self._open("res.partner", name, [("id", "in", customer_ids)])

    @api.model
    def _open_customer(self, company, customer_id):
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": customer_id,
            "views": [[False, "form"]],
        }
