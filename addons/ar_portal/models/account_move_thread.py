from odoo import fields, models

ANSWER = "ar_portal.mail_activity_answer"


class ArCustomerThread(models.AbstractModel):
    """A document about which customers write: whoever is in charge is asked to answer in time.

    The activity is made when a customer writes and done when somebody of the company answers him.
    """

    _name = "ar.customer.thread"
    _description = "Document with Customers' Messages"

    def _ar_thread_customer(self):
        """The customer whose messages are to be answered."""
        self.ensure_one()
        return self.partner_id.commercial_partner_id

    def _ar_thread_in_charge(self):
        """Who answers for the company, or nobody."""
        self.ensure_one()
        return self._ar_thread_able(self.user_id | self._ar_thread_customer()._ar_credit_owners(self.company_id))

    def _ar_thread_able(self, people):
        """The first of these people who can answer, or nobody."""
        return people.filtered(lambda user: user.active and user._is_internal())[:1]

    def _ar_thread_said(self, message):
        """Ask for an answer to what a customer said; tick it off when the company has answered.

        :param message: that was just posted
        """
        said_to_all = message.message_type in ("comment", "email") and not message.subtype_id.internal
        if not said_to_all or message.is_internal or not message.author_id:
            return
        # Customers have no rights on activities, and colleagues none on each other's.
        document = self.sudo()
        waiting = document.activity_search([ANSWER])
        if message.author_id.commercial_partner_id == document._ar_thread_customer():
            document._ar_thread_ask(waiting)
        elif any(user._is_internal() for user in message.author_id.user_ids):
            waiting.action_done()

    def _ar_thread_ask(self, waiting):
        user = self._ar_thread_in_charge()
        if waiting or not user:
            return
        days = self.company_id.root_id.ar_portal_answer_days
        customer = self._ar_thread_customer().display_name
        # Read by whoever is to answer, not by the customer who has just written.
        env = self.with_context(lang=user.lang).env
        self.activity_schedule(
            ANSWER,
            summary=env._("%(customer)s has written in the portal", customer=customer),
            user_id=user.id,
            date_deadline=fields.Date.add(fields.Date.context_today(self), days=days),
        )


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "ar.customer.thread"]

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        if self.is_sale_document():
            # Odoo's route for visitors' messages sets this; what comes by mail or is written by a payment is kept.
            by_visitor = "message_post_store" in self.env.context and not self.env.user._is_internal()
            if by_visitor and message.author_id:
                message.author_id._ar_portal_check_bound(more=0)
            self._ar_thread_said(message)
        return result

    def _ar_thread_in_charge(self):
        """Whoever is in charge of the customer's account, else the salesperson."""
        owners = self._ar_thread_customer()._ar_credit_owners(self.company_id)
        return self._ar_thread_able(owners | self.invoice_user_id)
