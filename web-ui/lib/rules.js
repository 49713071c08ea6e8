// SPDX-License-Identifier: MIT
// lib/rules.js - the few rules that the page shows ahead of the server: what is due at a moment,
// how a price came about, when a debt is tried again. The server decides; this only explains.
export const DEFAULTS = {
	r_buyout: 5000, debt_charge_step: 100, debt_retry_base: 60, debt_retry_max: 3600, tick: 30,
	low_stock_threshold: 2, subscriber_free_period: 30, trusted_deposit_percent: 50,
	quote_ttl: 60, tariff_ttl: 600, housekeeping_interval: 60,
};

const UNITS = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400 };

// "30s" → 30, "5000" → 5000: seconds, or the number.
export function quantity(text) {
	const m = /^(-?[\d.]+)\s*(us|ms|s|m|h|d)?L?$/.exec(text.trim());
	return m ? Number(m[1]) * (UNITS[m[2]] ?? 1) : null;
}

// From the text of --dump-config, by the names of the rules. Without it they are the defaults and
// not known: then nothing is promised that depends on them.
export function rulesOf(config) {
	if (!config)
		return { ...DEFAULTS, r_buyout: Infinity, known: false };
	const rules = { ...DEFAULTS, known: true };
	for (const name of Object.keys(DEFAULTS)) {
		const m = new RegExp(`\\b${name}\\s*[=:]\\s*"?([^";,\\n]+)`).exec(config);
		const v = m && quantity(m[1]);
		if (v !== null)
			rules[name] = name === 'subscriber_free_period' ? v / 60 : v;
	}
	return rules;
}

const runSeconds = (rental, at) =>
	Math.max(0, Math.floor((at - Date.parse(rental.started_at)) / 1000));

export function due(rental, at, buyout) {
	if (!rental.started_at)
		return 0;
	const end = rental.finished_at ? Date.parse(rental.finished_at) : at;
	const paid = Math.max(0, runSeconds(rental, end) - rental.free_period_min * 60);
	return Math.min(buyout, Math.ceil((rental.price_per_hour * paid) / 3600));
}

// Seconds until due() grows, null when it will not.
export function untilNext(rental, at, buyout) {
	const free = rental.free_period_min * 60 - runSeconds(rental, at);
	if (rental.price_per_hour === 0 || due(rental, at, buyout) >= buyout)
		return null;
	const paid = Math.max(0, -free);
	const n = Math.ceil((rental.price_per_hour * paid) / 3600);
	const next = Math.floor((n * 3600) / rental.price_per_hour) + 1;
	return next - paid + Math.max(0, free);
}

// The steps from the tariff to the offer: [{ key, values }].
export function explained(quote, tariff, station, user, rules, raise) {
	const steps = [];
	if (tariff && quote.price_per_hour !== tariff.price_per_hour)
		steps.push({ key: 'offer.lowStock', values: { n: station?.available ?? 0, times: raise ?? quote.price_per_hour / tariff.price_per_hour } });
	if (user?.has_subscribtion && tariff)
		steps.push(quote.free_period_min >= rules.subscriber_free_period
			? { key: 'offer.subscriber', values: { n: quote.free_period_min } }
			: { key: 'offer.noProfile', values: {} });
	if (user?.trusted && tariff)
		steps.push(quote.deposit < tariff.default_deposit
			? { key: 'offer.trusted', values: { percent: rules.trusted_deposit_percent } }
			: { key: 'offer.noProfile', values: {} });
	return steps.filter((s, i) => steps.findIndex((o) => o.key === s.key) === i);
}

const failed = (op) => op.status === 'DECLINED' || op.status === 'NOT_EXECUTED';
export const isOpen = (op) => ['INTENT', 'PENDING', 'UNKNOWN'].includes(op.status);
export const takes = (op) => op.kind === 'charge' || op.kind === 'capture';

// Paid and debt after every operation that changed one: [{ at, paid, debt }], oldest first.
export function course(rental, ops) {
	const points = rental.started_at ? [{ at: Date.parse(rental.started_at), paid: 0, debt: 0 }] : [];
	let paid = 0, debt = 0;
	const ended = ops.filter((op) => op.resolved_at)
		.sort((a, b) => Date.parse(a.resolved_at) - Date.parse(b.resolved_at));
	for (const op of ended) {
		if (takes(op) && op.status === 'SUCCEEDED') {
			paid += op.processed;
			if (op.purpose === 'debt')
				debt = Math.max(0, debt - op.processed);
		} else if (op.kind === 'refund' && op.status === 'SUCCEEDED') {
			paid -= op.processed;
		} else if (op.kind === 'charge' && op.purpose === 'accrual' && failed(op)) {
			debt += op.amount;
		} else if (op.kind === 'hold' && failed(op) && rental.status !== 'FAILED') {
			debt += op.amount;
		} else {
			continue;
		}
		points.push({ at: Math.max(Date.parse(op.resolved_at), points[0]?.at ?? 0), paid, debt });
	}
	return points;
}

// When the next step of collecting a debt is due (ms), null without a debt. 0: with the next tick.
export function nextRetry(rental, ops, rules) {
	if (!rental.debt)
		return null;
	let attempts = 0, last = 0;
	for (const op of ops.filter((o) => o.kind === 'charge' && o.purpose === 'debt' && o.resolved_at)) {
		attempts = failed(op) ? attempts + 1 : 0;
		last = failed(op) ? Date.parse(op.resolved_at) : 0;
	}
	if (attempts === 0)
		return 0;
	return last + 1000 * Math.min(rules.debt_retry_base * 2 ** Math.min(attempts, 8), rules.debt_retry_max);
}
