import { registry } from "@web/core/registry";

function fitsTheWidth() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} px wide on a screen of ${clientWidth} px`);
    }
    const small = [
        ...document.querySelectorAll(".o_ar_portal a, .o_ar_portal button, .o_ar_portal summary, .o_ar_credit"),
    ]
        .map((el) => (el.classList.contains("stretched-link") ? el.closest("tr, li") : el))
        .filter((el) => !el.closest("p, #o_payment_form") && el.offsetHeight && el.offsetHeight < 44);
    if (window.innerWidth < 768 && small.length) {
        throw new Error(`Too small to touch: ${small.map((el) => el.textContent.trim())}`);
    }
}

const choose = (words) => ({
    content: `the item that says ${words} is chosen`,
    trigger: `.o_ar_item:contains('${words}') .o_ar_choose_label input`,
    run: "check",
});

registry.category("web_tour.tours").add("ar_portal_credit", {
    url: "/my/receivables",
    steps: () => [
        choose("1,000.00"),
        choose("500.00"),
        choose("250.00"),
        choose("Credit note"),
        {
            content: "the sum is the server's: the credit is off, and the discount on what it leaves",
            trigger: ".o_ar_pay_bar:contains('4 chosen'):contains('1,430.00')",
            run: fitsTheWidth,
        },
        {
            trigger: ".o_ar_pay_bar button:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_ar_pay_credit:contains('300.00')",
            run: fitsTheWidth,
        },
        {
            content: "without the credit it would be more",
            trigger: ".o_ar_pay_credits input:checked",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_ar_pay_amount:contains('1,730.00')",
        },
        {
            trigger: ".o_ar_pay_credits input:not(:checked)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_ar_pay_amount:contains('1,430.00')",
        },
        {
            content: "of the last one a part is paid, with a reason",
            trigger: ".o_ar_pay_item:contains('250.00') summary",
            run: "click",
        },
        {
            trigger: ".o_ar_pay_item:contains('250.00') input[inputmode='decimal']",
            run: "edit 100",
        },
        {
            trigger: ".o_ar_pay_item:contains('250.00') select",
            run: "select dispute",
        },
        {
            trigger: ".o_ar_pay_item:contains('250.00') textarea",
            run: "edit One box was missing",
        },
        {
            trigger: ".o_ar_pay_item:contains('250.00') button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the server has reckoned it anew",
            trigger: ".o_ar_part_words:contains('100.00'):contains('One box was missing')",
            run: fitsTheWidth,
        },
        {
            trigger: ".o_ar_pay_amount:contains('1,280.00')",
        },
        {
            trigger: "input[name='o_payment_radio']",
            run: "click",
        },
        {
            trigger: "input[name='customer_input']:visible",
            run: "edit 1234",
        },
        {
            trigger: "button[name='o_payment_submit_button']:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "back on the account, two are paid and the rest of the third is open",
            trigger: ".o_ar_item:contains('150.00'):contains('Partly paid')",
            timeout: 30000,
        },
        {
            trigger: ".o_ar_recent .o_ar_paid_item",
            run: fitsTheWidth,
        },
    ],
});

registry.category("web_tour.tours").add("ar_portal_transfer", {
    url: "/my/receivables",
    steps: () => [
        choose("1,000.00"),
        choose("500.00"),
        {
            trigger: ".o_ar_pay_bar button:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_ar_pay_transfer button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "account, amount and reference are there",
            trigger: ".o_ar_transfer:contains('DE02'):contains('1,480.00'):contains('RF')",
            run: fitsTheWidth,
        },
        {
            trigger: "a[href='/my/receivables/transfers'].btn",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it is expected",
            trigger: ".o_ar_notice[data-state='announced']:contains('1,480.00')",
            run: fitsTheWidth,
        },
        {
            trigger: ".o_ar_notice a",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "form[action$='/cancel'] button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_ar_notice[data-state='cancelled']",
        },
    ],
});

registry.category("web_tour.tours").add("ar_portal_request", {
    steps: () => [
        {
            content: "the link shows what it asks for, without a login",
            trigger: ".o_ar_pay_amount:contains('1,480.00')",
            run: fitsTheWidth,
        },
        {
            trigger: "input[name='o_payment_radio']",
            run: "click",
        },
        {
            trigger: "input[name='customer_input']:visible",
            run: "edit 1234",
        },
        {
            trigger: "button[name='o_payment_submit_button']:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the same link says that all is settled",
            trigger: ".o_ar_not_payable:contains('all of it is settled')",
            timeout: 30000,
        },
        {
            trigger: ".o_ar_settled_since + .o_ar_settled_since",
            run: fitsTheWidth,
        },
    ],
});
