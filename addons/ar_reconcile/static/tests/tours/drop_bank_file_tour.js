import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

/** Drops the bank's files that the test has stored as attachments on the card of the bank. */
async function dropFiles(card) {
    const stored = await rpc("/web/dataset/call_kw/ir.attachment/search_read", {
        model: "ir.attachment",
        method: "search_read",
        args: [[["name", "in", ["tour_statement.ofx", "tour_broken.ofx"]]], ["name", "datas"]],
        kwargs: {},
    });
    const data = new DataTransfer();
    for (const { name, datas } of stored) {
        data.items.add(new File([atob(datas)], name.replace("tour_", ""), { type: "application/x-ofx" }));
    }
    card.dispatchEvent(new DragEvent("dragenter", { bubbles: true, dataTransfer: data }));
    await new Promise((resolve) => {
        setTimeout(resolve, 200);
    });
    card.querySelector(".o_drop_area").dispatchEvent(
        new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }),
    );
}

registry.category("web_tour.tours").add("ar_reconcile_drop_bank_file", {
    steps: () => [
        {
            content: "Drop two files on the bank's card",
            trigger: ".o_kanban_record:contains('Main Account'):contains('Import File')",
            run: ({ anchor }) => dropFiles(anchor),
        },
        {
            content: "The faulty one is refused, and says why",
            trigger: ".o_list_view .o_data_row:contains('broken.ofx'):contains('Refused'):contains('cut off')",
        },
        {
            content: "The other one is to be checked",
            trigger: ".o_list_view .o_data_row:contains('statement.ofx'):contains('To Check') .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "It tells what it would bring",
            trigger: ".o_form_view .alert-info:contains('transactions to add: 2')",
        },
        {
            content: "With account, journal and totals",
            trigger: ".o_ar_statements .o_kanban_record:contains('Main Account'):contains('124.00'):contains('HELLO')",
        },
        {
            content: "Import",
            trigger: "button[name=action_import]",
            run: "click",
        },
        {
            content: "What was done is told",
            trigger: ".o_form_view .alert-success:contains('transactions added: 2')",
        },
        {
            content: "One was booked by itself",
            trigger: ".o_field_widget[name=booked_count]:contains('1')",
        },
        {
            content: "What is booked can't be undone with the file",
            trigger: "button[name=action_undo]",
            run: "click",
        },
        {
            content: "Which is said",
            trigger: ".modal:contains('reconciled') .btn-primary",
            run: "click",
        },
        {
            content: "Show the lines",
            trigger: "body:not(.modal-open) button[name=action_open_lines]",
            run: "click",
        },
        {
            content: "Open the matched line",
            trigger: ".o_action.o_list_view .o_data_row:contains('Matched') .o_data_cell[name=payment_ref]",
            run: "click",
        },
        {
            content: "It says why",
            trigger: ".o_field_widget[name=ar_explanation]:contains('exactly what is left to pay')",
        },
        {
            content: "Undo the booking",
            trigger: "button[name=action_ar_undo]",
            run: "click",
        },
        {
            content: "The line is open again",
            trigger: ".o_arrow_button_current:contains('To look at')",
        },
        {
            content: "Back to the file",
            trigger: ".o_field_widget[name=ar_file_id] a, .o_field_widget[name=ar_file_id] .o_form_uri",
            run: "click",
        },
        {
            content: "Undo the import",
            trigger: ".o_form_view button[name=action_undo]",
            run: "click",
        },
        {
            content: "Its lines are gone, the file is kept",
            trigger: ".o_form_view .alert-info:contains('The import was undone')",
        },
    ],
});
