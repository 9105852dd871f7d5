from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from .ar_portal_form import LONGEST

#: More than that nobody asks for in a form.
MOST_INSTALMENTS = 24


class ArPaymentPlan(models.Model):
    _name = "ar.payment.plan"
    _inherit = ["ar.payment.plan", "ar.portal.agreement"]

    _ar_portal_kind = "plan"

    @api.model
    def _ar_portal_own_domain(self):
        return super()._ar_portal_own_domain() & Domain("state", "!=", "draft")

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        self._ar_thread_said(message)
        return result

    @api.model
    def _ar_portal_form(self, ids, form, day):
        """What the form shows by which the logged-in user asks to pay his items in instalments.

        :param form: ``count`` and ``first``, as texts; what isn't one is as suggested
        :raises UserError: when there can be no plan for them
        """
        items = self.env["account.move.line"]._ar_portal_owed_items(ids, day)
        company = items.company_id.sudo().root_id
        errors = []
        count = (form.get("count") or "").strip()
        most = max(company.ar_plan_max_instalments, 2)
        is_number = count.isascii() and count.isdecimal() and len(count) < 4
        if count and not (is_number and 2 <= int(count) <= MOST_INSTALMENTS):
            words = self.env._("Choose from 2 to %(most)s instalments.", most=MOST_INSTALMENTS)
            errors.append({"field": "count", "words": words})
            count = ""
        first = fields.Date.add(day, days=7)
        if form.get("first"):
            last = fields.Date.add(day, months=company.ar_plan_max_months)
            first = self.env["ar.portal.form"]._day(form, "first", day, last, errors) or first
        plan = self._ar_portal_new(items, int(count or most), first)
        return {
            "items": items,
            "rows": items._ar_portal_lines(day),
            "currency": items.currency_id,
            "plan": plan,
            "count": int(count or most),
            "most": MOST_INSTALMENTS,
            "granted": company.ar_plan_max_instalments,
            "errors": errors,
            "longest": LONGEST,
            "offered": company.ar_portal_plans,
        }

    @api.model
    def _ar_portal_new(self, items, count, first):
        """A plan that isn't stored, with its instalments."""
        # Plans are no matter of customers' rights; this one is about items that he has been shown, and is never stored.
        plan = self.sudo().new(
            {
                "move_line_ids": [fields.Command.set(items.ids)],
                "first_date": first,
                "instalment_count": count,
            }
        )
        plan.instalment_ids = plan._suggested()
        return plan

    @api.model
    def _ar_portal_ask(self, ids, form, day):
        """Agree on instalments with the logged-in user: at once within the company's bounds, else it is asked for.

        :param form: texts by the names of the form's fields: count, first, text
        :return: the plan, and a list of what is wrong; one of them is empty
        :raises UserError: when there can be no plan for the items
        """
        shown = self._ar_portal_form(ids, form, day)
        items, errors = shown["items"], list(shown["errors"])
        items._ar_portal_take_turns()  # as for disputes
        text = self.env["ar.portal.form"]._text(form, "text", errors)
        if not shown["offered"]:
            errors.append({"field": "", "words": self.env._("Please write to us about instalments.")})
        taken = self._ar_portal_taken(items)
        for plan in taken:
            if plan.move_line_ids == items.sudo() and plan.accepted_contact_id == self.env.user.partner_id:
                return plan, []  # the form was sent twice
        if taken or self.env["ar.promise"]._ar_portal_taken(items):
            words = self.env._("For some of these invoices there is a promise or a payment plan already.")
            errors.append({"field": "", "words": words})
        if errors:
            return self.browse(), errors
        try:
            return self._ar_portal_agree(items, shown["count"], shown["plan"].first_date, text), []
        except (UserError, ValidationError) as error:
            return self.browse(), [{"field": "", "words": str(error)}]

    @api.model
    def _ar_portal_taken(self, items):
        """Plans under way about items that the user has been shown."""
        return self.sudo().search(
            [("move_line_ids", "in", items.ids), ("state", "in", ("draft", "proposed", "active"))]
        )

    @api.model
    def _ar_portal_agree(self, items, count, first, text):
        """Make the plan, offer it and accept it in the name of the logged-in user, or nothing of it."""
        user = self.env.user
        with self.env.cr.savepoint():
            # Checked by `_ar_portal_ask`; customers have no rights on plans.
            plan = self.sudo().create(
                {
                    "move_line_ids": [fields.Command.set(items.ids)],
                    "first_date": first,
                    "instalment_count": count,
                    "user_id": items._ar_portal_in_charge().id,
                    "note": text,
                }
            )
            plan.action_suggest()
            plan.action_propose()
            plan._accept(user.name, "portal", fields.Date.context_today(self), user.partner_id)
            plan._ar_portal_say(text or self.env._("Asked for in the portal: %(plan)s", plan=plan.display_name))
        return plan

    def _ar_portal_accept(self):
        """Accept an offered plan in the name of the logged-in user; ``self`` was found by `_ar_portal_find`.

        :raises UserError: when it can't be accepted any more
        """
        self.ensure_one()
        user = self.env.user
        self.env["account.move.line"]._ar_portal_check_customer()
        if not self._ar_portal_is_offered():
            raise UserError(self.env._("These instalments were accepted already, or aren't offered any more."))
        self._accept(user.name, "portal", fields.Date.context_today(self), user.partner_id)
        self._ar_portal_say(self.env._("Accepted in the portal: %(plan)s", plan=self.display_name))

    def _ar_portal_is_offered(self):
        """Whether the customer is asked to accept this plan."""
        self.ensure_one()
        return self.state == "proposed" and not self.accepted_on

    def _ar_portal_state(self):
        """How far it is, for the customer."""
        self.ensure_one()
        if self.state == "proposed":
            return self.env._("Offered to you") if self._ar_portal_is_offered() else self.env._("We are deciding")
        return {
            "draft": self.env._("Being prepared"),
            "active": self.env._("Agreed"),
            "kept": self.env._("Paid: thank you"),
            "defaulted": self.env._("Ended: instalments were missed"),
            "cancelled": self.env._("Withdrawn"),
        }[self.state]

    def _ar_portal_item_words(self):
        """What the plan is to an item that it is about, for the customer."""
        self.ensure_one()
        if self.state == "active":
            return self.env._("In instalments")
        if self._ar_portal_is_offered():
            return self.env._("Instalments offered to you")
        return self.env._("Instalments asked for")

    def _ar_portal_next(self):
        """What is to be paid next, in words, or nothing."""
        self.ensure_one()
        due = self.instalment_ids.filtered(lambda one: one.state not in ("paid", "credited")).sorted("date")[:1]
        if self.state != "active" or not due:
            return ""
        return self.env._(
            "Next: %(amount)s by %(day)s",
            amount=self.currency_id.format(due.open_amount),
            day=format_date(self.env, due.date),
        )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    def _ar_portal_planned(self):
        """Whether any of these items, which the user has been shown, is in a plan under way."""
        return bool(self.env["ar.payment.plan"]._ar_portal_taken(self))
