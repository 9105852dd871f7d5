import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Shows why a customer is on the collections desk, whom to call, how it pays, and how old is what it owes.
 *
 * The value is worded, translated and formatted by the server: see `_compute_card` of ar.collection.account.
 */
export class DeskCard extends Component {
    static template = "ar_enhanced.DeskCard";
    static props = { ...standardFieldProps };

    get card() {
        return this.props.record.data[this.props.name] || false;
    }

    phoneLink(phone) {
        return `tel:${phone.replace(/[^+\d]/g, "")}`;
    }
}

export const deskCard = {
    component: DeskCard,
    supportedTypes: ["json"],
};

registry.category("fields").add("ar_desk_card", deskCard);
