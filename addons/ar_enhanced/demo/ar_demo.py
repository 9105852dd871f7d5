import csv
from collections import defaultdict
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.tools import file_open, frozendict, groupby

#: Hundreds of documents at once: no chatter, no followers, no mail.
QUIETLY = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "mail_activity_quick_update": True,
    "no_reset_password": True,
}
#: Counterparts of bank lines are rewritten here and balanced by us.
REBUILDING = {"force_delete": True, "skip_readonly_check": True, "skip_account_move_synchronization": True}

PAYMENT_TERMS = {
    "immediate": "account.account_payment_term_immediate",
    "net_30": "account.account_payment_term_30days",
    "2_10_net_30": "ar_enhanced.payment_term_2_10_net_30",
    "end_of_following_month": "account.account_payment_term_end_following_month",
}
#: The company's own bank accounts, by currency: the bank files of ``data/`` name them.
BANK_ACCOUNTS = {
    "EUR": ("MAIN", "Main Account (EUR)", "IE61HQBK99012310047712"),
    "USD": ("USD", "Dollar Account (USD)", "IE33HQBK99012310047828"),
}
#: What bank lines without an invoice were for, as accounts of the generic chart.
ACCOUNTS = {"capital": "capital", "rent": "expense_rent", "wages": "expense_salary", "bank_fees": "expense_finance"}
VAT_PERCENT = 23.0
#: The customer whose contact logs in to the portal.
PORTAL_CUSTOMER = "rathmore"


class ArDemo(models.AbstractModel):
    """The demo company's history, from the tables beside this file.

    The tables carry days ago and days late, so that the story ends today on
    whichever day it is loaded. They are written by ``data/generate.py``, and the
    bank files of ``data/`` pay what they leave open.
    """

    _name = "ar.demo"
    _description = "Demo Company"

    @api.model
    def _load(self):
        """Give the demo company its books, unless it has some."""
        company = self.env.ref("ar_enhanced.demo_company")
        if company.chart_template:
            return
        demo = self.with_context(**QUIETLY, allowed_company_ids=company.ids, lang="en_US").with_company(company)
        company = company.with_env(demo.env)
        demo._load_chart(company)
        journals = demo._load_bank_journals(company)
        demo._load_rates(company)
        customers = demo._load_customers(company)
        invoices = demo._load_invoices(company, customers, demo._load_products(company))
        # Planned for empty tables, Odoo's statement on the payments of invoices takes minutes.
        demo.env.cr.execute("ANALYZE account_move, account_move_line")
        lines = demo._load_payments(journals, customers, invoices)
        demo._load_other_bank_lines(journals)
        demo.env["account.move.line"]._reconcile_plan([*demo._credited(invoices), *lines])
        demo._load_credit(company, customers, invoices)
        demo._load_collections(company)
        # What is older than a year is closed; its numbers, which don't begin at 1, are no irregularity.
        company.fiscalyear_lock_date = fields.Date.today().replace(day=1) - timedelta(365)

    @staticmethod
    def _rows(table):
        with file_open(f"ar_enhanced/demo/{table}.csv") as file:
            return list(csv.DictReader(file))

    @staticmethod
    def _days_ago(row):
        return fields.Date.today() - timedelta(int(row["days_ago"]))

    @api.model
    def _chart_ref(self, name):
        return self.env["account.chart.template"].ref(name)

    @api.model
    def _load_chart(self, company):
        """Load the generic chart, with Ireland's standard rate of value added tax."""
        # try_loading warns while modules are loaded; nothing here is left for later modules to set up.
        self.env["account.chart.template"]._load("generic_coa", company, install_demo=False)
        company.currency_id = self.env.ref("base.EUR")  # the chart's country brought its own
        ireland = self.env.ref("base.ie")
        taxes = self.env["account.tax"].search([("company_id", "=", company.id)])
        company.account_fiscal_country_id = ireland
        taxes.tax_group_id.country_id = ireland
        taxes.country_id = ireland
        home = company.account_sale_tax_id | company.account_purchase_tax_id
        home.write({"name": f"{VAT_PERCENT:.0f}%", "amount": VAT_PERCENT})
        home.tax_group_id.name = f"VAT {VAT_PERCENT:.0f}%"
        company.account_use_credit_limit = True

    @api.model
    def _load_bank_journals(self, company):
        """Return the bank journal of each currency."""
        accounts = self.env["res.partner.bank"].create(
            [
                {
                    "acc_number": number,
                    "partner_id": company.partner_id.id,
                    "bank_id": self.env.ref("ar_enhanced.demo_bank").id,
                    "currency_id": self.env.ref(f"base.{currency}").id,
                }
                for currency, (_code, _name, number) in BANK_ACCOUNTS.items()
            ]
        )
        journals = {}
        for (currency, (code, name, _number)), account in zip(BANK_ACCOUNTS.items(), accounts, strict=True):
            values = {"name": name, "code": code, "bank_account_id": account.id}
            if currency == company.currency_id.name:
                journals[currency] = self._chart_ref("bank")
                journals[currency].write(values)
                journals[currency].default_account_id.name = name
            else:
                values |= {"type": "bank", "currency_id": account.currency_id.id, "company_id": company.id}
                journals[currency] = self.env["account.journal"].create(values)
        self._chart_ref("sale").name = self.env._("Customer Invoices")
        return journals

    @api.model
    def _load_rates(self, company):
        """Record dollars for one euro; the euro itself stays at one for this company."""
        rows = self._rows("rates")
        euro, dollar = self.env.ref("base.EUR"), self.env.ref("base.USD")
        values = [
            {"currency_id": dollar.id, "name": self._days_ago(row), "rate": float(row["usd_per_eur"])} for row in rows
        ]
        values.append({"currency_id": euro.id, "name": self._days_ago(rows[0]), "rate": 1.0})
        self.env["res.currency.rate"].create([{**value, "company_id": company.id} for value in values])

    @api.model
    def _load_customers(self, company):
        """Return the customers by key, with their contacts and bank accounts."""
        rows = self._rows("customers")
        countries = self.env["res.country"].search([("code", "in", [row["country"] for row in rows])])
        country_ids = {country.code: country.id for country in countries}
        partners = self.env["res.partner"]._load_records(
            [
                {
                    "xml_id": f"ar_enhanced.customer_{self._as_identifier(row['key'])}",
                    "values": self._customer_values(row, company, country_ids),
                    "noupdate": True,
                }
                for row in rows
            ]
        )
        customers = {row["key"]: partner for row, partner in zip(rows, partners, strict=True)}
        for row in rows:
            if row["parent"]:
                customers[row["key"]].parent_id = customers[row["parent"]]
        self.env["res.partner"]._load_records(
            [
                {
                    "xml_id": "ar_enhanced.contact_"
                    + ("customer" if row["key"] == PORTAL_CUSTOMER else self._as_identifier(row["key"])),
                    "values": {
                        "name": row["contact"],
                        "function": row["contact_function"],
                        "email": row["contact_email"],
                        "parent_id": customers[row["key"]].id,
                        "company_id": company.id,
                    },
                    "noupdate": True,
                }
                for row in rows
                if row["contact"]
            ]
        )
        self.env["res.partner.bank"].create(
            [
                {"acc_number": row["iban"], "partner_id": customers[row["key"]].id, "company_id": company.id}
                for row in rows
                if row["iban"]
            ]
        )
        return customers

    @staticmethod
    def _as_identifier(key):
        return key.replace("-", "_").replace(".", "_")

    @api.model
    def _customer_values(self, row, company, country_ids):
        return {
            "name": row["name"],
            "is_company": bool(int(row["is_company"])),
            "company_id": company.id,
            "street": row["street"],
            "zip": row["zip"],
            "city": row["city"],
            "country_id": country_ids[row["country"]],
            "email": row["email"],
            "credit_limit": float(row["credit_limit"]),
            "property_payment_term_id": self.env.ref(PAYMENT_TERMS[row["terms"]]).id,
            "invoice_sending_method": "email",
        }

    @api.model
    def _load_products(self, company):
        """Return the articles by code."""
        rows = self._rows("products")
        products = self.env["product.product"].create(
            [
                {
                    "name": row["name"],
                    "default_code": row["code"],
                    "type": row["type"],
                    "list_price": float(row["list_price"]),
                    "company_id": company.id,
                    "taxes_id": [Command.set(company.account_sale_tax_id.ids)],
                    "supplier_taxes_id": [Command.set(company.account_purchase_tax_id.ids)],
                }
                for row in rows
            ]
        )
        return {row["code"]: product for row, product in zip(rows, products, strict=True)}

    @api.model
    def _load_invoices(self, company, customers, products):
        """Return the posted invoices and credit notes by number."""
        terms = {row["key"]: self.env.ref(PAYMENT_TERMS[row["terms"]]).id for row in self._rows("customers")}
        currencies = {row["key"]: self.env.ref(f"base.{row['currency']}").id for row in self._rows("customers")}
        abroad = self._chart_ref("sale_export_tax_template")
        lines = {number: list(rows) for number, rows in groupby(self._rows("invoice_lines"), lambda row: row["number"])}
        rows = self._rows("invoices")
        values = []
        for row in rows:
            customer = customers[row["customer"]]
            is_home = customer.country_id == company.country_id
            is_credit_note = row["number"].startswith("CN")
            tax = company.account_sale_tax_id if is_home else abroad
            values.append(
                {
                    "move_type": "out_refund" if is_credit_note else "out_invoice",
                    "name": row["number"],
                    "journal_id": self._chart_ref("sale").id,
                    "partner_id": customer.id,
                    "invoice_user_id": self.env.ref("ar_enhanced.user_accountant").id,
                    "invoice_date": self._days_ago(row),
                    "invoice_payment_term_id": False if is_credit_note else terms[row["customer"]],
                    "currency_id": currencies[row["customer"]],
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "product_id": products[line["product"]].id,
                                "quantity": float(line["quantity"]),
                                "price_unit": float(line["unit_price"]),
                                "tax_ids": [Command.set(tax.ids)],
                            }
                        )
                        for line in lines[row["number"]]
                    ],
                }
            )
        moves = self.env["account.move"].create(values)
        invoices = {row["number"]: move for row, move in zip(rows, moves, strict=True)}
        for row in rows:
            if row["reverses"]:
                invoices[row["number"]].reversed_entry_id = invoices[row["reverses"]]
        moves._post(soft=False)
        moves.is_move_sent = True
        return invoices

    @staticmethod
    def _receivable_line(move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")

    @api.model
    def _credited(self, invoices):
        """Yield each applied credit note with the invoice that it lowers."""
        for move in invoices.values():
            if move.reversed_entry_id:
                yield self._receivable_line(move) + self._receivable_line(move.reversed_entry_id)

    @api.model
    def _load_payments(self, journals, customers, invoices):
        """Book the payments of the past and return what they settle, line by line."""
        rows = self._rows("payments")
        groups = [group for _payment, group in groupby(rows, lambda row: row["payment"])]
        statement_lines = self.env["account.bank.statement.line"].create(
            [self._payment_values(group, journals, customers, invoices) for group in groups]
        )
        counterparts = self._load_counterparts(groups, statement_lines, invoices)
        plan = [
            counterpart + self._receivable_line(invoices[row["invoice"]])
            for row, counterpart in zip(rows, counterparts, strict=True)
            if row["kind"] in ("payment", "discount")
        ]
        given_back = {
            (row["kind"], row["invoice"]): counterpart for row, counterpart in zip(rows, counterparts, strict=True)
        }
        plan += [
            counterpart + given_back["return", invoice]
            for (kind, invoice), counterpart in given_back.items()
            if kind == "returned"
        ]
        return plan

    @api.model
    def _payment_values(self, group, journals, customers, invoices):
        """Return the bank line of the rows of one payment."""
        first = group[0]
        invoice = invoices[first["invoice"]]
        payer = customers[first["payer"]]
        return {
            "journal_id": journals[invoice.currency_id.name].id,
            "date": invoice.invoice_date_due + timedelta(int(first["days_late"])),
            "amount": sum(float(row["amount"]) for row in group),
            "payment_ref": " ".join(dict.fromkeys(row["text"] for row in group)),
            "partner_id": payer.id,
            "partner_name": payer.name,
        }

    @api.model
    def _load_counterparts(self, groups, statement_lines, invoices):
        """Move what the payments are for from suspense to receivables; return those lines, a row each.

        A discount settles the whole invoice; what the customer kept goes to the
        accounts that Odoo's own early-payment discount uses.
        """
        suspense_lines = self.env["account.move.line"].with_context(**REBUILDING)
        counterparts, extra_values, extra_positions = [], [], []
        rewritten = defaultdict(suspense_lines.browse)
        for group, statement_line in zip(groups, statement_lines, strict=True):
            _liquidity, suspense, _other = statement_line._seek_for_lines()
            for position, row in enumerate(group):
                receivable = self._receivable_line(invoices[row["invoice"]])
                values = {"account_id": receivable.account_id.id, "partner_id": receivable.partner_id.id}
                discount = self._discount_values(receivable) if row["kind"] == "discount" else []
                if discount or len(group) > 1:
                    # Only in the company's currency: the amount is the balance.
                    amount = -receivable.balance if discount else -float(row["amount"])
                    values |= {"balance": amount, "amount_currency": amount}
                if position:
                    extra_positions.append(len(counterparts))
                    extra_values.append({**values, "move_id": suspense.move_id.id, "name": row["text"]})
                    counterparts.append(None)
                else:
                    rewritten[frozendict(values)] += suspense
                    counterparts.append(suspense)
                extra_values += [{**line, "move_id": suspense.move_id.id} for line in discount]
                extra_positions += [None] * len(discount)
        container = {"records": statement_lines.move_id.with_context(**REBUILDING)}
        with container["records"]._check_balanced(container), container["records"]._sync_dynamic_lines(container):
            for values, suspense in rewritten.items():
                suspense.write(values)
            extras = suspense_lines.create(extra_values).with_env(self.env)
        for position, line in zip(extra_positions, extras, strict=True):
            if position is not None:
                counterparts[position] = line
        return counterparts

    @api.model
    def _discount_values(self, receivable):
        """Return the lines that write off the early-payment discount of an invoice."""
        settled = {
            "aml": receivable,
            "amount_currency": -receivable.amount_residual_currency,
            "balance": -receivable.amount_residual,
        }
        kinds = receivable.move_id._get_invoice_counterpart_amls_for_early_payment_discount(
            [settled], receivable.balance - receivable.discount_balance
        )
        return [values for lines in kinds.values() for values in lines]

    @api.model
    def _load_other_bank_lines(self, journals):
        """Book what else moved on the bank accounts."""
        self.env["account.bank.statement.line"].create(
            [
                {
                    "journal_id": journals[row["currency"]].id,
                    "date": self._days_ago(row),
                    "amount": float(row["amount"]),
                    "payment_ref": row["text"],
                    "counterpart_account_id": self._chart_ref(ACCOUNTS[row["account"]]).id,
                }
                for row in self._rows("other_bank_lines")
            ]
        )
