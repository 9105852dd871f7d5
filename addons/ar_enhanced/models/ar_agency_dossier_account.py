from decimal import Decimal

from lxml import html

from odoo import fields, models
from odoo.tools import SQL, format_date, format_datetime, html2plaintext

from ..engine.dossier import File, csv_file
from .ledger_workbook import LedgerWorkbook

#: Channels by which a customer was written to: what a call was to be about is a note among colleagues.
WRITTEN_TO = ("email", "letter", "sms", "portal")


class ArAgencyCase(models.Model):
    """What the dossier holds besides: the account of the items, their late interest, and the reminders sent."""

    _inherit = "ar.agency.case"  # pylint: disable=consider-merging-classes-inherited

    def _dossier_files(self, warnings):
        interest = list(self._interest_rows(warnings))
        yield File("account.xlsx", self._account_workbook(interest))
        if interest:
            titles = [title for title, _kind, _width in self._interest_columns()]
            yield File("interest.csv", csv_file([titles, *interest]))
        reminders = self._reminder_texts()
        if reminders:
            yield File("reminders.txt", reminders.encode())
        yield from super()._dossier_files(warnings)

    def _account_workbook(self, interest):
        """The account of the items of this case as a spreadsheet: what made up each one, and its late interest."""
        texts = self.env._
        heading = [
            texts("Account of the items handed over"),
            self.partner_id.name or "",
            texts("%(company)s, as of %(day)s", company=self.company_id.name, day=format_date(self.env, self._day())),
        ]
        book = LedgerWorkbook()
        movements = [
            (texts("Number"), "text", 24),
            (texts("Date"), "day", 12),
            (texts("Due"), "day", 12),
            (texts("Kind"), "text", 32),
            (texts("Amount"), "money", 16),
            (texts("Open"), "money", 16),
            (texts("Currency"), "text", 9),
        ]
        rows = list(self._account_rows())
        total = sum(row[4] for row in rows)
        places = self.currency_id.decimal_places
        totals = (texts("Total"), None, None, None, total, total, self.currency_id.name)
        book.table(texts("Account"), heading, movements, rows, places, totals)
        if interest:
            book.table(texts("Late Interest"), heading, self._interest_columns(), interest[:-1], places, interest[-1])
        return book.content()

    def _account_rows(self):
        """Each item with what settled it since: number, day, due, kind, amount, what was open then, currency.

        Who paid isn't named: a payment may be another customer's, or about other items, too.
        """
        texts = self.env._
        items = self.line_ids.sorted(lambda line: (line.date_due or fields.Date.today(), line.id)).move_line_id
        settled = items._ar_interest_settlements(items.ids)
        for item in items:
            balance = self._exact(item.amount_currency)
            issued = item.move_id.invoice_date or item.date
            number = item.move_id.name or ""
            code = self.currency_id.name
            yield number, issued, item.date_maturity, texts("Invoice"), balance, balance, code
            for day, amount, is_credit in settled.get(item.id, ()):
                balance -= amount
                kind = texts("Credit note") if is_credit else texts("Payment or other settlement")
                yield number, day, None, kind, -amount, balance, code

    def _interest_columns(self):
        texts = self.env._
        return [
            (texts("Number"), "text", 24),
            (texts("From"), "day", 12),
            (texts("Until"), "day", 12),
            (texts("Days"), "number", 8),
            (texts("Owed"), "money", 16),
            (texts("Rate (%)"), "amount", 10),
            (texts("Kind"), "text", 24),
            (texts("Amount"), "money", 16),
            (texts("Currency"), "text", 9),
        ]

    def _interest_rows(self, warnings):
        """What the items bear until the hand-over and wasn't billed yet, by period, with its sum; nothing if nothing.

        Periods are shown rounded; what they add up to is rounded once, as it would be billed.
        """
        lines = self.env["account.move.line"]
        # Who hands over may read the invoices; rates and charges are read to reckon with them only.
        sudo_lines = lines.sudo()
        self._dossier_invoices()
        texts, code, items = self.env._, self.currency_id.name, self.line_ids.move_line_id
        condition = SQL("line.id = ANY(%s)", items.ids)
        total = Decimal()
        for reckoned in sudo_lines._ar_interest_until(self.company_id, self._day(), condition):
            number = lines.browse(reckoned.line.line_id).move_id.name
            if reckoned.problem:
                warnings.append(
                    texts("Late interest of %(invoice)s: %(problem)s", invoice=number, problem=reckoned.problem)
                )
            if not reckoned.is_charged:
                continue
            total += reckoned.total
            for period in reckoned.found.periods:
                owed, interest = self._exact(float(period.principal)), self._exact(float(period.interest))
                days = (period.first, period.last, period.days)
                yield number, *days, owed, period.percent, texts("Late interest"), interest, code
            if reckoned.fixed_sum:
                yield number, None, None, None, None, None, texts("Fixed sum"), reckoned.fixed_sum, code
        if total:
            yield texts("Total"), None, None, None, None, None, None, total, code

    def _day(self):
        """The day of the hand-over, today before it."""
        return self.handed_over_on or fields.Date.context_today(self)

    def _exact(self, amount):
        return Decimal(f"{amount:.{self.currency_id.decimal_places}f}")

    def _reminder_texts(self):
        """The reminders that reached the customer about the items, oldest first, word for word.

        Links are left out: they open the invoices of the customer for whoever has them.
        """
        self._dossier_invoices()
        items = self.env["ar.reminder.item"].search(
            [("move_line_id", "in", self.line_ids.move_line_id.ids), ("code", "=", False)]
        )
        reminders = items.reminder_id.filtered(
            lambda reminder: (
                reminder.state == "sent" and reminder.channel in WRITTEN_TO and reminder.partner_id == self.partner_id
            )
        )
        channels = dict(reminders._fields["channel"]._description_selection(self.env))
        parts = []
        for reminder in reminders.sorted(lambda reminder: (reminder.sent_on, reminder.id)):
            heading = self.env._(
                "%(date)s, %(channel)s, to %(recipient)s",
                date=format_datetime(self.env, reminder.sent_on),
                channel=channels[reminder.channel],
                recipient=reminder.email or reminder.recipient_id.name or reminder.partner_id.name or "",
            )
            body = html2plaintext(_without_links(reminder.sent_body or "")).replace("\0", "")
            parts.append("\n".join(part for part in (heading, reminder.sent_subject or "", body) if part))
        return "\n\n----------\n\n".join(parts)


def _without_links(page):
    """The page with the words of its links, and without where they lead."""
    if not page.strip():
        return ""
    tree = html.fragment_fromstring(page, create_parent="div")
    for link in tree.xpath("//a | //img"):
        link.drop_tag()
    return html.tostring(tree, encoding="unicode")
