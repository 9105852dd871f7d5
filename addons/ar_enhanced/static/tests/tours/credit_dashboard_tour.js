import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ar_enhanced_credit_dashboard", {
    steps: () => [
        {
            content: "one customer is over its limit",
            trigger: ".o_ar_tile[data-figure=over_limit]:contains(1):contains(1,380.00)",
            run: "click",
        },
        {
            content: "the list has that customer",
            trigger: ".o_list_view .o_data_row:contains(Linden Optics) .o_data_cell[name=complete_name]",
        },
        {
            content: "go back to the dashboard",
            trigger: ".o_back_button, .breadcrumb-item a:contains(Credit Dashboard)",
            run: "click",
        },
        {
            content: "the customer is named beside the chart of limits",
            trigger: ".o_ar_limit_row:contains(Linden Optics):contains(238%)",
            run: "click",
        },
        {
            content: "open the page Credit",
            trigger: ".o_form_view .o_notebook a[name=ar_credit]",
            run: "click",
        },
        {
            content: "which says the same",
            trigger: ".o_ar_position:contains(Over the limit by):contains(1,380.00)",
        },
        {
            content: "and shows the score on a gauge with a label for screen readers",
            trigger: ".o_ar_credit_card svg.o_ar_gauge[role=img][aria-label*='of 100 points']",
        },
        {
            content: "open the list of scores",
            trigger: "button[name=action_ar_credit_history]",
            run: "click",
        },
        {
            content: "the one score is there",
            trigger: ".o_list_view .o_data_row .o_data_cell[name=level]",
        },
    ],
});
