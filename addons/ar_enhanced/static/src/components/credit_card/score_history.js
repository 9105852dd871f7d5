import { Component } from "@odoo/owl";
import { sparkLine } from "./geometry";
import { levelColor } from "./levels";

const SIZE = { width: 240, height: 56, margin: 4 };

/** How a score went over twelve months, as steps, under the sentence that says the same. */
export class ScoreHistory extends Component {
    static template = "ar_enhanced.ScoreHistory";
    static props = { history: Object, level: [String, Boolean] };

    get size() {
        return SIZE;
    }

    /** One score of today is no line. */
    get isDrawn() {
        return this.props.history.points.some(({ position, score }) => position < 1 && score !== false);
    }

    get color() {
        return levelColor(this.props.level);
    }

    get line() {
        return sparkLine(this.props.history.points, SIZE);
    }
}
