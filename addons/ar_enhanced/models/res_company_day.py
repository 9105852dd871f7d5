import pytz

from odoo import fields, models


class ResCompany(models.Model):
    """Which day it is for a company, wherever they are who ask."""

    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    def _ar_zone(self):
        """The company's own time zone: of its contact, of its root company, of its working hours, or UTC.

        Neither a visitor nor a customer writes any of these.
        """
        # Whoever asks needs no right to the contact and the working hours of a company: a zone is all that leaves here.
        company = self.sudo()
        name = company.partner_id.tz or company.root_id.partner_id.tz or company.resource_calendar_id.tz
        return pytz.timezone(name or "UTC")

    def _ar_day_of(self, moment):
        """The company's day at a moment of the database, which is in UTC."""
        return pytz.utc.localize(moment).astimezone(self._ar_zone()).date()

    def _ar_today(self):
        """The company's day now."""
        return self._ar_day_of(fields.Datetime.now())

    def _ar_in_own_time(self, records):
        """The same records with the company's day for whatever asks for today by the context."""
        return records.with_context(tz=self._ar_zone().zone)
