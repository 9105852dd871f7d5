import { Deferred } from "@odoo/hoot";

/** A bank line as the server shows it in the list. */
export function makeRow(id, values = {}) {
    return {
        id,
        date: "11/02/2026",
        days: 3,
        name: `Payer ${id}`,
        text: `Text of ${id}`,
        amount: 100 + id,
        currency_id: 1,
        journal_id: 1,
        state: "proposed",
        partner_id: false,
        customer: "",
        owner: "",
        owner_id: false,
        note: "",
        proposal_id: id * 10,
        level: "sure",
        confidence: "Sure (99.7 %)",
        failure: "",
        reason: "",
        pays: `INV/${id}`,
        ...values,
    };
}

/** An open item as the server shows it in the picker. */
export function makeItem(id, amount, values = {}) {
    return {
        id,
        move_id: id,
        number: `INV/${id}`,
        reference: "",
        customer: "Acme",
        partner_id: 7,
        due: "11/01/2026",
        days_overdue: 4,
        residual: amount,
        currency_id: 1,
        amount,
        total: amount,
        discounts: [],
        sort: "invoice",
        ...values,
    };
}

export function makeProposal(id, values = {}) {
    return {
        id,
        state: "proposed",
        origin: "rules",
        rank: 1,
        level: "sure",
        confidence: "Sure (99.7 %)",
        reasons: ["The text contains the number."],
        against: [],
        why_not: [],
        comment: "",
        failure: "",
        customer: "Acme",
        customer_ids: [7],
        parts: [],
        asked_by: "",
        is_mine: false,
        booked: "",
        ...values,
    };
}

/** Everything about one bank line, as the server shows it. */
export function makeDetail(row, values = {}) {
    const isProposed = row.state === "proposed";
    return {
        row,
        bank: {
            text: [{ text: row.text, mark: false }],
            name: [{ text: row.name, mark: false }],
            account: [],
            reference: [],
            value_date: "",
            statement: "",
            file: "",
            original: "",
            details: "",
        },
        left: row.amount,
        currency_id: 1,
        is_in: row.amount > 0,
        proposals: isProposed ? [makeProposal(row.id * 10)] : [],
        customer: false,
        is_undoable: false,
        history: [],
        history_count: 0,
        move_id: row.id,
        version: "1",
        write_off_limit: false,
        ...values,
    };
}

/**
 * A server of bank lines, as far as the workspace asks for them.
 *
 * `calls` are what was asked; `gates` hold back the next answers of a method until they are opened; `failures` are
 * thrown by the next call of a method.
 */
export class FakeServer {
    constructor(rows) {
        this.lines = new Map(rows.map((row) => [row.id, row]));
        this.details = new Map();
        this.items = [];
        this.calls = [];
        this.gates = [];
        this.failures = [];
        this.refused = new Map();
        this.mayAct = true;
        this.found = { items: [], lines: [], message: "Nothing was found." };
    }

    /** Hold back the next answer to a method; what it says is what holds when it is asked. */
    hold(method) {
        const gate = new Deferred();
        this.gates.push({ method, gate });
        return gate;
    }

    failNext(method, error) {
        this.failures.push({ method, error });
    }

    asked(method) {
        return this.calls.filter((call) => call.method === method).map((call) => call.args);
    }

    async call(model, method, args = []) {
        this.calls.push({ method, args });
        const failure = this.failures.findIndex((each) => each.method === method);
        if (failure >= 0) {
            const [{ error }] = this.failures.splice(failure, 1);
            throw error;
        }
        const answer = structuredClone(this[method](...structuredClone(args)));
        const place = this.gates.findIndex((each) => each.method === method);
        if (place >= 0) {
            const [{ gate }] = this.gates.splice(place, 1);
            await gate;
        }
        return answer;
    }

    /** What the search has: understands only the conditions that the chips make. */
    search(domain) {
        const tests = {
            is_reconciled: (row, value) => (row.state === "matched") === value,
            ar_match_state: (row, value) => row.state === value,
            ar_owner_id: (row, value) => row.owner_id === value,
            payment_ref: (row, value) => row.text.includes(value),
            id: (row, value) => [value].flat().includes(row.id),
        };
        const conditions = domain.filter(Array.isArray).filter(([field]) => tests[field]);
        return [...this.lines.values()].filter((row) =>
            conditions.every(([field, , value]) => tests[field](row, value)),
        );
    }

    ar_workspace_page(domain, offset = 0, limit = 80) {
        const found = this.search(domain);
        return { rows: found.slice(offset, offset + limit), count: found.length };
    }

    ar_workspace_counts(domain) {
        const states = {};
        for (const row of this.search(domain).filter(({ state }) => state !== "matched")) {
            states[row.state] = (states[row.state] || 0) + 1;
        }
        return { states, late: 0, mine: 0, amount: false, currency_id: false };
    }

    ar_workspace_ids(domain) {
        return this.search(domain).map(({ id }) => id);
    }

    ar_workspace_sure(domain) {
        return [{ percent: "99 %", from: 0.99, ids: this.search(domain).map(({ id }) => id) }];
    }

    ar_workspace_setup() {
        return { journal: "Bank", models: [], may_act: this.mayAct, may_review: false, company_id: 1, user_id: 7 };
    }

    ar_workspace_line([id]) {
        const row = this.lines.get(id);
        return { ...makeDetail(row), ...this.details.get(id), row };
    }

    ar_workspace_items(_ids, _partner, text) {
        const items = this.items.filter((item) => item.number.includes(text));
        return { items, count: items.length, suggested: [] };
    }

    ar_find_by_code() {
        return this.found;
    }

    /** Change lines; those that are refused say why. */
    change(ids, values, message, undo) {
        const done = ids.filter((id) => !this.refused.has(id));
        done.forEach((id) => this.lines.set(id, { ...this.lines.get(id), ...values }));
        return {
            rows: ids.map((id) => this.lines.get(id)),
            done,
            failed: ids.filter((id) => this.refused.has(id)).map((id) => ({ id, message: this.refused.get(id) })),
            message: done.length ? message : "",
            undo: undo && done.length ? [{ ids: done, method: undo, args: [] }] : [],
        };
    }

    ar_workspace_accept(ids) {
        return this.change(ids, { state: "matched", level: "booked" }, `Booked: ${ids}.`, "ar_workspace_undo");
    }

    ar_workspace_book(ids) {
        return this.ar_workspace_accept(ids);
    }

    ar_workspace_undo(ids) {
        return this.change(ids, { state: "proposed", level: "sure" }, `Taken back: ${ids}.`);
    }

    ar_workspace_reject(ids) {
        return this.change(ids, { state: "none", level: "none" }, `Turned down: ${ids}.`, "ar_workspace_match");
    }

    ar_workspace_match(ids) {
        return this.change(ids, { state: "proposed", level: "sure" }, `Matched again: ${ids}.`);
    }

    ar_workspace_note(ids, note) {
        return this.change(ids, { note }, "Note kept.", "ar_workspace_note");
    }
}

/** So many bank lines with the ids from 1 on. */
export function makeRows(count, values = {}) {
    return Array.from({ length: count }, (_each, place) => makeRow(place + 1, values));
}

/** A discount of an item as the picker sends it. */
export function makeDiscount(amount, values = {}) {
    return { amount, percent: "2", until: "11/14/2026", is_over: false, ...values };
}
