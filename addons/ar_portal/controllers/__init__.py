from . import agreement, confirmation, feedback, notices, payment, portal, statement, terms
