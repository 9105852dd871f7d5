"""What becomes of bank lines that stay open, and of invoices that were paid in part: reminders, and a first step."""

from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date, format_list
from odoo.tools.misc import formatLang

REMINDER = "ar_reconcile.activity_type_open_lines"
SHORT_PAYMENT = "ar_reconcile.activity_type_short_payment"
#: Days that whoever follows up a short payment has.
FOLLOW_UP_DAYS = 3


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    ar_short_item_ids = fields.Many2many(
        "account.move.line",
        string="Paid in Part",
        compute="_compute_ar_short_item_ids",
        help="What this payment has paid in part and that is still open.",
    )

    @api.depends("ar_match_ids.state", "ar_match_ids.allocation_ids.move_line_id.amount_residual_currency")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ar_short_item_ids(self):
        for line in self:
            parts = line.ar_match_ids.filtered(lambda match: match.state == "accepted").allocation_ids
            # Software also pays what branches are owed, which not everybody who reads the bank line may open.
            items = parts.filtered(lambda part: part.kind == "partial").move_line_id._filtered_access("read")
            line.ar_short_item_ids = items.filtered(
                lambda item: not item.reconciled and not item.currency_id.is_zero(item.amount_residual_currency)
            )

    # === SHORT PAYMENTS === #

    def action_ar_follow_up_short_payment(self):
        """Ask who looks after the customer to follow up what these payments have left open of their invoices.

        The invoice tells what is missing. Asked again, the same activity tells what is missing now.

        :raises UserError: when these payments left nothing open
        """
        self.check_access("write")
        items = self._ar_checked_short_items()
        activities = items.move_id.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(SHORT_PAYMENT, raise_if_not_found=False)
        )
        asked = activities.grouped("res_id")
        for move, of_move in items.grouped("move_id").items():
            line = self.filtered(lambda line, of_move=of_move: line.ar_short_item_ids & of_move)[-1:]
            move._message_log(body=self._ar_missing_note(of_move, line))
            user = asked[move.id].user_id[:1] if move.id in asked else line._ar_follower(move)
            told = self.with_context(lang=user.lang)
            values = {
                "summary": told.env._("%(amount)s missing", amount=told._ar_amounts(of_move)),
                "note": told._ar_missing_note(of_move, line.with_env(told.env)),
            }
            if move.id in asked:
                asked[move.id][:1].write(values)
            else:
                move.activity_schedule(
                    SHORT_PAYMENT,
                    date_deadline=fields.Date.context_today(self) + timedelta(FOLLOW_UP_DAYS),
                    user_id=user.id,
                    **values,
                )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "To be followed up: %(invoices)s.", invoices=format_list(self.env, items.move_id.mapped("name"))
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_ar_remind_customer(self):
        """Open an e-mail on the invoices that these payments have paid in part; a person sends it.

        :raises UserError: when these payments left nothing open
        """
        self.check_access("write")
        items = self._ar_checked_short_items()
        template = self.env.ref("ar_reconcile.mail_template_short_payment", raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to the Customer"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": "account.move",
                "default_res_ids": items.move_id.ids,
                "default_template_id": template.id if template else False,
                "default_composition_mode": "comment" if len(items.move_id) == 1 else "mass_mail",
                "default_email_layout_xmlid": "mail.mail_notification_layout_with_responsible_signature",
                "force_email": True,
            },
        }

    def _ar_checked_short_items(self):
        items = self.ar_short_item_ids
        if not items:
            raise UserError(self.env._("These payments have left nothing open."))
        items.move_id.check_access("read")
        return items

    def _ar_follower(self, move):
        """Return who follows up what is missing of an invoice: its salesperson, else who clears the bank line."""
        users = (move.invoice_user_id, self.ar_owner_id, self.journal_id.ar_responsible_id, self.env.user)
        return next(user for user in users if user and user.active)

    def _ar_missing_note(self, items, line):
        """Say what is missing of an invoice, and since which payment."""
        due = min(filter(None, items.mapped("date_maturity")), default=False)
        return Markup("<p>%s</p>") % self.env._(
            "%(amount)s of %(invoice)s are still open after the payment of %(paid)s on %(day)s. Due on %(due)s.",
            amount=self._ar_amounts(items),
            invoice=items.move_id.display_name,
            paid=line.currency_id.format(line.amount),
            day=format_date(self.env, line.date),
            due=format_date(self.env, due),
        )

    def _ar_amounts(self, items):
        return format_list(
            self.env,
            [
                formatLang(self.env, sum(each.mapped("amount_residual_currency")), currency_obj=currency)
                for currency, each in items.grouped("currency_id").items()
            ],
        )

    # === REMINDERS === #

    @api.model
    def _cron_ar_remind(self):
        """Remind each owner of his bank lines that have been open for too long, by one activity for all of them.

        An activity that is there already tells the new figures; it goes when nothing is left.
        """
        due = self._ar_overdue_by_owner()
        kept, superfluous = {}, self.env["mail.activity"]
        kind = self.env.ref(REMINDER)
        for activity in self.env["mail.activity"].search([("activity_type_id", "=", kind.id)], order="id"):
            if activity.user_id.id in due and activity.user_id.id not in kept:
                kept[activity.user_id.id] = activity
            else:
                superfluous |= activity
        superfluous.unlink()
        created = []
        for owner, (count, oldest, journal) in due.items():
            values = self._ar_reminder(self.env["res.users"].browse(owner), count, oldest)
            if owner not in kept:
                created.append(
                    {
                        **values,
                        "activity_type_id": kind.id,
                        "automated": True,
                        "date_deadline": fields.Date.context_today(self),
                        "res_model_id": self.env["ir.model"]._get_id("account.journal"),
                        "res_id": journal,
                        "user_id": owner,
                    }
                )
            elif kept[owner].summary != values["summary"] or kept[owner].note != values["note"]:
                kept[owner].write(values)
        self.env["mail.activity"].create(created)

    @api.model
    def _ar_overdue_by_owner(self):
        """Return what each owner has to clear for too long: ``{user id: (lines, day of the oldest, journal id)}``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT open.owner_id, count(*), min(open.date),
                       (array_agg(open.journal_id ORDER BY open.date, open.id))[1]
                  FROM (%s) open
                  JOIN res_company company ON company.id = open.company_id
                 WHERE company.ar_reminder_days > 0
                   AND open.date < %s - company.ar_reminder_days
                   AND open.owner_id IS NOT NULL
                 GROUP BY open.owner_id
                 ORDER BY open.owner_id
                """,
                self.env["ar.unresolved.difference"].sudo()._owned_lines(),
                fields.Date.context_today(self),
            )
        )
        return {owner: (count, oldest, journal) for owner, count, oldest, journal in rows}

    @api.model
    def _ar_reminder(self, owner, count, oldest):
        """Return the summary and the note of an owner's reminder, in his language."""
        env = self.with_context(lang=owner.lang).env
        said = env._(
            "%(count)s bank lines of yours are still open, the oldest since %(day)s.",
            count=count,
            day=format_date(env, oldest),
        )
        return {
            "summary": env._("Bank lines to clear: %(count)s", count=count),
            "note": Markup('<p>%s</p><p><a href="/odoo/action-ar_reconcile.action_unresolved_mine">%s</a></p>')
            % (said, env._("Show them")),
        }
