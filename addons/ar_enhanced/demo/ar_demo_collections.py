from datetime import datetime, time, timedelta

from odoo import Command, api, fields, models

SATURDAY = 5
#: Days from the due day, channel, tone and text of the steps, by kind of customer.
REMINDER_STEPS = {
    "company": (
        (-5, "email", "friendly", "before"),
        (1, "email", "friendly", "friendly"),
        (10, "email", "firm", "firm"),
        (25, "email", "final", "final"),
        (40, "call", "final", False),
    ),
    "person": ((3, "email", "friendly", "friendly"), (20, "email", "firm", "firm"), (45, "call", "final", False)),
}
#: Who reminded whom and what came of it: days ago, hour, customer, who, channel, direction, result, in how many days
#: again, invoices, note.
CONTACTS = (
    (31, 10, "morandelli", "manager", "call", "out", "no_answer", 0, (), ""),
    (28, 15, "morandelli", "manager", "call", "out", "will_pay", 0, ("INV-01094",), "Pays when his customer has paid."),
    (24, 9, "pellworth", "manager", "call", "out", "promise", 0, ("INV-01070",), "Pays when the dry dock is let."),
    (16, 11, "vizpart", "accountant", "call", "in", "will_pay", 0, (), "Asks whether the rest may wait a week."),
    (11, 14, "pellworth", "manager", "call", "out", "refused", 0, ("INV-01070",), "Nothing before the season starts."),
    (10, 10, "zilverhaak", "accountant", "call", "out", "promise", 0, ("INV-01116",), "In the next payment run."),
    (9, 16, "almargem", "accountant", "email", "in", "dispute", 0, ("INV-01142",), "The quoted price was lower."),
    (8, 9, "castellane", "manager", "call", "out", "left_message", 0, (), ""),
    (7, 10, "castellane", "manager", "call", "out", "promise", 0, ("INV-01124",), "M. Roumieux transfers it himself."),
    (3, 15, "morandelli", "manager", "call", "out", "call_back", 4, ("INV-01094", "INV-01099"), "Is at a fair."),
    (1, 11, "meridian-bay", "accountant", "call", "out", "no_answer", 1, ("INV-01106",), ""),
)


class ArDemo(models.AbstractModel):
    """How the demo company gets its money: who is reminded and called, and what is given up."""

    _inherit = "ar.demo"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _load_collections(self, company):
        """Give the demo company its collectors, reminders, contacts, late interest, a case and a write-off."""
        self._load_collectors(company)
        policies = self._load_reminder_policies(company)
        # Planned for empty tables, the statements of a run take long.
        self.env.cr.execute("ANALYZE account_move, account_move_line, ar_promise, ar_payment_plan, ar_dispute")
        self._load_sent_run(company, policies)
        self._load_late_interest(company)
        self._load_agency_case(company)
        self._load_write_off(company)
        self._load_contacts()
        runs = self._as("ar_enhanced.user_accountant").env["ar.reminder.run"].sudo()
        runs._open(company)._prepare()
        self._load_desk(company)

    @api.model
    def _load_desk(self, company):
        """Rank the customers as the nightly run would."""
        company = company.sudo()
        desk = self.env["ar.collection.account"].sudo()
        company.ar_recovery_fates = desk._fates(company, fields.Date.today())
        desk._refresh(company, desk._pending(company, fields.Datetime.now()))

    @api.model
    def _demo_customer(self, key):
        return self.env.ref(f"ar_enhanced.customer_{self._as_identifier(key)}")

    @api.model
    def _demo_items(self, *numbers):
        """The receivable lines of these invoices."""
        company = self.env.ref("ar_enhanced.demo_company")
        moves = self.env["account.move"].search([("company_id", "=", company.id), ("name", "in", numbers)])
        return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    @api.model
    def _load_collectors(self, company):
        """Have the accountant see to the customers, and the credit manager to those who are hard to collect from."""
        accountant, manager = (self.env.ref(f"ar_enhanced.user_{name}") for name in ("accountant", "credit_manager"))
        company.write({"ar_credit_owner_id": accountant.id, "ar_reminder_user_id": accountant.id})
        for key in ("pellworth", "castellane", "morandelli"):
            self._demo_customer(key).ar_credit_owner_id = manager

    @api.model
    def _load_reminder_policies(self, company):
        """Remind companies soon, the better payers later than the others, and persons with more patience."""
        return self.env["ar.reminder.policy"].create(
            [
                {
                    "name": name,
                    "company_id": company.id,
                    "sequence": sequence,
                    "kind": kind,
                    "min_amount": 40,
                    "gap_days": 5,
                    "later_days": days_by_level,
                    "earlier_days": days_by_level,
                    "step_ids": [self._reminder_step(*step) for step in REMINDER_STEPS[kind]],
                }
                for sequence, name, kind, days_by_level in ((1, "Companies", "company", 3), (2, "Persons", "person", 0))
            ]
        )

    @api.model
    def _reminder_step(self, days, channel, tone, text):
        template = text and self.env.ref(f"ar_enhanced.mail_template_reminder_{text}").id
        note = not text and "All reminders were sent. Ask when the invoices are paid."
        return Command.create(
            {"days": days, "channel": channel, "tone": tone, "mail_template_id": template, "task_note": note}
        )

    @api.model
    def _load_sent_run(self, company, policies):
        """Have reminded the customers last week; the mails count as sent, and none is in the queue."""
        hours = [(policy, policy.hour_from, policy.hour_until, policy.no_weekend) for policy in policies]
        # The demo is loaded at any hour, also of a Sunday.
        policies.write({"hour_from": 0, "hour_until": 24, "no_weekend": False})
        day = fields.Date.today() - timedelta(6)
        if day.weekday() >= SATURDAY:
            day -= timedelta(day.weekday() - SATURDAY + 1)
        moment = datetime.combine(day, time(9))
        run = self._as("ar_enhanced.user_accountant").env["ar.reminder.run"].sudo()._open(company)
        run.date = day
        run._prepare()
        run.reminder_ids.filtered(lambda reminder: reminder.state == "prepared")._send()
        for policy, hour_from, hour_until, no_weekend in hours:
            policy.write({"hour_from": hour_from, "hour_until": hour_until, "no_weekend": no_weekend})
        mails = run.reminder_ids.mail_id
        mails.state = "sent"
        run.reminder_ids._settle_mails(mails)
        sent = run.reminder_ids.filtered(lambda reminder: reminder.state == "sent")
        sent.write({"sent_on": moment, "sent_day": day})
        invoices = sent.item_ids.move_id
        told = self.env["mail.message"].search(
            [("model", "=", "account.move"), ("res_id", "in", invoices.ids), ("body", "like", 'model="ar.reminder"')]
        )
        (sent.message_id | told).sudo().date = moment
        run.write({"state": "done", "reviewed_by_id": run.env.uid, "reviewed_on": moment})

    @api.model
    def _load_late_interest(self, company):
        """Show what paying late costs by the terms of sale, and have waived it for a customer once."""
        policy = self.env["ar.interest.policy"].create(
            {
                "name": "Terms of sale: 9 % a year, EUR 40 once",
                "company_id": company.id,
                "kind": "fixed",
                "percent": 9,
                "grace_days": 14,
                "currency_id": company.currency_id.id,
                "due_from": fields.Date.today() - timedelta(200),
                "fixed_sum_ids": [Command.create({"amount": 40})],
            }
        )
        company.ar_interest_policy_id = policy
        charges = self._as("ar_enhanced.user_accountant").env["ar.interest.charge"]
        charges.action_compute(fields.Date.today())
        waived = charges.search([("move_id.name", "=", "INV-01114"), ("company_id", "=", company.id)])
        waived.with_user(self.env.ref("ar_enhanced.user_credit_manager"))._waive(
            "The first one in three years, and they have called."
        )

    @api.model
    def _load_agency_case(self, company):
        """Have handed two items of the customer who stopped paying over to an agency."""
        office = self.env["res.partner"].create(
            {
                "name": "Quayside Recovery Ltd",
                "is_company": True,
                "company_id": company.id,
                "email": "cases@quayside.example.com",
                "country_id": self.env.ref("base.ie").id,
            }
        )
        agency = self.env["ar.agency"].create({"partner_id": office.id, "company_id": company.id, "fee_percent": 15})
        case = (
            self._as("ar_enhanced.user_accountant")
            .env["ar.agency.case"]
            .create(
                {
                    "partner_id": self._demo_customer("pellworth").id,
                    "company_id": company.id,
                    "currency_id": company.currency_id.id,
                    "agency_id": agency.id,
                    "line_ids": [
                        Command.create({"move_line_id": item.id}) for item in self._demo_items("INV-01077", "INV-01084")
                    ],
                    "note": "Pays new deliveries in advance. Please write before you call.",
                    "places_hold": False,
                }
            )
        )
        # Its button would make the dossier, and PDF of invoices needs the server to be up: the user makes it.
        case = case.sudo()
        case.write(
            {
                "state": "handed_over",
                "handed_over_by_id": self.env.ref("ar_enhanced.user_credit_manager").id,
                "handed_over_on": fields.Date.today() - timedelta(4),
                "fee_percent": agency.fee_percent,
            }
        )
        case.line_ids._freeze()
        case._tell()

    @api.model
    def _load_write_off(self, company):
        """Have a write-off of the oldest item proposed, for the credit manager to approve."""
        loss = self.env["account.account"].create(
            {
                "name": "Bad debts",
                "code": "659000",
                "account_type": "expense",
                "company_ids": [Command.set(company.ids)],
            }
        )
        reason = self.env.ref("ar_enhanced.write_off_reason_uncollectable")
        reason.with_company(company).account_id = loss
        proposal = (
            self._as("ar_enhanced.user_accountant")
            .env["ar.write.off"]
            .create(
                {
                    "partner_id": self._demo_customer("pellworth").id,
                    "company_id": company.id,
                    "currency_id": company.currency_id.id,
                    "reason_id": reason.id,
                    "line_ids": [Command.create({"move_line_id": item.id}) for item in self._demo_items("INV-01070")],
                    "note": "Half a year overdue, a promise broken, and nothing in sight.",
                }
            )
        )
        proposal.action_submit()

    @api.model
    def _load_contacts(self):
        """Log the calls and mails of the last weeks, each by whoever made it."""
        users = {
            "accountant": self.env.ref("ar_enhanced.user_accountant"),
            "manager": self.env.ref("ar_enhanced.user_credit_manager"),
        }
        today = fields.Date.today()
        for days, hour, key, user, channel, direction, result, again, numbers, note in CONTACTS:
            customer = self._demo_customer(key)
            moment = datetime.combine(today - timedelta(days), time(hour))
            contact = (
                self.env["ar.collection.contact"]
                .with_user(users[user])
                .create(
                    {
                        "partner_id": customer.id,
                        "company_id": self.env.company.id,
                        "contacted_on": moment,
                        "channel": channel,
                        "direction": direction,
                        "result": result,
                        "person_id": customer.child_ids[:1].id
                        if result not in ("no_answer", "left_message")
                        else False,
                        "next_contact_on": again and today - timedelta(days - again),
                        "note": note,
                        "move_line_ids": [Command.set(self._demo_items(*numbers).ids)],
                    }
                )
            )
            told = [("model", "=", "res.partner"), ("res_id", "=", customer.id), ("body", "like", f'id="{contact.id}"')]
            self.env["mail.message"].sudo().search(told).date = moment
