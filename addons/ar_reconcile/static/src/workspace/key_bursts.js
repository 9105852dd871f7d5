import { browser } from "@web/core/browser/browser";

/** Milliseconds between two keys that a person needs; a barcode reader is faster. */
export const BURST = 60;
/** Characters that are no longer a person's two or three keys at once, but a scanned code. */
const SHORTEST_CODE = 4;

/**
 * Tells what a person types from what a barcode reader types: its characters must not book anything.
 *
 * A key waits until it is certain that no others follow it as fast as no person types.
 */
export class KeyBursts {
    /** @param {(text: string) => void} onCode what a barcode reader has typed */
    constructor(onCode) {
        this.onCode = onCode;
        this.held = [];
    }

    /** Do what a key means, unless it is a character of a code. */
    hold(character, run) {
        this.held.push({ character, run });
        browser.clearTimeout(this.timer);
        this.timer = browser.setTimeout(() => this.release(), BURST);
    }

    get isCode() {
        return this.held.length >= SHORTEST_CODE;
    }

    drop() {
        browser.clearTimeout(this.timer);
        this.held = [];
    }

    /** Let go what is held: as a code, or key by key. */
    release() {
        const { held, isCode } = this;
        this.drop();
        if (isCode) {
            this.onCode(held.map(({ character }) => character).join(""));
        } else {
            held.forEach(({ run }) => run());
        }
    }
}
