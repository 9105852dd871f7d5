import re
from decimal import Decimal

from odoo import api, fields, models

from ..engine import evidence_file

#: The longest text that a customer may write.
LONGEST = 2000
AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,6})?")


class ArPortalForm(models.AbstractModel):
    """Reads what a customer's browser sent in a form; whatever it is, it becomes a value or a reason why it isn't one.

    What is wrong is a dict with the ``field`` and the ``words`` to show beside it.
    """

    _name = "ar.portal.form"
    _description = "Form of the Portal"

    @api.model
    def _amount(self, form, name, currency, most, errors):
        """The amount of a field, above zero and at most ``most``, as a float of ``currency``."""
        text = (form.get(name) or "").strip().replace(",", ".")
        if not AMOUNT.fullmatch(text):
            errors.append({"field": name, "words": self.env._("Give an amount, such as 120.50.")})
            return 0.0
        amount = float(Decimal(text))
        if currency.compare_amounts(amount, currency.round(amount)) or Decimal(text) != Decimal(
            str(currency.round(amount))
        ):
            errors.append({"field": name, "words": self.env._("This amount has too many decimals.")})
        elif currency.compare_amounts(amount, 0.0) <= 0:
            errors.append({"field": name, "words": self.env._("Give an amount above zero.")})
        elif currency.compare_amounts(amount, most) > 0:
            words = self.env._("%(amount)s is open: give no more than that.", amount=currency.format(most))
            errors.append({"field": name, "words": words})
        return amount

    @api.model
    def _day(self, form, name, first, last, errors):
        """The day of a field, from ``first`` to ``last``, or None."""
        text = (form.get(name) or "").strip()
        try:
            day = fields.Date.to_date(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
        except ValueError:
            day = None
        if not day:
            errors.append({"field": name, "words": self.env._("Choose a day.")})
            return None
        if not first <= day <= last:
            words = self.env._(
                "Choose a day from %(first)s to %(last)s.",
                first=first.strftime(self._date_format()),
                last=last.strftime(self._date_format()),
            )
            errors.append({"field": name, "words": words})
            return None
        return day

    @api.model
    def _date_format(self):
        return self.env["res.lang"]._lang_get(self.env.lang or self.env.user.lang).date_format

    @api.model
    def _text(self, form, name, errors, required=False):
        """The text of a field, with plain line ends and without signs that nobody can see."""
        text = "\n".join((form.get(name) or "").splitlines()).strip()
        text = "".join(sign for sign in text if sign == "\n" or sign.isprintable())
        if len(text) > LONGEST:
            errors.append({"field": name, "words": self.env._("Write at most %(most)s letters.", most=LONGEST)})
        elif required and not text:
            errors.append({"field": name, "words": self.env._("Write a few words.")})
        return text

    @api.model
    def _files(self, files, errors):
        """The files that may be kept, as pairs of name and bytes.

        :param files: pairs of name and stream
        """
        if len(files) > evidence_file.MOST:
            words = self.env._("Send at most %(most)s files.", most=evidence_file.MOST)
            errors.append({"field": "files", "words": words})
            return []
        kept = []
        for name, stream in files:
            # One byte more than allowed tells that it is too large, however large it is.
            checked = evidence_file.checked(name, stream.read(evidence_file.LARGEST + 1))
            if isinstance(checked, evidence_file.RefusedFile):
                errors.append({"field": "files", "words": self._refused_file(checked)})
            else:
                kept.append((checked.name, checked.content))
        return kept

    @api.model
    def _refused_file(self, refused):
        """Why a file was refused, in words."""
        return {
            "kind": self.env._("%(name)s: send PDF, PNG, JPG, XLSX or CSV files.", name=refused.name),
            "empty": self.env._("%(name)s is empty.", name=refused.name),
            "too_large": self.env._(
                "%(name)s is larger than %(most)s MB.",
                name=refused.name,
                most=evidence_file.LARGEST // evidence_file.MEGABYTE,
            ),
            "content": self.env._("%(name)s isn't what its name says.", name=refused.name),
        }[refused.code]

    @api.model
    def _file_kinds(self):
        """What a browser offers to choose from."""
        return ",".join(f".{kind}" for kind in (*evidence_file.KINDS, *evidence_file.SAME_KIND))
