import { registry } from "@web/core/registry";

function fitsTheWidth() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} px wide on a screen of ${clientWidth} px`);
    }
}

function inDays(days) {
    const day = new Date(Date.now() + days * 86400000);
    return day.toISOString().slice(0, 10);
}

registry.category("web_tour.tours").add("ar_portal_dispute", {
    url: "/my/receivables",
    steps: () => [
        {
            content: "the first invoice is wrong",
            trigger: ".o_ar_item:contains('1,190.00') a.o_ar_dispute_link",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: ".o_ar_dispute_form label:contains('Quality') input", run: "click" },
        { trigger: "#o_ar_amount", run: "edit 12,345" },
        { trigger: "#o_ar_text", run: "edit Two of ten came broken." },
        { trigger: ".o_ar_send", run: "click", expectUnloadPage: true },
        {
            content: "what is wrong is said, and what was written is still there",
            trigger: ".o_ar_errors:contains('too many decimals')",
            run: fitsTheWidth,
        },
        { trigger: "#o_ar_text:value('Two of ten came broken.')" },
        { trigger: "#o_ar_amount", run: "edit 190.00" },
        { trigger: ".o_ar_send", run: "click", expectUnloadPage: true },
        {
            content: "it is being looked into",
            trigger: ".o_ar_agreement_state:contains('We are looking into it')",
            run: fitsTheWidth,
        },
        { trigger: ".o_ar_conversation #o_ar_text", run: "edit I have the delivery note." },
        { trigger: ".o_ar_say", run: "click", expectUnloadPage: true },
        { trigger: ".o_ar_own_message:contains('delivery note')" },
        { trigger: ".breadcrumb a[href='/my/receivables']", run: "click", expectUnloadPage: true },
        {
            content: "the list says so",
            trigger: ".o_ar_item:contains('1,190.00') .o_ar_asked:contains('190.00 disputed')",
            run: fitsTheWidth,
        },
    ],
});

registry.category("web_tour.tours").add("ar_portal_promise", {
    url: "/my/receivables",
    steps: () => [
        { trigger: ".o_ar_item:contains('2,340.00') .o_ar_choose input", run: "check" },
        { trigger: ".o_ar_chosen_amount:contains('2,340.00')" },
        {
            trigger: ".o_ar_later button[formaction='/my/receivables/promise']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "#o_ar_date",
            run: (helpers) => {
                helpers.anchor.value = inDays(5);
                fitsTheWidth();
            },
        },
        { trigger: ".o_ar_send", run: "click", expectUnloadPage: true },
        {
            content: "the promise is open",
            trigger: ".o_ar_agreement_state:contains('Open')",
            run: fitsTheWidth,
        },
        { trigger: ".breadcrumb a[href='/my/receivables/agreements']", run: "click", expectUnloadPage: true },
        { trigger: ".o_ar_agreements .o_ar_one:contains('2,340.00')", run: fitsTheWidth },
        { trigger: "a[href='/my/receivables/plan']", run: "click", expectUnloadPage: true },
        { trigger: ".o_ar_agreement_choice label:contains('1,190.00') input", run: "check" },
        { trigger: ".o_ar_agreement_choice button.btn-primary", run: "click", expectUnloadPage: true },
        { trigger: "#o_ar_count", run: "edit 2" },
        { trigger: ".o_ar_reckon", run: "click", expectUnloadPage: true },
        { trigger: ".o_ar_instalments tbody tr:count(2)" },
        { trigger: ".o_ar_send:contains('Accept')", run: "click", expectUnloadPage: true },
        {
            content: "within the bounds it is agreed",
            trigger: ".o_ar_agreement_state:contains('Agreed')",
            run: fitsTheWidth,
        },
    ],
});
