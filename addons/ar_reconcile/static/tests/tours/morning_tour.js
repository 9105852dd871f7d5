import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

/** Drops the file of the bank that the test has stored on the card of the bank. */
async function dropFile(card) {
    const [stored] = await rpc("/web/dataset/call_kw/ir.attachment/search_read", {
        model: "ir.attachment",
        method: "search_read",
        args: [[["name", "=", "morning.ofx"]], ["datas"]],
        kwargs: {},
    });
    const data = new DataTransfer();
    data.items.add(new File([atob(stored.datas)], "morning.ofx", { type: "application/x-ofx" }));
    card.dispatchEvent(new DragEvent("dragenter", { bubbles: true, dataTransfer: data }));
    await new Promise((resolve) => {
        setTimeout(resolve, 200);
    });
    card.querySelector(".o_drop_area").dispatchEvent(
        new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }),
    );
}

/** Presses a key as a person does whose focus is in the list. */
function press(key) {
    return () => {
        const target = document.activeElement || document.body;
        target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    };
}

const line = (name) => `.o_ar_line:contains('${name}')`;
const active = (name) => `.o_ar_line.active:contains('${name}')`;
const detail = (text) => `.o_ar_line_detail:contains('${text}')`;

const importing = [
    {
        content: "Drop the bank's file with 200 transactions",
        trigger: ".o_kanban_record:contains('Main Account'):contains('Import File')",
        run: ({ anchor }) => dropFile(anchor),
    },
    {
        content: "It is clean: import it",
        trigger: "button:contains('Import Transactions')",
        run: "click",
    },
    {
        content: "All of it is there",
        trigger: ".o_form_statusbar .o_arrow_button_current:contains('Imported')",
        timeout: 60000,
    },
    {
        content: "Back to the dashboard",
        trigger: ".o_menu_sections .o_nav_entry:contains('Dashboard'), .o_menu_sections button:contains('Dashboard')",
        run: "click",
    },
    {
        content: "The card tells what is to do, and leads to the workspace",
        trigger: ".o_kanban_record:contains('Main Account') a:contains('Reconcile')",
        run: "click",
    },
];

const inBulk = [
    {
        content: "What is proposed",
        trigger: ".o_ar_chips [data-chip=proposed]",
        run: "click",
    },
    {
        content: "Book what is sure",
        trigger: ".o_ar_accept_sure:enabled",
        run: "click",
    },
    {
        content: "From 99 % on",
        trigger: ".dropdown-item:contains('99')",
        run: "click",
    },
    {
        content: "It goes on in chunks and says in the end what was done",
        trigger: ".o_ar_told:contains('Done: 196 bank lines.')",
        timeout: 60000,
    },
];

const wrongCustomer = [
    { content: "What was booked", trigger: ".o_ar_chips [data-chip=booked]", run: "click" },
    { content: "One was taken for another customer's", trigger: line("MISTAKEN NAME"), run: "click" },
    { trigger: `${detail("MISTAKEN NAME")} .o_ar_undo_line`, run: "click" },
    { trigger: `${active("MISTAKEN NAME")}[data-state=none]` },
    { content: "c: say who has paid", trigger: active("MISTAKEN NAME"), run: press("c") },
    {
        content: "The right one",
        trigger: ".o_dialog .o_record_autocomplete_with_caret input, .o_dialog .o-autocomplete--input",
        run: "edit Right Customer",
    },
    {
        trigger: ".o-autocomplete--dropdown-item:contains('Right Customer')",
        run: "click",
    },
    { trigger: ".o_dialog button:contains('Note the Customer')", run: "click" },
    {
        content: "The only invoice of this amount is picked already",
        trigger: `${detail("Right Customer")} .o_ar_part:contains('INV')`,
    },
    { content: "Book it", trigger: ".o_ar_book:enabled", run: "click" },
    { trigger: ".o_ar_told:contains('Booked: MISTAKEN NAME')" },
    { content: "Back to what is to do", trigger: ".o_ar_chips [data-chip=to_do]", run: "click" },
];

const split = [
    { content: "One payment for two customers", trigger: line("SPLIT PAYER"), run: "click" },
    { trigger: `${detail("SPLIT PAYER")} .o_ar_item_search`, run: "edit Split One" },
    { trigger: ".o_ar_item:contains('Split One')", run: "click" },
    { trigger: ".o_ar_part:contains('Split One')" },
    { trigger: ".o_ar_item_search", run: "edit Split Two" },
    { trigger: ".o_ar_item:contains('Split Two')", run: "click" },
    { content: "It comes out even", trigger: ".o_ar_rest:contains('Everything is allocated')" },
    { trigger: ".o_ar_book:enabled", run: "click" },
    { trigger: ".o_ar_told:contains('Booked: SPLIT PAYER')" },
];

const fee = [
    { content: "A payment less a fee", trigger: line("FEE TAKEN"), run: "click" },
    { trigger: `${detail("FEE TAKEN")} .o_ar_item_search`, run: "edit Fee Customer" },
    { trigger: ".o_ar_item:contains('Fee Customer')", run: "click" },
    { content: "What is missing is a bank fee", trigger: ".o_ar_part .o_ar_difference", run: "select bank_fee" },
    { trigger: ".o_ar_book:enabled", run: "click" },
    { trigger: ".o_ar_told:contains('Booked: FEE TAKEN')" },
];

const undo = [
    { content: "u: take the last one back", trigger: ".o_ar_told .o_ar_undo", run: press("u") },
    { trigger: ".o_ar_told:contains('Taken back: FEE TAKEN')" },
    { content: "and the one before", trigger: `${line("FEE TAKEN")}[data-state=none]`, run: press("u") },
    { trigger: ".o_ar_told:contains('Taken back: SPLIT PAYER')" },
    { trigger: `${line("SPLIT PAYER")}[data-state=none]` },
];

registry.category("web_tour.tours").add("ar_reconcile_morning", {
    steps: () => [...importing, ...inBulk, ...wrongCustomer, ...split, ...fee, ...undo],
});

const CALENDAR = ".o_list_view .o_data_row:contains('Main Account')";

registry.category("web_tour.tours").add("ar_reconcile_month_prepared", {
    steps: () => [
        { content: "Have the months made that are due", trigger: "button[name=action_make_due]", run: "click" },
        { content: "Open the one of the bank", trigger: `${CALENDAR} .o_data_cell[name=subject]`, run: "click" },
        { content: "Bank and ledger agree", trigger: ".o_form_view:contains('Agrees')" },
        { content: "Hand it to the second person", trigger: "button[name=action_prepare]:enabled", run: "click" },
        { trigger: ".o_arrow_button_current:contains('Prepared')" },
    ],
});

registry.category("web_tour.tours").add("ar_reconcile_month_signed", {
    steps: () => [
        {
            content: "What waits for the second person",
            trigger: `${CALENDAR} .o_data_cell[name=subject]`,
            run: "click",
        },
        { content: "Sign it off", trigger: "button[name=action_sign]:enabled", run: "click" },
        { trigger: ".o_arrow_button_current:contains('Signed')" },
    ],
});
