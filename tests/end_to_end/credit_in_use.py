"""Puts every part of the credit control to use, for ``odoo shell``: what an uninstallation finds on a live database.

There are two users with the rights of accounting and sales managers, ``clerk`` and ``manager``.
"""

from odoo import Command, fields
from odoo.tools import mute_logger

from odoo.addons.ar_enhanced.exceptions import CreditHoldError

ENV = env  # noqa: F821 - the shell's
TODAY = fields.Date.today()
COMPANY = ENV.company
CLERK, MANAGER = ENV["res.users"].search([("login", "in", ("clerk", "manager"))], order="login")
AS_CLERK, AS_MANAGER = ENV(user=CLERK.id), ENV(user=MANAGER.id)


def as_manager(record):
    """Return ``record`` as the credit manager meets it."""
    return record.with_env(AS_MANAGER)


def invoice(customer, amount, post=True, **values):
    """Return an invoice of today."""
    line = Command.create({"name": "Work", "price_unit": amount, "tax_ids": False})
    made = AS_CLERK["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": customer.id,
            "invoice_date": TODAY,
            "invoice_line_ids": [line],
            **values,
        }
    )
    if post:
        made.action_post()
    return made


def refused(attempt):
    """Try what the customer's credit doesn't allow; what was refused is kept by itself."""
    ENV.cr.commit()
    try:
        with mute_logger("odoo.sql_db"):
            attempt()
    except CreditHoldError:
        ENV.cr.rollback()
    else:
        raise AssertionError("nothing was refused")


def attached(name):
    """Return a file as a user would upload it."""
    return Command.create({"name": name, "raw": name.encode(), "res_model": "ar.credit.security"})


def limits_and_securities(customer):
    """Approve a limit that is to be reviewed, ask for another one, and secure some of it."""
    as_manager(customer).write({"ar_credit_owner_id": MANAGER.id, "ar_external_source": "An agency"})
    as_manager(customer).write({"ar_external_rating": 70, "ar_external_date": TODAY})
    ENV["ir.default"].set("res.partner", "ar_credit_owner_id", MANAGER.id, company_id=COMPANY.id)
    proposal = {"partner_id": customer.id, "note": "A customer for years", "review_date": TODAY}
    approved = AS_CLERK["ar.credit.limit"].create({**proposal, "amount": 1000})
    approved.action_submit()
    as_manager(approved).action_approve()
    waiting = AS_CLERK["ar.credit.limit"].create({**proposal, "amount": 3000})
    waiting.action_submit()
    kind = "ar_enhanced.mail_activity_credit_limit"
    waiting.activity_schedule(kind, user_id=MANAGER.id)
    waiting.activity_schedule(kind, user_id=MANAGER.id).action_feedback(feedback="Looked at")
    security = AS_CLERK["ar.credit.security"].create(
        {"partner_id": customer.id, "amount": 500, "attachment_ids": [attached("guarantee.txt")]}
    )
    as_manager(security).action_confirm()
    ENV["ar.credit.limit"]._cron_follow_up()
    assert approved.activity_ids, "no review of the limit is due"
    assert (waiting.state, customer.ar_credit_limit, customer.credit_limit) == ("waiting", 1500, 1500)


def holds(customer):
    """Have invoices and orders refused, asked for, released and accepted; put a customer on hold by hand."""
    ENV.ref("ar_enhanced.hold_rule_limit").active = True
    ENV["ar.credit.hold.rule"].create({"kind": "overdue_days", "threshold": 5, "active": True})
    held, released = invoice(customer, 5000, post=False), invoice(customer, 4000, post=False)
    refused(held.action_post)
    refused(released.action_post)
    AS_CLERK["ar.credit.hold.request"].create({"res_model": "account.move", "res_ids": held.ids}).action_ask()
    as_manager(released.sudo().ar_hold_ids).action_release("Known for years")
    released.action_post()
    assert (held.state, released.state) == ("draft", "posted")
    assert held.sudo().ar_hold_ids.activity_ids
    work = ENV["product.product"].create({"name": "Work", "type": "service", "taxes_id": False})
    ordered, accepted = AS_CLERK["sale.order"].create(
        2 * [{"partner_id": customer.id, "order_line": [Command.create({"product_id": work.id, "price_unit": 9000})]}]
    )
    refused(ordered.action_confirm)
    accepted._validate_order()
    assert (ordered.ar_credit_hold, accepted.ar_credit_hold) == (True, True)
    assert accepted.activity_ids, "nobody was told that an accepted order waits"
    AS_CLERK["res.partner"].create({"name": "Stopped", "is_company": True})._ar_place_hold("Bad news")
    ENV["ar.credit.hold"]._cron_review()
    simulation = ENV.ref("ar_enhanced.hold_rule_limit").action_simulate()
    assert simulation["res_model"] == "ar.credit.hold.simulation"


def scores():
    """Score by a new version of the policy, and measure how well the score predicts."""
    policy = ENV["ar.credit.policy"].search([("state", "=", "active")])
    version = ENV["ar.credit.policy"].browse(policy.action_new_version()["res_id"])
    version.punctual_days = 20
    version.action_activate()
    ENV["ar.credit.score"]._snapshot(company=COMPANY, any_difference=True)
    ENV["ar.credit.quality"]._cron_measure()
    assert version.is_used or ENV["ar.credit.score"].search_count([("policy_id", "=", version.id)])


def credit_file(customer):
    """Fill the credit file: promises, disputes, contract terms with deviations, and acknowledged credit terms."""
    disputed, promised = invoice(customer, 20), invoice(customer, 30)
    promise = AS_CLERK["ar.promise"].create({"move_ids": promised.ids, "amount": 30, "date": TODAY})
    code = ENV.ref("ar_enhanced.dispute_code_price")
    dispute = AS_CLERK["ar.dispute"].create({"move_id": disputed.id, "code_id": code.id, "description": "Too dear"})
    contract, others = AS_CLERK["ar.contract.terms"].create(
        [
            {
                "name": "Contract",
                "partner_id": partner.id,
                "credit_days": 7,
                "date_from": TODAY,
                "review_on": TODAY,
                "document": "Q29udHJhY3Q=",
                "document_name": "contract.txt",
            }
            for partner in (customer, ENV["res.partner"].create({"name": "Other", "is_company": True}))
        ]
    )
    months = ENV.ref("account.account_payment_term_30days")
    differing = [invoice(terms.partner_id, 40, invoice_payment_term_id=months.id) for terms in contract + others]
    deviations = AS_MANAGER["ar.contract.deviation"].search([("move_id", "=", differing[0].id)])
    deviations._accept("As an exception")
    ENV["ar.contract.terms"]._cron_alarm()
    assert (contract.deviation_count, others.deviation_count) == (0, 1)
    terms = AS_MANAGER["ar.credit.terms"].create({"body": "<p>Pay in time.</p>", "review_on": TODAY})
    terms.action_publish()
    AS_MANAGER["ar.credit.acknowledgement"].create(
        {
            "terms_id": terms.id,
            "partner_id": customer.id,
            "signed_by": "The boss",
            "attachment_ids": [attached("signed.txt")],
        }
    )
    ENV.ref("ar_enhanced.mail_template_terms_invitation").send_mail(customer.id)
    ENV["ar.credit.terms"]._cron_review()
    ENV["ar.credit.warning"]._cron_refresh()
    kind = "ar_enhanced.mail_activity_review_terms"
    # A kind of activity that is for nothing in particular is used on everything.
    product = ENV["product.template"].create({"name": "Lens"})
    for record in (promise, dispute, customer, promised, product):
        record.activity_schedule(kind, user_id=MANAGER.id)
        record.activity_schedule(kind, user_id=MANAGER.id).action_feedback(feedback="Done")
    assert all(record.activity_ids for record in (contract, others, terms, promise, dispute))
    assert ENV["ar.credit.event"].search_count([("partner_id", "=", customer.id)])


def discounts():
    """Promise discounts by invoices that were sent; one is taken by a payment."""
    customer = ENV["res.partner"].create({"name": "Early", "is_company": True})
    AS_MANAGER["ar.discount.policy"].create(
        {
            "name": "Pay early",
            "applies_to": "customer",
            "partner_ids": [Command.set(customer.ids)],
            "tier_ids": [Command.create({"percent": percent, "days": days}) for percent, days in ((3, 10), (2, 20))],
        }
    )
    months = ENV.ref("account.account_payment_term_30days")
    taken, open_ = (invoice(customer, 100, invoice_payment_term_id=months.id) for _n in range(2))
    (taken + open_).write({"is_move_sent": True})
    register = AS_CLERK["account.payment.register"].with_context(active_model="account.move", active_ids=taken.ids)
    register.create({"payment_date": TODAY})._create_payments()
    offers = (taken + open_).sudo().ar_discount_offer_ids
    assert [bool(offer.frozen_on) for offer in offers] == [True] * 4
    booked = ENV["account.move.line"].search([("ar_discount_offer_id", "in", offers.ids)])
    assert booked.mapped("balance") == [3]
    assert (taken.amount_residual, open_.amount_residual) == (0, 100)


def own_records():
    """Keep what users make of our models for themselves: filters, exports, views, actions, templates, defaults."""
    model = ENV["ir.model"]._get("ar.credit.limit")
    ENV["ir.filters"].create({"name": "Mine", "model_id": "ar.credit.limit", "user_ids": [Command.set(CLERK.ids)]})
    ENV["ir.exports"].create(
        {"name": "Mine", "resource": "ar.dispute", "export_fields": [Command.create({"name": "amount"})]}
    )
    ENV["ir.ui.view"].create({"name": "Mine", "model": "ar.dispute", "arch": "<list><field name='amount'/></list>"})
    ENV["ir.actions.act_window"].create({"name": "Mine", "res_model": "ar.promise"})
    ENV["mail.template"].create({"name": "Mine", "model_id": model.id, "subject": "{{ object.amount }}"})
    ENV["ir.default"].set("ar.promise", "note", "By telephone", user_id=CLERK.id)
    ENV["ir.actions.server"].create({"name": "Mine", "model_id": model.id, "state": "code", "code": "pass"})


CUSTOMER = ENV["res.partner"].create({"name": "Linden Optics", "is_company": True})
limits_and_securities(CUSTOMER)
credit_file(CUSTOMER)
discounts()
holds(CUSTOMER)
scores()
own_records()
ENV.cr.commit()
print("CREDIT IN USE")
