import { registry } from "@web/core/registry";

const openFirst = [
    {
        content: "the customer that brings most is first, with the reason",
        trigger:
            ".o_data_row:first:contains(Linden Optics):contains(40 days) .o_data_cell[name=expected_recovery]:contains(1,885.00)",
    },
    {
        content: "who brings less comes after",
        trigger: ".o_data_row:last:contains(Small Debtor)",
    },
    {
        trigger: ".o_data_row:contains(Linden Optics) .o_data_cell[name=partner_id]",
        run: "click",
    },
    {
        content: "the desk says why now and whom to call",
        trigger: ".o_ar_desk_card:contains(Not contacted yet):has(a[href='tel:+3212345'])",
    },
];

registry.category("web_tour.tours").add("ar_enhanced_desk_call", {
    steps: () => [
        ...openFirst,
        {
            content: "log a call",
            trigger: "button[name=action_log]",
            run: "click",
        },
        {
            content: "they asked to be called back",
            trigger: ".modal .o_selection_badge:contains(Asked to be called back)",
            run: "click",
        },
        {
            content: "tomorrow is proposed",
            trigger: ".modal [name=next_contact_on]:not(:empty)",
        },
        {
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit Ada is out today.",
        },
        {
            trigger: ".modal footer button:contains(Log)",
            run: "click",
        },
        {
            content: "the customer waits",
            trigger: ".o_form_view:not(:has(.modal)) .o_arrow_button_current:contains(Waiting)",
        },
        {
            content: "the contact is listed",
            trigger: ".nav-link[name=contacts]",
            run: "click",
        },
        {
            trigger: "[name=contact_ids] .o_data_row:contains(Asked to be called back):contains(Ada is out today.)",
        },
        {
            content: "back on the list, the customer is gone",
            trigger: ".o_breadcrumb a:contains(Collections Desk), .breadcrumb a:contains(Collections Desk)",
            run: "click",
        },
        {
            trigger: ".o_list_view:not(:contains(Linden Optics)):contains(Small Debtor)",
        },
    ],
});

registry.category("web_tour.tours").add("ar_enhanced_desk_agree", {
    steps: () => [
        ...openFirst,
        {
            content: "a promise about the first item",
            trigger: "[name=item_ids] .o_data_row:contains(1,000.00) button[name=action_promise]",
            run: "click",
        },
        {
            trigger: ".modal [name=amount] input:value(1,000.00)",
        },
        {
            trigger: ".modal [name=date] button, .modal [name=date] input",
            run: "click",
        },
        {
            trigger: ".o_datetime_picker .o_today",
            run: "click",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: "[name=item_ids] .o_data_row:contains(1,000.00) .badge:contains(Promised)",
        },
        {
            content: "a dispute about the second one",
            trigger: "[name=item_ids] .o_data_row:contains(500.00) button[name=action_dispute]",
            run: "click",
        },
        {
            trigger: ".modal [name=code_id] input",
            run: "edit Price",
        },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains(Price)",
            run: "click",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: "[name=item_ids] .o_data_row:contains(500.00) .badge:contains(Disputed)",
        },
        {
            content: "what is left may be asked for",
            trigger: ".o_ar_desk_figures [name=collectable]:contains(500.00)",
        },
        {
            content: "and is planned",
            trigger: "button[name=action_plan]",
            run: "click",
        },
        {
            trigger: ".modal [name=total]:contains(500.00), .o_form_view [name=total]:contains(500.00)",
        },
        {
            trigger: ".modal button[name=action_propose], .o_form_view button[name=action_propose]",
            run: "click",
        },
        {
            content: "the plan is proposed",
            trigger: ".o_arrow_button_current:contains(Proposed)",
        },
    ],
});

registry.category("web_tour.tours").add("ar_enhanced_desk_hand_over", {
    steps: () => [
        ...openFirst,
        {
            content: "prepare the hand-over of what is overdue",
            trigger: "button[name=action_hand_over]",
            run: "click",
        },
        {
            content: "the case has the four items",
            trigger: ".o_form_view [name=amount]:contains(2,000.00)",
        },
        {
            trigger: ".o_form_view .o_form_statusbar button[name=action_hand_over]:contains(Hand over)",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(With the agency)",
        },
    ],
});

registry.category("web_tour.tours").add("ar_enhanced_desk_write_off", {
    steps: () => [
        ...openFirst,
        {
            content: "propose to write off what is overdue",
            trigger: "button[name=action_write_off]",
            run: "click",
        },
        {
            trigger: ".o_form_view [name=amount]:contains(2,000.00)",
        },
        {
            trigger: "button[name=action_submit]",
            run: "click",
        },
        {
            content: "another person decides",
            trigger: ".o_arrow_button_current:contains(Waiting)",
        },
        {
            trigger: ".o_form_view:not(:has(button[name=action_approve]:visible))",
        },
    ],
});

registry.category("web_tour.tours").add("ar_enhanced_desk_approve", {
    steps: () => [
        {
            content: "the credit manager approves",
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(Booked)",
        },
    ],
});
