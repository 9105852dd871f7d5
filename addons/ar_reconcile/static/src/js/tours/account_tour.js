import { accountTourSteps } from "@account/js/tours/account";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

// Whoever may reconcile starts on the dashboard instead of the list of invoices: Odoo's tour begins on either.
patch(accountTourSteps, {
    newInvoice() {
        return [
            {
                trigger: "button.o_list_button_add, .o_kanban_record button[name=action_create_new]",
                content: _t("Now, we'll create your first invoice"),
                run: "click",
            },
        ];
    },
});
