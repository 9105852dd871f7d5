import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ar_enhanced_credit_page", {
    steps: () => [
        {
            content: "open the Credit page",
            trigger: ".o_notebook a[name=ar_credit]",
            run: "click",
        },
        {
            content: "the level stands beside its words",
            trigger: ".o_ar_credit_card .o_ar_gauge_level",
        },
        {
            content: "what is overdue is said in a sentence",
            trigger: ".o_ar_credit_card li:contains(Overdue now):contains(1,190.00):contains(up to 46 days)",
        },
        {
            content: "the ageing names what is open",
            trigger: ".o_ar_credit_card .o_ar_ageing:contains(2,380.00)",
        },
        {
            content: "a credit manager may refresh",
            trigger: "button[name=action_compute_credit_score]",
            run: "click",
        },
        {
            content: "with nothing new, it says so",
            trigger: ".o_notification:contains(nothing new)",
        },
        {
            content: "open the history",
            trigger: "button[name=action_ar_credit_history]",
            run: "click",
        },
        {
            content: "the one score is listed",
            trigger: ".o_list_view .o_data_row .o_data_cell[name=level]",
            run: "click",
        },
        {
            content: "and shows its reasons again",
            trigger: ".o_form_view .o_ar_credit_card li:contains(Overdue now)",
        },
    ],
});
