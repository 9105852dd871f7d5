from . import agreement, confirmation, feedback, notices, payment, portal, statement, terms
from . import payment, payment_request, portal, terms
from . import payment, payment_request, portal, terms, transfer
