from . import payment, portal, terms
