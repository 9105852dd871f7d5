import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Colour and sign of what follows from the history: they always stand beside the words. */
const LEVELS = {
    used: ["success", "fa-check-circle"],
    recommended: ["info", "fa-lightbulb-o"],
    unproven: ["warning", "fa-hourglass-half"],
    none: ["muted", "fa-hourglass-start"],
};

/**
 * Shows, per journal, how many bank lines each threshold would have booked alone and how many of them wrongly.
 *
 * The value is worded, translated and formatted by the server; see `_cards` of ar.match.calibration.
 */
export class Calibration extends Component {
    static template = "ar_reconcile.Calibration";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get cards() {
        return this.props.record.data[this.props.name]?.cards || [];
    }

    /** Of one journal its own form says the name; several are told apart by theirs. */
    get isOfJournal() {
        return this.props.record.resModel === "account.journal";
    }

    levelColor(card) {
        return LEVELS[card.level][0];
    }

    levelIcon(card) {
        return LEVELS[card.level][1];
    }

    canUse(card) {
        return card.may_use && card.level === "recommended";
    }

    /** The journal's own form is saved and read again; the settings, which hold no journal, are opened anew. */
    async use(card) {
        if (this.isOfJournal && !(await this.props.record.save())) {
            return;
        }
        await this.orm.call("account.journal", "action_ar_use_threshold", [[card.journal_id], card.recommended]);
        if (this.isOfJournal) {
            await this.props.record.load();
        } else {
            await this.action.doAction("soft_reload");
        }
    }

    open(card) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "account.journal",
            res_id: card.journal_id,
            views: [[false, "form"]],
        });
    }
}

export const calibration = {
    component: Calibration,
    supportedTypes: ["json"],
};

registry.category("fields").add("ar_calibration", calibration);
