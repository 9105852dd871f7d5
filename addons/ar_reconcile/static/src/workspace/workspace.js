import {
    Component,
    onMounted,
    onWillStart,
    onWillUpdateProps,
    status,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { SearchBar } from "@web/search/search_bar/search_bar";
import { useSearchBarToggler } from "@web/search/search_bar/search_bar_toggler";
import { listView } from "@web/views/list/list_view";
import { standardViewProps } from "@web/views/standard_view_props";
import { BulkPanel } from "./bulk_panel";
import { CHIPS } from "./chips";
import { CodeDialog, CustomerDialog, KeysDialog, NoteDialog } from "./dialogs";
import { LEVELS, LineDetail } from "./line_detail";
import { money } from "./money";
import { TYPING, useKeys, workspaceKeys } from "./workspace_keys";
import { makeWorkspaceModel } from "./workspace_model";

const LINE = "account.bank.statement.line";
const ORDERS = {
    newest: _t("Newest first"),
    oldest: _t("Oldest first"),
    largest: _t("Largest first"),
    smallest: _t("Smallest first"),
};

/**
 * The reconciliation workspace: bank lines on the left, the chosen one on the right, everything with one key.
 *
 * It is a list view of bank lines, so that Odoo's search, favourites and breadcrumbs work as everywhere.
 */
export class Workspace extends Component {
    static template = "ar_reconcile.Workspace";
    static components = { BulkPanel, Dropdown, DropdownItem, Layout, LineDetail, SearchBar };
    static props = { ...standardViewProps, archInfo: { optional: true } };

    setup() {
        this.orm = useService("orm");
        this.actionService = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.ui = useService("ui");
        this.searchBarToggler = useSearchBarToggler();
        this.levels = LEVELS;
        this.chips = CHIPS;
        this.orders = Object.entries(ORDERS);
        this.list = useRef("list");
        this.detail = useRef("detail");
        // Odoo's bare service: what is going on is finished when the screen is left meanwhile.
        const model = makeWorkspaceModel(this.env.services.orm, {
            userId: user.userId,
            onError: (error) => this.showError(error),
        });
        this.model = useState(model);
        this.mode = useState({ isEditing: false, isShowingLine: false, pickedItem: false, sure: [] });
        this.keys = workspaceKeys(this);
        useKeys(this);
        useExternalListener(window, "beforeunload", (ev) => model.progress && ev.preventDefault());
        useSetupAction({ getLocalState: () => ({ chip: model.chip, order: model.order, currentId: model.currentId }) });
        onWillStart(() => this.begin());
        onWillUpdateProps(async (next) => {
            if (JSON.stringify(next.domain) !== JSON.stringify(this.props.domain)) {
                await this.load(next.domain);
            }
        });
        onMounted(() => this.focusList());
        useEffect(
            () => {
                this.list.el?.querySelector(".o_ar_line.active")?.scrollIntoView({ block: "nearest" });
            },
            () => [this.model.currentId],
        );
        useEffect(
            () => {
                this.detail.el?.scrollTo({ top: 0 });
            },
            () => [this.model.currentId, this.isBulk],
        );
    }

    get journalId() {
        const { default_journal_id: journalId, active_model: activeModel, active_id: activeId } = this.props.context;
        return journalId || (activeModel === "account.journal" && activeId) || false;
    }

    async begin() {
        const { state, context } = this.props;
        Object.assign(this.model, state ? { chip: state.chip, order: state.order } : {});
        const wanted = state?.currentId || context.ar_line_id || false;
        this.model.currentId = wanted;
        const setup = this.orm.call(LINE, "ar_workspace_setup", [this.journalId]).then((found) => {
            this.model.setup = found;
        });
        await Promise.all([setup, this.model.load(this.props.domain)]);
        if (wanted && this.model.currentId !== wanted) {
            this.guarded(this.model.bring(wanted));
        }
    }

    async load(domain) {
        this.leaveEditor();
        await this.model.load(domain);
    }

    get display() {
        return { ...this.props.display, controlPanel: { ...this.props.display?.controlPanel } };
    }

    // WORDS

    money(amount, currencyId) {
        return money(amount, currencyId);
    }

    level(row) {
        return LEVELS[row.level] || LEVELS.none;
    }

    iconColor(row) {
        const { color } = this.level(row);
        return color === "secondary" ? "text-muted" : `text-${color}`;
    }

    /** On the second line of a row: what failed, what waits, or how sure it is. */
    verdict(row) {
        if (row.state === "waiting") {
            return this.model.failed[row.id] || this.level(row).label;
        }
        return this.model.failed[row.id] || row.failure || row.reason || row.confidence || this.level(row).label;
    }

    isFailed(row) {
        return Boolean(this.model.failed[row.id] || row.failure);
    }

    get shownChips() {
        return Object.keys(CHIPS).filter(
            (chip) => !["waiting", "mine"].includes(chip) || this.model.chipCount(chip) || this.model.chip === chip,
        );
    }

    /** Words with a number. */
    get words() {
        return {
            bookSelected: _t("Book %s selected", this.model.selected.size),
            selected: _t("%s selected", this.model.selected.size),
            selectAll: _t("Select all %s", this.model.count),
            lines: this.model.count === 1 ? _t("1 line") : _t("%s lines", this.model.count),
        };
    }

    sureLabel({ ids, percent }) {
        return _t("Book %(count)s at %(percent)s or more", { count: ids.length, percent });
    }

    get total() {
        const { amount, currency_id: currencyId } = this.model.counts;
        return currencyId ? money(amount, currencyId) : "";
    }

    /** Whether the keys are about selected lines, not the one that is looked at. */
    get isBulk() {
        return this.model.selected.size > 0 && !this.ui.isSmall;
    }

    get isEmpty() {
        return !this.model.isLoading && !this.model.isListLost && !this.model.rows.length;
    }

    get isSearching() {
        return this.env.searchModel.query?.length > 0 || this.env.searchModel.facets?.length > 0;
    }

    get progressPercent() {
        const { done, count } = this.model.progress;
        return Math.round((100 * done) / count);
    }

    // ERRORS

    /** Say what happened and what was kept; what the person has entered stays on the screen. */
    showError(error) {
        const cause = error?.cause || error;
        if (cause instanceof ConnectionLostError) {
            this.notification.add(
                _t("The server can't be reached. Nothing is lost: try again when the connection is back."),
                { type: "danger" },
            );
        } else if (cause instanceof RPCError) {
            const message = cause.data?.message || cause.message;
            this.notification.add(message, { type: "danger", sticky: message.length > 120 });
        } else {
            throw error;
        }
    }

    /** Wait for an answer; what the server refuses is said, and undefined is returned. */
    async guarded(promise) {
        try {
            return await promise;
        } catch (error) {
            this.showError(error);
            return undefined;
        }
    }

    // CHOOSING

    async open(id) {
        this.leaveEditor();
        this.mode.isShowingLine = true;
        await this.model.open(id);
    }

    onRowClick(row, ev) {
        if (ev.ctrlKey || ev.metaKey) {
            this.model.toggle(row.id);
        } else if (ev.shiftKey) {
            this.selectRange(row.id);
        } else {
            this.open(row.id);
        }
    }

    selectRange(id) {
        const ids = this.model.rows.map((row) => row.id);
        const places = [ids.indexOf(this.model.currentId), ids.indexOf(id)];
        this.model.select(ids.slice(Math.max(0, Math.min(...places)), Math.max(...places) + 1));
    }

    toggle(id) {
        this.model.toggle(id);
        this.focusList();
    }

    clearSelection() {
        this.model.selected.clear();
        this.focusList();
    }

    async selectAllFound() {
        await this.model.selectAllFound();
        this.focusList();
    }

    async showMore() {
        await this.model.loadMore();
        this.focusList();
    }

    closeMessage() {
        this.model.message = false;
        this.focusList();
    }

    onScroll(ev) {
        const { scrollTop, clientHeight, scrollHeight } = ev.target;
        if (scrollHeight - scrollTop - clientHeight < 400 && !this.model.isMoreLost) {
            this.model.loadMore();
        }
    }

    async setChip(chip) {
        this.leaveEditor();
        this.mode.isShowingLine = false;
        await this.model.setChip(chip);
        this.focusList();
    }

    back() {
        this.mode.isShowingLine = false;
        this.leaveEditor();
    }

    leaveEditor() {
        this.mode.isEditing = false;
        this.mode.pickedItem = false;
    }

    cancelEditing() {
        this.leaveEditor();
        this.leaveField();
        this.focusList();
    }

    /** Whoever is through with the editor types no more in it. */
    leaveField() {
        if (document.activeElement?.closest(".o_ar_editor")) {
            document.activeElement.blur();
        }
    }

    /** Whether a dialog or a menu is open, or another screen lies above this one. */
    get isElsewhere() {
        return this.ui.activeElement !== document || document.querySelector(".o_dialog, .o-dropdown--menu") !== null;
    }

    /** Have the keys work on; not where somebody has begun to type meanwhile. */
    focusList() {
        if (!this.ui.isSmall && !this.isElsewhere && !document.activeElement?.closest(TYPING)) {
            this.list.el?.focus({ preventScroll: true });
        }
    }

    /** Do something with the lines that are meant, and have the keys work on. */
    async act(method, args = [], ids = this.model.targets, options = {}) {
        const former = this.model.detail;
        const isDone = await this.model.act(method, ids, args, options);
        if (status(this) === "destroyed") {
            this.tellElsewhere();
            return isDone;
        }
        if (isDone && former && ids.includes(former.row.id)) {
            this.leaveEditor();
            this.leaveField();
            if (!options.isStaying && this.ui.isSmall) {
                this.mode.isShowingLine = false;
            }
        }
        this.focusList();
        return isDone;
    }

    /** Whoever has left the screen is told there what became of a long action. */
    tellElsewhere() {
        const { message } = this.model;
        if (message) {
            this.env.services.notification.add(message.text, { type: message.isWarning ? "warning" : "info" });
        }
    }

    // ACTIONS

    /** What is done with all selected lines. */
    get bulkActions() {
        return {
            accept: () => this.accept(),
            reject: () => this.reject(),
            customer: () => this.askCustomer(),
            note: () => this.askNote(),
            ask: () => this.askColleague(),
            match: () => this.match(),
            applyModel: (modelId) => this.act("ar_workspace_apply_model", [modelId]),
            undo: () => this.act("ar_workspace_undo"),
        };
    }

    /** What is done with the line that is shown, whatever is selected. */
    get actions() {
        return {
            accept: (id, proposalId) => this.act("ar_workspace_accept", [proposalId], [id]),
            edit: () => this.edit(),
            cancel: () => this.cancelEditing(),
            book: (id, parts, comment) => this.act("ar_workspace_book", [parts, comment], [id]),
            reject: (id) => this.act("ar_workspace_reject", [], [id]),
            undo: (id) => this.act("ar_workspace_undo", [], [id], { isStaying: true }),
            review: (id, isApproved) => this.act("ar_workspace_review", [isApproved], [id]),
            customer: (id) => this.askCustomer([id]),
            note: (id) => this.askNote([id]),
            ask: (id) => this.askColleague([id]),
            match: (id) => this.match([id]),
            applyModel: (id, modelId) => this.act("ar_workspace_apply_model", [modelId], [id]),
            openMove: (id) => this.openMove(id),
            openPartner: (id) => this.openRecord("res.partner", id),
            advice: (id) => this.openAdvice(id),
            followUp: (id) => this.act("ar_workspace_follow_up", [], [id], { isStaying: true }),
            back: () => this.back(),
        };
    }

    /** What is proposed of the current line and can be seen: what hasn't come yet can't be meant. */
    get shownProposals() {
        const detail = this.model.shownDetail;
        return detail ? detail.proposals.filter((proposal) => proposal.state === "proposed") : [];
    }

    /** Book what is proposed: of the selected lines, or exactly what is shown of the current one. */
    async accept() {
        const proposals = this.shownProposals;
        if (this.model.selected.size) {
            await this.act("ar_workspace_accept");
        } else if (proposals.length === 1) {
            await this.actions.accept(this.model.currentId, proposals[0].id);
        } else if (this.model.shownDetail?.row.state === "none") {
            this.edit();
        }
    }

    async loadSure() {
        this.mode.sure = [];
        const sure = await this.guarded(this.orm.call(LINE, "ar_workspace_sure", [this.model.fullDomain]));
        this.mode.sure = sure || [];
    }

    acceptSure(step) {
        return this.act("ar_workspace_accept", [], step.ids);
    }

    reject() {
        return this.act("ar_workspace_reject");
    }

    match(ids = this.model.targets) {
        return this.act("ar_workspace_match", [], ids, { isStaying: true });
    }

    edit() {
        const detail = this.model.shownDetail;
        if (detail && !["matched", "waiting"].includes(detail.row.state)) {
            this.model.selected.clear();
            this.mode.isEditing = true;
            this.mode.isShowingLine = true;
        }
    }

    undo() {
        return this.model.undo().then(() => this.focusList());
    }

    askCustomer(ids = this.model.targets) {
        this.ask(CustomerDialog, ids, {
            partnerId: (ids.length === 1 && this.model.rows.find(({ id }) => id === ids[0])?.partner_id) || false,
            confirm: (id, isRemembered) =>
                this.act("ar_workspace_set_customer", [id, isRemembered], ids, { isStaying: true }),
        });
    }

    askNote(ids = this.model.targets) {
        this.ask(NoteDialog, ids, {
            note: (ids.length === 1 && this.model.rows.find(({ id }) => id === ids[0])?.note) || "",
            confirm: (text) => this.act("ar_workspace_note", [text], ids),
        });
    }

    askColleague(ids = this.model.targets) {
        this.ask(NoteDialog, ids, {
            isQuestion: true,
            confirm: (text, userId) => this.act("ar_workspace_ask", [userId, text], ids),
        });
    }

    /** Find what a reference names: what is typed or pasted in the dialog, or what a barcode reader has typed. */
    askCode(text = "") {
        const detail = this.model.shownDetail;
        const props = {
            text,
            find: (code) => this.guarded(this.findByCode(code)),
            openLine: (id) => this.openFound(id),
            canPick: Boolean(detail) && this.model.setup.may_act && !["matched", "waiting"].includes(detail.row.state),
            pick: (item) => this.pickFound(detail.row.id, item),
        };
        this.dialog.add(CodeDialog, props, { onClose: () => this.focusList() });
    }

    /** What a scanned or pasted text finds: a message, open items, and bank lines as the list shows them. */
    async findByCode(code) {
        const { message, items, lines } = await this.orm.call(LINE, "ar_find_by_code", [code]);
        const page = lines.length && (await this.orm.call(LINE, "ar_workspace_page", [[["id", "in", lines]]]));
        return { message, items, rows: page ? page.rows : [] };
    }

    /** Ask for what an action with these lines needs. */
    ask(Dialog, ids, props) {
        if (ids.length) {
            this.dialog.add(Dialog, { count: ids.length, ...props }, { onClose: () => this.focusList() });
        }
    }

    async openAdvice(id) {
        const action = await this.orm.call(LINE, "action_ar_enter_advice", [[id]]);
        return this.actionService.doAction(action, { onClose: () => this.model.load() });
    }

    /** Show a line that was found by its reference, whatever the search shows. */
    async openFound(id) {
        this.leaveEditor();
        this.mode.isShowingLine = true;
        await this.guarded(this.model.bring(id));
    }

    /** Put an item that was found to the line that was looked at. */
    async pickFound(lineId, item) {
        if (this.model.currentId !== lineId) {
            await this.open(lineId);
        }
        this.mode.pickedItem = item.id;
        this.edit();
    }

    openMove(id) {
        return this.openRecord("account.move", id);
    }

    openRecord(model, id) {
        return this.actionService.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    showKeys() {
        const keys = this.keys
            .filter((each) => each.label)
            .map(({ shown, key, label }) => ({ key: shown || key, label }));
        this.dialog.add(KeysDialog, { keys }, { onClose: () => this.focusList() });
    }

    // KEYS

    step(step, ev) {
        this.leaveEditor();
        return this.model.move(step, { isPassing: ev.repeat });
    }

    async acceptNth(place) {
        const proposal = this.shownProposals[place];
        if (proposal && !this.model.selected.size) {
            await this.actions.accept(this.model.currentId, proposal.id);
        }
    }

    focusSearch() {
        document.querySelector(".o_searchview_input")?.focus();
    }

    escape() {
        if (this.mode.isEditing) {
            this.leaveEditor();
        } else if (this.mode.isShowingLine && this.ui.isSmall) {
            this.back();
        } else {
            this.model.selected.clear();
        }
        this.focusList();
    }
}

export const workspaceView = {
    ...listView,
    Controller: Workspace,
    props: (genericProps) => genericProps,
};

registry.category("views").add("ar_workspace", workspaceView);
