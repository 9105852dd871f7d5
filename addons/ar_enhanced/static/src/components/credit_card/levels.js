/** Colour of a credit level: it always stands beside the level's letter or words. */
const LEVEL_COLORS = { a: "success", b: "success", c: "warning", d: "warning", e: "danger" };

export function levelColor(level) {
    return LEVEL_COLORS[level] || "secondary";
}
