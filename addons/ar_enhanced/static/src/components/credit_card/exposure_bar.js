import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { barShares } from "./geometry";

/**
 * What a customer owes or is about to owe, part by part, against the limit.
 *
 * The position is worded and formatted by the server; see `_ar_position_card` of res.partner.
 */
export class ExposureBar extends Component {
    static template = "ar_enhanced.ExposureBar";
    static props = { position: Object };

    get bar() {
        const { parts, limit, secured } = this.props.position;
        const { shares, marks } = barShares(
            parts.map((part) => part.amount),
            [limit || 0, secured || 0],
        );
        return {
            parts: parts.map((part, place) => ({ ...part, share: shares[place] })).filter(({ share }) => share),
            limit: marks[0],
            secured: marks[1],
        };
    }
}

/** The same bar in a list or on a kanban card, with the sentence that says the same. */
export class ExposureBarField extends Component {
    static template = "ar_enhanced.ExposureBarField";
    static components = { ExposureBar };
    static props = { ...standardFieldProps };

    get position() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("ar_exposure_bar", {
    component: ExposureBarField,
    supportedTypes: ["json"],
});
