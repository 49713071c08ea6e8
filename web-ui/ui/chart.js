// SPDX-License-Identifier: MIT
// ui/chart.js - uPlot in a view: colours of the theme, the width of its box. The library comes
// with the first chart. A chart is a picture; its numbers stand as text beside it.
import { html, useEffect, useRef } from '../lib/html.js';
import { lang } from '../lib/i18n.js';
import { isDark } from '../lib/theme.js';

let library = null;
function uPlotLoaded() {
	library ??= import('../vendor/uplot.js').then((m) => m.default);
	return library;
}

function colour(box, name) {
	const probe = document.createElement('i');
	probe.style.color = `var(--${name})`;
	box.append(probe);
	const value = getComputedStyle(probe).color;
	probe.remove();
	return value;
}

const DECADES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const WHOLE = DECADES.flatMap((d) => [d, 2 * d, 5 * d]);
const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400, 604800];

function axis(box, format) {
	return {
		stroke: colour(box, 'ink-2'), font: '11px system-ui, sans-serif', size: format ? 56 : 26,
		grid: { stroke: colour(box, 'line'), width: 1 }, ticks: { show: false },
		...(format ? { values: (_, ticks) => ticks.map(format) } : {}),
	};
}

function options(box, uPlot, { series, format, height, time, max, whole }) {
	return {
		width: box.clientWidth, height, pxAlign: false,
		cursor: { points: { size: 6 }, drag: { x: false, y: false } }, legend: { show: false },
		scales: { x: { time: true }, y: { range: (u, lo, hi) => [0, Math.max(hi * 1.1, max ?? 1)] } },
		axes: [{ ...axis(box), incrs: TIMES, space: 80, values: (_, ticks) => ticks.map((s) => time.format(new Date(s * 1000))) },
			{ ...axis(box, format), ...(whole ? { incrs: WHOLE } : {}) }],
		series: [{}, ...series.map((s) => ({
			label: s.label, stroke: colour(box, s.colour), width: 2, points: { show: false }, dash: s.dash,
			fill: s.fill ? colour(box, s.fill) : undefined,
			paths: s.step ? uPlot.paths.stepped({ align: 1 }) : undefined,
		}))],
	};
}

// data: [seconds, values of series 0, …]; series: [{ label, colour, step, fill, dash }]
export function Chart({ label, data, series, format, height = 190, max, whole = false }) {
	const ref = useRef(null);
	const plot = useRef(null);
	const latest = useRef(data);
	latest.current = data;
	const dark = isDark.value, language = lang.value;

	useEffect(() => {
		const box = ref.current;
		let gone = false, observer;
		uPlotLoaded().then((uPlot) => {
			if (gone)
				return;
			const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
			plot.current = new uPlot(options(box, uPlot, { series, format, height, time, max, whole }), latest.current, box);
			observer = new ResizeObserver(() => plot.current?.setSize({ width: box.clientWidth, height }));
			observer.observe(box);
		}).catch(() => (library = null)); // the server was away; the next chart asks again
		return () => {
			gone = true;
			observer?.disconnect();
			plot.current?.destroy();
			plot.current = null;
		};
	}, [dark, language, series.map((s) => s.label).join()]);
	useEffect(() => plot.current?.setData(data), [data]);

	return html`<figure class="chart">
		<figcaption class="legend">${series.map((s) => html`<span><i class="swatch ${s.colour}"></i>${s.label}</span>`)}</figcaption>
		<div ref=${ref} role="img" aria-label=${label}></div>
	</figure>`;
}
