// Takes pictures of the running demo: node screenshots.mjs BASE_URL FOLDER [NAME …]
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import fs from "node:fs";
import path from "node:path";

const local = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../.local");
const { chromium } = createRequire(path.join(local, "node/"))("playwright-core");
const [base, folder, ...only] = process.argv.slice(2);

const DESKTOP = { width: 1366, height: 820 };
const PHONE = { width: 390, height: 844 };
const JOURNALS = "/odoo/action-account.open_account_journal_dashboard_kanban";
const LINES = "/odoo/action-ar_reconcile.action_bank_lines";
const WORKSPACE = "/odoo/bank-reconciliation";
const DESK = "/odoo/action-ar_enhanced.action_ar_collection_account";
const CALENDAR = "/odoo/action-ar_reconcile.action_reconciliations";

// name: [login, address, size, what to wait for, what to do first]
const PICTURES = {
    journals: ["accountant", JOURNALS, DESKTOP, ".o_kanban_record"],
    bank_lines: ["accountant", LINES, DESKTOP, ".o_data_row", (page) => removeFacets(page)],
    bank_line: [
        "accountant",
        LINES,
        DESKTOP,
        ".o_form_view .o_field_widget[name=ar_explanation]",
        (page) => openLine(page),
    ],
    bank_lines_phone: ["accountant", LINES, PHONE, ".o_kanban_record"],
    workspace: ["accountant", WORKSPACE, DESKTOP, ".o_ar_proposal", (page) => openInWorkspace(page, "ARVALÈNE")],
    workspace_edit: ["accountant", WORKSPACE, DESKTOP, ".o_ar_part", (page) => editInWorkspace(page)],
    workspace_phone: ["accountant", WORKSPACE, PHONE, ".o_ar_proposal", (page) => openInWorkspace(page, "ARVALÈNE")],
    reconciliations: ["accountant", CALENDAR, DESKTOP, ".o_data_row"],
    reconciliation: ["accountant", CALENDAR, DESKTOP, ".o_form_view .o_field_widget[name=checks_html]", openMonth],
    differences: ["accountant", "/odoo/action-ar_reconcile.action_unresolved_differences", DESKTOP, ".o_data_row"],
    imports: ["accountant", "/odoo/action-ar_reconcile.action_statement_imports", DESKTOP, ".o_data_row"],
    import: ["accountant", JOURNALS, DESKTOP, ".o_form_view .o_ar_statements", (page) => dropNext(page)],
    import_phone: ["accountant", JOURNALS, PHONE, ".o_form_view .o_ar_statements", (page) => dropNext(page)],
    credit: ["accountant", "/odoo/customers", DESKTOP, ".o_field_ar_credit_card", (page) => openCredit(page)],
    credit_phone: ["accountant", "/odoo/customers", PHONE, ".o_field_ar_credit_card", (page) => openCredit(page)],
    dashboard: ["manager", "/odoo/credit-dashboard", DESKTOP, ".o_ar_tile"],
    dashboard_phone: ["manager", "/odoo/credit-dashboard", PHONE, ".o_ar_tile"],
    hold: [
        "manager",
        "/odoo/action-ar_enhanced.action_ar_credit_hold",
        DESKTOP,
        ".modal .o_field_widget[name=exposure_up_to]",
        (page) => openRelease(page),
    ],
    limit: [
        "manager",
        "/odoo/action-ar_enhanced.action_ar_credit_limit",
        DESKTOP,
        "button[name=action_approve]",
        (page) => page.click(".o_data_row:has-text('Waiting') .o_data_cell[name=partner_id] >> nth=0"),
    ],
    discount: [
        "accountant",
        "/odoo/action-ar_enhanced.action_ar_discount_policy",
        DESKTOP,
        ".o_form_view table",
        (page) => page.click(".o_data_row .o_data_cell >> nth=1"),
    ],
    desk: ["manager", DESK, DESKTOP, ".o_data_row"],
    desk_customer: [
        "manager",
        DESK,
        DESKTOP,
        ".o_form_view .o_field_widget[name=item_ids], .o_form_view .o_notebook",
        (page) => page.click(".o_data_row .o_data_cell[name=partner_id]:has-text('Pellworth')"),
    ],
    desk_phone: ["manager", DESK, PHONE, ".o_kanban_record"],
    reminders: [
        "manager",
        "/odoo/action-ar_enhanced.action_ar_reminder_run",
        DESKTOP,
        ".o_form_view .o_data_row",
        (page) => page.click(".o_data_row .o_data_cell >> nth=0"),
    ],
    statement: ["customer", "/my/receivables/statement", DESKTOP, "main"],
    statement_phone: ["customer", "/my/receivables/statement", PHONE, "main"],
    dispute_phone: [
        "customer",
        "/my/receivables",
        PHONE,
        ".o_ar_dispute_form",
        (page) => page.click(".o_ar_dispute_link >> nth=0"),
    ],
    pay: ["discount", "/my/receivables", DESKTOP, "form.o_payment_form", (page) => chooseAll(page)],
    portal: ["customer", "/my/receivables", DESKTOP, "main"],
    portal_phone: ["customer", "/my/receivables", PHONE, "main"],
    portal_home: ["customer", "/my", DESKTOP, "main"],
};

async function removeFacets(page) {
    await page.waitForSelector(".o_data_row");
    await page.click(".o_facet_remove");
    await page.waitForTimeout(800);
}

/** Drops the bank file that the demo leaves to its user on the card of the main account. */
async function dropNext(page) {
    await page.waitForSelector(".o_kanban_record");
    const content = fs.readFileSync(path.join(local, "bank-files/bank_main_eur_next.ofx")).toString("base64");
    await page.evaluate(async (base64) => {
        const isMain = (each) => each.textContent.includes("Main Account");
        const card = [...document.querySelectorAll(".o_kanban_record")].find(isMain);
        const data = new DataTransfer();
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        data.items.add(new File([bytes], "bank_main_eur_next.ofx"));
        card.dispatchEvent(new DragEvent("dragenter", { bubbles: true, dataTransfer: data }));
        await new Promise((resolve) => {
            setTimeout(resolve, 300);
        });
        const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data });
        card.querySelector(".o_drop_area").dispatchEvent(drop);
    }, content);
}

async function openLine(page) {
    await removeFacets(page);
    await page.click('.o_data_row:has-text("together") .o_data_cell[name=payment_ref]');
}

async function openInWorkspace(page, name) {
    await page.waitForSelector(".o_ar_line");
    await page.click(`.o_ar_line:has-text("${name}") >> nth=0`);
}

async function editInWorkspace(page) {
    await openInWorkspace(page, "LINDHOLM MARIN AB");
    await page.click(".o_ar_edit");
}

async function openMonth(page) {
    await page.click(".o_data_row:has-text('Customer accounts') .o_data_cell[name=subject] >> nth=0");
}

async function openCredit(page) {
    const rathmore = ':is(.o_kanban_record, .o_data_row .o_data_cell):has-text("Rathmore Precision Ltd") >> nth=0';
    await page.waitForSelector(rathmore);
    await page.click(rathmore);
    await page.waitForSelector(".o_form_view");
    await page.click(".o_notebook .nav-link:has-text('Credit')");
}

async function openRelease(page) {
    await page.click(".o_data_row .o_data_cell[name=reason_text] >> nth=0");
    await page.click(".o_form_statusbar button:has-text('Release')");
    await page.fill(".modal [name=reason] textarea", "Their bank has confirmed the transfer of 12,000 €.");
}

async function chooseAll(page) {
    await page.waitForSelector(".o_ar_choosable");
    for (const box of await page.$$(".o_ar_open input[type=checkbox]")) {
        await box.check();
    }
    await page.click(".o_ar_choice button:has-text('Pay')");
}

async function logIn(browser, login, size) {
    const context = await browser.newContext({
        viewport: size,
        locale: "en-US",
        isMobile: size === PHONE,
        hasTouch: size === PHONE,
    });
    const page = await context.newPage();
    await page.goto(`${base}/web/login`);
    await page.fill("input[name=login]", login);
    await page.fill("input[name=password]", login);
    await page.click("button[type=submit]");
    await page.waitForLoadState("load");
    return page;
}

const browser = await chromium.launch({
    executablePath: path.join(local, "bin/google-chrome"),
    args: ["--no-sandbox"],
});
for (const [name, [login, address, size, ready, first]] of Object.entries(PICTURES)) {
    if (only.length && !only.includes(name)) {
        continue;
    }
    const page = await logIn(browser, login, size);
    await page.goto(base + address);
    try {
        await first?.(page);
        await page.waitForSelector(ready, { timeout: 30000 });
        await page.waitForTimeout(1200);
    } catch (error) {
        console.error(`${name}: ${error.message}`);
        process.exitCode = 1;
    }
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
    await page.context().close();
    console.log(name);
}
await browser.close();
