import { Component, onMounted, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { Dialog } from "@web/core/dialog/dialog";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { useAutofocus } from "@web/core/utils/hooks";
import { money } from "./money";

/** Begin in the field in which a record is chosen. */
function useFocusedSelector(refName) {
    const selector = useRef(refName);
    onMounted(() => selector.el?.querySelector("input")?.focus());
}

const forLines = (count) => _t("For %s bank lines.", count);

/** Says whose payments the chosen lines are. */
export class CustomerDialog extends Component {
    static template = "ar_reconcile.CustomerDialog";
    static components = { Dialog, RecordSelector };
    static props = { count: Number, partnerId: [Number, { value: false }], confirm: Function, close: Function };

    setup() {
        this.state = useState({ partnerId: this.props.partnerId, isRemembered: true });
        useFocusedSelector("customer");
    }

    get forLines() {
        return forLines(this.props.count);
    }

    get domain() {
        return [["parent_id", "=", false]];
    }

    update(partnerId) {
        this.state.partnerId = partnerId;
    }

    confirm() {
        this.props.confirm(this.state.partnerId, this.state.isRemembered);
        this.props.close();
    }
}

/** Asks for a text: a note, or a question to a colleague. */
export class NoteDialog extends Component {
    static template = "ar_reconcile.NoteDialog";
    static components = { Dialog, RecordSelector };
    static props = {
        count: Number,
        note: { type: String, optional: true },
        isQuestion: { type: Boolean, optional: true },
        confirm: Function,
        close: Function,
    };
    static defaultProps = { note: "", isQuestion: false };

    setup() {
        this.state = useState({ text: this.props.note, userId: false });
        useAutofocus({ refName: "text" });
        useFocusedSelector("colleague");
    }

    get forLines() {
        return forLines(this.props.count);
    }

    get title() {
        return this.props.isQuestion ? _t("Ask a Colleague") : _t("Leave with a Note");
    }

    get userDomain() {
        return [["share", "=", false]];
    }

    update(userId) {
        this.state.userId = userId;
    }

    get canConfirm() {
        return !this.props.isQuestion || Boolean(this.state.userId);
    }

    confirm() {
        if (this.canConfirm) {
            this.props.confirm(this.state.text, this.state.userId);
            this.props.close();
        }
    }

    /** Enter ends a line; with Ctrl it ends the text. */
    onKeydown(ev) {
        if (ev.key === "Enter" && (ev.ctrlKey || ev.metaKey)) {
            this.confirm();
        }
    }
}

/** All keys of the workspace. */
export class KeysDialog extends Component {
    static template = "ar_reconcile.KeysDialog";
    static components = { Dialog };
    static props = { keys: Array, close: Function };
}

/** Finds invoices and bank lines by a scanned or pasted reference. */
export class CodeDialog extends Component {
    static template = "ar_reconcile.CodeDialog";
    static components = { Dialog };
    static props = {
        text: { type: String, optional: true },
        find: Function,
        openLine: Function,
        pick: Function,
        canPick: Boolean,
        close: Function,
    };
    static defaultProps = { text: "" };

    setup() {
        this.state = useState({ text: this.props.text, found: false, isSearching: false });
        useAutofocus({ refName: "code" });
        onMounted(() => this.find());
    }

    /** A scanner ends its text with Enter. */
    onKeydown(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            this.find();
        }
    }

    async find() {
        if (!this.state.text.trim() || this.state.isSearching) {
            return;
        }
        this.state.isSearching = true;
        this.state.found = (await this.props.find(this.state.text)) || false;
        this.state.isSearching = false;
    }

    money(amount, currencyId) {
        return money(amount, currencyId);
    }

    openLine(id) {
        this.props.openLine(id);
        this.props.close();
    }

    pick(item) {
        this.props.pick(item);
        this.props.close();
    }
}
