from . import ar_confirmation_paper, ar_portal_choice, ar_statement
