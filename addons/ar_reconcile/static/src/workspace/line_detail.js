import { Component, markup, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { AllocationEditor } from "./allocation_editor";
import { money } from "./money";

/** Colour and sign of how sure a match is; they always stand beside the words. */
export const LEVELS = {
    sure: { color: "success", icon: "fa-check-circle", label: _t("Sure") },
    likely: { color: "info", icon: "fa-adjust", label: _t("Likely") },
    possible: { color: "info", icon: "fa-adjust", label: _t("Possible") },
    tie: { color: "warning", icon: "fa-clone", label: _t("Several fit equally") },
    waiting: { color: "warning", icon: "fa-hourglass-half", label: _t("Waits for approval") },
    booked: { color: "success", icon: "fa-check", label: _t("Booked") },
    none: { color: "secondary", icon: "fa-circle-o", label: _t("To look at") },
};
const SETTLING = ["full", "instalment", "partial", "credit_note", "payment"];

/** All about one bank line: what is proposed and why, how to change that, and what was decided before. */
export class LineDetail extends Component {
    static template = "ar_reconcile.LineDetail";
    static components = { AllocationEditor, Dropdown, DropdownItem };
    static props = {
        detail: Object,
        model: Object,
        mode: Object,
        orm: Object,
        onError: Function,
        actions: Object,
        isBulk: Boolean,
        isSmall: Boolean,
    };

    setup() {
        this.levels = LEVELS;
        this.state = useState({ tab: "", compared: false });
    }

    get row() {
        return this.props.detail.row;
    }

    get level() {
        return LEVELS[this.row.level] || LEVELS.none;
    }

    get proposals() {
        return this.props.detail.proposals;
    }

    get isMatched() {
        return this.row.state === "matched";
    }

    get isWaiting() {
        return this.row.state === "waiting";
    }

    /** Without a proposal there is nothing to look at but the open items. */
    get isEditing() {
        const isEmpty = this.row.state === "none" && this.props.model.setup.may_act;
        return (this.props.mode.isEditing || isEmpty) && !this.isMatched && !this.isWaiting && !this.props.isBulk;
    }

    /** Nothing is done with a line while another one is on its way, or something is being done. */
    get isBlocked() {
        return this.props.model.isBusy || this.props.model.isStale;
    }

    get canAccept() {
        return this.row.state === "proposed";
    }

    get details() {
        return markup(this.props.detail.bank.details);
    }

    get partnerId() {
        return this.props.detail.customer ? this.props.detail.customer.id : false;
    }

    askedFor(proposal) {
        return _t("%s asked for it; another person approves it.", proposal.asked_by);
    }

    isSettling(part) {
        return SETTLING.includes(part.kind);
    }

    /** What stays of an item after it is paid. */
    after(part) {
        if (!part.after) {
            return _t("paid in full");
        }
        return _t("%s stay open", money(part.after, part.item_currency_id));
    }

    money(amount, currencyId = this.props.detail.currency_id) {
        return money(amount, currencyId);
    }

    get daysAgo() {
        const { days } = this.row;
        return days <= 0 ? _t("today") : days === 1 ? _t("yesterday") : _t("%s days ago", days);
    }

    get tabs() {
        return [
            { id: "bank", label: _t("Bank's Text"), icon: "fa-university" },
            { id: "history", label: _t("History"), icon: "fa-history", count: this.props.detail.history_count },
            ...(this.isMatched || this.isWaiting
                ? []
                : [{ id: "nearest", label: _t("What Came Near"), icon: "fa-crosshairs" }]),
        ];
    }

    async setTab(tab) {
        this.state.tab = this.state.tab === tab ? "" : tab;
        if (this.state.tab === "nearest" && !this.state.compared) {
            try {
                const args = [[this.row.id]];
                this.state.compared = await this.props.orm.call("account.bank.statement.line", "ar_comparison", args);
            } catch (error) {
                this.state.tab = "";
                this.props.onError(error);
            }
        }
    }
}
