import { today } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

const OPEN = [["is_reconciled", "=", false]];
/** A line that is open for so many days is late. */
const LATE_DAYS = 30;

/** What the chips above the list show: a name, and which lines; of "mine" and "late" that depends on who and when. */
export const CHIPS = {
    to_do: { label: _t("To Do"), domain: OPEN },
    proposed: { label: _t("Proposed"), domain: [...OPEN, ["ar_match_state", "=", "proposed"]] },
    ambiguous: { label: _t("Several Fit"), domain: [...OPEN, ["ar_match_state", "=", "ambiguous"]] },
    none: { label: _t("To Look At"), domain: [...OPEN, ["ar_match_state", "=", "none"]] },
    waiting: { label: _t("Wait for Approval"), domain: [...OPEN, ["ar_match_state", "=", "waiting"]] },
    mine: { label: _t("Mine") },
    late: { label: _t("Over 30 Days") },
    booked: { label: _t("Booked"), domain: [["is_reconciled", "=", true]] },
};

/** The domain of the lines of a chip. */
export function chipDomain(chip, userId) {
    if (chip === "mine") {
        return [...OPEN, ["ar_owner_id", "=", userId]];
    }
    if (chip === "late") {
        return [...OPEN, ["date", "<", today().minus({ days: LATE_DAYS }).toISODate()]];
    }
    return CHIPS[chip].domain;
}

/** Whether a line, as it is now, is one of a chip's; how old it is never changes while it is shown. */
export function isOfChip(row, chip, userId) {
    const isBooked = row.state === "matched";
    if (isBooked || chip === "booked") {
        return isBooked && chip === "booked";
    }
    if (chip === "mine") {
        return row.owner_id === userId;
    }
    return ["to_do", "late"].includes(chip) || row.state === chip;
}

/** How many lines a chip has, or undefined where that isn't counted. */
export function chipCount(chip, counts) {
    if (chip === "to_do") {
        return Object.values(counts.states).reduce((sum, count) => sum + count, 0);
    }
    if (chip === "mine" || chip === "late") {
        return counts[chip];
    }
    return chip === "booked" ? undefined : counts.states[chip] || 0;
}
