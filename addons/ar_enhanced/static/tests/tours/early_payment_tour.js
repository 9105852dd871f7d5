import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ar_enhanced_early_payment", {
    steps: () => [
        {
            content: "The invoice says what is to be paid by when",
            trigger: "[name=ar_discount_summary]:contains(980.00):contains(2 %)",
        },
        {
            content: "Each discount is listed with its days",
            trigger: ".nav-link[name=ar_discounts]",
            run: "click",
        },
        {
            trigger: "[name=ar_discount_offer_ids] .o_data_row:contains(20.00) .badge:contains(Open)",
        },
        {
            content: "The payment is proposed less the discount",
            trigger: "button[name=action_register_payment]",
            run: "click",
        },
        {
            trigger: ".modal [name=amount] input:value(980.00)",
        },
        {
            trigger: ".modal button[name=action_create_payments]",
            run: "click",
        },
        {
            content: "The invoice is settled",
            trigger: ".ribbon:contains(Paid)",
        },
        {
            trigger: ".nav-link[name=ar_discounts]",
            run: "click",
        },
        {
            trigger: "[name=ar_discount_offer_ids] .o_data_row .badge:contains(Taken)",
        },
    ],
});
