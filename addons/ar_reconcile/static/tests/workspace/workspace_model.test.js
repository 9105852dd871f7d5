import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, tick } from "@odoo/hoot-mock";
import { allowTranslations } from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { CHUNK, PAGE, PASSING, WorkspaceModel } from "@ar_reconcile/workspace/workspace_model";
import { FakeServer, makeRow, makeRows } from "./workspace_fixtures";

describe.current.tags("headless");
beforeEach(allowTranslations);

/** A model on a server with so many lines, or these. */
async function load(rows) {
    const server = new FakeServer(typeof rows === "number" ? makeRows(rows) : rows);
    const errors = [];
    const model = new WorkspaceModel(server, { userId: 7, onError: (error) => errors.push(error) });
    await model.load();
    await settle();
    return { server, model, errors };
}

async function settle() {
    for (let turn = 0; turn < 20; turn++) {
        await tick();
    }
}

const ids = (rows) => rows.map(({ id }) => id);

test("the first line is looked at when the lines have come", async () => {
    const { model } = await load(3);
    expect(model.isLoading).toBe(false);
    expect(model.currentId).toBe(1);
    expect(model.shownDetail.row.id).toBe(1);
    expect(model.chipCount("to_do")).toBe(3);
    expect(model.hasMore).toBe(false);
});

test("the answer to an earlier search is dropped", async () => {
    const { server, model } = await load([makeRow(1), makeRow(2, { state: "none" })]);
    const gate = server.hold("ar_workspace_page");
    const slow = model.setChip("proposed");
    await model.setChip("none");
    gate.resolve();
    await slow;
    await settle();
    expect(ids(model.rows)).toEqual([2]);
    expect(model.isLoading).toBe(false);
});

test("counts of an earlier search are dropped", async () => {
    const { server, model } = await load(2);
    const gate = server.hold("ar_workspace_counts");
    model.load([["payment_ref", "ilike", "of 1"]]);
    await settle();
    await model.load([]);
    await settle();
    gate.resolve();
    await settle();
    expect(model.chipCount("to_do")).toBe(2);
});

test("the next page of an earlier search is not appended to another one", async () => {
    const { server, model } = await load([...makeRows(PAGE + 10), makeRow(999, { state: "none" })]);
    const gate = server.hold("ar_workspace_page");
    const slow = model.loadMore();
    await model.setChip("none");
    gate.resolve();
    await slow;
    await settle();
    expect(ids(model.rows)).toEqual([999]);
    expect(model.isLoadingMore).toBe(false);
});

test("after some were booked the next page has neither gaps nor doubles", async () => {
    const { model } = await load(3 * PAGE);
    await model.act("ar_workspace_accept", [1, 2, 3]);
    await model.loadMore();
    await model.loadMore();
    expect(ids(model.rows)).toEqual(Array.from({ length: 3 * PAGE }, (_each, place) => place + 1));
    expect(model.hasMore).toBe(false);
    expect(model.count).toBe(3 * PAGE - 3);
});

test("after others booked any number of lines the next page has no gaps", async () => {
    for (const count of [1, 30, PAGE]) {
        const { server, model } = await load(3 * PAGE);
        server.ar_workspace_accept(Array.from({ length: count }, (_each, place) => place + 1));
        for (let more = 0; more < 4; more++) {
            await model.loadMore();
        }
        expect(ids(model.rows).sort((one, other) => one - other)).toEqual(
            Array.from({ length: 3 * PAGE }, (_each, place) => place + 1),
        );
        expect(model.hasMore).toBe(false);
    }
});

test("nothing more is offered when all that is shown was booked here", async () => {
    const { model } = await load(5);
    await model.act("ar_workspace_accept", [1, 2]);
    expect(model.count).toBe(3);
    expect(model.hasMore).toBe(false);
});

test("a line that was found in another way takes no place in the pages", async () => {
    const { model } = await load([...makeRows(PAGE + 1), makeRow(500, { state: "matched" })]);
    await model.bring(500);
    expect(model.currentId).toBe(500);
    await model.loadMore();
    expect(ids(model.rows)).toInclude(PAGE + 1);
    expect(model.hasMore).toBe(false);
});

test("the next line that waits is looked at after an action", async () => {
    const { model } = await load(4);
    await model.act("ar_workspace_accept", [1]);
    expect(model.currentId).toBe(2);
    await model.open(4);
    await model.act("ar_workspace_accept", [4]);
    expect(model.currentId).toBe(3);
});

test("after several were booked none of them is the next", async () => {
    const { model } = await load(5);
    await model.act("ar_workspace_accept", [1, 2, 3]);
    expect(model.currentId).toBe(4);
});

test("the last line of a page is followed by the first of the next one", async () => {
    const { model } = await load(PAGE + 2);
    await model.open(PAGE);
    await model.act("ar_workspace_accept", [PAGE]);
    expect(model.currentId).toBe(PAGE + 1);
});

test("a line that is left with a note is left, though it stays open", async () => {
    const { model } = await load(2);
    await model.act("ar_workspace_note", [1], ["later"]);
    expect(model.currentId).toBe(2);
    expect(model.rows[0]).toMatchObject({ note: "later", isGone: false });
});

test("what failed stays selected with its reason, the others don't", async () => {
    const { server, model } = await load(4);
    server.refused.set(2, "Paid meanwhile.");
    model.select([1, 2, 3]);
    await model.act("ar_workspace_accept", model.targets);
    expect([...model.selected]).toEqual([2]);
    expect(model.failed).toEqual({ 2: "Paid meanwhile." });
    expect(model.message).toMatchObject({ isWarning: true, isUndoable: true });
    server.refused.clear();
    await model.act("ar_workspace_accept", model.targets);
    expect(model.failed).toEqual({});
    expect(model.selected.size).toBe(0);
});

test("one line that failed is looked at further", async () => {
    const { server, model } = await load(2);
    server.refused.set(1, "Paid meanwhile.");
    expect(await model.act("ar_workspace_accept", [1])).toBe(false);
    expect(model.currentId).toBe(1);
    expect(model.message.text).toBe("Paid meanwhile.");
});

test("a line that somebody else has booked meanwhile is counted as booked", async () => {
    const { server, model } = await load(2);
    server.lines.set(1, makeRow(1, { state: "matched" }));
    server.refused.set(1, "Booked meanwhile.");
    await model.act("ar_workspace_accept", [1]);
    await settle();
    expect(model.chipCount("to_do")).toBe(1);
});

test("many are sent in chunks, with progress", async () => {
    const { server, model } = await load(120);
    const seen = [];
    const accept = server.ar_workspace_accept;
    server.ar_workspace_accept = function (some) {
        seen.push({ ...model.progress });
        return accept.call(this, some);
    };
    model.select(server.ar_workspace_ids([]));
    await model.act("ar_workspace_accept", model.targets);
    expect(server.asked("ar_workspace_accept").map(([some]) => some.length)).toEqual([CHUNK, CHUNK, 20]);
    expect(seen).toEqual([0, 50, 100].map((done) => ({ done, count: 120 })));
    expect(model.progress).toBe(false);
    expect(model.message.text).toBe("Done: 120 bank lines.");
});

test("a stop leaves the rest selected", async () => {
    const { server, model } = await load(120);
    const gate = server.hold("ar_workspace_accept");
    model.select(server.ar_workspace_ids([]));
    const acting = model.act("ar_workspace_accept", model.targets);
    model.stop();
    gate.resolve();
    await acting;
    expect(server.asked("ar_workspace_accept")).toHaveLength(1);
    expect(model.selected.size).toBe(70);
    expect(model.message.text).toMatch(/^Booked: .*\. 70 were not reached\.$/);
});

test("an error in the middle keeps what was done, and that can be taken back", async () => {
    const { server, model, errors } = await load(120);
    const gate = server.hold("ar_workspace_accept");
    model.select(server.ar_workspace_ids([]));
    const acting = model.act("ar_workspace_accept", model.targets);
    server.failNext("ar_workspace_accept", new Error("broken"));
    gate.resolve();
    expect(await acting).toBe(true);
    expect(errors.map(({ message }) => message)).toEqual(["broken"]);
    expect(model.selected.size).toBe(70);
    expect(model.isBusy).toBe(false);
    await model.undo();
    expect(server.asked("ar_workspace_undo").flatMap(([some]) => some)).toHaveLength(50);
});

test("a lost connection loses nothing that is on the screen", async () => {
    const { server, model, errors } = await load(3);
    server.failNext("ar_workspace_accept", new ConnectionLostError("/"));
    const { detail } = model;
    expect(await model.act("ar_workspace_accept", [1])).toBe(false);
    expect(errors).toHaveLength(1);
    expect(model.detail).toBe(detail);
    expect(model.isBusy).toBe(false);
    server.failNext("ar_workspace_line", new ConnectionLostError("/"));
    await model.refresh();
    expect(model.detail).toBe(detail);
    expect(ids(model.rows)).toEqual([1, 2, 3]);
    expect(await model.act("ar_workspace_accept", [1])).toBe(true);
});

test("lines that could not be read are not said to be none", async () => {
    const { server, model, errors } = await load(3);
    server.failNext("ar_workspace_page", new ConnectionLostError("/"));
    await model.setChip("proposed");
    expect(model).toMatchObject({ isListLost: true, isLoading: false });
    expect(errors).toHaveLength(1);
    await model.load();
    expect(model.isListLost).toBe(false);
    expect(model.rows).toHaveLength(3);
});

test("a line that could not be read shows nothing of another one", async () => {
    const { server, model } = await load(3);
    server.failNext("ar_workspace_line", new ConnectionLostError("/"));
    await model.open(2);
    expect(model).toMatchObject({ detail: false, isDetailLost: true, currentId: 2 });
    await model.refresh();
    expect(model.shownDetail.row.id).toBe(2);
});

test("while something is done nothing else is", async () => {
    const { server, model } = await load(3);
    const gate = server.hold("ar_workspace_accept");
    const first = model.act("ar_workspace_accept", [1]);
    expect(await model.act("ar_workspace_accept", [1])).toBe(false);
    expect(await model.undo()).toBe(false);
    gate.resolve();
    expect(await first).toBe(true);
    expect(server.asked("ar_workspace_accept")).toHaveLength(1);
});

test("what is said of another line arrives too late to be shown", async () => {
    const { server, model } = await load(3);
    const gate = server.hold("ar_workspace_line");
    const slow = model.open(2);
    expect(model.isStale).toBe(true);
    expect(model.shownDetail).toBe(null);
    await model.open(3);
    gate.resolve();
    await slow;
    expect(model.shownDetail.row.id).toBe(3);
});

test("lines that are passed by are not read", async () => {
    const { server, model } = await load(9);
    const before = server.asked("ar_workspace_line").length;
    for (let step = 0; step < 5; step++) {
        model.move(1, { isPassing: true });
    }
    await advanceTime(PASSING);
    await settle();
    expect(server.asked("ar_workspace_line").slice(before)).toEqual([[[6]]]);
});

test("what was done last is taken back first", async () => {
    const { server, model } = await load(5);
    await model.act("ar_workspace_accept", [1]);
    await model.act("ar_workspace_reject", [2]);
    await model.undo();
    await model.undo();
    expect(await model.undo()).toBe(false);
    const methods = server.calls.map(({ method }) => method);
    expect(methods.lastIndexOf("ar_workspace_match")).toBeLessThan(methods.lastIndexOf("ar_workspace_undo"));
    expect(server.lines.get(1).state).toBe("proposed");
    expect(model.currentId).toBe(1);
    expect(model.count).toBe(5);
});

test("what was done in several chunks is taken back from the last on", async () => {
    const { server, model } = await load(80);
    await model.act("ar_workspace_accept", server.ar_workspace_ids([]));
    await model.undo();
    const undone = server.asked("ar_workspace_undo").map(([some]) => some);
    expect(undone.map((some) => some.length)).toEqual([30, 50]);
    expect(undone[0]).toInclude(80);
});

test("what could not be taken back for a lost connection can be tried again", async () => {
    const { server, model } = await load(3);
    await model.act("ar_workspace_accept", [1]);
    server.failNext("ar_workspace_undo", new ConnectionLostError("/"));
    await model.undo();
    expect(server.lines.get(1).state).toBe("matched");
    await model.undo();
    expect(server.lines.get(1).state).toBe("proposed");
});

test("what was taken back on its line is not taken back once more", async () => {
    const { model } = await load(3);
    await model.act("ar_workspace_accept", [1]);
    await model.act("ar_workspace_undo", [1]);
    expect(await model.undo()).toBe(false);
});

test("all found lines are selected, unless another search was made meanwhile", async () => {
    const { server, model } = await load(500);
    await model.selectAllFound();
    expect(model.selected.size).toBe(500);
    model.selected.clear();
    const gate = server.hold("ar_workspace_ids");
    const slow = model.selectAllFound();
    await model.setChip("none");
    gate.resolve();
    await slow;
    expect(model.selected.size).toBe(0);
});

test("shown lines are selected, and no more with the same key", async () => {
    const { model } = await load(3);
    await model.act("ar_workspace_accept", [1]);
    model.selectAllShown();
    expect([...model.selected]).toEqual([2, 3]);
    model.selectAllShown();
    expect(model.selected.size).toBe(0);
});

test("a line of another person leaves mine, and keeps its place", async () => {
    const { server, model } = await load([makeRow(1, { owner_id: 7 }), makeRow(2)]);
    await model.setChip("mine");
    await settle();
    expect(ids(model.rows)).toEqual([1]);
    server.lines.set(1, makeRow(1, { owner_id: 8 }));
    await model.refresh();
    expect(model.rows[0].isGone).toBe(true);
    expect(model.count).toBe(0);
});
