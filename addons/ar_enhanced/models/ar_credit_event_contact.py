from odoo import api, fields, models
from odoo.tools import SQL


class ArCreditEvent(models.Model):
    """Contacts with the customer about what it owes."""

    _inherit = "ar.credit.event"  # pylint: disable=consider-merging-classes-inherited
    _depends = {"ar.collection.contact": ["partner_id", "contacted_on", "channel", "direction", "result", "note"]}

    kind = fields.Selection(selection_add=[("contact", "Contact Made")])

    @api.model
    def _sql_sources(self):
        return [*super()._sql_sources(), self._sql_contacts()]

    @api.model
    def _sql_contacts(self):
        return self._sql_event(
            30,
            "contact",
            {
                "record_id": SQL("contact.id"),
                "date": SQL("contact.contacted_on::date"),
                "moment": SQL("contact.contacted_on"),
                "code": "contact",
                "facts": SQL(
                    """
                    jsonb_build_object(
                        'channel', contact.channel,
                        'direction', contact.direction,
                        'result', contact.result,
                        'person', person.name,
                        'next', contact.next_contact_on,
                        'note', contact.note
                    )
                    """
                ),
                "partner_id": SQL("contact.partner_id"),
                "company_id": SQL("contact.company_id"),
                "user_id": SQL("contact.user_id"),
                "res_model": "ar.collection.contact",
            },
            SQL(
                """
                FROM ar_collection_contact contact
           LEFT JOIN res_partner person ON person.id = contact.person_id
                """
            ),
        )

    @api.model
    def _wordings(self):
        return {**super()._wordings(), "contact": self._contact_words}

    @api.model
    def _contact_words(self, facts, _event):
        contacts = self.env["ar.collection.contact"]
        channels = dict(contacts._fields["channel"]._description_selection(self.env))
        results = dict(contacts._fields["result"]._description_selection(self.env))
        channel, result = channels.get(facts["channel"], ""), results.get(facts["result"], "")
        if facts["person"]:
            words = self.env._(
                "%(channel)s with %(person)s: %(result)s", channel=channel, person=facts["person"], result=result
            )
        else:
            words = self.env._("%(channel)s: %(result)s", channel=channel, result=result)
        if facts["next"]:
            words = self.env._("%(contact)s. Again on %(date)s", contact=words, date=self._date_text(facts["next"]))
        return self._with_quote(words, facts["note"])
