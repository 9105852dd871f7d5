import { registry } from "@web/core/registry";

function fitsTheWidth() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} px wide on a screen of ${clientWidth} px`);
    }
    const small = [...document.querySelectorAll(".o_ar_portal :is(a, button, select, input)")].filter(
        (el) => el.offsetHeight && (el.offsetHeight < 44 || el.offsetWidth < 44),
    );
    if (small.length) {
        throw new Error(`Too small to touch: ${small.map((el) => el.name || el.textContent.trim())}`);
    }
}

function hidden(name) {
    return () => {
        if (document.querySelector(`.o_ar_period [name='${name}']`).offsetHeight) {
            throw new Error(`"${name}" is asked for, though the period says it`);
        }
    };
}

registry.category("web_tour.tours").add("ar_portal_statement", {
    url: "/my/receivables",
    steps: () => [
        { trigger: "a.o_ar_to_statement", run: "click", expectUnloadPage: true },
        {
            content: "this quarter, without days to fill in",
            trigger: ".o_ar_period select[name='period']:has(option[value='this_quarter']:checked)",
            run: hidden("from"),
        },
        { trigger: ".o_ar_period select[name='period']", run: hidden("until") },
        {
            content: "the closing balance is the account's",
            trigger: ".o_ar_statement .o_ar_closing:contains('3,530.00')",
            run: fitsTheWidth,
        },
        {
            content: "as of one day, which is asked for",
            trigger: ".o_ar_period select[name='period']",
            run: "select day",
        },
        { trigger: ".o_ar_period input[name='until']:visible", run: hidden("from") },
        { trigger: ".o_ar_period button[type='submit']", run: "click", expectUnloadPage: true },
        {
            content: "what is open is listed, overdue in words",
            trigger: ".o_ar_open_item:contains('12 days overdue')",
            run: fitsTheWidth,
        },
        {
            content: "the same as a file",
            trigger: ".o_ar_files a[href^='/my/receivables/statement/xlsx?period=day']",
        },
        {
            content: "back to the account",
            trigger: ".o_portal_submenu a[href='/my/receivables']",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: ".o_ar_balance:contains('3,530.00')" },
    ],
});
