from . import notices, payment, portal, terms
from . import payment, portal, statement, terms
from . import confirmation, payment, portal, terms
from . import agreement, payment, portal, terms
from . import agreement, feedback, payment, portal, terms
