/** Numbers to draw with, and nothing else: what they are drawn from comes from the server. */

/** The half circle that a gauge runs on, in the units of its view box. */
export const GAUGE = { centerX: 100, centerY: 100, radius: 80 };

function round(value) {
    return Math.round(value * 100) / 100;
}

function within(value, low, high) {
    return Math.min(Math.max(Number(value) || 0, low), high);
}

/** Where a score stands on the half circle: 0 at its left end, 100 at its right end. */
export function gaugePoint(score, { centerX, centerY, radius } = GAUGE) {
    const angle = Math.PI * (1 - within(score, 0, 100) / 100);
    return { x: round(centerX + radius * Math.cos(angle)), y: round(centerY - radius * Math.sin(angle)) };
}

/** The path of the arc from one score to another; nothing for an arc without a length. */
export function gaugeArc(from, to, circle = GAUGE) {
    if (within(to, 0, 100) <= within(from, 0, 100)) {
        return "";
    }
    const start = gaugePoint(from, circle);
    const end = gaugePoint(to, circle);
    return `M ${start.x} ${start.y} A ${circle.radius} ${circle.radius} 0 0 1 ${end.x} ${end.y}`;
}

/**
 * The steps of a score over time: it holds until the next one, and to the end of the period.
 *
 * @param {{position: number, score: number|false}[]} points oldest first, `position` from 0 to 1 of the period;
 *     a score of false means that there was none, and leaves a gap
 * @returns {{path: string, end: {x: number, y: number}|false}} `end` is the present score's place
 */
export function sparkLine(points, { width, height, margin }) {
    const x = (position) => round(margin + within(position, 0, 1) * (width - 2 * margin));
    const y = (score) => round(height - margin - (within(score, 0, 100) / 100) * (height - 2 * margin));
    const commands = [];
    let isDrawing = false;
    points.forEach(({ position, score }, place) => {
        if (score === false) {
            isDrawing = false;
            return;
        }
        commands.push(isDrawing ? `V ${y(score)}` : `M ${x(position)} ${y(score)}`);
        commands.push(`H ${x(place + 1 < points.length ? points[place + 1].position : 1)}`);
        isDrawing = true;
    });
    const last = points.at(-1);
    return { path: commands.join(" "), end: last && last.score !== false ? { x: x(1), y: y(last.score) } : false };
}

/**
 * The width of each part of a stacked bar, and where marks stand on it, all in percent of the bar.
 *
 * Credits are no part of a bar: an amount below zero has no width. The whole is the larger of the parts' sum
 * and the largest mark, so that a limit is seen on the bar whether it is kept or not.
 *
 * @param {number[]} amounts
 * @param {number[]} marks
 * @returns {{shares: number[], marks: number[]}}
 */
export function barShares(amounts, marks = []) {
    const widths = amounts.map((amount) => Math.max(amount, 0));
    const whole = Math.max(
        widths.reduce((sum, width) => sum + width, 0),
        ...marks,
    );
    const share = (amount) => (whole > 0 ? round((100 * Math.max(amount, 0)) / whole) : 0);
    return { shares: widths.map(share), marks: marks.map(share) };
}
