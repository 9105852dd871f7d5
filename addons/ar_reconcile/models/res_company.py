import hashlib
import logging
import os
import stat
import time
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import parsers

_logger = logging.getLogger(__name__)

#: Names the folder below which companies may have bank files fetched; whoever runs the server decides, not a user.
FOLDER_VARIABLE = "AR_BANK_FOLDER"
#: A file is taken when it has not changed for so many seconds: whoever writes it is done.
SETTLED_SECONDS = 20
#: Files that are taken in one run.
MOST_FILES = 200
#: Endings of files that are still being written.
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
#: Bytes that the name of a file may have.
LONGEST_NAME = 255
#: Where taken files go, below the watched folder.
TAKEN = "taken"


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_bank_responsible_id = fields.Many2one(
        "res.users",
        string="Accountant in Charge of Bank Files",
        help="Is asked to look at bank files that come by themselves and can't be imported without a person.",
    )
    ar_bank_folder = fields.Char(
        string="Watched Folder",
        help="Name of this company's folder, below the one that the server's environment variable AR_BANK_FOLDER "
        "names. Bank files that are put there are imported; then they are moved to its folder “taken”.",
    )
    ar_reminder_days = fields.Integer(
        string="Remind Owners After",
        default=7,
        help="Days after which the owner of bank lines that are still open is reminded, once for all of them. "
        "Zero: never.",
    )
    ar_reviews_bank_accounts = fields.Boolean(
        string="Approve Bank Accounts",
        default=True,
        help="A second person approves bank accounts of partners that somebody enters or changes. Until then matching "
        "doesn't use them.",
    )

    ar_reviews_write_offs = fields.Boolean(
        string="A Second Person Approves Write-Offs",
        default=True,
        help="What a person gives up of customers' debts above the limit is booked once another one has approved it.",
    )
    ar_write_off_limit = fields.Monetary(
        string="Write-Offs up to",
        default=100,
        help="Up to this amount for each payment, one person alone may write off.",
    )

    def _ar_users_with(self, group):
        """Return the active users who work in this company and have a right, in the order of their ids.

        :param str group: external id of the right
        """
        users = self.env.ref(group).sudo().all_user_ids - self.env.ref("base.user_root").sudo()
        return users.filtered(lambda user: user.active and self in user.company_ids).sorted("id")

    def _ar_watched_folder(self):
        """Return the folder whose bank files are imported for this company, ``None`` without one.

        It lies directly below the folder that the server allows, whatever the company's field holds.
        """
        root = os.environ.get(FOLDER_VARIABLE)
        name = (self.ar_bank_folder or "").strip()
        if not root or not name:
            return None
        folder = Path(root).resolve() / name
        if Path(name).name != name or name.startswith(".") or folder.is_symlink() or not folder.is_dir():
            return None
        return folder

    def _check_ar_bank_folder(self):
        for company in self:
            name = company.ar_bank_folder
            if name and (Path(name).name != name or name.startswith(".") or "\\" in name or "\0" in name):
                raise ValidationError(
                    self.env._("“%(name)s” is no name of a folder: give the name alone, without a path.", name=name)
                )
            if name and self.sudo().search_count([("ar_bank_folder", "=", name), ("id", "!=", company.id)], limit=1):
                raise ValidationError(self.env._("Another company watches the folder “%(name)s”.", name=name))

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create([_with_plain_folder(vals) for vals in vals_list])
        companies._check_ar_bank_folder()
        return companies

    def write(self, vals):
        res = super().write(_with_plain_folder(vals))
        if "ar_bank_folder" in vals:
            self._check_ar_bank_folder()
        return res

    def _ar_take_bank_files(self):
        """Keep the files of the watched folder as imports that wait, and move them away; each is committed alone."""
        self.ensure_one()
        folder = self._ar_watched_folder()
        if folder is None:
            if self.ar_bank_folder:
                _logger.info("The watched folder of company %s is not there", self.id)
            return
        try:
            (folder / TAKEN).mkdir(exist_ok=True)
            paths = [] if (folder / TAKEN).is_symlink() else _files_to_take(folder)
        except OSError as error:  # no right to read or write: the other companies' files go on
            _logger.error("Bank files in %s can't be taken: %s", folder, error)
            return
        for path in paths:
            try:
                self._ar_take(path)
            except (OSError, ValueError) as error:
                self.env.cr.rollback()
                _logger.error("The bank file %r can't be taken: %s", path, error)

    def _ar_take(self, path):
        """Keep one file as an import that waits, commit, and move it away.

        First stored, then moved: nothing is lost when it is cut off in between. A file that can't be moved is stored
        once only.
        """
        content, seen = _read(path)
        imports = self.env["ar.statement.import"].with_company(self)
        stored = imports.search_count(
            [
                ("company_id", "=", self.id),
                ("origin", "=", "folder"),
                ("checksum", "=", hashlib.sha256(content).hexdigest()),
                ("state", "not in", ("undone", "discarded")),
            ],
            limit=1,
        )
        if not stored:
            name = os.fsencode(path.name).decode("utf-8", "replace")
            attachment = self.env["ir.attachment"].create({"name": name, "raw": content})
            imports._receive(
                self.env["account.journal"], attachment, origin="folder", is_trusted=True, company_id=self.id
            )
            self.env["ir.cron"]._commit_progress(0)
        if _identity(path.stat(follow_symlinks=False)) == seen:  # else it is another file by now, for the next run
            path.rename(_free_name(path.parent / TAKEN, path.name))


def _with_plain_folder(vals):
    """Return the values of a company with the name of its folder as it is compared."""
    return {**vals, "ar_bank_folder": (vals["ar_bank_folder"] or "").strip()} if "ar_bank_folder" in vals else vals


def _identity(status):
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read(path):
    """Return the content of a plain file, one byte more than is allowed at most, and what it is recognised by."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("no plain file")
        return file.read(parsers.MAX_BYTES + 1), _identity(status)


def _files_to_take(folder):
    """Return the finished plain files of ``folder``, the oldest first; links are left alone."""
    latest = time.time() - SETTLED_SECONDS
    files = [
        (entry.stat(follow_symlinks=False).st_mtime, Path(entry.path))
        for entry in os.scandir(folder)
        if entry.is_file(follow_symlinks=False)
        and not entry.name.startswith(".")
        and not entry.name.lower().endswith(UNFINISHED)
    ]
    return [path for changed, path in sorted(files) if changed <= latest][:MOST_FILES]


def _free_name(folder, name):
    """Return a path in ``folder`` that nothing has yet."""
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / os.fsdecode(os.fsencode(f"{number}-{name}")[:LONGEST_NAME])
    return path
