from . import ar_statement
from . import ar_confirmation_paper
from . import ar_portal_choice
