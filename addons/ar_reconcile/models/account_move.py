from odoo import models

#: What is left of a reference without these is its core, as the engine's `spellings` return them.
NOT_OF_CORE = "^[^0-9]+|[^A-Z0-9]"
#: Documents that customers pay by their numbers.
CUSTOMER_DOCUMENTS = "move_type IN ('out_invoice', 'out_refund', 'out_receipt') AND state = 'posted'"


def core_of(column):
    """Return the SQL of the core of a reference: without the letters before its digits, and without separators."""
    return f"regexp_replace(upper({column}), '{NOT_OF_CORE}', '', 'g')"


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    # Odoo's trigrams find a part of a number as it is written; these find the number however it is written.
    _ar_core_of_name_index = models.Index(f"({core_of('name')}) WHERE {CUSTOMER_DOCUMENTS}")
    _ar_core_of_payment_reference_index = models.Index(
        f"({core_of('payment_reference')}) WHERE {CUSTOMER_DOCUMENTS} AND payment_reference IS NOT NULL"
    )
    _ar_core_of_ref_index = models.Index(f"({core_of('ref')}) WHERE {CUSTOMER_DOCUMENTS} AND ref IS NOT NULL")
