from datetime import timedelta

from odoo import Command, api, fields, models

from .ar_demo import PAYMENT_TERMS

#: Promises of the past and present: invoice, to whom, made so many days ago for so many days ago.
PROMISES = (
    ("INV-01100", "accountant", 60, 50),  # kept
    ("INV-01111", "accountant", 38, 34),  # kept
    ("INV-01104", "accountant", 47, 42),  # half of it came
    ("INV-01116", "accountant", 10, -2),  # open: the bank file of the day keeps it
    ("INV-01124", "credit_manager", 7, -4),  # open
)
#: The customer with a payment plan: its invoices, by days ago and amount.
PLANNED = ((112, "Hull inspection kit HK-3", 1874.35), (97, "Spare lenses", 2310.6), (83, "Calibration", 964.15))
#: The plan was agreed so many days ago; the first instalment came some days later.
AGREED_DAYS_AGO, FIRST_DAYS_AGO = 24, 17


class ArDemo(models.AbstractModel):
    """What customers of the demo company have agreed to, and what they object to."""

    _inherit = "ar.demo"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _load_agreements(self, company):
        """Note promises, a payment plan in progress, and disputes that were decided."""
        self._load_promises()
        self._load_payment_plan(company)
        self._load_decided_disputes()
        self._load_open_dispute()

    @api.model
    def _load_promises(self):
        today = fields.Date.today()
        promises = (
            self._as("ar_enhanced.user_accountant")
            .env["ar.promise"]
            .create(
                [
                    {
                        "move_ids": [Command.set(item.move_id.ids)],
                        "amount": item.move_id.amount_total,
                        "user_id": self.env.ref(f"ar_enhanced.user_{user}").id,
                        "made_on": today - timedelta(made),
                        "date": today - timedelta(promised),
                        "contact_id": item.move_id.partner_id.child_ids[:1].id,
                    }
                    for number, user, made, promised in PROMISES
                    for item in self._demo_items(number)
                ]
            )
        )
        promises._judge(today)

    @api.model
    def _load_payment_plan(self, company):
        """Have a customer pay what it owes in three instalments, the first of which has come."""
        today = fields.Date.today()
        customer = self._load_planned_customer(company)
        items = self._load_planned_invoices(company, customer)
        plan = (
            self._as("ar_enhanced.user_accountant")
            .env["ar.payment.plan"]
            .create(
                {
                    "move_line_ids": [Command.set(items.ids)],
                    "first_date": today,
                    "instalment_count": 3,
                    "note": "The orders of the summer came late; from autumn on they pay as before.",
                }
            )
        )
        plan.action_suggest()
        plan.action_propose()
        plan._accept("Zsófia Berkes", "phone", today, customer.child_ids[:1])
        self._agree_earlier(plan, today)
        payment = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=items[0].move_id.ids
        )
        payment.create(
            {"payment_date": today - timedelta(FIRST_DAYS_AGO), "amount": plan.instalment_ids[:1].amount}
        )._create_payments()
        plan._judge(today)

    @api.model
    def _agree_earlier(self, plan, today):
        """Have ``plan`` agreed some weeks ago: its own methods know today only."""
        agreed = today - timedelta(AGREED_DAYS_AGO)
        plan = plan.sudo()
        plan.write(
            {
                "proposed_on": agreed,
                "accepted_on": agreed,
                "started_on": agreed,
                "first_date": today - timedelta(FIRST_DAYS_AGO),
                "answer_by": agreed + timedelta(plan.company_id.ar_plan_answer_days),
            }
        )
        for instalment in plan.instalment_ids:
            instalment.date -= timedelta(FIRST_DAYS_AGO)

    @api.model
    def _load_planned_customer(self, company):
        customer, contact = self.env["res.partner"]._load_records(
            [
                {
                    "xml_id": "ar_enhanced.customer_vizpart",
                    "values": {
                        "name": "Vízpart Hajózási Kft.",
                        "is_company": True,
                        "company_id": company.id,
                        "street": "Népsziget út 41",
                        "zip": "1138",
                        "city": "Budapest",
                        "country_id": self.env.ref("base.hu").id,
                        "email": "accounts@vizpart.example.com",
                        "invoice_sending_method": "email",
                    },
                    "noupdate": True,
                },
                {
                    "xml_id": "ar_enhanced.contact_vizpart",
                    "values": {
                        "name": "Zsófia Berkes",
                        "function": "Pénzügyi vezető",
                        "email": "zsofia@vizpart.example.com",
                        "company_id": company.id,
                    },
                    "noupdate": True,
                },
            ]
        )
        contact.parent_id = customer
        return customer

    @api.model
    def _load_planned_invoices(self, company, customer):
        """Return the receivable lines, oldest first."""
        moves = self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "name": f"INV-02{number:03}",
                    "journal_id": self._chart_ref("sale").id,
                    "partner_id": customer.id,
                    "invoice_user_id": self.env.ref("ar_enhanced.user_accountant").id,
                    "invoice_date": fields.Date.today() - timedelta(days_ago),
                    "invoice_payment_term_id": self.env.ref(PAYMENT_TERMS["net_30"]).id,
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
                for number, (days_ago, name, price) in enumerate(PLANNED, start=3)
            ]
        )
        moves._post(soft=False)
        moves.is_move_sent = True
        return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    @api.model
    def _load_open_dispute(self):
        """Note an objection to all of an invoice that is about to be due."""
        self._as("ar_enhanced.user_accountant").env["ar.dispute"].create(
            {
                "move_id": self._demo_items("INV-01139").move_id.id,
                "code_id": self.env.ref("ar_enhanced.dispute_code_not_ordered").id,
                "description": "Ordered by a branch that has its own purchasing; Joost asks for the order.",
                "opened_on": fields.Date.today() - timedelta(2),
                "deadline": fields.Date.today() + timedelta(8),
            }
        )

    @api.model
    def _load_decided_disputes(self):
        """Note a dispute that was justified and credited, and one that was not."""
        credit_note = self._demo_items("CN-00001").move_id
        self._load_decided_dispute(
            credit_note.reversed_entry_id,
            "quality",
            credit_note.amount_total,
            (212, 207),
            ("One data logger didn't start.", "justified", "Taken back and credited."),
        ).sudo().refund_id = credit_note
        self._load_decided_dispute(
            self._demo_items("INV-01095").move_id,
            "delivery",
            640.0,
            (92, 85),
            ("The parcel is said to have been incomplete.", "unjustified", "The receipt bears their stamp."),
        )

    @api.model
    def _load_decided_dispute(self, invoice, code, amount, days_ago, words):
        opened, closed = (fields.Date.today() - timedelta(days) for days in days_ago)
        said, outcome, resolution = words
        dispute = (
            self._as("ar_enhanced.user_accountant")
            .env["ar.dispute"]
            .create(
                {
                    "move_id": invoice.id,
                    "code_id": self.env.ref(f"ar_enhanced.dispute_code_{code}").id,
                    "amount": amount,
                    "description": said,
                    "opened_on": opened,
                    "deadline": opened + timedelta(10),
                }
            )
        )
        dispute._close(outcome, resolution)
        dispute.sudo().closed_on = closed
        return dispute
