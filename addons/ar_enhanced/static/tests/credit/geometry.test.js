import { describe, expect, test } from "@odoo/hoot";
import { barShares, gaugeArc, gaugePoint, sparkLine } from "@ar_enhanced/components/credit_card/geometry";

describe.current.tags("headless");

const CIRCLE = { centerX: 100, centerY: 100, radius: 80 };
const SIZE = { width: 100, height: 50, margin: 0 };

test("a gauge runs from its left end over the top to its right end", () => {
    expect(gaugePoint(0, CIRCLE)).toEqual({ x: 20, y: 100 });
    expect(gaugePoint(50, CIRCLE)).toEqual({ x: 100, y: 20 });
    expect(gaugePoint(100, CIRCLE)).toEqual({ x: 180, y: 100 });
});

test("a score beyond the scale stays on the gauge, and none is its left end", () => {
    expect(gaugePoint(140, CIRCLE)).toEqual(gaugePoint(100, CIRCLE));
    expect(gaugePoint(-3, CIRCLE)).toEqual(gaugePoint(0, CIRCLE));
    expect(gaugePoint(undefined, CIRCLE)).toEqual(gaugePoint(0, CIRCLE));
});

test("an arc is drawn clockwise between two scores, and not at all without a length", () => {
    expect(gaugeArc(0, 100, CIRCLE)).toBe("M 20 100 A 80 80 0 0 1 180 100");
    expect(gaugeArc(40, 40, CIRCLE)).toBe("");
    expect(gaugeArc(0, 0, CIRCLE)).toBe("");
});

test("a score holds until the next one and to the end of the period", () => {
    const points = [
        { position: 0, score: 40 },
        { position: 0.5, score: 80 },
    ];
    expect(sparkLine(points, SIZE)).toEqual({ path: "M 0 30 H 50 V 10 H 100", end: { x: 100, y: 10 } });
});

test("where a customer was not rated the line has a gap", () => {
    const points = [
        { position: 0, score: 40 },
        { position: 0.2, score: false },
        { position: 0.6, score: 60 },
    ];
    expect(sparkLine(points, SIZE).path).toBe("M 0 30 H 20 M 60 20 H 100");
    expect(sparkLine([{ position: 0.3, score: false }], SIZE)).toEqual({ path: "", end: false });
});

test("a score of nothing is a line on the ground, which is no gap", () => {
    expect(sparkLine([{ position: 0.5, score: 0 }], SIZE).path).toBe("M 50 50 H 100");
});

test("no history is no line", () => {
    expect(sparkLine([], SIZE)).toEqual({ path: "", end: false });
});

test("parts fill the bar as far as the limit goes", () => {
    expect(barShares([20, 10], [60])).toEqual({ shares: [33.33, 16.67], marks: [100] });
});

test("over the limit the parts fill the bar and the limit is a mark within it", () => {
    expect(barShares([80, 40], [60])).toEqual({ shares: [66.67, 33.33], marks: [50] });
});

test("a credit has no width and takes none from the other parts", () => {
    expect(barShares([-50, 25], [100])).toEqual({ shares: [0, 25], marks: [100] });
});

test("without an amount and a limit nothing is drawn, and nothing is divided by zero", () => {
    expect(barShares([0, 0], [0])).toEqual({ shares: [0, 0], marks: [0] });
    expect(barShares([], [])).toEqual({ shares: [], marks: [] });
});
