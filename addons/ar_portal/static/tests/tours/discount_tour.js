import { registry } from "@web/core/registry";

function fitsTheWidth() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} px wide on a screen of ${clientWidth} px`);
    }
}

registry.category("web_tour.tours").add("ar_portal_discount", {
    url: "/my/receivables",
    steps: () => [
        {
            content: "what paying now saves is told, with its day",
            trigger: ".o_ar_saving:contains('50.00')",
            run: fitsTheWidth,
        },
        {
            content: "each invoice tells its own discount",
            trigger: ".o_ar_item .o_ar_discount:contains('-3 %')",
        },
        {
            content: "nothing can be paid before something is chosen",
            trigger: ".o_ar_pay_bar button:disabled",
        },
        {
            content: "the first of them is chosen",
            trigger: ".o_ar_item:has(.o_ar_discount:contains('-3 %')) .o_ar_choose_label input",
            run: "check",
        },
        {
            content: "the sum below is the server's",
            trigger: ".o_ar_pay_bar:contains('1 chosen'):contains('970.00'):contains('You save')",
        },
        {
            content: "the other one too",
            trigger: ".o_ar_item:has(.o_ar_discount:contains('-2 %')) .o_ar_choose_label input",
            run: "check",
        },
        {
            trigger: ".o_ar_pay_bar:contains('2 chosen'):contains('1,950.00')",
            run: fitsTheWidth,
        },
        {
            content: "pay both",
            trigger: ".o_ar_pay_bar button:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the discount is taken off",
            trigger: ".o_ar_pay_discount:contains('50.00')",
            run: fitsTheWidth,
        },
        {
            trigger: ".o_ar_pay_amount:contains('1,950.00')",
        },
        {
            trigger: "input[name='o_payment_radio']",
            run: "click",
        },
        {
            content: "the test card of the demo provider",
            trigger: "input[name='customer_input']:visible",
            run: "edit 1234",
        },
        {
            trigger: "button[name='o_payment_submit_button']:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "back on the account, both are paid",
            trigger: ".o_ar_recent .o_ar_paid_item + .o_ar_paid_item",
            timeout: 30000,
        },
        {
            trigger: ".o_ar_portal:not(:has(.o_ar_discount))",
            run: fitsTheWidth,
        },
    ],
});
