import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { ExposureBar } from "../components/credit_card/exposure_bar";
import { levelColor } from "../components/credit_card/levels";

const DASHBOARD = "ar.credit.dashboard";

/**
 * What a credit manager looks at in the morning.
 *
 * Every figure and every list behind one comes from the server, worded and formatted.
 */
export class CreditDashboard extends Component {
    static template = "ar_enhanced.CreditDashboard";
    static components = { ExposureBar, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({ figures: false, error: "", isLoading: true });
        onWillStart(() => {
            this.load();
        });
    }

    /** The page stands at once; figures come into it. Those that were there stay when newer ones fail to come. */
    async load() {
        Object.assign(this.state, { error: "", isLoading: true });
        try {
            this.state.figures = await this.orm.silent.call(DASHBOARD, "figures", []);
        } catch (error) {
            this.state.error = error.data?.message || error.message || "";
            this.state.hasFailed = true;
            return;
        } finally {
            this.state.isLoading = false;
        }
        this.state.hasFailed = false;
    }

    async open(figure, key = false) {
        await this.action.doAction(await this.orm.call(DASHBOARD, "drill_down", [figure, key]));
    }

    levelColor(level) {
        return levelColor(level);
    }
}

registry.category("actions").add("ar_credit_dashboard", CreditDashboard);
