import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Colour of a level: it always stands beside the level's letter and words. */
const LEVEL_COLORS = { a: "success", b: "success", c: "warning", d: "warning", e: "danger" };

/**
 * Shows a customer's credit score with its reasons, and the ageing of what is open.
 *
 * The value is worded, translated and formatted by the server; see `_card` of ar.credit.score.
 */
export class CreditCard extends Component {
    static template = "ar_enhanced.CreditCard";
    static props = { ...standardFieldProps };

    get card() {
        return this.props.record.data[this.props.name] || false;
    }

    get isRated() {
        return this.card.components.length > 0;
    }

    get levelColor() {
        return LEVEL_COLORS[this.card.level] || "secondary";
    }

    /** Green for most of the points, amber for half of them, red below. */
    componentColor(percent) {
        if (percent >= 70) {
            return "success";
        }
        return percent >= 40 ? "warning" : "danger";
    }
}

export const creditCard = {
    component: CreditCard,
    supportedTypes: ["json"],
};

registry.category("fields").add("ar_credit_card", creditCard);
