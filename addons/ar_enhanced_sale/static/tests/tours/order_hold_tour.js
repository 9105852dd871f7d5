import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ar_enhanced_sale_order_is_held", {
    steps: () => [
        {
            content: "Confirm an order over the limit",
            trigger: ".o_form_view button[name=action_confirm]:enabled",
            run: "click",
        },
        {
            content: "The reason is told without a figure",
            trigger: ".modal:contains('the credit limit is exceeded'):not(:contains('1,000'))",
        },
        {
            content: "Ask for a release",
            trigger: ".modal button:contains('Ask for a release')",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal [name=note] textarea",
            run: "edit They pay tomorrow",
        },
        {
            trigger: ".modal button[name=action_ask]",
            run: "click",
        },
        {
            content: "The request is on its way",
            trigger: ".o_notification:contains('was asked for a release')",
        },
    ],
});

registry.category("web_tour.tours").add("ar_enhanced_sale_hold_is_released", {
    steps: () => [
        {
            content: "The hold says what is at stake",
            trigger: ".o_form_view .alert:contains('1,200')",
        },
        {
            content: "Release it",
            trigger: ".o_form_statusbar button:contains('Release')",
            run: "click",
        },
        {
            trigger: ".modal [name=reason] textarea",
            run: "edit Their bank has confirmed",
        },
        {
            trigger: ".modal button[name=action_release]",
            run: "click",
        },
        {
            content: "It is released, and says by whom and up to where",
            trigger: ".o_form_view:contains('Their bank has confirmed') .o_arrow_button_current:contains('Released')",
        },
    ],
});

registry.category("web_tour.tours").add("ar_enhanced_sale_release_lapsed", {
    steps: () => [
        {
            content: "The order says that it is released",
            trigger: ".o_form_view .alert-info:contains('Released by the credit department')",
        },
        {
            content: "It has grown since",
            trigger: ".o_form_view button[name=action_confirm]:enabled",
            run: "click",
        },
        {
            trigger: ".modal:contains('is on credit hold')",
        },
        {
            trigger: ".modal button:contains('Close'), .modal button.btn-close",
            run: "click",
        },
        {
            content: "The order is still a quotation",
            trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains('Quotation')",
        },
    ],
});
