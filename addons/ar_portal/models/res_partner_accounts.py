"""Whose account the portal shows: the logged-in user's own one, or a subsidiary's that its parent may see."""

from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.fields import Domain

# Ids of the database are no larger.
LARGEST_ID = 2**31 - 1


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_sees_subsidiaries = fields.Boolean(
        string="Sees Its Subsidiaries' Accounts",
        tracking=True,
        groups="ar_enhanced.group_ar_clerk",
        help="In the portal, the users of this company may also look at the accounts of the companies below it.",
    )

    @api.model
    def _ar_portal_customer(self):
        """The customer whose account is looked at: the logged-in user's own commercial entity unless told otherwise.

        What is told otherwise, the id ``ar_portal_account`` of the context, comes from outside. It is checked here
        whenever somebody asks, so that no caller can forget it.

        :raises MissingError: in the same words whatever the reason
        """
        own = self.env.user.commercial_partner_id
        chosen = self.env.context.get("ar_portal_account", own.id)
        if chosen == own.id and not isinstance(chosen, bool):
            return own
        subsidiary = self.browse()
        if isinstance(chosen, int) and not isinstance(chosen, bool) and 0 < chosen <= LARGEST_ID:
            subsidiary = self._ar_portal_subsidiaries(Domain("id", "=", chosen))
        if not subsidiary:
            raise MissingError(self.env._("This account isn't here, or it isn't yours to see."))
        return subsidiary

    @api.model
    def _ar_portal_subsidiaries(self, condition=Domain.TRUE):
        """The customers below the logged-in user's own one, at any depth, that he may look at."""
        # A portal user can't read settings and subsidiaries: only those below his own company are looked for.
        own = self.env.user.commercial_partner_id.sudo()
        if not own.ar_sees_subsidiaries or not self.env["account.move.line"]._ar_portal_access():
            return self.browse()
        below = Domain("id", "child_of", own.id) & Domain("id", "!=", own.id) & Domain("is_company", "=", True)
        return self.browse(own.search(below & condition, order="name, id").ids)

    @api.model
    def _ar_portal_accounts(self):
        """The accounts to choose from, the user's own first: ``[{"id", "name", "is_chosen"}]``; one alone is no choice.

        :raises MissingError: see :meth:`_ar_portal_customer`
        """
        chosen = self._ar_portal_customer()
        accounts = self.env.user.commercial_partner_id | self._ar_portal_subsidiaries()
        # Names alone, of those that he may look at.
        return [
            {"id": customer.id, "name": customer.name or "", "is_chosen": customer.id == chosen.id}
            for customer in accounts.sudo()
        ]
