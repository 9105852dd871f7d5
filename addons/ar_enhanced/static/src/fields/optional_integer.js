import { registry } from "@web/core/registry";
import { IntegerField, integerField } from "@web/views/fields/integer/integer_field";

/**
 * A whole number that need not be given, which the database keeps as zero: nothing is shown for it.
 *
 * Option `zero_if`: a field of the record with which a zero is meant as a number.
 */
export class OptionalIntegerField extends IntegerField {
    static template = "ar_enhanced.OptionalIntegerField";
    static props = {
        ...IntegerField.props,
        placeholder: { type: String, optional: true },
        zeroIf: { type: String, optional: true },
    };

    get formattedValue() {
        const { record, zeroIf } = this.props;
        return this.value || (zeroIf && record.data[zeroIf]) ? super.formattedValue : "";
    }
}

registry.category("fields").add("ar_optional_integer", {
    ...integerField,
    component: OptionalIntegerField,
    extractProps: (fieldInfo, dynamicInfo) => ({
        ...integerField.extractProps(fieldInfo, dynamicInfo),
        placeholder: fieldInfo.placeholder ?? fieldInfo.attrs.placeholder,
        zeroIf: fieldInfo.options.zero_if,
    }),
});
