import { Component } from "@odoo/owl";
import { gaugeArc, gaugePoint } from "./geometry";
import { levelColor } from "./levels";

/** Rings of the gauge: the score, and outside of it the levels. */
const SCORE = { centerX: 100, centerY: 100, radius: 74 };
const BANDS = { centerX: 100, centerY: 100, radius: 92 };
/** Units of the scale that two bands are apart. */
const GAP = 1;

/** A score from 0 to 100 on a half circle, with the levels' letters at their places around it. */
export class ScoreGauge extends Component {
    static template = "ar_enhanced.ScoreGauge";
    static props = {
        level: { type: [String, Boolean], optional: true },
        levelLabel: { type: String, optional: true },
        score: { type: Number, optional: true },
        scoreText: { type: String, optional: true },
        label: String,
        bands: { type: Array, optional: true },
    };
    static defaultProps = { level: false, levelLabel: "", score: 0, scoreText: "", bands: [] };

    get color() {
        return levelColor(this.props.level);
    }

    get track() {
        return gaugeArc(0, 100, SCORE);
    }

    get arc() {
        return gaugeArc(0, this.props.score, SCORE);
    }

    get bands() {
        return this.props.bands.map(({ level, label, from, to }) => ({
            level,
            label,
            isOwn: level === this.props.level,
            color: levelColor(level),
            path: gaugeArc(from ? from + GAP / 2 : 0, to < 100 ? to - GAP / 2 : 100, BANDS),
            at: gaugePoint((from + to) / 2, { ...BANDS, radius: BANDS.radius + 12 }),
        }));
    }
}
