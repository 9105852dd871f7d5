import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { ExposureBar } from "./exposure_bar";
import { ScoreGauge } from "./score_gauge";
import { ScoreHistory } from "./score_history";

/**
 * Shows a customer's credit score with its reasons and its history, the exposure against the limit, the hold,
 * and the ageing of what is open.
 *
 * The value is worded, translated and formatted by the server; see `_card` of ar.credit.score, and
 * `ar_credit_overview` of res.partner for what a customer has beside a score.
 */
export class CreditCard extends Component {
    static template = "ar_enhanced.CreditCard";
    static components = { ExposureBar, ScoreGauge, ScoreHistory };
    static props = { ...standardFieldProps };

    get card() {
        return this.props.record.data[this.props.name] || false;
    }

    get isRated() {
        return this.card.components.length > 0;
    }

    /** What would lift the score; the first is left out by the server once it is settled, and the others with it. */
    get lifts() {
        return this.card.improvement ? this.card.improvements || [this.card.improvement] : [];
    }

    get hasSide() {
        return Boolean(this.card.ageing || this.card.position);
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
