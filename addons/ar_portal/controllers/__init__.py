from . import agreement, confirmation, feedback, notices, payment, payment_request, portal, statement, terms, transfer
