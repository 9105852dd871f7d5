import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";

/** Lines that are named beside the reason for which several failed. */
const MOST_NAMES = 3;

/** What can be done with all selected bank lines, and why some of them failed. */
export class BulkPanel extends Component {
    static template = "ar_reconcile.BulkPanel";
    static components = { Dropdown, DropdownItem };
    static props = { model: Object, actions: Object };

    get title() {
        return _t("%s selected", this.props.model.selected.size);
    }

    /** Why selected lines failed: each reason once, with how many it holds for and some of them. */
    get failures() {
        const names = new Map(this.props.model.rows.map((row) => [row.id, row.name || row.text]));
        const reasons = new Map();
        for (const [id, message] of Object.entries(this.props.model.failed)) {
            const found = reasons.get(message) || { message, count: 0, names: [] };
            found.count += 1;
            if (found.names.length < MOST_NAMES && names.get(Number(id))) {
                found.names.push(names.get(Number(id)));
            }
            reasons.set(message, found);
        }
        return [...reasons.values()].sort((one, other) => other.count - one.count);
    }
}
