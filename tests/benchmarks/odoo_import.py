"""Importing a bank file against creating the same bank lines by Odoo's ORM in batches, for ``odoo shell``.

Batches are of 500 lines: Odoo names the entries of a batch one inside the other, so that one batch of 5,000 lines ends
in a RecursionError. ``AR_BENCH_LINES`` names the sizes, such as ``500 5000``. Each pair runs one behind the other, in
journals of their own; what is printed is the processor time of this process, the time on the clock, and their ratios.
"""

import os
import time
from datetime import date

BATCH = 500
COMPANY = env.company  # noqa: F821 - the shell's
ENV = env  # noqa: F821


def journal(name):
    """Return a new bank journal whose account number is its name."""
    number = ENV["res.partner.bank"].create({"acc_number": f"47110{name}", "partner_id": COMPANY.partner_id.id})
    return ENV["account.journal"].create(
        {"name": name, "code": name, "type": "bank", "bank_account_id": number.id, "company_id": COMPANY.id}
    )


def day(position, count):
    """Return the day of a transaction: all of them lie in one month, in order."""
    return date(2026, 11, 1 + position * 28 // count)


def bank_file(account, count):
    """Return an OFX file of ``count`` transactions."""
    entries = "".join(
        f"<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>{day(n, count):%Y%m%d}\n<TRNAMT>{n + 1}.00\n<FITID>F{n}\n"
        f"<NAME>PAYER {n}\n<MEMO>NOTE {n}\n</STMTTRN>\n"
        for n in range(count)
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS>"
        f"<TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>{COMPANY.currency_id.name}<BANKACCTFROM>"
        f"<BANKID>1<ACCTID>{account}<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20261101<DTEND>20261130\n"
        f"{entries}</BANKTRANLIST><LEDGERBAL><BALAMT>9<DTASOF>20261130</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1>"
        "</OFX>"
    ).encode()


def timed(work):
    """Return the processor seconds and the seconds on the clock of ``work``, which ends with a commit."""
    ENV.cr.commit()
    ENV.invalidate_all()
    begun = time.process_time(), time.perf_counter()
    work()
    ENV.cr.commit()
    return time.process_time() - begun[0], time.perf_counter() - begun[1]


def by_orm(name, count):
    """Create the lines in as large batches as Odoo takes."""
    own = journal(name)
    values = [
        {
            "journal_id": own.id,
            "date": day(n, count),
            "amount": n + 1.0,
            "payment_ref": f"NOTE {n}",
            "partner_name": f"PAYER {n}",
        }
        for n in range(count)
    ]
    lines = ENV["account.bank.statement.line"].with_context(tracking_disable=True)

    def work():
        for begin in range(0, count, BATCH):
            lines.create(values[begin : begin + BATCH])
            ENV.cr.commit()
            ENV.invalidate_all()

    return timed(work)


def by_import(name, count):
    """Receive the file, read it and write it, as the scheduled action does: a commit after each chunk."""
    own = journal(name)
    attachment = ENV["ir.attachment"].create(
        {"name": "bank.ofx", "raw": bank_file(own.bank_account_id.acc_number, count)}
    )

    def work():
        record = ENV["ar.statement.import"]._receive(own, attachment)
        if record.state == "waiting":
            record._read_or_refuse()
        for _written in record.sudo()._write_chunks():
            ENV.cr.commit()
            ENV.invalidate_all()
        assert (record.state, record.new_count) == ("done", count), record.message

    return timed(work)


by_orm("BW1", 50)
by_import("BW2", 50)
for number, size in enumerate(int(word) for word in os.environ["AR_BENCH_LINES"].split()):
    imported = by_import(f"BI{number}", size)
    each = [1000 * seconds / size for seconds in imported]
    print(
        f"importing {size:>6,} lines: {each[0]:5.1f} ms of processor each, {each[1]:5.1f} ms on the clock", flush=True
    )
    created = by_orm(f"BO{number}", size)
    ratios = imported[0] / created[0], imported[1] / created[1]
    print(f"    of the ORM's time for as many: {ratios[0]:.2f} of processor, {ratios[1]:.2f} on the clock", flush=True)
