// SPDX-License-Identifier: MIT
// lib/metrics.js - the Prometheus text of /metrics as numbers, and what two readings say of the
// time between them.
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export function parseMetrics(text) {
	const families = new Map();
	for (const line of text.split('\n')) {
		const m = line[0] === '#' ? null : LINE.exec(line);
		if (m === null)
			continue;
		const labels = {};
		for (const [, name, value] of (m[2] ?? '').matchAll(LABEL))
			labels[name] = value;
		if (!families.has(m[1]))
			families.set(m[1], []);
		families.get(m[1]).push({ labels, value: Number(m[3]) });
	}
	return families;
}

const fits = (labels, wanted) => Object.entries(wanted).every(([k, v]) => labels[k] === v);

// Sum over the series with these labels; null where there is none.
export function sum(families, name, wanted = {}) {
	const series = (families?.get(name) ?? []).filter((s) => fits(s.labels, wanted));
	return series.length === 0 ? null : series.reduce((n, s) => n + s.value, 0);
}

export function grown(before, after, name, wanted) {
	const to = sum(after, name, wanted);
	return to === null ? null : Math.max(0, to - (sum(before, name, wanted) ?? 0));
}

export function labelsOf(families, name, label) {
	return [...new Set((families?.get(name) ?? []).map((s) => s.labels[label]))];
}

// The q-th quantile of a histogram between two readings, as Prometheus reckons it: linear
// within the bucket. null: nothing was observed.
export function quantile(before, after, name, q, wanted = {}) {
	const bounds = [...new Set((after?.get(`${name}_bucket`) ?? []).map((s) => s.labels.le))]
		.sort((a, b) => (a === '+Inf' ? 1 : b === '+Inf' ? -1 : a - b));
	const counts = bounds.map((le) => grown(before, after, `${name}_bucket`, { ...wanted, le }));
	const total = counts.at(-1);
	if (!total)
		return null;
	const rank = q * total;
	const i = counts.findIndex((n) => n >= rank);
	const low = i === 0 ? 0 : Number(bounds[i - 1]);
	if (bounds[i] === '+Inf')
		return low;
	const inside = counts[i] - (i === 0 ? 0 : counts[i - 1]);
	return low + (Number(bounds[i]) - low) * (inside === 0 ? 0 : (rank - (counts[i] - inside)) / inside);
}
