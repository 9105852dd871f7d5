import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { chipCount, chipDomain, isOfChip } from "./chips";

const LINE = "account.bank.statement.line";
/** Lines of a page, and lines that are sent to the server at once. */
export const PAGE = 80;
export const CHUNK = 50;
/** Lines that are asked for again with the next page: where others booked some meanwhile, none is left out. */
export const OVERLAP = 20;
/** Actions that can be taken back with one key, the last first. */
const MOST_UNDO = 50;
/** Who keeps a key pressed passes lines by; they are only read where he stays for so many milliseconds. */
export const PASSING = 100;

/**
 * The state of the workspace: which lines are shown, which one is looked at, what was done and how it is taken back.
 *
 * It knows no screen. The server decides; what an action returns replaces what is shown.
 */
export class WorkspaceModel {
    /**
     * @param {Object} orm Odoo's service
     * @param {Object} [options] `onError(error)` for what the server refuses
     */
    constructor(orm, { userId, onError = () => {} } = {}) {
        this.orm = orm;
        this.userId = userId;
        this.onError = onError;
        this.reads = { list: 0, counts: 0, detail: 0 };
        this.domain = [];
        this.rows = [];
        this.count = 0;
        this.counts = { states: {}, late: 0, mine: 0, amount: false, currency_id: false };
        this.chip = "to_do";
        this.order = "newest";
        this.currentId = false;
        this.detail = false;
        this.selected = new Set();
        this.failed = {};
        this.undoStack = [];
        this.message = false;
        this.progress = false;
        this.isLoading = true;
        this.isLoadingMore = false;
        this.isListLost = false;
        this.isMoreLost = false;
        this.isDetailLost = false;
        this.isBusy = false;
        this.isStopped = false;
        this.setup = { models: [], may_act: false, may_review: false };
    }

    // LIST

    /** The domain of the lines that are shown: the search's and the chip's. */
    get fullDomain() {
        return Domain.and([this.domain, chipDomain(this.chip, this.userId)]).toList();
    }

    chipCount(chip) {
        return chipCount(chip, this.counts);
    }

    readPage(offset, limit) {
        return this.orm.call(LINE, "ar_workspace_page", [this.fullDomain, offset, limit, this.order]);
    }

    /** Show the lines of another search from the beginning; the line that is looked at stays if it is among them. */
    async load(domain = this.domain) {
        this.domain = domain;
        const read = ++this.reads.list;
        Object.assign(this, { isLoading: true, isLoadingMore: false, isListLost: false, isMoreLost: false });
        this.loadCounts();
        let page;
        try {
            page = await this.readPage(0, PAGE);
        } catch (error) {
            if (read === this.reads.list) {
                this.show({ rows: [], count: 0 });
                this.isListLost = true;
                this.onError(error);
            }
            return;
        }
        if (read === this.reads.list) {
            this.show(page);
        }
    }

    show({ rows, count }) {
        Object.assign(this, { rows, count, failed: {}, isLoading: false });
        this.selected.clear();
        const still = rows.find((row) => row.id === this.currentId);
        this.open(still ? still.id : rows[0]?.id || false);
    }

    async loadCounts() {
        const read = ++this.reads.counts;
        try {
            const counts = await this.orm.call(LINE, "ar_workspace_counts", [this.domain]);
            if (read === this.reads.counts) {
                this.counts = counts;
            }
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                this.onError(error); // that the connection is lost is said where lines are read
            }
        }
    }

    /** How many of the shown lines the search still has. */
    get shownCount() {
        return this.rows.filter((row) => !row.isGone && !row.isExtra).length;
    }

    get hasMore() {
        return this.shownCount < this.count;
    }

    /** Append the next page. */
    async loadMore() {
        if (this.isLoading || this.isLoadingMore || !this.hasMore) {
            return;
        }
        const read = this.reads.list;
        Object.assign(this, { isLoadingMore: true, isMoreLost: false });
        try {
            await this.append(read);
        } catch (error) {
            if (read === this.reads.list) {
                this.isMoreLost = true;
                this.onError(error);
            }
        } finally {
            if (read === this.reads.list) {
                this.isLoadingMore = false;
            }
        }
    }

    /** What others booked moves the following lines up: read from further up until a line is known. */
    async append(read) {
        const known = new Set(this.rows.map((row) => row.id));
        let start = this.shownCount;
        let isKnown = false;
        for (let back = OVERLAP; start && !isKnown; back = PAGE) {
            start = Math.max(0, start - back);
            const page = await this.readPage(start, PAGE + back);
            if (read !== this.reads.list) {
                return; // another search was asked for meanwhile
            }
            isKnown = page.rows.length > 0 && known.has(page.rows[0].id);
            const fresh = page.rows.filter((row) => !known.has(row.id));
            fresh.forEach((row) => known.add(row.id));
            this.rows.push(...fresh);
            this.count = page.rows.length < PAGE + back ? this.shownCount : page.count;
        }
        if (!this.shownCount) {
            await this.load();
        }
    }

    async setChip(chip) {
        this.chip = chip;
        this.currentId = false;
        if (this.message.isWarning) {
            this.message = false; // it was about lines that aren't shown any more
        }
        await this.load();
    }

    async setOrder(order) {
        this.order = order;
        await this.load();
    }

    // ONE LINE

    get current() {
        return this.rows.find((row) => row.id === this.currentId);
    }

    /** Whether what is shown is still that of the line before: nothing may be done with it. */
    get isStale() {
        return Boolean(this.detail) && this.detail.row.id !== this.currentId;
    }

    /** The line that is looked at with all about it, or null where that hasn't come yet. */
    get shownDetail() {
        return (!this.isStale && this.detail) || null;
    }

    /**
     * Look at a line.
     *
     * @param {number|false} id
     * @param {Object} [options] `isPassing`: only read it if it is still looked at in a moment
     */
    async open(id, { isPassing = false } = {}) {
        this.currentId = id;
        if (isPassing) {
            const read = ++this.reads.detail;
            await new Promise((resolve) => {
                browser.setTimeout(resolve, PASSING);
            });
            if (read !== this.reads.detail) {
                return;
            }
        }
        await this.refresh();
    }

    /** Read the line anew that is looked at; what comes too late is dropped. */
    async refresh() {
        const read = ++this.reads.detail;
        this.isDetailLost = false;
        if (!this.currentId) {
            this.detail = false;
            return;
        }
        try {
            const detail = await this.orm.call(LINE, "ar_workspace_line", [[this.currentId]]);
            if (read === this.reads.detail) {
                this.detail = detail;
                this.replace([detail.row]);
            }
        } catch (error) {
            if (read === this.reads.detail) {
                this.loseDetail(error);
            }
        }
    }

    /** What a person is entering for a line stays where only the connection is lost. */
    loseDetail(error) {
        if (this.isStale || !(error instanceof ConnectionLostError)) {
            this.detail = false;
        }
        this.isDetailLost = !this.detail;
        this.onError(error);
    }

    async move(step, options) {
        const place = this.rows.findIndex((row) => row.id === this.currentId);
        const next = this.rows[Math.max(0, Math.min(place + step, this.rows.length - 1))];
        if (step > 0 && place + step >= this.rows.length - 5 && !this.isMoreLost) {
            this.loadMore();
        }
        if (next && next.id !== this.currentId) {
            await this.open(next.id, options);
        }
    }

    /** Look at a line that was found in another way, whatever the search shows. */
    async bring(id) {
        if (!this.rows.some((row) => row.id === id)) {
            const page = await this.orm.call(LINE, "ar_workspace_page", [[["id", "=", id]]]);
            this.rows = [...page.rows.map((row) => ({ ...row, isExtra: true })), ...this.rows];
        }
        await this.open(id);
    }

    /** The line after the current one that still waits, or else the last one before it; none of those just treated. */
    nextToDo(treated) {
        const place = this.rows.findIndex((row) => row.id === this.currentId);
        const waits = (row) => !row.isGone && !treated.has(row.id);
        const before = this.rows.slice(0, Math.max(place, 0));
        return this.rows.slice(place + 1).find(waits) || before.findLast(waits);
    }

    // SELECTION

    toggle(id) {
        if (id && !this.selected.delete(id)) {
            this.selected.add(id);
        }
    }

    select(ids) {
        this.selected = new Set([...this.selected, ...ids]);
    }

    selectAllShown() {
        const shown = this.rows.filter((row) => !row.isGone).map((row) => row.id);
        const isAll = shown.every((id) => this.selected.has(id));
        this.selected = new Set(isAll ? [] : shown);
    }

    /** Select all lines of the search, also those that aren't shown yet. */
    async selectAllFound() {
        const read = this.reads.list;
        try {
            const ids = await this.orm.call(LINE, "ar_workspace_ids", [this.fullDomain]);
            if (read === this.reads.list) {
                this.select(ids);
            }
        } catch (error) {
            this.onError(error);
        }
    }

    /** The lines that an action is about: the selected ones, or else the current one. */
    get targets() {
        return this.selected.size ? [...this.selected] : this.currentId ? [this.currentId] : [];
    }

    // ACTIONS

    /**
     * Have the server do something with lines; what failed stays selected with its reason.
     *
     * @param {string} method one of the server's `ar_workspace_…`
     * @param {number[]} ids
     * @param {Array} args
     * @param {Object} [options] `isStaying`: the current line is looked at further
     * @returns {Promise<boolean>} whether anything was done
     */
    async act(method, ids, args = [], { isStaying = false } = {}) {
        if (this.isBusy || !ids.length) {
            return false;
        }
        const totals = await this.run([{ method, ids, args }]);
        if (method === "ar_workspace_undo") {
            this.forgetUndo(totals.done);
        }
        const untouched = [...totals.failed, ...totals.left.flatMap((call) => call.ids.map((id) => ({ id })))];
        if (ids.length > 1 && untouched.length) {
            this.select(untouched.map(({ id }) => id));
        }
        this.tell(totals);
        const isLost = totals.error instanceof ConnectionLostError;
        if ((totals.done.length || totals.failed.length) && !isLost) {
            this.loadCounts();
        }
        if (totals.error) {
            this.onError(totals.error);
        }
        if (!isLost) {
            await this.goOn(new Set(ids), totals, isStaying);
        }
        return totals.done.length > 0;
    }

    /**
     * Have the server do calls in chunks, with progress; whatever happens, what was done is kept.
     *
     * @param {Object[]} calls with `method`, `ids`, `args`
     * @returns {Promise<Object>} what was `done`, what `failed`, how it is taken back (`undo`), `messages`, the calls
     *      that are `left` because of an `error` or a stop
     */
    async run(calls) {
        const totals = { done: [], failed: [], undo: [], messages: [], left: calls.flatMap(inChunks), error: null };
        const count = totals.left.reduce((sum, call) => sum + call.ids.length, 0);
        let sent = 0;
        Object.assign(this, { isBusy: true, isStopped: false });
        try {
            while (totals.left.length && !this.isStopped) {
                this.progress = count > CHUNK && { done: sent, count };
                const { method, ids, args } = totals.left[0];
                this.take(await this.orm.call(LINE, method, [ids, ...args]), totals);
                totals.left = totals.left.slice(1);
                sent += ids.length;
            }
        } catch (error) {
            totals.error = error;
        } finally {
            Object.assign(this, { isBusy: false, progress: false });
        }
        return totals;
    }

    stop() {
        this.isStopped = true;
    }

    /** Show what one chunk has become. */
    take(outcome, totals) {
        this.replace(outcome.rows);
        totals.done.push(...outcome.done);
        totals.failed.push(...outcome.failed);
        totals.undo.push(...outcome.undo);
        if (outcome.message) {
            totals.messages.push(outcome.message);
        }
        for (const id of outcome.done) {
            this.selected.delete(id);
            delete this.failed[id];
        }
        for (const { id, message } of outcome.failed) {
            this.failed[id] = message;
        }
    }

    /** Say what became of an action, and keep how it is taken back. */
    tell({ done, failed, undo, messages, left }) {
        const texts = messages.length > 1 ? [_t("Done: %s bank lines.", done.length)] : [...messages];
        if (failed.length) {
            const several = _t("%s could not be done; each says why.", failed.length);
            texts.push(failed.length === 1 ? failed[0].message : several);
        }
        const leftCount = left.reduce((sum, call) => sum + call.ids.length, 0);
        if (leftCount && done.length) {
            texts.push(_t("%s were not reached.", leftCount));
        }
        const text = texts.join(" ");
        if (undo.length) {
            this.undoStack = [...this.undoStack.slice(1 - MOST_UNDO), { calls: undo, text }];
        }
        this.message = text
            ? { text, isWarning: Boolean(failed.length || leftCount), isUndoable: undo.length > 0 }
            : false;
    }

    /** Go on to the next line that waits, unless the current one failed, wasn't meant, or is to be looked at further. */
    async goOn(treated, { done }, isStaying) {
        if (!isStaying && treated.has(this.currentId) && done.includes(this.currentId)) {
            const place = this.rows.findIndex((row) => row.id === this.currentId);
            if (this.hasMore && !this.rows.slice(place + 1).some((row) => !row.isGone && !treated.has(row.id))) {
                await this.loadMore();
            }
            const next = this.nextToDo(treated);
            if (next) {
                await this.open(next.id);
                return;
            }
        }
        await this.refresh();
    }

    // UNDO

    /** Take back what was done last; what isn't reached can be taken back again. */
    async undo() {
        const last = this.undoStack.at(-1);
        if (!last || this.isBusy) {
            return false;
        }
        this.undoStack = this.undoStack.slice(0, -1);
        const totals = await this.run([...last.calls].reverse());
        totals.undo = totals.left.toReversed();
        this.tell(totals);
        if (totals.error) {
            this.onError(totals.error);
        }
        const shown = totals.done.find((id) => this.rows.some((row) => row.id === id));
        if (!(totals.error instanceof ConnectionLostError)) {
            this.loadCounts();
            await this.open(shown || this.currentId);
        }
        return true;
    }

    /** What was taken back line by line isn't taken back once more. */
    forgetUndo(ids) {
        const gone = new Set(ids);
        const kept = ({ calls, text }) => ({
            text,
            calls: calls
                .map((call) => ({ ...call, ids: call.ids.filter((id) => !gone.has(id)) }))
                .filter((call) => call.ids.length),
        });
        this.undoStack = this.undoStack.map(kept).filter(({ calls }) => calls.length);
    }

    // ROWS

    /** Put rows as they are now in the place of what is shown of them; those that left the search stay in their place. */
    replace(rows) {
        const fresh = new Map(rows.map((row) => [row.id, row]));
        this.rows = this.rows.map((row) => {
            const now = fresh.get(row.id);
            if (!now) {
                return row;
            }
            const isGone = !isOfChip(now, this.chip, this.userId);
            if (!row.isExtra) {
                this.count += Number(Boolean(row.isGone)) - Number(isGone);
            }
            return { ...now, isGone, isExtra: Boolean(row.isExtra) };
        });
    }
}

/** Cut a call into such that the server takes at once. */
function inChunks({ method, ids, args }) {
    const chunks = [];
    for (let start = 0; start < ids.length; start += CHUNK) {
        chunks.push({ method, ids: ids.slice(start, start + CHUNK), args });
    }
    return chunks;
}

/** A model that components can observe. */
export function makeWorkspaceModel(orm, options) {
    return reactive(new WorkspaceModel(orm, options));
}
