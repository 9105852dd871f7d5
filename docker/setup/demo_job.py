"""The demo's main job, for ``odoo shell``: bank files in, matched, booked, and told line by line."""

import os
import textwrap
from pathlib import Path

accountant = env.ref("ar_enhanced.user_accountant")  # noqa: F821 - the shell's
company = env.ref("ar_enhanced.demo_company")  # noqa: F821
env = env(user=accountant.id, context={"lang": "en_US", "allowed_company_ids": company.ids})  # noqa: F821
journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
imports = env["ar.statement.import"]

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
    for line in done.line_ids.sorted(lambda line: (line.ar_state != "booked", line.date, line.id)):
        who = line.partner_name or line.payment_ref
        mark = {"booked": "booked  ", "proposed": "proposed"}.get(line.ar_state, "open    ")
        pays = ", ".join(f"{part.number} of {part.partner_id.name}" for part in line.ar_match_id.allocation_ids)
        amount = line.currency_id.format(line.amount).replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")
        print(f"  {mark} {line.date}  {amount:>14}  {who[:30]:<30}  {'pays ' + pays if pays else ''}".rstrip())
        print(textwrap.indent(line.ar_explanation or "", " " * 13))
    states = done.line_ids.mapped("ar_state")
    print(
        f"  -> {states.count('booked')} booked, {states.count('proposed')} proposed, "
        f"{len(states) - states.count('booked') - states.count('proposed')} to look at\n"
    )

env["ar.credit.score"]._snapshot(company=company)  # what was paid just now is news to some scores
env.cr.commit()
