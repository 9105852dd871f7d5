"""The frame of the mails of this addon."""

#: What frames each mail to a customer, and to the team.
MAIL_LAYOUT = "ar_enhanced.mail_layout"
