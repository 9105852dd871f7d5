from decimal import Decimal

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, html2plaintext

from ..engine.dossier import File, TooLargeError, archive, csv_file, safe_name

MEGABYTE = 1024 * 1024
PDF_READY = ("ok", "upgrade", "workers")
CORRESPONDENCE = ("comment", "email", "email_outgoing")


class ArAgencyCase(models.Model):
    """What the agency gets: a ZIP of the invoices and of what was said and agreed about them."""

    _inherit = "ar.agency.case"  # pylint: disable=consider-merging-classes-inherited

    def action_make_dossier(self):
        """Make the dossier anew, and download it."""
        self.ensure_one()
        self.check_access("write")
        self._make_dossier()
        return self.action_download_dossier()

    def action_download_dossier(self):
        """Download the dossier."""
        self.ensure_one()
        self.check_access("read")
        if not self.dossier_id:
            raise UserError(self.env._("There is no dossier yet: make it first."))
        return {"type": "ir.actions.act_url", "url": f"/web/content/{self.dossier_id.id}?download=true"}

    def action_send_dossier(self):
        """Write to the agency, with the dossier attached; nothing is sent before somebody has read it."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "handed_over" or not self.dossier_id:
            raise UserError(self.env._("Hand the case over first: then its dossier can be sent."))
        if not self.agency_id.email:
            raise UserError(self.env._("%(agency)s has no e-mail address.", agency=self.agency_id.name))
        lines = [
            self.env._("Please collect the items in the dossier for us."),
            *([self.note] if self.note else []),
        ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send to Agency"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": self.agency_id.partner_id.ids,
                "default_subject": self.env._("Hand-over: %(customer)s", customer=self.partner_id.name),
                "default_body": Markup("<p>%s</p>") % Markup("<br>").join(lines),
                "default_attachment_ids": self.dossier_id.ids,
            },
        }

    def _make_dossier(self):
        """Make the dossier of this case and keep it as its attachment; one that was handed over before stays."""
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("Choose the items to hand over."))
        megabytes = self.agency_id.max_megabytes or 20
        warnings = []
        try:
            content = archive(self._dossier_files(warnings), megabytes * MEGABYTE, fields.Datetime.now())
        except TooLargeError as error:
            raise UserError(
                self.env._(
                    "The dossier is larger than %(megabytes)s MB, which is what %(agency)s takes. Hand over fewer "
                    "items at once, or raise the limit of the agency.",
                    megabytes=megabytes,
                    agency=self.agency_id.name or "",
                )
            ) from error
        # The right to change the case was checked by whoever calls; what is kept is closed to others.
        case = self.sudo()
        preview = case.dossier_id if case.state == "draft" else case.dossier_id.browse()
        case.dossier_id = case.env["ir.attachment"].create(
            {
                "name": safe_name(self.env._("Dossier %(customer)s", customer=case.partner_id.name), "zip", set()),
                "raw": content,
                "mimetype": "application/zip",
                "res_model": case._name,
                "res_id": case.id,
            }
        )
        case.dossier_warning = "\n".join(dict.fromkeys(warnings))
        preview.unlink()

    def _dossier_files(self, warnings):
        """The files of the dossier, one after the other, so that none is made once it is too large.

        Only what belongs to the items and the customer of this case; other parts add theirs.

        :param warnings: list that sentences about what is missing are added to
        """
        yield File("statement.csv", csv_file(self._statement_rows()))
        yield File("contacts.csv", csv_file(self._contact_rows()))
        yield File("history.csv", csv_file(self._history_rows()))
        yield File("correspondence.txt", self._correspondence().encode())
        if self.note:
            yield File("note.txt", self.note.encode())
        yield from self._invoice_files(warnings)

    def _dossier_invoices(self):
        """The invoices of the items, as far as the user may read them: others are none of the dossier's."""
        invoices = self.line_ids.move_line_id.move_id
        invoices.check_access("read")
        return invoices

    def _statement_rows(self):
        today = fields.Date.context_today(self)
        texts = self.env._
        yield [
            texts("Number"),
            texts("Date"),
            texts("Due"),
            texts("Days Overdue"),
            texts("Amount"),
            texts("Open"),
            texts("Currency"),
        ]
        places = self.currency_id.decimal_places
        total = Decimal()
        for line in self.line_ids.sorted(lambda line: (line.date_due or today, line.id)):
            item = line.move_line_id
            due = item.date_maturity or item.date
            whole, residual = (
                Decimal(f"{amount:.{places}f}") for amount in (item.amount_currency, item.amount_residual_currency)
            )
            total += residual
            yield [
                line.item_name,
                item.move_id.invoice_date or item.date,
                due,
                max((today - due).days, 0),
                whole,
                residual,
                self.currency_id.name,
            ]
        yield [texts("Total"), None, None, None, None, total, self.currency_id.name]

    def _contact_rows(self):
        texts = self.env._
        yield [texts("Name"), texts("Position"), texts("E-Mail"), texts("Phone"), texts("Address"), texts("Tax ID")]
        for contact in self._dossier_contacts():
            yield [
                contact.name or contact.display_name or "",
                contact.function or "",
                contact.email or "",
                contact.phone or "",
                ", ".join(part for part in contact._display_address(without_company=True).split("\n") if part.strip()),
                contact.vat or "",
            ]

    def _dossier_contacts(self):
        """The customer and its own contacts: not those of companies below it."""
        return self.env["res.partner"].search(
            [("commercial_partner_id", "=", self.partner_id.commercial_partner_id.id)], order="is_company desc, id"
        )

    def _history_rows(self):
        """Disputes and promises about the items: what the customer said, and what became of it."""
        texts = self.env._
        yield [texts("Date"), texts("Kind"), texts("Invoices"), texts("Amount"), texts("Status"), texts("Text")]
        invoices = self._dossier_invoices()
        places = self.currency_id.decimal_places
        rows = []
        disputes = self.env["ar.dispute"].search([("move_id", "in", invoices.ids)])
        outcomes = dict(disputes._fields["outcome"]._description_selection(self.env))
        for dispute in disputes:
            text = f"{dispute.code_id.name}: {dispute.description or ''}".rstrip(": ")
            state = outcomes.get(dispute.outcome) or texts("Open")
            amount = Decimal(f"{dispute.amount:.{places}f}")
            rows.append([dispute.opened_on, texts("Dispute"), dispute.move_id.name, amount, state, text])
        promises = self.env["ar.promise"].search([("move_ids", "in", invoices.ids)])
        states = dict(promises._fields["state"]._description_selection(self.env))
        for promise in promises:
            # A promise may be about other invoices, too: these are none of the agency's.
            numbers = ", ".join((promise.move_ids & invoices).mapped("name"))
            amount = Decimal(f"{promise.amount:.{places}f}")
            due = texts("Promised for %(date)s", date=promise.date)
            rows.append([promise.made_on, texts("Promise to pay"), numbers, amount, states[promise.state], due])
        yield from sorted(rows, key=lambda row: (row[0], row[2]))

    def _correspondence(self):
        """What was written to and by the customer about the items, oldest first, as plain text."""
        messages = self._dossier_messages()
        parts = []
        invoices = {invoice.id: invoice.name for invoice in self._dossier_invoices()}
        for message in messages:
            heading = self.env._(
                "%(date)s, %(author)s, about %(invoice)s",
                date=format_datetime(self.env, message.date),
                author=message.author_id.name or message.email_from or "",
                invoice=invoices[message.res_id],
            )
            subject = message.subject or ""
            body = html2plaintext(message.body or "").replace("\0", "")
            parts.append("\n".join(part for part in (heading, subject, body) if part))
        return "\n\n----------\n\n".join(parts) or self.env._("Nothing was written about these items.")

    def _dossier_messages(self):
        """Messages on the invoices between the company and this customer; internal notes only where chosen."""
        customer_id = self.partner_id.commercial_partner_id.id
        # Who may read the invoices may read what was written about them: the right is checked there.
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", "account.move"),
                    ("res_id", "in", self._dossier_invoices().ids),
                    ("message_type", "in", CORRESPONDENCE),
                ],
                order="date, id",
            )
        )
        return messages.filtered(
            lambda message: (
                self.with_notes
                if message.is_internal or message.subtype_id.internal or not message.subtype_id
                else any(
                    person.commercial_partner_id.id == customer_id
                    for person in message.author_id | message.partner_ids | message.notified_partner_ids
                )
            )
        )

    def _invoice_files(self, warnings):
        """The invoices, as PDF where it can be made, else as pages."""
        reports = self.env["ir.actions.report"]
        as_pdf = reports.get_wkhtmltopdf_state() in PDF_READY
        if not as_pdf:
            warnings.append(
                self.env._("PDF can't be made on this server: invoices that weren't printed before are HTML pages.")
            )
        taken = set()
        for invoice in self._dossier_invoices():
            if not invoice.is_sale_document(include_receipts=True):
                continue
            content, kind = self._invoice_content(invoice, as_pdf, warnings)
            yield File(f"invoices/{safe_name(invoice.name, kind, taken)}", content)

    def _invoice_content(self, invoice, as_pdf, warnings):
        """The invoice as the customer had it, or as it would be printed now: bytes and the kind of file."""
        # Documents are made of much that not all may read; the invoice itself was checked.
        document = invoice.sudo()
        if document.invoice_pdf_report_id.raw:
            return document.invoice_pdf_report_id.raw, "pdf"
        template = document.partner_id.invoice_template_pdf_report_id or self.env.ref("account.account_invoices")
        reports = self.env["ir.actions.report"].sudo().with_context(lang=document.partner_id.lang or self.env.lang)
        if as_pdf:
            try:
                return reports._render_qweb_pdf(template.report_name, document.ids)
            except UserError as error:
                warnings.append(
                    self.env._("%(invoice)s is an HTML page: %(error)s", invoice=invoice.name, error=str(error))
                )
        return reports._render_qweb_html(template.report_name, document.ids)
