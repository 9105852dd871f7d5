"""What may go wrong with one bank line, and what is only another transaction's being first."""

import psycopg2

from odoo.exceptions import RedirectWarning, UserError

#: What must not hold up the other lines.
REFUSALS = (
    UserError,
    RedirectWarning,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    psycopg2.IntegrityError,
    psycopg2.DataError,
)
#: What is right when it is done again.
CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
)


def words_of(error):
    """Return what a refusal says to people; a warning that leads somewhere else says more, for the screen."""
    return str(error.args[0]) if error.args and isinstance(error, UserError | RedirectWarning) else str(error)
