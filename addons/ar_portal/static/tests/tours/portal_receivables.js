import { registry } from "@web/core/registry";

function fitsTheWidth() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} px wide on a screen of ${clientWidth} px`);
    }
    const small = [...document.querySelectorAll(".o_ar_portal a, .o_ar_portal button")]
        .map((el) => (el.classList.contains("stretched-link") ? el.closest("tr, li") : el))
        .filter((el) => el.offsetHeight && el.offsetHeight < 44);
    if (window.innerWidth < 768 && small.length) {
        throw new Error(`Too small to touch: ${small.map((el) => el.textContent.trim())}`);
    }
}

registry.category("web_tour.tours").add("ar_portal_receivables", {
    url: "/my/home",
    steps: () => [
        {
            content: "the card tells that two invoices are open",
            trigger: "a[href='/my/receivables']:contains('Open invoices: 2')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the balance is there",
            trigger: ".o_ar_account:contains('You owe') .o_ar_balance:contains('3,530.00')",
            run: fitsTheWidth,
        },
        {
            content: "the later invoice is not overdue",
            trigger: ".o_ar_item .o_ar_due_words:contains('in 9 days')",
        },
        {
            content: "what was paid is told",
            trigger: ".o_ar_recent .o_ar_paid_item:contains('400.00')",
        },
        {
            content: "all that was paid",
            trigger: "a.o_ar_all_paid",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the list is the paid one",
            trigger: ".o_ar_item[data-state='paid']",
            run: fitsTheWidth,
        },
        {
            content: "back to the open invoices over the portal's home",
            trigger: ".o_portal_submenu a[href='/my/home']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "a[href='/my/receivables']:contains('Open invoices: 2')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the overdue invoice leads to Odoo's own page",
            trigger: ".o_ar_item:contains('12 days overdue') a[href^='/my/invoices/']",
        },
    ],
});
