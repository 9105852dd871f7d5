from . import notices, payment, portal, terms
from . import payment, portal, statement, terms
