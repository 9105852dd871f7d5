// Times the first paint of addresses in turn, each in a fresh page: node workspace_paint.mjs < what to measure, as JSON.
// {base, login, rounds, pages: {name: [address, selector, …]}} gives {name: [[milliseconds for each selector], …]}.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import fs from "node:fs";
import path from "node:path";

const local = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../.local");
const { chromium } = createRequire(path.join(local, "node/"))("playwright-core");
const { base, login, rounds, pages } = JSON.parse(fs.readFileSync(0, "utf-8"));

/** Notes for each selector when the first frame with such an element has been painted, in ms since the navigation. */
function watch(selectors) {
    window.painted = {};
    const look = () => {
        for (const selector of selectors) {
            if (!(selector in window.painted) && document.querySelector(selector)) {
                window.painted[selector] = null;
                requestAnimationFrame(() => {
                    const { port1, port2 } = new MessageChannel(); // its message comes right after the paint
                    port1.onmessage = () => {
                        window.painted[selector] = performance.now();
                    };
                    port2.postMessage(null);
                });
            }
        }
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
}

const browser = await chromium.launch({
    executablePath: path.join(local, "bin/google-chrome"),
    args: ["--no-sandbox"],
});
const context = await browser.newContext({ viewport: { width: 1366, height: 820 }, locale: "en-US" });
const first = await context.newPage();
await first.goto(`${base}/web/login`);
await first.fill("input[name=login]", login);
await first.fill("input[name=password]", login);
await first.click("button[type=submit]");
await first.waitForSelector(".o_main_navbar");
await first.close();

const found = Object.fromEntries(Object.keys(pages).map((name) => [name, []]));
for (let round = -2; round < rounds; round++) {
    for (const [name, [address, ...selectors]] of Object.entries(pages)) {
        const page = await context.newPage();
        await page.addInitScript(watch, selectors);
        await page.goto(base + address);
        await page.waitForFunction(
            (count) => Object.values(window.painted).filter(Boolean).length === count,
            selectors.length,
        );
        const painted = await page.evaluate(() => window.painted);
        if (round >= 0) {
            found[name].push(selectors.map((selector) => painted[selector]));
        }
        await page.close();
    }
}
await browser.close();
console.log(JSON.stringify(found));
