from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: So many customers are acted on at once.
MOST_SELECTED = 1000


class ArCollectionAccount(models.Model):
    """What is done on the desk: every action opens what the addon has for it, filled in for the customer."""

    _inherit = "ar.collection.account"  # pylint: disable=consider-merging-classes-inherited

    partner_phone = fields.Char(related="partner_id.phone", string="Phone")
    is_on_hold = fields.Boolean(string="On Hold", compute="_compute_is_on_hold")
    contact_count = fields.Integer(compute="_compute_counts")
    promise_count = fields.Integer(compute="_compute_counts")
    plan_count = fields.Integer(compute="_compute_counts")
    dispute_count = fields.Integer(compute="_compute_counts")
    reminder_count = fields.Integer(compute="_compute_counts")

    @api.depends("partner_id", "company_id")
    def _compute_is_on_hold(self):
        for account in self:
            account.is_on_hold = account._customer().ar_credit_hold

    @api.depends("partner_id", "company_id")
    def _compute_counts(self):
        for account in self:
            account.contact_count = len(account.contact_ids)
            account.promise_count = len(account.promise_ids)
            account.plan_count = len(account.plan_ids)
            account.dispute_count = len(account.dispute_ids)
            account.reminder_count = len(account.reminder_ids)

    # -- one customer -----------------------------------------------------------------------------

    def action_log(self):
        """Log a contact with these customers."""
        self._check_clerk()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_collection_log"),
            "name": self.env._("Log a Call") if len(self) == 1 else self.env._("Log a Contact"),
            "context": {"default_account_ids": self.ids},
        }

    def action_promise(self):
        """Note what the customer promises to pay on what is neither disputed nor agreed about."""
        invoices = self._free_items().move_id.filtered(lambda move: move.move_type == "out_invoice")
        return self._about_customer(invoices.action_ar_promise())

    def action_plan(self):
        """Plan instalments on what is neither disputed nor agreed about."""
        return self._about_customer(self._free_items().move_line_id._ar_plan())

    def action_dispute(self):
        """Note what the customer objects to."""
        return self._customer().action_ar_dispute()

    def action_hold(self):
        """Put the customer on hold, or look at the hold."""
        customer = self._customer()
        return customer.action_ar_release_hold() if self.is_on_hold else customer.action_ar_place_hold()

    def action_statement(self):
        """Send, show or print the statements of these customers."""
        if len(self) == 1:
            return self._customer().action_ar_statement()
        self._check_selection()
        return self.partner_id.action_ar_statement()

    def action_write_off(self):
        """Propose to write off what is overdue."""
        return self._customer().action_ar_propose_write_off()

    def action_hand_over(self):
        """Prepare the hand-over of what is overdue to an agency."""
        return self._customer().action_ar_hand_over()

    def action_open_customer(self):
        """Open the customer."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def action_credit_file(self):
        """Open the time line of the customer's credit."""
        return self._customer().action_ar_credit_file()

    def action_contacts(self):
        """Open the contacts with this customer."""
        return self._open("ar_enhanced.action_ar_collection_contact")

    def action_promises(self):
        """Open the promises of this customer."""
        return self._open("ar_enhanced.action_ar_promise")

    def action_plans(self):
        """Open the payment plans of this customer."""
        return self._open("ar_enhanced.action_ar_payment_plan")

    def action_disputes(self):
        """Open the disputes of this customer."""
        return self._open("ar_enhanced.action_ar_dispute")

    def action_reminders(self):
        """Open the reminders of this customer."""
        return self._open("ar_enhanced.action_ar_reminder")

    def action_write(self):
        """Write an e-mail to the customer; who may not write into its chatter sends one from a template."""
        self._check_clerk()
        customer = self._customer()
        if not customer.has_access("write"):
            return self.action_mail()
        recipient, _code = customer._ar_statement_recipients()[customer]
        template = self.env.ref("ar_enhanced.mail_template_collection", raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to %(customer)s", customer=customer.name),
            "res_model": "mail.compose.message",
            "views": [[False, "form"]],
            "target": "new",
            "context": {
                "default_model": "res.partner",
                "default_res_ids": customer.ids,
                "default_composition_mode": "comment",
                "default_template_id": template.id if template else False,
                "default_partner_ids": recipient.ids,
                "default_subtype_xmlid": "mail.mt_comment",
                "ar_collection_account_id": self.id,
            },
        }

    # -- several customers ------------------------------------------------------------------------

    def action_refresh(self):
        """Find these customers anew from the ledger."""
        self._check_selection()
        for company, accounts in self.grouped("company_id").items():
            self._refresh(company, accounts.partner_id.ids)
        return True

    def action_assign(self):
        """Ask who is in charge of these customers."""
        return self._ask("ar_enhanced.action_ar_collection_assign")

    def action_put_off(self):
        """Ask until when nobody is to do anything about these customers."""
        return self._ask("ar_enhanced.action_ar_collection_put_off")

    def action_mail(self):
        """Ask which e-mail goes to each of these customers."""
        name = self.env._("Write to %(customer)s", customer=self.partner_id.name) if len(self) == 1 else False
        action = self._ask("ar_enhanced.action_ar_collection_mail")
        return {**action, "name": name or action["name"]}

    def action_take_up(self):
        """End what was put off."""
        self._put_off(False)
        return True

    def _put_off(self, until):
        """Have nobody do anything about these customers up to and including the day ``until``."""
        self._check_clerk()
        self._check_selection()
        if until and until < fields.Date.context_today(self):
            raise UserError(self.env._("Put customers off until today or a later day."))
        # The right was checked; nobody writes the desk but through the methods here.
        self.sudo().write(
            {
                "put_off_until": until,
                "put_off_on": until and fields.Date.context_today(self),
                "put_off_by_id": until and self.env.uid,
            }
        )
        self.action_refresh()

    def _assign_to(self, user):
        """Put ``user``, or nobody in particular, in charge of these customers."""
        self._check_clerk()
        self._check_selection()
        if user and not user.has_group("ar_enhanced.group_ar_user"):
            raise UserError(self.env._("%(user)s may not see receivables: choose somebody who does.", user=user.name))
        for company, accounts in self.grouped("company_id").items():
            # A clerk may say who calls a customer without the right to change customers.
            accounts.sudo().partner_id.with_company(company).ar_credit_owner_id = user
        self.action_refresh()

    # -- shared -----------------------------------------------------------------------------------

    def _customer(self):
        """The customer as its company sees it; for a user of a branch, as that one does."""
        self.ensure_one()
        return self.partner_id.with_company(self._working_company())

    def _working_company(self):
        """The company, or one of its branches, that the user works in."""
        self.ensure_one()
        if self.env.company.root_id == self.company_id:
            return self.env.company
        of_creditor = self.env.companies.filtered(lambda company: company.root_id == self.company_id)
        return of_creditor[:1] or self.company_id

    def _free_items(self):
        """The items of one currency that nothing pauses: what is overdue, or else what will be due."""
        self.ensure_one()
        items = self.item_ids
        free = items.filtered(lambda item: item.state == "overdue") or items.filtered(
            lambda item: item.state == "not_due"
        )
        return free.filtered(lambda item: item.currency_id == free[:1].currency_id)

    def _about_customer(self, action):
        return {**action, "context": {**action["context"], "ar_customer_id": self.partner_id.id}}

    def _open(self, xml_id):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(xml_id),
            "domain": [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)],
            "context": {},
        }

    def _ask(self, xml_id):
        self._check_clerk()
        self._check_selection()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(xml_id),
            "context": {"default_account_ids": self.ids},
        }

    def _check_clerk(self):
        self.check_access("read")
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise AccessError(self.env._("Working on the desk takes the rights of a receivables clerk."))

    def _check_selection(self):
        self.check_access("read")
        if len(self) > MOST_SELECTED:
            raise UserError(self.env._("Choose at most %(most)s customers at once.", most=MOST_SELECTED))
