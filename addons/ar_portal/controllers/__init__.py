from . import notices, payment, portal, terms
