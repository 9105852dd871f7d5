/* Rules for OWL components, portal interactions and tours. It stands beside the lock of what it needs;
   the set-up installs that into .local/node, where Node would not look by itself. */
import { createRequire } from "node:module";

const require = createRequire(new URL("../../.local/node/package.json", import.meta.url));
const js = require("@eslint/js");
const globals = require("globals");

const ODOO_RULES = {
    ...js.configs.recommended.rules,
    "array-callback-return": "error",
    "consistent-return": "error",
    curly: "error",
    eqeqeq: ["error", "always", { null: "ignore" }],
    "no-alert": "error",
    "no-console": "error",
    "no-duplicate-imports": "error",
    "no-eval": "error",
    "no-implied-eval": "error",
    "no-param-reassign": "error",
    "no-promise-executor-return": "error",
    "no-restricted-globals": ["error", "event"],
    "no-return-assign": "error",
    "no-self-compare": "error",
    "no-shadow": "error",
    "no-throw-literal": "error",
    "no-unmodified-loop-condition": "error",
    "no-unreachable-loop": "error",
    "no-unused-vars": ["error", { args: "after-used" }],
    "no-use-before-define": ["error", { functions: false }],
    "no-useless-concat": "error",
    "no-useless-return": "error",
    "no-var": "error",
    "object-shorthand": "error",
    "prefer-const": "error",
    "prefer-template": "error",
    "require-await": "error",
};

export default [
    { ignores: [".local/**", "**/static/lib/**"] },
    {
        files: ["addons/*/static/**/*.js"],
        languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.browser },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: ODOO_RULES,
    },
    {
        // Programs that drive the browser from outside, for accessibility and screenshots.
        files: ["**/*.mjs"],
        languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: { ...globals.node, ...globals.browser } },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: { ...ODOO_RULES, "no-console": "off" },
    },
];
