from odoo import api, fields, models

from .ar_portal_form import LONGEST


class ArPromise(models.Model):
    _name = "ar.promise"
    _inherit = ["ar.promise", "ar.portal.agreement"]

    _ar_portal_kind = "promise"
    _ar_portal_order = "made_on desc, id desc"

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        self._ar_thread_said(message)
        return result

    @api.model
    def _ar_portal_form(self, ids, day):
        """What the form shows by which the logged-in user promises to pay his items.

        :raises UserError: when nothing can be promised for them
        """
        items = self.env["account.move.line"]._ar_portal_owed_items(ids, day)
        days = items.company_id.sudo().root_id.ar_portal_promise_days
        return {
            "items": items,
            "rows": items._ar_portal_lines(day),
            "currency": items.currency_id,
            "total": items.currency_id.round(sum(items.mapped("amount_residual_currency"))),
            "first": day,
            "last": fields.Date.add(day, days=days),
            "longest": LONGEST,
            "offered": bool(days),
        }

    @api.model
    def _ar_portal_promise(self, ids, form, day):
        """Take the logged-in user's promise to pay his items.

        :param form: texts by the names of the form's fields: amount, date, text
        :return: the promise, and a list of what is wrong; one of them is empty
        :raises UserError: when nothing can be promised for the items
        """
        shown = self._ar_portal_form(ids, day)
        items, errors, reader = shown["items"], [], self.env["ar.portal.form"]
        items._ar_portal_take_turns()  # as for disputes
        if not shown["offered"]:
            errors.append({"field": "", "words": self.env._("Please write to us when you will pay.")})
        amount = reader._amount(form, "amount", shown["currency"], shown["total"], errors)
        date = reader._day(form, "date", shown["first"], shown["last"], errors)
        text = reader._text(form, "text", errors)
        taken = self._ar_portal_taken(items)
        for promise in taken:
            same = promise.date == date and not promise.currency_id.compare_amounts(promise.amount, amount)
            if same and promise.move_ids == items.sudo().move_id:
                return promise, []  # the form was sent twice
        if taken or items._ar_portal_planned():
            words = self.env._("For some of these invoices there is a promise or a payment plan already.")
            errors.append({"field": "", "words": words})
        if errors:
            return self.browse(), errors
        # Checked above; customers have no rights on promises.
        promise = self.sudo().create(
            {
                "move_ids": [fields.Command.set(items.move_id.ids)],
                "contact_id": self.env.user.partner_id.id,
                "amount": amount,
                "made_on": day,
                "date": date,
                "user_id": items._ar_portal_in_charge().id,
                "note": text,
            }
        )
        promise._ar_portal_say(text or self.env._("Promised in the portal: %(promise)s", promise=promise.display_name))
        return promise, []

    @api.model
    def _ar_portal_taken(self, items):
        """Open promises about the invoices of items that the user has been shown."""
        return self.sudo().search([("move_ids", "in", items.move_id.ids), ("state", "=", "open")])

    def _ar_portal_state(self):
        """What became of it, for the customer."""
        self.ensure_one()
        return {
            "open": self.env._("Open"),
            "kept": self.env._("Kept: thank you"),
            "partially_kept": self.env._("Paid in part"),
            "broken": self.env._("Not paid"),
            "cancelled": self.env._("Withdrawn"),
        }[self.state]
