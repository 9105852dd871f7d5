import { onWillUnmount, useExternalListener } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { KeyBursts } from "./key_bursts";

/** Whoever is in one of these types, or chooses: no key acts. */
export const TYPING =
    "input:not([type=checkbox]), textarea, select, [contenteditable=true], .o_dialog, .dropdown-menu, .o_ar_editor";

/**
 * The keys of the workspace: what each does, and how the dialog of keys tells it.
 *
 * `isAct` changes something, which needs the right to it; `isRepeated` may be kept pressed.
 */
export function workspaceKeys(workspace) {
    return [
        { key: "j", shown: "j, ↓", label: _t("Next line"), isRepeated: true, run: (ev) => workspace.step(1, ev) },
        { key: "ArrowDown", isRepeated: true, run: (ev) => workspace.step(1, ev) },
        { key: "k", shown: "k, ↑", label: _t("Line before"), isRepeated: true, run: (ev) => workspace.step(-1, ev) },
        { key: "ArrowUp", isRepeated: true, run: (ev) => workspace.step(-1, ev) },
        {
            key: "Enter",
            shown: _t("Enter"),
            label: _t("Book what is proposed"),
            isAct: true,
            run: () => workspace.accept(),
        },
        {
            key: "1",
            shown: "1 – 5",
            label: _t("Book this one of several that fit"),
            isAct: true,
            run: () => workspace.acceptNth(0),
        },
        ...[2, 3, 4, 5].map((nth) => ({ key: String(nth), isAct: true, run: () => workspace.acceptNth(nth - 1) })),
        { key: "e", label: _t("Change: pick invoices and amounts"), isAct: true, run: () => workspace.edit() },
        { key: "c", label: _t("Say who the customer is"), isAct: true, run: () => workspace.askCustomer() },
        { key: "r", label: _t("Turn the proposal down"), isAct: true, run: () => workspace.reject() },
        { key: "n", label: _t("Leave with a note"), isAct: true, run: () => workspace.askNote() },
        { key: "a", label: _t("Ask a colleague"), isAct: true, run: () => workspace.askColleague() },
        { key: "m", label: _t("Match again"), isAct: true, run: () => workspace.match() },
        { key: "u", label: _t("Undo what was done last"), isAct: true, run: () => workspace.undo() },
        {
            key: "x",
            shown: _t("x, Space"),
            label: _t("Select the line"),
            run: () => workspace.model.toggle(workspace.model.currentId),
        },
        { key: " ", run: () => workspace.model.toggle(workspace.model.currentId) },
        { key: "*", label: _t("Select all lines that are shown"), run: () => workspace.model.selectAllShown() },
        { key: "g", label: _t("Find by a scanned or pasted reference"), run: () => workspace.askCode() },
        { key: "/", label: _t("Search"), run: () => workspace.focusSearch() },
        { key: "Escape", shown: _t("Escape"), label: _t("Leave what is open"), run: () => workspace.escape() },
        { key: "?", label: _t("Show these keys"), run: () => workspace.showKeys() },
    ];
}

/** Have the keys act, wherever the focus is, unless somebody types. */
export function useKeys(workspace) {
    const bursts = new KeyBursts((text) => !workspace.isElsewhere && workspace.askCode(text));

    /** Whoever keeps a key pressed moves on; nothing is booked that nobody has looked at. */
    function runKey({ isAct, isRepeated, run }, ev) {
        const isAllowed = (!isAct || workspace.model.setup.may_act) && (!ev.repeat || isRepeated);
        if (isAllowed && !workspace.isElsewhere) {
            run(ev);
        }
    }

    function onKeydown(ev) {
        if (ev.key === "Escape" && ev.target.matches?.(".o_searchview_input") && !ev.target.value) {
            ev.target.blur(); // back to the lines
            workspace.focusList();
            return;
        }
        const isShortcut = !ev.key || ev.ctrlKey || ev.metaKey || ev.altKey || ev.defaultPrevented;
        if (isShortcut || workspace.isElsewhere || ev.target.closest?.(TYPING)) {
            return;
        }
        if (ev.key === "Enter" && bursts.isCode) {
            ev.preventDefault(); // a barcode reader ends what it types with Enter, which presses no button
            bursts.release();
            return;
        }
        if (["Enter", " "].includes(ev.key) && ev.target.closest?.("button, a")) {
            return; // whoever has a button in focus presses that
        }
        const isCharacter = [...ev.key].length === 1;
        const name = isCharacter ? ev.key.toLowerCase() : ev.key;
        const found = workspace.keys.find(({ key }) => key === name);
        if (found) {
            ev.preventDefault();
            ev.stopPropagation();
        }
        if (isCharacter && !ev.repeat) {
            bursts.hold(ev.key, () => found && runKey(found, ev));
        } else if (found) {
            bursts.release();
            runKey(found, ev);
        }
    }

    useExternalListener(window, "keydown", onKeydown);
    onWillUnmount(() => bursts.drop());
}
