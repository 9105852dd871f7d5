import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

/** Drops the bank's file that the test has stored as an attachment on the card of the bank. */
async function dropFile(card) {
    const [stored] = await rpc("/web/dataset/call_kw/ir.attachment/search_read", {
        model: "ir.attachment",
        method: "search_read",
        args: [[["name", "=", "tour.ofx"]], ["datas"]],
        kwargs: {},
    });
    const data = new DataTransfer();
    data.items.add(new File([atob(stored.datas)], "statement.ofx", { type: "application/x-ofx" }));
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
            content: "Drop the file on the bank's card",
            trigger: ".o_kanban_record:contains('Main Account'):contains('Import File')",
            run: ({ anchor }) => dropFile(anchor),
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
            content: "Show the lines",
            trigger: "button[name=action_open_lines]",
            run: "click",
        },
        {
            content: "Open the booked line",
            trigger: ".o_action.o_list_view .o_data_row:contains('Booked') .o_data_cell[name=payment_ref]",
            run: "click",
        },
        {
            content: "It says why",
            trigger: ".o_field_widget[name=ar_explanation]:contains('exactly what is left to pay')",
        },
        {
            content: "Undo",
            trigger: "button[name=action_ar_undo]",
            run: "click",
        },
        {
            content: "The line is open again",
            trigger: ".o_arrow_button_current:contains('To look at')",
        },
    ],
});
