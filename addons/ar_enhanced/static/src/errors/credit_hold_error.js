import { RedirectWarningDialog } from "@web/core/errors/error_dialogs";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** A document that must wait, with the button by which its release is asked for. */
export class CreditHoldDialog extends RedirectWarningDialog {
    setup() {
        super.setup();
        this.title = _t("Credit hold");
    }
}

registry.category("error_dialogs").add("odoo.addons.ar_enhanced.exceptions.CreditHoldError", CreditHoldDialog);
