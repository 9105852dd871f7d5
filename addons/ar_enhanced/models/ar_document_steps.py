from odoo import models
from odoo.exceptions import AccessError, UserError

CLERK, MANAGER = "ar_enhanced.group_ar_clerk", "ar_enhanced.group_ar_manager"


class ArDocumentSteps(models.AbstractModel):
    """A document that people take from state to state, by steps that check who takes them and from where.

    A step may be called from anywhere, so it checks by itself what its button shows.
    """

    _name = "ar.document.steps"
    _description = "Document in Steps"

    def _check_group(self, group):
        """Refuse who doesn't have the group, for itself and not by way of ``sudo``, or may not read the documents."""
        self.check_access("read")
        if not self.env.user.has_group(group):
            raise AccessError(
                self.env._("This takes the rights of %(group)s.", group=self.env.ref(group).sudo().full_name)
            )

    def _check_state(self, state):
        """Refuse what isn't in ``state`` any more.

        Two persons may click at the same moment: the second one is refused while the first one's step is written.
        """
        self.sudo().lock_for_update(allow_referencing=True)
        self.invalidate_recordset()
        if any(document.state != state for document in self):
            raise UserError(self.env._("Somebody has dealt with this already. Please reload the page."))
