import { beforeEach, expect, test } from "@odoo/hoot";
import { manuallyDispatchProgrammaticEvent, press, queryAll, queryAllTexts, queryOne, queryRect } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { contains, defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { BURST } from "@ar_reconcile/workspace/key_bursts";
import { FakeServer, makeDetail, makeItem, makeProposal, makeRow, makeRows } from "./workspace_fixtures";

class BankLine extends models.Model {
    _name = "account.bank.statement.line";
    payment_ref = fields.Char();
    _records = [];
}

defineMailModels();
defineModels([BankLine]);

const METHODS = Object.getOwnPropertyNames(FakeServer.prototype).filter((name) => name.startsWith("ar_"));
const ARCH = `<list js_class="ar_workspace"><field name="payment_ref"/></list>`;
let server;

beforeEach(() => {
    server = new FakeServer(makeRows(4));
    METHODS.forEach((method) => onRpc(method, ({ args }) => server.call("", method, args)));
});

/** Show the workspace of these lines. */
async function show(rows) {
    if (rows) {
        server.lines = new Map(rows.map((row) => [row.id, row]));
    }
    await mountView({ type: "list", resModel: "account.bank.statement.line", arch: ARCH });
    await settle();
}

async function settle() {
    await animationFrame();
    await animationFrame();
}

/** Press keys as a person does, one after the other. */
async function type(...keys) {
    for (const key of keys) {
        await press(key);
        await advanceTime(BURST + 1);
        await settle();
    }
}

/** Press a key that stays pressed, as the browser says it. */
async function hold(key) {
    await manuallyDispatchProgrammaticEvent(document.activeElement, "keydown", { key, repeat: true });
    await settle();
}

const currentId = () => Number(queryOne(".o_ar_line.active").dataset.id);

test("j and k go through the lines, from the first to the last", async () => {
    await show();
    expect(currentId()).toBe(1);
    await type("k");
    expect(currentId()).toBe(1);
    await type("j", "j");
    expect(currentId()).toBe(3);
    await type("k", "ArrowDown", "ArrowDown", "ArrowDown");
    expect(currentId()).toBe(4);
    expect(".o_ar_detail h2").toHaveText("Payer 4");
});

test("Enter books what is shown, the next line follows, and the keys work on", async () => {
    await show();
    await type("Enter");
    expect(server.asked("ar_workspace_accept")).toEqual([[[1], 10]]);
    expect(currentId()).toBe(2);
    expect(".o_ar_lines").toBeFocused();
    expect(".o_ar_message").toHaveText("Booked: 1.");
    await type("j");
    expect(currentId()).toBe(3);
});

test("u takes back what was done last and looks at it", async () => {
    await show();
    await type("Enter", "u");
    expect(server.asked("ar_workspace_undo")).toEqual([[[1]]]);
    expect(currentId()).toBe(1);
    expect(".o_ar_lines").toBeFocused();
});

test("Enter books nothing of a line that has not come yet", async () => {
    await show();
    const gate = server.hold("ar_workspace_line");
    await type("j", "Enter");
    expect(server.asked("ar_workspace_accept")).toEqual([]);
    expect(".o_ar_accept").not.toBeEnabled();
    gate.resolve();
    await settle();
    await type("Enter");
    expect(server.asked("ar_workspace_accept")).toEqual([[[2], 20]]);
});

test("Enter ten times at once books one line", async () => {
    await show();
    const gate = server.hold("ar_workspace_accept");
    for (let time = 0; time < 10; time++) {
        await press("Enter");
    }
    gate.resolve();
    await settle();
    expect(server.asked("ar_workspace_accept")).toHaveLength(1);
});

test("Enter kept pressed books nothing, j kept pressed moves on", async () => {
    await show();
    await hold("Enter");
    expect(server.asked("ar_workspace_accept")).toEqual([]);
    await hold("j");
    await hold("j");
    expect(currentId()).toBe(3);
});

test("x selects lines, and the keys are about them", async () => {
    await show();
    await type("x", "j", "x");
    expect(queryAll(".o_ar_line[aria-selected=true]")).toHaveLength(2);
    expect(".o_ar_bulk h2").toHaveText("2 selected");
    expect(".o_ar_actions").toHaveCount(0);
    await type("r");
    expect(server.asked("ar_workspace_reject")).toEqual([[[1, 2]]]);
    await type("Escape");
    expect(".o_ar_bulk").toHaveCount(0);
});

test("what failed stays selected and says why", async () => {
    server.refused.set(2, "Paid meanwhile.");
    await show();
    await type("*", "Enter");
    expect(queryAll(".o_ar_line[aria-selected=true]").map((line) => line.dataset.id)).toEqual(["2"]);
    expect(".o_ar_failures li").toHaveText(/1× Paid meanwhile\.\s*Payer 2/);
    expect(".o_ar_line[data-id='2'] .o_ar_verdict").toHaveText("Paid meanwhile.");
});

test("a click on the box of a line leaves the keys at work", async () => {
    await show();
    await contains(".o_ar_line[data-id='3'] .o_ar_check").click();
    expect(".o_ar_lines").toBeFocused();
    await type("j");
    expect(currentId()).toBe(2);
});

test("no key acts while somebody types", async () => {
    await show();
    await type("/");
    expect(".o_searchview_input").toBeFocused();
    await type("r", "u", "x", "1");
    expect(server.calls.filter(({ method }) => /reject|undo|accept/.test(method))).toEqual([]);
    expect(".o_ar_line[aria-selected=true]").toHaveCount(0);
});

test("an action that ends while somebody types does not take the field away", async () => {
    await show();
    const gate = server.hold("ar_workspace_accept");
    await type("Enter", "/");
    gate.resolve();
    await settle();
    expect(".o_searchview_input").toBeFocused();
});

test("no key acts while a dialog is open, and the keys work on when it is closed", async () => {
    await show();
    await type("?");
    expect(".o_dialog").toHaveCount(1);
    await type("j", "x", "r");
    expect(currentId()).toBe(1);
    expect(server.asked("ar_workspace_reject")).toEqual([]);
    await type("Escape");
    expect(".o_dialog").toHaveCount(0);
    await type("j");
    expect(currentId()).toBe(2);
});

test("no key acts while a menu is open", async () => {
    await show();
    await contains(".o_ar_more").click();
    await type("r");
    expect(server.asked("ar_workspace_reject")).toEqual([]);
});

test("whoever may only look books nothing with a key", async () => {
    server.mayAct = false;
    await show();
    await type("Enter", "r", "n", "e", "c");
    expect(server.calls.filter(({ method }) => /accept|reject/.test(method))).toEqual([]);
    expect(".o_dialog").toHaveCount(0);
    expect(".o_ar_actions").toHaveCount(0);
});

test("of two that fit equally 1 and 2 book the one that is meant, and Enter none", async () => {
    server.details.set(1, {
        proposals: [1, 2].map((rank) => makeProposal(10 + rank, { rank, level: "tie", confidence: "Two fit equally" })),
    });
    await show([makeRow(1, { state: "ambiguous", level: "tie" }), makeRow(2)]);
    await type("Enter", "3");
    expect(server.asked("ar_workspace_accept")).toEqual([]);
    await type("2");
    expect(server.asked("ar_workspace_accept")).toEqual([[[1], 12]]);
});

test("a barcode reader books nothing: what it types is looked for", async () => {
    server.found = { items: [{ ...makeItem(5, 10), partner: "Acme" }], lines: [], message: "The invoice INV/5." };
    await show();
    for (const key of "RF1u1n") {
        await press(key);
    }
    await press("Enter");
    await settle();
    await settle();
    expect(server.calls.filter(({ method }) => /accept|reject|undo/.test(method))).toEqual([]);
    expect(server.asked("ar_find_by_code")).toEqual([["RF1u1n"]]);
    expect(".o_dialog textarea").toHaveValue("RF1u1n");
    expect(".o_dialog p").toHaveText("The invoice INV/5.");
});

test("a bank line that a reference finds is told by its payer, and opened", async () => {
    server.found = { items: [], lines: [2], message: "One bank line." };
    await show([makeRow(1), makeRow(2, { name: "FOUND PAYER" })]);
    await type("g");
    await contains(".o_dialog textarea").edit("RF18", { confirm: false });
    await contains(".o_dialog .btn-primary").click();
    await settle();
    await contains(".o_dialog li:contains(FOUND PAYER) button").click();
    await settle();
    expect(".o_ar_line.active").toHaveText(/FOUND PAYER/);
});

test("a note begins with what was noted of the line that it is about", async () => {
    await show([makeRow(1, { note: "first" }), makeRow(2, { note: "second" })]);
    await type("x", "j", "n");
    expect(".o_dialog textarea").toHaveValue("first");
    await contains(".o_dialog textarea").edit("changed", { confirm: false });
    await contains(".o_dialog .btn-primary").click();
    expect(server.asked("ar_workspace_note")).toEqual([[[1], "changed"]]);
});

test("what is put together is booked for the line that it was put together for", async () => {
    server.items = [makeItem(1, 101), makeItem(2, 50)];
    server.details.set(1, { customer: { id: 7, name: "Acme", open_count: 2, open_amount: "151.00" } });
    await show();
    await type("e");
    expect(".o_ar_item_search").toBeFocused();
    await contains(".o_ar_item[data-item='2']").click();
    expect(".o_ar_rest").toHaveText(/51\.00/);
    await contains(".o_ar_rest_kind").select("open");
    const gate = server.hold("ar_workspace_line");
    await contains(".o_ar_line[data-id='2']").click();
    expect(server.asked("ar_workspace_book")).toEqual([]);
    gate.resolve();
    await settle();
    await contains(".o_ar_line[data-id='1']").click();
    await type("e");
    await contains(".o_ar_item[data-item='1']").click();
    await contains(".o_ar_book").click();
    expect(server.asked("ar_workspace_book")).toEqual([[[1], [{ item: 1, amount: "101.00", in_full: true }], ""]]);
    await settle();
    expect(".o_ar_lines").toBeFocused();
});

test("Ctrl+Enter books the amount that stands in the field, though nobody has left it", async () => {
    server.items = [makeItem(1, 101)];
    await show();
    await type("e");
    await contains(".o_ar_item[data-item='1']").click();
    await contains(".o_ar_amount").edit("60", { confirm: "tab" });
    await contains(".o_ar_rest_kind").select("open");
    await contains(".o_ar_amount").edit("70", { confirm: false });
    await press(["ctrl", "Enter"]);
    await settle();
    expect(server.asked("ar_workspace_book")[0][1]).toEqual([
        { item: 1, amount: "70.00", in_full: false },
        { amount: "31.00", kind: "open" },
    ]);
});

test("Enter in the search of items picks the only one that fits", async () => {
    server.items = [makeItem(1, 101), makeItem(22, 50)];
    await show();
    await type("e");
    await contains(".o_ar_item_search").edit("INV/22", { confirm: false });
    await press("Enter");
    await settle();
    expect(queryAllTexts(".o_ar_part b")).toEqual(["INV/22"]);
    expect(".o_ar_item_search").toHaveValue("");
});

test("Escape leaves the editor and gives the keys back to the list", async () => {
    await show();
    await type("e", "Escape");
    expect(".o_ar_editor").toHaveCount(0);
    expect(".o_ar_lines").toBeFocused();
    await type("j");
    expect(currentId()).toBe(2);
});

test("without lines it says what to do next", async () => {
    await show([]);
    expect(".o_ar_empty h2").toHaveText("Everything is reconciled");
    await contains("[data-chip=proposed]").click();
    expect(".o_ar_empty button").toHaveText("Show what is to do");
});

test("lines that could not be read are no empty list, and are read again", async () => {
    const error = new Error("gone");
    onRpc("ar_workspace_page", () => {
        throw error;
    });
    await show();
    expect(".o_ar_empty").toHaveCount(0);
    expect(".o_ar_lost h2").toHaveText("The bank lines could not be read");
    onRpc("ar_workspace_page", ({ args }) => server.call("", "ar_workspace_page", args));
    await contains(".o_ar_lost button").click();
    expect(".o_ar_line").toHaveCount(4);
});

test("very long and right-to-left texts don't push the amount out", async () => {
    const long = "W".repeat(400);
    await show([
        makeRow(1, { name: long, text: long, pays: long, note: long, owner: long, amount: 123456789.12 }),
        makeRow(2, { name: "שלום ".repeat(80), text: "مرحبا ".repeat(80) }),
    ]);
    const list = queryRect(".o_ar_list");
    for (const line of queryAll(".o_ar_line")) {
        const money = line.querySelector(".o_ar_money").getBoundingClientRect();
        expect(money.right).toBeLessThan(list.right);
        expect(money.width).toBeGreaterThan(40);
    }
    expect(queryOne(".o_ar_scroll").scrollWidth).toBe(queryOne(".o_ar_scroll").clientWidth);
    expect(".o_ar_line[data-id='2'] .fw-bold:first").toHaveAttribute("dir", "auto");
    expect(queryOne(".o_ar_detail").scrollWidth).toBe(queryOne(".o_ar_detail").clientWidth);
});

test("a screen reader is told the lines, the current one, what is selected and what was done", async () => {
    await show();
    expect(".o_ar_lines").toHaveAttribute("role", "listbox");
    expect(".o_ar_lines").toHaveAttribute("aria-multiselectable", "true");
    expect(queryAll(".o_ar_lines > [role=option]")).toHaveLength(4);
    expect(queryAll(".o_ar_lines [tabindex], .o_ar_lines input, .o_ar_lines button")).toHaveLength(0);
    await type("j", "x");
    const current = queryOne(".o_ar_lines").getAttribute("aria-activedescendant");
    expect(`#${current}`).toHaveAttribute("data-id", "2");
    expect(`#${current}`).toHaveAttribute("aria-selected", "true");
    expect("[aria-live=polite]").toHaveCount(1);
    await type("Enter");
    expect("[aria-live=polite]").toHaveText("Booked: 2.");
    for (const button of queryAll(".o_ar_chips button, .o_ar_panes button, .o_ar_told button")) {
        expect(Boolean(button.textContent.trim() || button.getAttribute("aria-label"))).toBe(true);
    }
});

test("details of a line that is gone meanwhile show what it is now", async () => {
    await show();
    server.lines.set(2, makeRow(2, { state: "matched", level: "booked" }));
    server.details.set(2, makeDetail(makeRow(2, { state: "matched" }), { proposals: [] }));
    await type("j");
    expect(".o_ar_undo_line").toHaveCount(1);
    expect(".o_ar_accept").toHaveCount(0);
    expect(".o_ar_line[data-id='2']").toHaveClass("o_ar_gone");
});
