from odoo.exceptions import UserError


class CreditHoldError(UserError):
    """Documents that must wait, with the action by which the user asks for their release.

    A user error for everything that runs on the server, such as scheduled posting; the web client offers
    the action, as it does for Odoo's redirecting warnings, whose arguments these are.
    """

    def __init__(self, message, action, button_text):
        super().__init__(message)
        self.args = (message, action, button_text)

    def __str__(self):
        return self.args[0]
