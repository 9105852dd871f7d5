import { expect, test } from "@odoo/hoot";
import { contains, defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class Rating extends models.Model {
    points = fields.Integer();
    rated_on = fields.Date();

    _records = [
        { id: 1, points: 0 },
        { id: 2, points: 0, rated_on: "2026-01-15" },
    ];
}

defineMailModels();
defineModels([Rating]);

async function mountRating(resId) {
    await mountView({
        type: "form",
        resModel: "rating",
        resId,
        arch: `<form>
            <field name="points" widget="ar_optional_integer" options="{'zero_if': 'rated_on'}" placeholder="0 to 100"/>
            <field name="rated_on"/>
        </form>`,
    });
}

test("a number that was not given leaves its placeholder to be read", async () => {
    await mountRating(1);
    expect("[name=points] input").toHaveValue("");
    expect("[name=points] input").toHaveAttribute("placeholder", "0 to 100");
});

test("a zero that was given is shown", async () => {
    await mountRating(2);
    expect("[name=points] input").toHaveValue("0");
});

test("a number is entered, and taken back by emptying its field", async () => {
    await mountRating(1);
    await contains("[name=points] input").edit("75");
    expect("[name=points] input").toHaveValue("75");
    await contains("[name=points] input").edit("");
    expect("[name=points] input").toHaveValue("");
    expect(".o_field_invalid").toHaveCount(0);
});
