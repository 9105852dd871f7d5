import { beforeEach, expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

const POSITION = {
    parts: [{ code: "open_items", label: "Open items", amount: 120, text: "120.00 €" }],
    limit: 100,
    limit_text: "Limit: 100.00 €",
    secured: 0,
    secured_text: "",
    sentence: "Exposure 120.00 € of 100.00 € (120%).",
    summary: "120.00 € of 100.00 € (120%)",
    is_over: true,
};

function makeFigures(values = {}) {
    return {
        title: "Alder & Finch, 11/26/2026",
        is_empty: false,
        tiles: [
            { figure: "over_limit", label: "Over the limit", count: 1, color: "danger", note: "by 20.00 €" },
            { figure: "open_disputes", label: "Open disputes", count: 0, color: "none", note: "" },
        ],
        levels: [
            {
                level: "c",
                label: "C",
                words: "Needs a look",
                customers_text: "1 customer",
                customers_share: 100,
                exposure_text: "120.00 €",
                exposure_share: 100,
            },
        ],
        limits: {
            near: 1,
            sentence: "1 customer.",
            without: false,
            rows: [{ id: 7, name: "Acme", position: POSITION }],
        },
        discounts: [{ figure: "discounts_offered", label: "Offered this month", count: 0, text: "0.00 €" }],
        ...values,
    };
}

let answer;
let asked;

beforeEach(() => {
    asked = [];
    answer = () => makeFigures();
    onRpc("figures", () => answer());
    onRpc("drill_down", ({ args }) => {
        asked.push(args);
        return { type: "ir.actions.client", tag: "display_notification", params: { message: "opened" } };
    });
});

async function show() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "ar_credit_dashboard", name: "Dashboard" });
    await animationFrame();
}

test("figures come into a page that says it is loading", async () => {
    const figures = new Deferred();
    answer = () => figures;
    await show();
    expect(".o_ar_credit_dashboard [role=status]").toHaveCount(1);
    figures.resolve(makeFigures());
    await animationFrame();
    expect(".o_ar_credit_dashboard [role=status]").toHaveCount(0);
    expect(queryAllTexts(".o_ar_tile .fw-bold")).toEqual(["1", "0"]);
});

test("every figure asks the server for its list", async () => {
    await show();
    await click("[data-figure=over_limit]");
    await animationFrame();
    await click("[data-level=c]");
    await animationFrame();
    await click("[data-customer='7']");
    await animationFrame();
    await click("[data-figure=discounts_offered]");
    await animationFrame();
    expect(asked).toEqual([
        ["over_limit", false],
        ["level", "c"],
        ["customer", 7],
        ["discounts_offered", false],
    ]);
});

test("a company without an invoice is told what to do", async () => {
    answer = () => makeFigures({ is_empty: true });
    await show();
    expect(".o_ar_empty").toHaveCount(1);
    expect(".o_ar_tile").toHaveCount(0);
});

test("a failure is said, and trying again brings the figures", async () => {
    answer = () => {
        throw new Error("No connection");
    };
    await show();
    expect(".o_ar_credit_dashboard [role=alert]").toHaveCount(1);
    expect(".o_ar_tile").toHaveCount(0);
    answer = () => makeFigures();
    await click(".o_ar_credit_dashboard [role=alert] button");
    await animationFrame();
    expect(".o_ar_credit_dashboard [role=alert]").toHaveCount(0);
    expect(".o_ar_tile").toHaveCount(2);
});
