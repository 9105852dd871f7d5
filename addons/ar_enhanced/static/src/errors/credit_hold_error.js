import { RedirectWarningDialog } from "@web/core/errors/error_dialogs";
import { registry } from "@web/core/registry";

registry.category("error_dialogs").add("odoo.addons.ar_enhanced.exceptions.CreditHoldError", RedirectWarningDialog);
