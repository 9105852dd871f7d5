import { describe, expect, test } from "@odoo/hoot";
import { Allocation } from "@ar_reconcile/workspace/allocation";
import { makeDiscount, makeItem } from "./workspace_fixtures";

describe.current.tags("headless");

function allocate(left, items, digits = 2) {
    const allocation = new Allocation(left, digits);
    items.forEach((item) => allocation.add(item));
    return allocation;
}

test("a payment that is an invoice pays it in full", () => {
    const allocation = allocate(119, [makeItem(1, 119)]);
    expect(allocation.remaining).toBe(0);
    expect(allocation.isComplete).toBe(true);
    expect(allocation.toServer()).toEqual([{ item: 1, amount: "119.00", in_full: true }]);
});

test("a payment is split over invoices, the last of which is paid in part", () => {
    const allocation = allocate(150, [makeItem(1, 100), makeItem(2, 80)]);
    expect(allocation.toServer()).toEqual([
        { item: 1, amount: "100.00", in_full: true },
        { item: 2, amount: "50.00", in_full: false },
    ]);
    expect(allocation.short(allocation.parts[1])).toBe(3000);
    expect(allocation.isComplete).toBe(true);
});

test("an item that is larger than the payment takes all of it and stays open", () => {
    const allocation = allocate(30, [makeItem(1, 100)]);
    expect(allocation.toServer()).toEqual([{ item: 1, amount: "30.00", in_full: false }]);
});

test("a credit note is netted, so that its invoice is paid in full", () => {
    const allocation = allocate(80, [makeItem(2, -20), makeItem(1, 100)]);
    expect(allocation.remaining).toBe(0);
    expect(allocation.toServer()).toEqual([
        { item: 2, amount: "-20.00", in_full: true },
        { item: 1, amount: "100.00", in_full: true },
    ]);
});

test("the same item is there once", () => {
    expect(allocate(200, [makeItem(1, 100), makeItem(1, 100)]).parts).toHaveLength(1);
});

test("what is removed gives its money back", () => {
    const allocation = allocate(100, [makeItem(1, 60), makeItem(2, 40)]);
    allocation.remove(1);
    expect(allocation.remaining).toBe(6000);
});

test("money that goes out pays what is owed", () => {
    const allocation = allocate(-50, [makeItem(1, -80, { sort: "bill" })]);
    expect(allocation.sign).toBe(-1);
    expect(allocation.toServer()).toEqual([{ item: 1, amount: "-50.00", in_full: false }]);
    const [part] = allocation.parts;
    allocation.setAmount(part, 20);
    expect(part.units).toBe(-2000);
    expect(allocation.remaining).toBe(-3000);
});

test("no more is taken off an item than is open, whatever is typed", () => {
    const allocation = allocate(100, [makeItem(1, 60)]);
    const [part] = allocation.parts;
    allocation.setAmount(part, 1e12);
    expect(part.units).toBe(6000);
    allocation.setAmount(part, -25);
    expect(part.units).toBe(2500);
    allocation.setAmount(part, 0);
    expect(allocation.isComplete).toBe(false);
});

test("more than was paid can't be booked", () => {
    const allocation = allocate(100, [makeItem(1, 100), makeItem(2, 50)]);
    expect(allocation.remaining).toBe(-5000);
    expect(allocation.isComplete).toBe(false);
    allocation.setAmount(allocation.parts[0], 50);
    expect(allocation.isComplete).toBe(true);
});

test("a difference is sent beside the item that it is taken off", () => {
    const allocation = allocate(95, [makeItem(1, 100)]);
    const [part] = allocation.parts;
    part.difference = "bank_fee";
    expect(allocation.toServer()).toEqual([
        { item: 1, amount: "100.00", in_full: true },
        { amount: "-5.00", kind: "bank_fee" },
    ]);
    expect(allocation.givenUp).toBe(500);
});

test("a write-off needs an account", () => {
    const allocation = allocate(95, [makeItem(1, 100)]);
    const [part] = allocation.parts;
    part.difference = "write_off";
    expect(allocation.isComplete).toBe(false);
    part.account_id = 42;
    expect(allocation.isComplete).toBe(true);
    expect(allocation.toServer()[1]).toEqual({ amount: "-5.00", kind: "write_off", account: 42 });
});

test("a discount is taken off its item, and given up with an amount that is no longer it", () => {
    const allocation = allocate(98, [makeItem(1, 100, { discounts: [makeDiscount(2)] })]);
    const [part] = allocation.parts;
    allocation.takeDiscount(part, part.item.discounts[0]);
    expect(allocation.toServer()).toEqual([
        { item: 1, amount: "100.00", in_full: true },
        { amount: "-2.00", kind: "discount", item: 1 },
    ]);
    expect(allocation.givenUp).toBe(0);
    allocation.setAmount(part, 97);
    expect(part.difference).toBe("open");
});

test("of several tiers, the one that is missing is the discount", () => {
    const tiers = [makeDiscount(2), makeDiscount(3, { is_over: true })];
    const allocation = allocate(97, [makeItem(1, 100, { discounts: tiers })]);
    const [part] = allocation.parts;
    allocation.setAmount(part, 97);
    expect(allocation.discountOf(part)).toBe(tiers[1]);
    allocation.takeDiscount(part, tiers[0]);
    expect(allocation.toServer()[1]).toEqual({ amount: "-2.00", kind: "discount", item: 1 });
    allocation.setAmount(part, 95);
    expect(allocation.isDiscount(part)).toBe(false);
});

test("a discount after its day is given up by a person", () => {
    const allocation = allocate(98, [makeItem(1, 100, { discounts: [makeDiscount(2, { is_over: true })] })]);
    allocation.takeDiscount(allocation.parts[0], allocation.parts[0].item.discounts[0]);
    expect(allocation.givenUp).toBe(200);
});

test("what is proposed for a difference is what a person begins with", () => {
    const allocation = allocate(95, [makeItem(1, 100)]);
    allocation.takeDifferences([
        { kind: "full", item_id: 1 },
        { kind: "bank_fee", item_id: false },
    ]);
    expect(allocation.toServer()[1]).toEqual({ amount: "-5.00", kind: "bank_fee" });
    const discounted = allocate(98, [makeItem(1, 100, { discounts: [makeDiscount(2)] })]);
    discounted.takeDifferences([{ kind: "discount", item_id: 1 }]);
    expect(discounted.toServer()[1]).toEqual({ amount: "-2.00", kind: "discount", item: 1 });
    const several = allocate(150, [makeItem(1, 100), makeItem(2, 80)]);
    several.takeDifferences([{ kind: "overpayment", item_id: false }]);
    expect(several.parts.map((part) => part.difference)).toEqual(["open", "open"]);
});

test("an item that is paid in full again has no difference any more", () => {
    const allocation = allocate(100, [makeItem(1, 100)]);
    const [part] = allocation.parts;
    allocation.setAmount(part, 90);
    part.difference = "rounding";
    allocation.setAmount(part, 100);
    expect(part.difference).toBe("open");
});

test("the rest stays open, or on the customer's account, or is booked to an account", () => {
    const allocation = allocate(100, [makeItem(1, 60)]);
    expect(allocation.isComplete).toBe(true);
    expect(allocation.toServer()[1]).toEqual({ amount: "40.00", kind: "open" });
    allocation.rest.kind = "prepayment";
    expect(allocation.isComplete).toBe(false);
    allocation.rest.partner_id = 7;
    expect(allocation.toServer()[1]).toEqual({ amount: "40.00", kind: "prepayment", partner: 7 });
    allocation.rest.kind = "account";
    expect(allocation.isComplete).toBe(false);
    allocation.rest.account_id = 42;
    expect(allocation.toServer()[1]).toEqual({ amount: "40.00", kind: "account", account: 42 });
    expect(allocation.isComplete).toBe(true);
});

test("a line of which nothing is allocated can be booked to an account, not left as it is", () => {
    const allocation = allocate(-18.5, []);
    expect(allocation.isComplete).toBe(false);
    Object.assign(allocation.rest, { kind: "account", account_id: 42 });
    expect(allocation.isComplete).toBe(true);
    expect(allocation.toServer()).toEqual([{ amount: "-18.50", kind: "account", account: 42 }]);
});

test("a currency without decimals is sent without them", () => {
    const allocation = allocate(1500, [makeItem(1, 1000)], 0);
    expect(allocation.toServer().map((part) => part.amount)).toEqual(["1000", "500"]);
});

test("a currency with three decimals is sent with three", () => {
    const allocation = allocate(10.125, [makeItem(1, 8.325)], 3);
    expect(allocation.toServer().map((part) => part.amount)).toEqual(["8.325", "1.800"]);
});

test("no float's tail is sent, and a thousand small amounts sum exactly", () => {
    const items = Array.from({ length: 1000 }, (_each, place) => makeItem(place + 1, 0.1));
    const allocation = allocate(100.3, items);
    expect(allocation.remaining).toBe(30);
    const amounts = allocation.toServer().map((part) => part.amount);
    expect(amounts.every((amount) => /^-?\d+\.\d{2}$/.test(amount))).toBe(true);
    expect(amounts.at(-1)).toBe("0.30");
    expect(allocate(0.1 + 0.2, [makeItem(1, 0.3)]).isComplete).toBe(true);
});
