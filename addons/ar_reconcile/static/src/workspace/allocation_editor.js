import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { useDebounced } from "@web/core/utils/timing";
import { parseMonetary } from "@web/views/fields/parsers";
import { Allocation } from "./allocation";
import { digitsOf, money, plainAmount } from "./money";

/** What may become of an item that is not paid in full, and of money that is left over. */
export const DIFFERENCES = {
    open: _t("Stays open"),
    bank_fee: _t("Bank fee"),
    rounding: _t("Rounding"),
    discount: _t("Early-payment discount"),
    write_off: _t("Write off"),
};
export const RESTS = {
    open: _t("Leave open on the bank line"),
    prepayment: _t("Keep on account"),
    account: _t("Book to an account"),
};
const PAGE = 40;

/**
 * Puts a payment together by hand: items picked from what is open, amounts, and what becomes of each difference.
 */
export class AllocationEditor extends Component {
    static template = "ar_reconcile.AllocationEditor";
    static components = { RecordSelector };
    static props = {
        detail: Object,
        orm: Object,
        onError: Function,
        book: Function,
        cancel: Function,
        isCancellable: { type: Boolean, optional: true },
        partnerId: [Number, { value: false }],
        pickedItem: { type: [Number, { value: false }], optional: true },
        isBusy: { type: Boolean, optional: true },
        isStale: { type: Boolean, optional: true },
        isFocused: { type: Boolean, optional: true },
    };

    setup() {
        this.differences = Object.entries(DIFFERENCES);
        this.rests = Object.entries(RESTS);
        const { detail } = this.props;
        this.currencyId = detail.currency_id;
        this.allocation = useState(new Allocation(detail.left, digitsOf(this.currencyId)));
        this.allocation.rest.partner_id = this.props.partnerId;
        this.picker = useState({
            text: "",
            items: [],
            count: 0,
            suggested: [],
            next: 0,
            isAll: !this.props.partnerId,
            isLoading: true,
        });
        this.searchSoon = useDebounced(() => this.loadItems(), 250);
        this.search = useRef("search");
        useEffect(
            (isFocused) => isFocused && this.search.el.focus(),
            () => [this.props.isFocused],
        );
        onWillStart(async () => {
            const wanted = this.wantedIds;
            await this.loadItems(0, wanted);
            this.begin(wanted.length ? wanted : this.picker.suggested);
        });
    }

    get proposedParts() {
        const proposal = this.props.detail.proposals.find((each) => each.state === "proposed");
        return proposal && !this.props.pickedItem ? proposal.parts : [];
    }

    /** The items to begin with: what was picked, or what is proposed. */
    get wantedIds() {
        if (this.props.pickedItem) {
            return [this.props.pickedItem];
        }
        return [...new Set(this.proposedParts.map((part) => part.item_id).filter(Boolean))];
    }

    /** Begin with what is proposed, or what was picked, or the only items that make the amount. */
    begin(wanted) {
        this.picker.items.filter((item) => wanted.includes(item.id)).forEach((item) => this.allocation.add(item));
        this.allocation.takeDifferences(this.proposedParts);
        const isCustomers = this.props.partnerId && this.props.detail.is_in;
        this.allocation.rest.kind = isCustomers ? "prepayment" : "account";
    }

    /**
     * Read a page of open items; what comes later than the answer to a newer question is dropped.
     *
     * @param {number} offset
     * @param {number[]} [wanted] ids of items that are read with them, on whichever page they would be
     */
    async loadItems(offset = 0, wanted = []) {
        const { orm, detail, partnerId } = this.props;
        const read = (this.reads = (this.reads || 0) + 1);
        this.picker.isLoading = true;
        try {
            const partner = this.picker.isAll ? false : partnerId;
            const args = [[detail.row.id], partner, this.picker.text, offset, PAGE, wanted];
            const found = await orm.call("account.bank.statement.line", "ar_workspace_items", args);
            if (read !== this.reads) {
                return;
            }
            const kept = offset ? this.picker.items : [];
            const known = new Set(kept.map((item) => item.id));
            this.picker.items = [...kept, ...found.items.filter((item) => !known.has(item.id))];
            this.picker.count = found.count;
            this.picker.suggested = offset ? this.picker.suggested : found.suggested;
            this.picker.next = offset + PAGE;
        } catch (error) {
            this.props.onError(error);
        } finally {
            if (read === this.reads) {
                this.picker.isLoading = false;
            }
        }
    }

    get hasMore() {
        return this.picker.next < this.picker.count;
    }

    // PICKER

    onSearch(ev) {
        this.picker.text = ev.target.value;
        this.searchSoon();
    }

    setAll(isAll) {
        this.picker.isAll = isAll;
        return this.loadItems();
    }

    toggle(item) {
        if (this.allocation.has(item.id)) {
            this.allocation.remove(item.id);
        } else {
            this.allocation.add(item);
            this.allocation.rest.partner_id ||= item.partner_id;
        }
    }

    useSuggested() {
        this.allocation.parts = [];
        this.picker.items
            .filter((item) => this.picker.suggested.includes(item.id))
            .forEach((item) => this.allocation.add(item));
    }

    get isSuggestionUsed() {
        return this.picker.suggested.every((id) => this.allocation.has(id));
    }

    // PARTS

    setAmount(part, ev) {
        try {
            this.allocation.setAmount(part, parseMonetary(ev.target.value));
        } catch {
            // what can't be read is not taken: the amount before stands there again
        }
        ev.target.value = this.plain(Math.abs(part.units));
    }

    setDifference(part, ev) {
        part.difference = ev.target.value;
    }

    setRest(ev) {
        this.allocation.rest.kind = ev.target.value;
    }

    /** What may be done with what is missing of an item: the discount only where its terms have one. */
    differencesOf(part) {
        return this.differences.filter(([kind]) => kind !== "discount" || this.allocation.isDiscount(part));
    }

    /** The discounts that can still be chosen for an item, the best one of the payment's day first. */
    discountsOf(part) {
        const taken = part.difference === "discount" ? this.allocation.discountOf(part) : undefined;
        return part.item.discounts.filter((discount) => discount !== taken);
    }

    get isOver() {
        const { remaining, sign } = this.allocation;
        return remaining && Math.sign(remaining) !== sign;
    }

    get bookLabel() {
        return this.needsApproval ? _t("Send for Approval") : _t("Book");
    }

    get nothingFits() {
        return _t("Nothing open fits “%s”.", this.picker.text);
    }

    get showMore() {
        return _t("Show more (%s open)", this.picker.count);
    }

    /** What is missing before it can be booked. */
    get hint() {
        const { allocation } = this;
        if (allocation.isComplete) {
            return "";
        }
        if (this.isOver) {
            return _t("Lower an amount, or remove an item.");
        }
        if (allocation.parts.some((part) => !part.units)) {
            return _t("Give each item an amount, or remove it.");
        }
        if (allocation.parts.some((part) => part.difference === "write_off" && !part.account_id)) {
            return _t("Choose the account of the write-off.");
        }
        if (allocation.rest.kind === "prepayment") {
            return _t("Choose the customer.");
        }
        if (allocation.rest.kind === "account") {
            return allocation.parts.length ? _t("Choose the account.") : _t("Choose an account, or pick open items.");
        }
        return _t("Pick open items.");
    }

    /** Whether a second person will have to approve; the server says so in the end. */
    get needsApproval() {
        const limit = this.props.detail.write_off_limit;
        if (limit === false) {
            return false;
        }
        const { allocation } = this;
        const rest = allocation.parts.length && allocation.rest.kind === "account" ? Math.abs(allocation.remaining) : 0;
        return allocation.amount(allocation.givenUp + rest) > limit;
    }

    book() {
        if (this.allocation.isComplete && !this.props.isBusy && !this.props.isStale) {
            this.props.book(this.props.detail.row.id, this.allocation.toServer(), this.allocation.comment);
        }
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && (ev.ctrlKey || ev.metaKey)) {
            ev.preventDefault();
            ev.stopPropagation();
            if (ev.target.matches(".o_ar_amount")) {
                ev.target.dispatchEvent(new Event("change")); // what is typed counts, though nobody has left the field
            }
            if (!ev.repeat) {
                this.book();
            }
        } else if (ev.key === "Escape") {
            ev.preventDefault();
            ev.stopPropagation();
            this.props.cancel();
        }
    }

    /** With Enter the only item that fits is picked, or dropped: a number may be typed or scanned one after the other. */
    onSearchKeydown(ev) {
        if (ev.key !== "Enter" || ev.ctrlKey || ev.metaKey) {
            return;
        }
        ev.preventDefault();
        this.searchSoon.cancel();
        this.pickOnly();
    }

    async pickOnly() {
        await this.loadItems();
        if (this.picker.text && this.picker.items.length === 1) {
            this.toggle(this.picker.items[0]);
            this.picker.text = "";
            await this.loadItems();
        }
    }

    // WORDS

    money(units) {
        return money(this.allocation.amount(units), this.currencyId);
    }

    plain(units) {
        return plainAmount(this.allocation.amount(units), this.currencyId);
    }

    itemMoney(item) {
        return money(item.residual, item.currency_id);
    }

    amountLabel(part) {
        return _t("Amount for %s", part.item.number);
    }

    removeLabel(part) {
        return _t("Remove %s", part.item.number);
    }

    discountLabel({ amount, percent, until, is_over }) {
        const off = money(amount, this.currencyId);
        if (percent) {
            return is_over
                ? _t("Discount of %(percent)s %, %(amount)s, only until %(day)s", { percent, amount: off, day: until })
                : _t("Discount of %(percent)s %, %(amount)s, until %(day)s", { percent, amount: off, day: until });
        }
        return is_over
            ? _t("Discount of %(amount)s, only until %(day)s", { amount: off, day: until })
            : _t("Discount of %(amount)s until %(day)s", { amount: off, day: until });
    }

    overdue(item) {
        return overdueWords(item.days_overdue);
    }

    get accountDomain() {
        return [["account_type", "not in", ["asset_cash", "liability_credit_card", "off_balance"]]];
    }
}

/** How late something is, or when it is due. */
export function overdueWords(days) {
    if (days > 0) {
        return days === 1 ? _t("1 day overdue") : _t("%s days overdue", days);
    }
    return days === 0 ? _t("due today") : days === -1 ? _t("due tomorrow") : _t("due in %s days", -days);
}
