import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/** What the chosen items cost together; the sum is the server's. Without this script the form still leads to it. */
export class ReceivablesChoice extends Interaction {
    static selector = ".o_ar_choosable";
    dynamicContent = {
        "input[name='item']": { "t-on-change": () => this.ask() },
        ".o_ar_chosen_words": { "t-out": () => this.told.words || this.invitation },
        ".o_ar_chosen_amount": { "t-out": () => this.told.amount },
        ".o_ar_chosen_saving": { "t-out": () => this.told.saving },
        ".o_ar_chosen_error": { "t-out": () => this.told.error },
        ".o_ar_pay_bar button": { "t-att-disabled": () => !this.told.amount },
    };

    setup() {
        this.asked = 0;
        this.told = { words: "", amount: "", saving: "", error: "" };
        this.invitation = this.el.querySelector(".o_ar_chosen_words").textContent;
    }

    start() {
        this.ask(); // the browser's "back" keeps what was ticked
    }

    async ask() {
        const items = [...this.el.querySelectorAll("input[name='item']:checked")].map((el) => Number(el.value));
        const asked = ++this.asked;
        const told = await this.waitFor(rpc("/my/receivables/chosen", { items }));
        if (asked === this.asked) {
            this.told = told;
            this.updateContent();
        }
    }
}

registry.category("public.interactions").add("ar_portal.receivables_choice", ReceivablesChoice);
