"""The addons' texts: templates exported by Odoo, languages brought up to them."""

from __future__ import annotations

import checks
import odoo_run
import postgres
import python_env
from workspace import ADDONS, OWN_ADDONS, run, say

#: Brings a language up to its template: new texts are empty, changed ones are marked, dropped ones go.
MERGE = """
import sys, polib
template = polib.pofile(sys.argv[1])
for path in sys.argv[2:]:
    language = polib.pofile(path, wrapwidth=78)
    language.merge(template)
    for entry in language.obsolete_entries():
        language.remove(entry)
    language.sort(key=lambda entry: entry.msgid)
    language.save()
    missing = len(language.untranslated_entries()) + len(language.fuzzy_entries())
    print(f"{path}: {missing} texts to translate")
"""


def refresh() -> None:
    """Write each addon's template anew, and bring its languages up to it."""
    odoo_run.provide()
    with postgres.running():
        database = checks.test_database()
        odoo_run.quietly("Translations", "i18n", "i18n", "export", "-d", database, *OWN_ADDONS)
    for addon in OWN_ADDONS:
        folder = ADDONS / addon / "i18n"
        languages = sorted(folder.glob("*.po"))
        say(run([python_env.python(), "-c", MERGE, folder / f"{addon}.pot", *languages]).strip() or addon)
