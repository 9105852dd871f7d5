import { registry } from "@web/core/registry";

function fitsTheWidth() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} px wide on a screen of ${clientWidth} px`);
    }
    const small = [
        ...document.querySelectorAll(
            ".o_ar_portal :is(a:not(.stretched-link), button, summary, input:not([type=hidden]), select)",
        ),
    ].filter((el) => el.offsetHeight && el.offsetHeight < 44);
    if (window.innerWidth < 768 && small.length) {
        throw new Error(`Too small to touch: ${small.map((el) => el.id || el.textContent.trim())}`);
    }
    const unnamed = [
        ...document.querySelectorAll(".o_ar_portal :is(input:not([type=hidden]), select, textarea)"),
    ].filter((el) => !el.labels.length);
    if (unnamed.length) {
        throw new Error(`Without a label: ${unnamed.map((el) => el.name)}`);
    }
}

const differ = [
    {
        content: "one item differs",
        trigger: ".o_ar_differ:contains('Something differs')",
        run: "click",
        expectUnloadPage: true,
    },
    {
        trigger: ".o_ar_letter_item:contains('1,000.00') summary",
        run: "click",
    },
    {
        trigger: ".o_ar_letter_item:contains('1,000.00') input[id^=amount_]",
        run: "edit NaN",
    },
    {
        content: "a wrong amount is told, and nothing is lost",
        trigger: ".o_ar_letter_item:contains('1,000.00') input[id^=comment_]",
        run: "edit Paid half of it",
    },
    {
        trigger: "input[name=name]",
        run: "edit Ida Clerk",
    },
    {
        trigger: ".o_ar_sign",
        run: "click",
        expectUnloadPage: true,
    },
    {
        trigger: ".o_ar_errors:contains(“NaN” isn't an amount)",
        run: fitsTheWidth,
    },
    {
        content: "only the item that differs is open",
        trigger: ".o_ar_answer_form:not(:has(details:eq(1)[open]))",
    },
    {
        trigger: ".o_ar_letter_item:contains('1,000.00') details[open] input.is-invalid",
        run: "edit 500",
    },
    {
        trigger: ".o_ar_sign:contains('Send the differences')",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "the receipt says what was signed",
        trigger:
            ".o_ar_receipt:contains('You told us what differs'):contains('Ida Clerk') .o_ar_difference:contains('500.00')",
        run: fitsTheWidth,
    },
    {
        trigger: ".o_ar_answer_line:contains('Paid half of it'):contains('500.00')",
    },
    {
        trigger: ".o_ar_fingerprint",
    },
];

registry.category("web_tour.tours").add("ar_portal_confirmation", {
    url: "/my/home",
    steps: () => [
        {
            content: "the card leads to the letters",
            trigger: "a[href='/my/receivables/confirmations']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_ar_letter:contains('Please answer by'):contains('1,420.00') a",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the balance and what it is made of",
            trigger: ".o_ar_confirmation .o_ar_letter_balance:contains('1,420.00')",
            run: fitsTheWidth,
        },
        ...differ,
        {
            content: "back to the list",
            trigger: ".o_portal_submenu a[href='/my/receivables/confirmations']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_ar_letter:contains('You told us what differs')",
            run: fitsTheWidth,
        },
    ],
});

registry.category("web_tour.tours").add("ar_portal_confirmation_by_link", {
    steps: () => [
        {
            content: "the link opens the letter without a login",
            trigger: ".o_ar_confirmation .o_ar_letter_balance:contains('1,420.00')",
            run: fitsTheWidth,
        },
        ...differ,
        {
            content: "found out that the balance is right after all",
            trigger: ".o_ar_agree:contains('We agree now')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "input[name=name]",
            run: "edit Ida Clerk",
        },
        {
            trigger: "input[name=why]",
            run: "edit The payment was not booked",
        },
        {
            trigger: ".o_ar_sign:contains('Confirm'):contains('1,420.00')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_ar_receipt:contains('You agreed with this balance')",
            run: fitsTheWidth,
        },
    ],
});
