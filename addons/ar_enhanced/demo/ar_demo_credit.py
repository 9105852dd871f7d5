from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models

#: So many months back the customers are scored, to have a history.
HISTORY_MONTHS = 12


class ArDemo(models.AbstractModel):
    """The credit story of the demo company: who may owe how much, who must wait, and who let it through."""

    _inherit = "ar.demo"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _load_credit(self, company, customers, invoices):
        """Give the customers their limits, securities, holds, promises and disputes."""
        self.env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile")
        self._load_score_history(company)
        self._load_limits(customers)
        self._load_securities(customers)
        self._load_discount_offers(company)
        self._load_broken_promise(customers, invoices)
        self._load_dispute(invoices)
        self._load_agreements(company)
        # The facts of today: they have the limits, the promise and the dispute.
        self.env["ar.credit.score"]._snapshot(company=company)
        self._load_holds(company, customers)
        # What the nightly and weekly jobs would find.
        self.env["ar.credit.warning"].sudo()._refresh(company)
        self.env["ar.credit.quality"].sudo()._measure(company)

    @api.model
    def _load_score_history(self, company):
        """Score the customers as of the first day of each of the last twelve months."""
        scores, work = self.env["ar.credit.score"].sudo(), self.env["ar.credit.work"].sudo()
        first = fields.Date.today().replace(day=1)
        for months in range(HISTORY_MONTHS, -1, -1):
            day = first - relativedelta(months=months)
            work._gather(company, day)
            scores._score_chunk(company, day, 0, len(self._rows("customers")))
        work._forget(company)

    @api.model
    def _as(self, xml_id):
        """This model as that user, who has the rights of a credit manager and no more."""
        return self.with_user(self.env.ref(xml_id))

    @api.model
    def _load_limits(self, customers):
        """Have limits proposed by one credit manager and approved by the other."""
        proposing, approving = self._as("ar_enhanced.user_accountant"), self._as("ar_enhanced.user_credit_manager")
        rows = self._rows("credit_limits")
        today = fields.Date.today()
        limits = proposing.env["ar.credit.limit"].create(
            [
                {
                    "partner_id": customers[row["customer"]].id,
                    "amount": float(row["amount"]),
                    "note": row["note"],
                    "valid_until": row["valid_days"] and today + timedelta(int(row["valid_days"])),
                    "review_date": row["review_days"] and today + timedelta(int(row["review_days"])),
                }
                for row in rows
            ]
        )
        limits.action_submit()
        approved = [limit.id for row, limit in zip(rows, limits, strict=True) if row["state"] == "approved"]
        approving.env["ar.credit.limit"].browse(approved).action_approve()

    @api.model
    def _load_securities(self, customers):
        """Have part of a limit insured."""
        security = (
            self._as("ar_enhanced.user_accountant")
            .env["ar.credit.security"]
            .create(
                {
                    "partner_id": customers["verdelle"].id,
                    "kind": "insurance",
                    "amount": 5000,
                    "issuer": "Corvane Trade Credit Insurance",
                    "reference": "CTC-20417",
                    "valid_until": fields.Date.today() + timedelta(200),
                }
            )
        )
        security.with_user(self.env.ref("ar_enhanced.user_credit_manager")).action_confirm()

    @api.model
    def _load_discount_offers(self, company):
        """Offer 3 % in 10 days or 2 % in 20 to a customer whose terms are 60 days."""
        term = self.env.ref("ar_enhanced.payment_term_net_60")
        self.env["ar.discount.policy"].create(
            {
                "name": "3/10, 2/20, net 60",
                "company_id": company.id,
                "payment_term_ids": [Command.set(term.ids)],
                "tier_ids": [
                    Command.create({"percent": 3, "days": 10}),
                    Command.create({"percent": 2, "days": 20}),
                ],
            }
        )
        customer = self.env.ref("ar_enhanced.customer_halvorsen")
        moves = self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "name": f"INV-02{number:03}",
                    "journal_id": self._chart_ref("sale").id,
                    "partner_id": customer.id,
                    "invoice_user_id": self.env.ref("ar_enhanced.user_accountant").id,
                    "invoice_date": fields.Date.today() - timedelta(days_ago),
                    "invoice_payment_term_id": term.id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": name,
                                "price_unit": price,
                                "tax_ids": [Command.set(self._chart_ref("sale_export_tax_template").ids)],
                            }
                        )
                    ],
                }
                for number, (days_ago, name, price) in enumerate(
                    ((14, "Tidal gauge TG-9", 3471.30), (4, "Tidal gauge TG-9, spare parts", 1183.90)), start=1
                )
            ]
        )
        moves._post(soft=False)
        moves.is_move_sent = True

    @api.model
    def _load_broken_promise(self, customers, invoices):
        """Note a promise of the customer who stopped paying, which was not kept."""
        today = fields.Date.today()
        oldest = min(self._unpaid(invoices, customers["pellworth"]), key=lambda move: move.invoice_date_due)
        promise = (
            self._as("ar_enhanced.user_accountant")
            .env["ar.promise"]
            .create(
                {
                    "move_ids": [Command.set(oldest.ids)],
                    "amount": oldest.amount_residual,
                    "made_on": today - timedelta(24),
                    "date": today - timedelta(12),
                    "note": "Gareth on the telephone: pays when the dry dock is let.",
                }
            )
        )
        promise._judge(today)

    @api.model
    def _load_dispute(self, invoices):
        """Note that the customer who pays in parts objects to a price."""
        disputed = max(
            self._unpaid(invoices, self.env.ref("ar_enhanced.customer_almargem")), key=lambda move: move.invoice_date
        )
        self._as("ar_enhanced.user_accountant").env["ar.dispute"].create(
            {
                "move_id": disputed.id,
                "code_id": self.env.ref("ar_enhanced.dispute_code_price").id,
                "amount": 184.50,
                "description": "The calibration was quoted at a lower price.",
                "opened_on": fields.Date.today() - timedelta(9),
                "deadline": fields.Date.today() + timedelta(5),
            }
        )

    @staticmethod
    def _unpaid(invoices, customer):
        return [
            move
            for move in invoices.values()
            if move.partner_id == customer and move.move_type == "out_invoice" and move.amount_residual
        ]

    @api.model
    def _load_holds(self, company, customers):
        """Hold who is over the limit or long overdue, and release one of them."""
        self.env["ar.credit.hold.rule"].create(
            [
                {"company_id": company.id, "active": True, "kind": "utilisation", "threshold": 100},
                {"company_id": company.id, "active": True, "kind": "overdue_days", "threshold": 90},
            ]
        )
        holds = self.env["ar.credit.hold"].sudo()
        holds._review(company, [customer.id for customer in customers.values()])
        held = holds.search([("partner_id", "=", customers["pellworth"].id), ("state", "=", "active")])
        held.with_user(self.env.ref("ar_enhanced.user_credit_manager")).action_release(
            "Pays each new delivery in advance until the arrears are settled.",
        )
