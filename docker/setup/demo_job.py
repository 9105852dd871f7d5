"""The demo's main job, for ``odoo shell``: bank files in, matched, booked, and told line by line."""

import os
import textwrap
from pathlib import Path

#: The states of bank lines in the order in which they are told, with their marks and how they are counted.
STATES = {
    "matched": ("booked", "booked"),
    "proposed": ("proposed", "proposed"),
    "ambiguous": ("several", "that fit several invoices"),
    "none": ("to look at", "to look at"),
    "waiting": ("waits", "that wait for approval"),
}
#: Kinds of parts that pay an item; the others are what becomes of a difference.
PAYING = ("full", "instalment", "partial", "credit_note", "payment")

accountant = env.ref("ar_enhanced.user_accountant")  # noqa: F821 - the shell's
company = env.ref("ar_enhanced.demo_company")  # noqa: F821
env = env(user=accountant.id, context={"lang": "en_US", "allowed_company_ids": company.ids})  # noqa: F821
journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
imports = env["ar.statement.import"]


def amount_of(record):
    """Return the amount of a line or a part as text."""
    return record.currency_id.format(record.amount).replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")


def parts_of(proposal):
    """Return what a proposal pays, and what becomes of a difference."""
    kinds = dict(proposal.allocation_ids._fields["kind"]._description_selection(env))
    told = []
    for part in proposal.allocation_ids:
        kind = kinds[part.kind].lower()
        if part.kind in PAYING:
            told.append(f"{part.number} of {part.partner_id.name}" + (f" ({kind})" if part.kind == "partial" else ""))
        else:
            told.append(f"{kind} {amount_of(part)}")
    return ", ".join(told)


for path in sorted(Path(os.environ["AR_BANK_FILES"]).glob("*.ofx")):
    if path.stem.endswith("_next"):  # left for the user to drop in by hand
        continue
    done = imports.search([("name", "=", path.name), ("state", "=", "done")], limit=1)
    if not done:
        attachment = env["ir.attachment"].create({"name": path.name, "raw": path.read_bytes()})
        done = imports._receive(journal, attachment)
        done.action_import()
        env.cr.commit()
    print(f"{path.name}: {done.message}")
    for line in done.line_ids.sorted(lambda line: (list(STATES).index(line.ar_match_state), line.date, line.id)):
        who = line.partner_name or line.payment_ref
        mark, _counted = STATES[line.ar_match_state]
        found = " or ".join(filter(None, map(parts_of, line.ar_proposal_ids or line.ar_match_id)))
        pays = f"pays {found}" if found else ""
        print(f"  {mark:<10} {line.date}  {amount_of(line):>14}  {who[:30]:<30}  {pays}".rstrip())
        print(textwrap.indent(line.ar_explanation or "", " " * 13))
    states = done.line_ids.mapped("ar_match_state")
    print(f"  -> {', '.join(f'{states.count(state)} {counted}' for state, (_mark, counted) in STATES.items())}\n")

env["ar.credit.score"]._snapshot(company=company)  # what was paid just now is news to some scores
env.cr.commit()
