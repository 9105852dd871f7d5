import { formatCurrency, getCurrency } from "@web/core/currency";
import { formatFloat } from "@web/core/utils/numbers";

/** An amount with its currency, as Odoo writes it everywhere. */
export function money(amount, currencyId) {
    return formatCurrency(amount || 0, currencyId);
}

/** An amount without its currency, for a field in which a person types. */
export function plainAmount(amount, currencyId) {
    return formatFloat(amount || 0, { digits: [16, digitsOf(currencyId)] });
}

/** The decimals of a currency. */
export function digitsOf(currencyId) {
    return getCurrency(currencyId)?.digits?.[1] ?? 2;
}
