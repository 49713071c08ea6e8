// SPDX-License-Identifier: MIT
// ui/map.js - a schematic map of the city, drawn from nothing but the stations' coordinates:
// the crowded middle is stretched, the outskirts come closer, neighbours are pushed apart and
// joined by streets. Of more stations than can be told apart, those of a neighbourhood are one mark,
// which opens. The table beside it is the accessible view, so the map is hidden from readers and its
// marks are not in the order of the keyboard.
import { html, useEffect, useMemo, useState } from '../lib/html.js';
import { lang, localName, number, t } from '../lib/i18n.js';
import { stock } from '../lib/stations.js';

const W = 560, H = 620, MARGIN = 40, APART = 40;
const SINGLY = 64; // so many stations are drawn one by one
const CELL = 48;   // of the grid that gathers more of them
const NAME = 26;   // letters of a name on the map; the table has all of it
const LETTER = 6.1, LINE = 13, FLAG_LETTER = 13; // about the size of a name's letters; of the flag's on a phone

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// Coordinates → distances from the middle with the far ones drawn in.
function project(stations) {
	const lat0 = median(stations.map((s) => s.lat)), lon0 = median(stations.map((s) => s.lon));
	const shrink = Math.cos((lat0 * Math.PI) / 180);
	return stations.map((s) => {
		const x = (s.lon - lon0) * shrink, y = lat0 - s.lat;
		const r = Math.hypot(x, y) || 1e-9;
		const f = Math.pow(r, 0.45) / r;
		return { s, x: x * f, y: y * f };
	});
}

function fit(points) {
	for (const [axis, size] of [['x', W], ['y', H]]) {
		const lo = Math.min(...points.map((p) => p[axis])), hi = Math.max(...points.map((p) => p[axis]));
		const scale = (size - 2 * MARGIN) / (hi - lo || 1);
		for (const p of points)
			p[axis] = MARGIN + (p[axis] - lo) * scale;
	}
}

// Marks that overlap move apart; the same stations always give the same map.
function spread(points) {
	for (let round = 0; round < 120; round++) {
		for (let i = 0; i < points.length; i++) {
			for (let j = i + 1; j < points.length; j++) {
				const a = points[i], b = points[j];
				const dx = b.x - a.x || 0.01 * (i - j), dy = b.y - a.y || 0.01;
				const d = Math.hypot(dx, dy), push = (APART - d) / 4;
				if (push <= 0)
					continue;
				a.x -= (dx / d) * push;
				a.y -= (dy / d) * push;
				b.x += (dx / d) * push;
				b.y += (dy / d) * push;
			}
		}
		for (const p of points) {
			p.x = Math.min(W - MARGIN, Math.max(MARGIN, p.x));
			p.y = Math.min(H - MARGIN, Math.max(MARGIN, p.y));
		}
	}
}

// Lanes: neighbours with nobody between them (a Gabriel graph), short ones only.
function lanes(points) {
	const lines = [];
	points.forEach((a, i) => points.slice(i + 1).forEach((b) => {
		const x = (a.x + b.x) / 2, y = (a.y + b.y) / 2, r = Math.hypot(a.x - b.x, a.y - b.y) / 2;
		if (r < 75 && points.every((c) => c === a || c === b || Math.hypot(c.x - x, c.y - y) >= r))
			lines.push({ a, b });
	}));
	return lines;
}

// Main streets: the shortest net that joins all (Prim).
function streets(points) {
	const joined = [points[0]], rest = points.slice(1), lines = [];
	while (rest.length > 0) {
		let best = null;
		for (const a of joined) {
			for (const b of rest) {
				const d = Math.hypot(a.x - b.x, a.y - b.y);
				if (best === null || d < best.d)
					best = { a, b, d };
			}
		}
		lines.push(best);
		joined.push(best.b);
		rest.splice(rest.indexOf(best.b), 1);
	}
	return lines;
}

// Neighbourhoods: what lies in one cell of a grid is one point, joined to those of the next cells.
// Every step looks at each station once.
function neighbourhoods(points) {
	const cells = new Map();
	const key = (column, row) => column * 1000 + row;
	for (const p of points) {
		const column = Math.floor(p.x / CELL), row = Math.floor(p.y / CELL), k = key(column, row);
		if (!cells.has(k))
			cells.set(k, { column, row, x: 0, y: 0, stations: [] });
		const cell = cells.get(k);
		cell.x += p.x;
		cell.y += p.y;
		cell.stations.push(p.s);
	}
	const all = [...cells.values()];
	for (const cell of all) {
		cell.x /= cell.stations.length;
		cell.y /= cell.stations.length;
		cell.s = cell.stations[0];
	}
	const side = all.flatMap((a) => [[1, 0], [0, 1], [1, 1], [1, -1]]
		.map(([dx, dy]) => cells.get(key(a.column + dx, a.row + dy)))
		.filter(Boolean).map((b) => ({ a, b })));
	return { points: all, lines: [], side };
}

export function layout(stations) {
	const placed = stations.filter((s) => Number.isFinite(s.lat) && Number.isFinite(s.lon));
	if (placed.length === 0)
		return { points: [], lines: [], side: [] };
	const points = project(placed);
	fit(points);
	if (points.length > SINGLY) {
		const gathered = neighbourhoods(points);
		if (gathered.points.length > 1)
			return gathered;
	}
	if (points.length > 4 * SINGLY) // all at one place: the table tells them apart
		return { points: [{ ...points[0], stations: placed }], lines: [], side: [] };
	spread(points);
	return { points, lines: streets(points), side: lanes(points) };
}

const overlaps = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

// Names where there is room for them: right, left, below or above the mark.
export function names(points) {
	const taken = points.map((p) => ({ x: p.x - 15, y: p.y - 15, w: 30, h: 30 }));
	const placed = [];
	for (const { s, x, y } of points) {
		const text = shortened(localName(s.name, s.id)), w = text.length * LETTER;
		const spots = [
			{ x: x + 18, y: y - LINE / 2, anchor: 'start', at: x + 18 }, { x: x - 18 - w, y: y - LINE / 2, anchor: 'end', at: x - 18 },
			{ x: x - w / 2, y: y + 17, anchor: 'middle', at: x }, { x: x - w / 2, y: y - 17 - LINE, anchor: 'middle', at: x },
		].map((spot) => ({ ...spot, w, h: LINE }));
		const spot = spots.find((o) => o.x > 2 && o.x + w < W - 2 && !taken.some((other) => overlaps(o, other)));
		if (spot) {
			taken.push(spot);
			placed.push({ id: s.id, text, anchor: spot.anchor, x: spot.at, y: spot.y + 10, box: spot });
		}
	}
	return placed;
}

// The name of the chosen station, where it covers fewest of the others.
export function flagOf(text, top, points) {
	const w = text.length * FLAG_LETTER, h = 24;
	const others = points.filter((p) => p !== top).map((p) => ({ x: p.x - 17, y: p.y - 17, w: 34, h: 34 }));
	const spots = [
		{ x: top.x - w / 2, y: top.y - 20 - h }, { x: top.x - w / 2, y: top.y + 20 },
		{ x: top.x + 22, y: top.y - h / 2 }, { x: top.x - 22 - w, y: top.y - h / 2 },
	].map(({ x, y }) => ({ x: Math.min(W - w, Math.max(0, x)), y: Math.min(H - h, Math.max(0, y)), w, h }));
	const covered = (spot) => others.filter((o) => overlaps(spot, o)).length
		+ (overlaps(spot, { x: top.x - 16, y: top.y - 16, w: 32, h: 32 }) ? 10 : 0);
	return spots.reduce((best, spot) => (covered(spot) < covered(best) ? spot : best));
}

function Mark({ point, station, low, chosen, onChoose }) {
	return html`<g
		class="mark ${stock(station, low)} ${chosen ? 'chosen' : ''}"
		transform="translate(${point.x} ${point.y})"
		onClick=${() => onChoose(station.id)}
		data-station=${station.id}>
		<title>${localName(station.name, station.id)}</title>
		<circle class="halo" r="21" /><circle class="dot" r="13" />
		<text y="4.3">${station.available ?? ''}</text>
	</g>`;
}

// So many stations; how many powerbanks, its colour says.
function Cluster({ point, now, low, chosen, onOpen }) {
	const n = point.stations.length;
	const available = point.stations.reduce((sum, s) => sum + (now.get(s.id) ?? s).available, 0);
	return html`<g
		class="mark cluster ${stock({ available }, low)} ${chosen ? 'chosen' : ''}"
		transform="translate(${point.x} ${point.y})"
		onClick=${() => onOpen(point.stations.map((s) => s.id))}>
		<title>${t('map.cluster', { n, available })}</title>
		<circle class="halo" r="23" /><circle class="dot" r=${n > 1 ? 17 : 13} />
		<text y="4.3">${number(n)}</text>
	</g>`;
}

const shortened = (name) => (name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name);
const isCluster = (point) => point.stations?.length > 1;
const holds = (point, id) => point.stations?.some((s) => s.id === id) ?? point.s.id === id;

export function CityMap({ stations, chosen, low, onChoose }) {
	const [opened, setOpened] = useState(null); // ids of the neighbourhood that is shown alone
	const shape = stations.map((s) => s.id).join();
	const shown = useMemo(() => {
		const ids = opened && new Set(opened);
		return ids ? stations.filter((s) => ids.has(s.id)) : stations;
	}, [shape, opened]);
	const { points, lines, side } = useMemo(() => layout(shown), [shown]);
	const labels = useMemo(() => names(points.filter((p) => !isCluster(p))), [points, lang.value]);
	const now = useMemo(() => new Map(stations.map((s) => [s.id, s])), [stations]);
	useEffect(() => setOpened(null), [shape]);
	const top = points.find((p) => holds(p, chosen));
	const name = top && shortened(localName(now.get(chosen)?.name, chosen));
	const flag = top && flagOf(name, top, points);
	const free = labels.filter((l) => l.id !== chosen && !(flag && overlaps(l.box, flag)));
	return html`<div class="map" aria-hidden="true">
		<svg viewBox="0 0 ${W} ${H}" focusable="false">
			<g class="lanes">${side.map(({ a, b }) => html`<path d="M${a.x} ${a.y}L${b.x} ${b.y}" />`)}</g>
			<g class="streets">${lines.map(({ a, b }) => html`<path d="M${a.x} ${a.y}L${b.x} ${b.y}" />`)}</g>
			${points.map((point) => isCluster(point)
				? html`<${Cluster}
					key=${point.s.id}
					point=${point}
					now=${now}
					low=${low}
					chosen=${holds(point, chosen)}
					onOpen=${setOpened} />`
				: html`<${Mark}
					key=${point.s.id}
					point=${point}
					station=${now.get(point.s.id) ?? point.s}
					low=${low}
					chosen=${point.s.id === chosen}
					onChoose=${onChoose} />`)}
			<g class="names">${free.map((l) => html`<text x=${l.x} y=${l.y} text-anchor=${l.anchor}>${l.text}</text>`)}</g>
			${top && html`<g class="flag" transform="translate(${flag.x + flag.w / 2} ${flag.y + 18})"><text>${name}</text></g>`}
		</svg>
		<p class="map-legend">
			<span class="key many">${t('stock.many')}</span>
			<span class="key few">${t('stock.few')}</span>
			<span class="key none">${t('stock.none')}</span>
			${opened && html`<button type="button" class="quiet small" tabindex="-1" onClick=${() => setOpened(null)}>
				${t('map.all')}</button>`}</p>
	</div>`;
}
