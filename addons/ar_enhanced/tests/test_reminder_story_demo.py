from collections import defaultdict
from datetime import date, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..demo.ar_demo import REBUILDING
from .demo_common import DemoLedgerCase

#: A Monday, and how many days follow.
FIRST, LAST = date(2026, 6, 1), 120
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

#: Days without a run: the bank data was older than a week.
STALE = (0, 44, 45, 46)

#: Who was reminded: day, customer, channel, days of the step, what was asked for, the numbers of the invoices.
#: Kestrel, Verdelle, Brennan, Weissenfeld, Lindholm, Solvei, Harlan Creek and the three Arvalènes pay well (levels A
#: and B): their steps after the due day come three days later. Pellworth (D) would get them three days earlier.
SENT = """
Tue   1  almargem           call   +40   3591.84 EUR  1104 1109
Tue   1  arvalene           email  +10   1938.00 EUR  1127
Tue   1  arvalene-pharma    email  +25   1068.75 EUR  1118 1140
Tue   1  arvalene-textiles  email  +10   4009.00 EUR  1121 1125
Tue   1  brennan            email  +10   1991.37 EUR  1129
Tue   1  castellane         call   +40   9093.56 EUR  1102 1112 1124 1138
Tue   1  eleanor            email   +3    237.39 EUR  1144
Tue   1  harlan-creek       email  +10   9110.08 USD  1128 1137
Tue   1  kestrel            email   +1   4395.07 EUR  1130 1136
Tue   1  lindholm           email   +1   1517.08 EUR  1132 1135
Tue   1  meridian-bay       call   +40   6647.00 USD  1106 1119
Tue   1  morandelli         call   +40  12464.00 EUR  1094 1099 1107 1131
Tue   1  pellworth          call   +40   8137.33 EUR  1070 1077 1084 1088
Tue   1  rathmore           email  +25   8124.15 EUR  1114 1120 1122 1134
Tue   1  verdelle           email   -5   1401.60 EUR  1123 1126
Tue   1  weissenfeld        email   +1   3518.20 EUR  1133
Tue   1  zilverhaak         call   +40   5043.08 EUR  1105 1110 1116 1139
Sun   6  castellane         call   +40  16767.72 EUR  1112 1138
Sun   6  zilverhaak         call   +40   7076.58 EUR  1110 1139
Mon   7  almargem           email   -5   2081.10 EUR  1142
Mon   7  arvalene-textiles  email  +25   4009.00 EUR  1121
Mon   7  eleanor            email  +20     40.00 EUR  1144
Mon   7  lindholm           email  +10   1517.08 EUR  1132 1135
Mon   7  rathmore           email  +25   8124.15 EUR  1122
Mon   7  solvei             email   -5   2200.00 EUR  1143
Mon   7  verdelle           email   +1    370.57 EUR  1123 1126
Mon   7  weissenfeld        email  +10   3518.20 EUR  1133
Thu  10  arvalene-pharma    email   +1   2137.50 EUR  1140
Mon  14  almargem           email   +1   5672.94 EUR  1142
Mon  14  arvalene-textiles  email  +25   4009.00 EUR  1125
Mon  14  kestrel            email   -5    847.78 EUR  1146
Mon  14  verdelle           email  +10    370.56 EUR  1126
Mon  14  zilverhaak         email  +10   5763.38 EUR  1139
Tue  15  arvalene           email  +25   1938.00 EUR  1127
Tue  15  arvalene-pharma    call   +40   2137.50 EUR  1118
Tue  15  castellane         email  +25   9093.56 EUR  1124 1147
Tue  15  harlan-creek       email  +25   3487.68 USD  1128 1148
Tue  15  rathmore           call   +40   4778.55 EUR  1120
Thu  17  lindholm           email   -5   1299.80 EUR  1150
Fri  18  weissenfeld        email  +25   3518.20 EUR  1133
Sun  20  rathmore           call   +40   4778.55 EUR  1122 1134 1149
Mon  21  almargem           email  +10   5672.94 EUR  1142
Mon  21  arvalene-pharma    email  +10   2137.50 EUR  1140
Mon  21  brennan            email   -5   1205.40 EUR  1151
Mon  21  castellane         email   +1  15692.36 EUR  1147
Mon  21  meridian-bay       call   +40   9298.90 USD  1119 1141
Wed  23  weissenfeld        email   -5    720.30 EUR  1152
Thu  24  harlan-creek       email   +1   5859.84 USD  1148
Thu  24  verdelle           email   -5   3859.20 EUR  1145
Thu  24  zilverhaak         call   +40   7076.58 EUR  1116
Fri  25  rathmore           email   +1   8282.82 EUR  1149
Sat  26  castellane         call   +40  15692.36 EUR  1124
Mon  28  brennan            email   +1   1205.40 EUR  1151
Tue  29  verdelle           email  +25    370.56 EUR  1126
Tue  29  weissenfeld        email   +1   4238.50 EUR  1152
Tue  29  zilverhaak         email  +25   7076.58 EUR  1139
Wed  30  arvalene           call   +40   1938.00 EUR  1127
Thu  31  arvalene-pharma    email  +25   2137.50 EUR  1140
Thu  31  castellane         email  +10  15692.36 EUR  1147
Thu  31  rathmore           call   +40   8282.82 EUR  1134 1149
Sun  34  weissenfeld        call   +40   4238.50 EUR  1133
Mon  35  almargem           email  +25   5857.44 EUR  1142
Mon  35  harlan-creek       email  +10   2372.16 USD  1148
Mon  35  meridian-bay       email  +25   9298.90 USD  1141
Mon  35  verdelle           email   +1   4229.76 EUR  1145
Wed  37  brennan            email  +10   1205.40 EUR  1151
Fri  39  weissenfeld        email  +10   4238.50 EUR  1152
Mon  42  halvorsen          email   -5   3471.30 EUR  2001
Mon  42  verdelle           call   +40   4229.76 EUR  1126 1145
Mon  42  zilverhaak         call   +40   7076.58 EUR  1139
Sat  47  arvalene-pharma    call   +40   2137.50 EUR  1140
Sun  48  meridian-bay       call   +40   9298.90 USD  1141
Mon  49  castellane         email  +25  15692.36 EUR  1147
Mon  49  halvorsen          email   +1   3471.30 EUR  2001
Mon  49  harlan-creek       email  +25   2372.16 USD  1148
Mon  49  rathmore           email  +25   8282.82 EUR  1149
Tue  50  almargem           call   +40   5857.44 EUR  1142
Thu  52  brennan            email  +25   1205.40 EUR  1151
Fri  53  weissenfeld        email  +25   4238.50 EUR  1152
Sat  54  harlan-creek       call   +40   7994.56 USD  1137
Mon  56  halvorsen          email  +10   3471.30 EUR  2001 2002
Tue  57  verdelle           email  +25   4229.76 EUR  1145
Wed  58  morandelli         call   +40   9826.17 EUR  1131
Thu  59  castellane         call   +40  15692.36 EUR  1147
Fri  60  lindholm           email  +25   1299.80 EUR  1150
Sat  61  rathmore           call   +40   8282.82 EUR  1149
Mon  63  halvorsen          email   +1   4655.20 EUR  2002
Mon  63  harlan-creek       call   +40   7994.56 USD  1148
Wed  65  lindholm           call   +40   1299.80 EUR  1150
Fri  67  brennan            call   +40   1205.40 EUR  1151
Sat  68  weissenfeld        call   +40   4238.50 EUR  1152
Mon  70  halvorsen          email  +10   4655.20 EUR  2002
Wed  72  verdelle           call   +40   4229.76 EUR  1145
Mon  77  halvorsen          email  +25   4655.20 EUR  2001
Mon  84  halvorsen          email  +25   4655.20 EUR  2002
Sat  89  halvorsen          call   +40   4655.20 EUR  2001
Sat  96  halvorsen          call   +40   4655.20 EUR  2002
Sat 110  arvalene-textiles  call   +40   4009.00 EUR  1121 1125
"""

#: What got no reminder though a step was reached, with the reason: the first and the last day of it. On Saturdays and
#: Sundays no mail is sent ("quiet"); between two messages to a customer lie five days ("too_soon").
NOT_SENT = """
1099  8-57 planned
1110  4-5 too_soon
1114  8-11 too_soon, 12 paid
1116  9-23 promised
1119  12-20 paused
1121  6 quiet, 18-109 handed_over
1122  5 too_soon, 6 quiet
1123  3-5 too_soon, 6 quiet, 10-120 netted
1124  8-14 receipt, 23-25 too_soon
1125  13 quiet, 18-109 handed_over
1126  3-5 too_soon, 6 quiet, 12-13 quiet, 27-28 too_soon
1129  16 paid
1130  2 too_soon
1131  8-57 planned
1132  3-5 too_soon, 6 quiet, 18-19 too_soon
1133  3-5 too_soon, 6 quiet, 33 too_soon
1134  16-19 too_soon
1135  4-5 too_soon, 6 quiet, 19 too_soon
1137  5-49 no_followup, 50-53 too_soon
1138  2-5 too_soon, 11-14 receipt
1139  3-5 too_soon, 12-13 quiet, 27-28 too_soon
1140  7-9 blacklisted, 16-19 too_soon, 20 quiet
1141  3-20 paused, 33-34 quiet
1142  5 too_soon, 6 quiet, 11 too_soon, 12-13 quiet, 20 quiet
1143  14-120 netted
1144  3-5 too_soon, 6 quiet, 28-120 too_small
1145  33 too_soon, 34 quiet
1146  13 quiet
1147  14 receipt, 20 quiet, 29-30 too_soon, 47-48 quiet
1148  33-34 quiet, 48 quiet
1149  16-19 too_soon, 22-24 too_soon, 47-48 quiet
1150  24-59 disputed
1151  19-20 quiet
1152  20-22 too_soon, 38 too_soon
2001  41 quiet, 47-48 quiet, 71-74 too_soon, 75-76 quiet, 86-88 too_soon
2002  51-53 too_soon, 54-55 quiet, 57-60 too_soon, 61-62 quiet, 66-67 too_soon, 68-69 quiet, 81 too_soon, 82-83 quiet
"""

#: Both sides of each boundary: what it is, the invoice, the last day before it, what happened then, the day, and what
#: happened on it. "" is nothing: the item waits for its next step.
BOUNDARIES = (
    ("40 days after the due day", "1142", 49, "", 50, "sent"),
    ("a good payer three days later: 4 days after it", "1152", 28, "", 29, "sent"),
    ("5 days before the due day", "1152", 19, "", 20, "too_soon"),
    ("an unrated customer: 5 days before the due day, a Sunday", "2001", 40, "", 41, "quiet"),
    ("a person's last step is that of day 45", "1144", 27, "", 28, "too_small"),
    ("a weekend", "1146", 13, "quiet", 14, "sent"),
    ("five days after the last message", "1133", 33, "too_soon", 34, "sent"),
    ("the last day of tolerance of a promise", "1116", 23, "promised", 24, "sent"),
    ("the last day of a pause", "1119", 20, "paused", 21, "sent"),
    ("the seventh day after an instalment of a plan", "1131", 57, "planned", 58, "sent"),
    ("a dispute ends as unjustified", "1150", 59, "disputed", 60, "sent"),
    ("a receipt is matched", "1147", 14, "receipt", 15, "sent"),
    ("excluded from follow-up until day 50", "1137", 49, "no_followup", 50, "too_soon"),
    ("with an agency until day 110", "1121", 109, "handed_over", 110, "sent"),
    ("40.00 is the minimum, 39.99 is below it", "1144", 7, "sent", 28, "too_small"),
    ("a credit that leaves one cent, and one that leaves none", "1123", 7, "sent", 14, "netted"),
    ("an advance over all of the invoice", "1143", 7, "sent", 16, "netted"),
    ("paid between the preparation and the sending", "1114", 11, "too_soon", 12, "paid"),
    ("paid between the preparation and the sending, the first reminder", "1129", 15, "", 16, "paid"),
    ("its address is on the blacklist until day 10", "1140", 9, "blacklisted", 10, "sent"),
)


@tagged("post_install", "-at_install")
class TestReminderStoryOnDemoLedger(DemoLedgerCase):
    """A hundred and twenty days of the demo company, a run a day: who is reminded when, and who is not and why."""

    first_day = str(FIRST)
    # The story makes its own.
    left_out = ("_load_agreements", "_load_collections")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.company"].search([]).ar_reminders_automatic = False
        cls.company.write({"ar_reminders_automatic": "send", "ar_reminder_fresh_days": 7})
        cls.policies = cls.env["ar.demo"]._load_reminder_policies(cls.company)
        cls.runs = cls.env["ar.reminder.run"].sudo()
        cls.keys = {
            cls.customer(row["key"].replace(".", "_")): row["key"].split(".")[0]
            for row in cls.env["ar.demo"]._rows("customers")
        }
        cls.keys[cls.customer("halvorsen")] = "halvorsen"

    def setUp(self):
        super().setUp()
        self.messages, self.stale, self.outcomes = [], [], {}

    # -- what happens ------------------------------------------------------------------------------

    def promise(self):
        self.env["ar.promise"].create(
            {
                "move_ids": [Command.set(self.invoices("INV-01116").ids)],
                "amount": 1313.20,
                "made_on": fields.Date.today(),
                "date": FIRST + timedelta(20),
                "tolerance_days": 3,
            }
        )

    def propose_plan(self):
        plan = (
            self.env["ar.payment.plan"]
            .with_user(self.clerk)
            .create(
                {
                    "move_line_ids": [Command.set(self.items("INV-01099", "INV-01131").ids)],
                    "first_date": FIRST + timedelta(20),
                    "instalment_count": 3,
                }
            )
        )
        plan.action_suggest()
        plan.action_propose()
        self.plan = plan

    def accept_plan(self):
        self.plan._accept("Davide Morandelli", "phone", fields.Date.today())

    def pay_instalment(self):
        self.pay("INV-01099", amount=self.plan.instalment_ids[0].amount)

    def dispute(self):
        self.env["ar.dispute"].create(
            {
                "move_id": self.invoices("INV-01150").id,
                "code_id": self.env.ref("ar_enhanced.dispute_code_price").id,
                "amount": 1299.80,
                "opened_on": fields.Date.today(),
            }
        )

    def reject_dispute(self, number):
        self.env["ar.dispute"].search([("move_id", "=", self.invoices(number).id)])._close("unjustified", "As ordered.")

    def receipt(self):
        self.unmatched = self.bank_line(7674.16, "Transfer", partner_id=self.customer("castellane").id)

    def match_receipt(self):
        _liquidity, suspense, _other = self.unmatched._seek_for_lines()
        item = self.items("INV-01138")
        suspense.with_context(**REBUILDING).write({"account_id": item.account_id.id})
        (suspense + item).reconcile()

    def credit_note(self, amount):
        self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.customer("verdelle").id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create({"name": "Freight", "price_unit": amount, "tax_ids": []})],
            }
        )._post()

    def pay_in_advance(self):
        self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer("solvei").id,
                "amount": 2200,
                "date": fields.Date.today(),
                "journal_id": self.bank.id,
            }
        ).action_post()

    def hand_over(self):
        agency = self.env["ar.agency"].create(
            {"partner_id": self.env["res.partner"].create({"name": "Quayside Recovery"}).id, "fee_percent": 15}
        )
        action = self.invoices("INV-01121", "INV-01125").with_user(self.clerk).action_ar_hand_over()
        self.case = self.env["ar.agency.case"].with_user(self.manager).browse(action["res_id"])
        self.case.agency_id = agency
        self.case.action_hand_over()

    def before(self):
        """What happens in the morning, before the run of the day: ``{day: [event, …]}``."""
        events = defaultdict(list)

        def on(day, event, *args, **values):
            events[day].append(lambda: event(*args, **values))

        for day in (*range(1, 37, 5), *range(47, LAST, 5)):
            on(day, self.statement)
        on(2, self.pay, "INV-01144", amount=197.39)
        on(2, self.credit_note, 1031.03)
        on(2, self.customer("meridian-bay").write, {"ar_reminder_pause_until": FIRST + timedelta(20)})
        on(3, self.pay, "INV-01130", "INV-01136")
        on(5, self.items("INV-01137").write, {"no_followup": True})
        on(5, self.env["mail.blacklist"]._add, "accounts@arvalene-pharma.example.com")
        on(10, self.env["mail.blacklist"]._remove, "accounts@arvalene-pharma.example.com")
        on(8, self.receipt)
        on(8, self.propose_plan)
        on(9, self.promise)
        on(10, self.credit_note, 0.01)
        on(14, self.pay_in_advance)
        on(14, self.accept_plan)
        on(15, self.match_receipt)
        on(17, self.pay, "INV-01146")
        on(18, self.hand_over)
        on(20, self.pay, "INV-01144", amount=0.01)
        on(20, self.pay, "INV-01132", "INV-01135")
        on(20, self.pay_instalment)
        on(24, self.dispute)
        on(30, self.pay, "INV-01128")
        on(34, self.reject_dispute, "INV-01142")
        on(50, self.items("INV-01137").write, {"no_followup": False})
        on(60, self.reject_dispute, "INV-01150")
        on(110, lambda: self.case._recall("Pays by instalments now."))
        return events

    def between(self):
        """What happens after the preparation of the run and before it is sent."""
        return {
            12: [lambda: self.pay("INV-01114")],
            16: [lambda: self.pay("INV-01129")],
        }

    # -- the days ----------------------------------------------------------------------------------

    def live(self):
        before, between = self.before(), self.between()
        for number in range(LAST + 1):
            with freeze_time(f"{FIRST + timedelta(number)} 12:00:00"), self.committing():
                for event in before.get(number, ()):
                    event()
                self.env["ar.promise"]._cron_judge()
                self.env["ar.payment.plan"]._cron_judge()
                self.runs._cron_prepare()
                for event in between.get(number, ()):
                    event()
                self.runs._cron_send()
                self.mails_arrive()
                self.note(number)

    def committing(self):
        return patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *_args, **_kw: float("inf"))

    def mails_arrive(self):
        """Have the mail server take what is in the queue, and the run find that."""
        self.env["ar.reminder"].search([("state", "=", "sending")]).mail_id.write({"state": "sent"})
        self.runs._cron_send()

    def note(self, number):
        """Write down what the run of today did."""
        run = self.runs.search([("company_id", "=", self.company.id), ("date", "=", fields.Date.today())])
        self.assertEqual(len(run), 1)
        for reminder in run.reminder_ids:
            for item in reminder.item_ids:
                outcome = item.code or {"prepared": "quiet", "failed": reminder.code}.get(reminder.state, "sent")
                self.outcomes[number, item.move_id.name[-4:]] = outcome
            if reminder.state == "sent":
                self.messages.append(
                    (
                        number,
                        self.keys[reminder.partner_id],
                        reminder.channel,
                        reminder.step_id.days,
                        f"{reminder.amount:.2f} {reminder.currency_id.name}",
                        " ".join(reminder.going_item_ids.move_id.sorted("name").mapped(lambda move: move.name[-4:])),
                    )
                )
        if run.note:
            self.stale.append(number)

    # -- how it is told ----------------------------------------------------------------------------

    def told_sent(self):
        """The messages as lines of :data:`SENT`."""
        return [
            f"{WEEKDAYS[day % 7]} {day:3}  {customer:<17}  {channel:<5}  {step:+3}  {amount:>12}  {numbers}"
            for day, customer, channel, step, amount, numbers in sorted(self.messages)
        ]

    def told_not_sent(self):
        """The items that were left out as lines of :data:`NOT_SENT`, days without a run being no days."""
        days = [day for day in range(LAST + 1) if day not in self.stale]
        spells = defaultdict(list)
        for number, day in sorted((number, day) for day, number in self.outcomes):
            outcome, listed = self.outcomes[day, number], spells[number]
            if outcome == "sent":
                continue
            if listed and listed[-1][2] == outcome and days[days.index(listed[-1][1]) + 1] == day:
                listed[-1][1] = day
            else:
                listed.append([day, day, outcome])
        return [
            f"{number}  "
            + ", ".join(
                f"{first} {outcome}" if first == last else f"{first}-{last} {outcome}"
                for first, last, outcome in listed
            )
            for number, listed in spells.items()
            if listed
        ]

    maxDiff = None

    def test_four_months(self):
        self.live()
        self.assertEqual(self.told_sent(), SENT.strip().splitlines())
        self.assertEqual(self.told_not_sent(), NOT_SENT.strip().splitlines())
        self.assertEqual(tuple(self.stale), STALE)
        for what, number, day, before, next_day, after in BOUNDARIES:
            with self.subTest(what):
                self.assertEqual(self.outcomes.get((day, number), ""), before)
                self.assertEqual(self.outcomes.get((next_day, number), ""), after)
        self.assert_failures_became_one_task()

    def assert_failures_became_one_task(self):
        """What couldn't be sent for three days became one task, beside the calls."""
        customer = self.customer("arvalene_pharma")
        self.assertEqual(
            customer.activity_ids.activity_type_id,
            self.env.ref("ar_enhanced.mail_activity_reminder_failed")
            | self.env.ref("ar_enhanced.mail_activity_reminder_call"),
        )
        self.assertEqual(len(customer.activity_ids), 2)
