import logging

from psycopg2.errors import SerializationFailure

from odoo import api, models
from odoo.tools import SQL

from .ar_collection_account import MOST_AT_ONCE

_logger = logging.getLogger(__name__)


class ArCollectionTrigger(models.AbstractModel):
    """A record that changes the place of its customer on the collections desk."""

    _name = "ar.collection.trigger"
    _description = "Record That Changes a Customer's Place on the Collections Desk"

    @api.model_create_multi
    def create(self, vals_list):
        """Have the customers' places found anew."""
        records = super().create(vals_list)
        records._ar_desk_changed()
        return records

    def write(self, vals):
        """Have the customers' places found anew."""
        result = super().write(vals)
        self._ar_desk_changed()
        return result

    def unlink(self):
        """Have the customers' places found anew."""
        self._ar_desk_changed()
        return super().unlink()

    def _ar_desk_changed(self):
        # Who acts on one record of a customer changes its place, whatever else of it may be read.
        for company, records in self.sudo().grouped("company_id").items():
            self.env["ar.collection.account"]._refresh_soon(company, records.partner_id.commercial_partner_id.ids)


class ArCollectionAccount(models.Model):
    """Finding a customer's place anew at the end of the transaction in which something happened to it."""

    _inherit = "ar.collection.account"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _refresh_soon(self, company, customer_ids):
        """Find these customers anew before the transaction ends, or in the background if they are many."""
        if not company or not customer_ids:
            return
        waiting = self.env.cr.precommit.data.setdefault("ar_collection_account", {})
        if not waiting:
            self.env.cr.precommit.add(self._refresh_waiting)
        waiting.setdefault(company.root_id.id, set()).update(customer_ids)

    @api.model
    def _refresh_waiting(self):
        for company_id, customer_ids in self.env.cr.precommit.data.pop("ar_collection_account", {}).items():
            if len(customer_ids) > MOST_AT_ONCE:
                self._refresh_later(company_id, customer_ids)
                continue
            try:
                with self.env.cr.savepoint(flush=False):
                    self._refresh(self.env["res.company"].sudo().browse(company_id), sorted(customer_ids))
            except SerializationFailure:
                # Somebody else has just found the same customer anew.  A desk that is a little old is better than a
                # payment that isn't booked.
                _logger.info("The desk of customers %s is found anew later.", customer_ids)
                self.env.invalidate_all(flush=False)

    @api.model
    def _refresh_later(self, company_id, customer_ids):
        """Leave these customers to the scheduled action."""
        self.env.execute_query(
            SQL(
                """
                UPDATE ar_collection_account SET refreshed_on = NULL
                 WHERE company_id = %s AND partner_id = ANY(%s)
             RETURNING id
                """,
                company_id,
                sorted(customer_ids),
            )
        )
        self.invalidate_model(["refreshed_on"], flush=False)
        cron = self.env.ref("ar_enhanced.cron_refresh_stale_desk", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()
