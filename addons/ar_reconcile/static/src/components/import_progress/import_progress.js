import { Component, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** States in which the server is at work on the file. */
const AT_WORK = ["waiting", "running", "undoing"];
const EVERY_MS = 2000;

/**
 * Shows how far the server has come with a bank file, and looks again while it is at work.
 *
 * The value is a percentage; the record's `state` tells whether there is something to wait for.
 */
export class ImportProgress extends Component {
    static template = "ar_reconcile.ImportProgress";
    static props = { ...standardFieldProps };

    setup() {
        this.timer = setInterval(() => this.look(), EVERY_MS);
        onWillUnmount(() => clearInterval(this.timer));
    }

    get isAtWork() {
        return AT_WORK.includes(this.props.record.data.state);
    }

    get percent() {
        return Math.round(this.props.record.data[this.props.name] || 0);
    }

    /** Before the first figure, all of the bar moves: nobody knows yet how long it takes. */
    get width() {
        return this.props.record.data.state === "waiting" ? 100 : Math.max(this.percent, 3);
    }

    async look() {
        if (this.isAtWork && !this.props.record.dirty) {
            await this.props.record.load();
        }
    }
}

registry.category("fields").add("ar_import_progress", {
    component: ImportProgress,
    supportedTypes: ["float"],
    fieldDependencies: [{ name: "state", type: "selection" }],
});
