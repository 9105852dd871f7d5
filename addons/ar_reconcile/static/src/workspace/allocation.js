function isDiscountKind(kind) {
    return ["discount", "discount_grace"].includes(kind);
}

/**
 * The parts of a payment that a person puts together by hand.
 *
 * Amounts are whole numbers of the currency's smallest unit while they are added up; the server checks everything anew.
 */
export class Allocation {
    /**
     * @param {number} left what is left of the bank line, signed
     * @param {number} digits decimals of its currency
     */
    constructor(left, digits) {
        this.digits = digits;
        this.left = this.units(left);
        this.parts = [];
        this.rest = { kind: "open", account_id: false, partner_id: false };
        this.comment = "";
    }

    units(amount) {
        return Math.round(amount * 10 ** this.digits);
    }

    amount(units) {
        return units / 10 ** this.digits;
    }

    /** What the parts don't cover yet: of the sign of the payment where money is left over. */
    get remaining() {
        return this.left - this.parts.reduce((sum, part) => sum + part.units, 0);
    }

    /** The sign of the payment: money in is positive. */
    get sign() {
        return this.left < 0 ? -1 : 1;
    }

    has(itemId) {
        return this.parts.some((part) => part.item.id === itemId);
    }

    /**
     * Add an open item: in full as far as the money goes, in part with what is left of it.
     *
     * @param {Object} item as the server shows it; its `amount` is in the currency of the payment
     */
    add(item) {
        if (this.has(item.id)) {
            return;
        }
        const open = this.units(item.amount);
        const remaining = this.remaining;
        const isSameSide = Math.sign(open) === this.sign;
        const fits = !isSameSide || Math.abs(open) <= Math.abs(remaining) || !remaining;
        const given = fits || Math.sign(remaining) !== this.sign ? open : remaining;
        this.parts.push({ item, open, units: given, difference: "open", account_id: false });
    }

    remove(itemId) {
        this.parts = this.parts.filter((part) => part.item.id !== itemId);
    }

    /** Give an item another amount; nothing is taken off it beyond what is open. */
    setAmount(part, amount) {
        const units = Math.abs(this.units(amount)) * Math.sign(part.open);
        part.units = Math.abs(units) > Math.abs(part.open) ? part.open : units;
        if (part.units === part.open || (part.difference === "discount" && !this.isDiscount(part))) {
            part.difference = "open";
        }
    }

    /** The discount of an item that is exactly what is missing of it, if there is one. */
    discountOf(part) {
        const short = this.short(part);
        return short ? part.item.discounts.find(({ amount }) => this.units(amount) === short) : undefined;
    }

    isDiscount(part) {
        return Boolean(this.discountOf(part));
    }

    /** Pay an item less one of its discounts. */
    takeDiscount(part, discount) {
        part.units = part.open - this.units(discount.amount);
        part.difference = "discount";
    }

    /** What is given up of the items that are paid, in the smallest unit: what a second person may have to see. */
    get givenUp() {
        return this.parts.reduce((sum, part) => {
            const isLate = part.difference === "discount" && this.discountOf(part)?.is_over;
            const isGiven = isLate || ["bank_fee", "rounding", "write_off"].includes(part.difference);
            return sum + (isGiven ? Math.abs(this.short(part)) : 0);
        }, 0);
    }

    /** Take over what is proposed to become of what is missing, as far as a person may choose it. */
    takeDifferences(proposed) {
        for (const { kind, item_id: itemId } of proposed) {
            const short = this.parts.filter((part) => this.short(part));
            const part = short.find(({ item }) => item.id === itemId) || (short.length === 1 && short[0]);
            if (part && (["bank_fee", "rounding"].includes(kind) || (isDiscountKind(kind) && this.isDiscount(part)))) {
                part.difference = isDiscountKind(kind) ? "discount" : kind;
            }
        }
    }

    /** What stays of an item, or is taken off it as a difference. */
    short(part) {
        return part.open - part.units;
    }

    /** Whether everything has its place, so that it can be booked. */
    get isComplete() {
        if (!this.parts.length && (!this.remaining || this.rest.kind === "open")) {
            return false;
        }
        const differences = this.parts.every(
            (part) => part.units && (part.difference !== "write_off" || !this.short(part) || part.account_id),
        );
        return differences && this.isRestComplete;
    }

    get isRestComplete() {
        if (!this.remaining) {
            return true;
        }
        if (Math.sign(this.remaining) !== this.sign) {
            return false; // more is given than was paid
        }
        const needs = { prepayment: "partner_id", account: "account_id" }[this.rest.kind];
        return !needs || Boolean(this.rest[needs]);
    }

    /** What is sent to the server: see `ar_book_by_hand`. */
    toServer() {
        const parts = [];
        for (const part of this.parts) {
            const short = this.short(part);
            const isTakenOff = short && part.difference !== "open";
            const given = isTakenOff ? part.open : part.units;
            parts.push({ item: part.item.id, amount: this.text(given), in_full: given === part.open });
            if (isTakenOff) {
                const difference = { amount: this.text(-short), kind: part.difference };
                if (part.difference === "discount") {
                    difference.item = part.item.id;
                } else if (part.difference === "write_off") {
                    difference.account = part.account_id;
                }
                parts.push(difference);
            }
        }
        if (this.remaining) {
            const { kind, account_id, partner_id } = this.rest;
            parts.push({
                amount: this.text(this.remaining),
                kind,
                ...(kind === "account" ? { account: account_id } : {}),
                ...(kind === "prepayment" ? { partner: partner_id } : {}),
            });
        }
        return parts;
    }

    /** An amount as text with all its decimals, so that no float's tail is sent. */
    text(units) {
        return this.amount(units).toFixed(this.digits);
    }
}
