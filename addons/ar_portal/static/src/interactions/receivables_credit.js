import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/** Credits that are ticked on the page of a payment count at once; without this script, the button beside them does it. */
export class ReceivablesCredit extends Interaction {
    static selector = ".o_ar_pay_credits";
    dynamicContent = {
        "input[name='item']": { "t-on-change": () => this.el.closest("form").requestSubmit() },
        ".o_ar_use_credits": { "t-att-class": () => ({ "d-none": true }) },
    };
}

registry.category("public.interactions").add("ar_portal.receivables_credit", ReceivablesCredit);
