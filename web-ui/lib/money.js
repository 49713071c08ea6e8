// SPDX-License-Identifier: MIT
// lib/money.js - how the sums of a rental, or of many, belong together. The server decides and
// computes; this only puts its numbers into one line, the same one everywhere.

export const isOpen = (op) => ['INTENT', 'PENDING', 'UNKNOWN'].includes(op.status);
export const isEnded = (rental) => rental.status === 'FINISHED' || rental.status === 'BUYOUT';

// cost + deposit = paid + debt + inFlight + uncharged
//
// deposit: what was taken or is owed beyond the cost. That happens when the deposit could not be held
// and became debt; the settlement at the end gives it back. uncharged: what the next tick charges.
export function sums({ accrued, paid, total_amount, debt, in_flight }) {
	const taken = paid ?? total_amount, inFlight = in_flight ?? 0;
	const covered = taken + debt + inFlight;
	return {
		cost: accrued,
		paid: taken,
		debt,
		inFlight,
		uncharged: Math.max(0, accrued - covered),
		deposit: Math.max(0, covered - accrued),
	};
}

// The points of a timeline as columns of a chart (time, paid, due, debt), each value standing until the next moment.
export function chartOf(timeline, rental, at) {
	const end = rental.finished_at ? null : { at, ...sums(rental) };
	const points = timeline.map((p) => ({ ...p, at: Date.parse(p.at), cost: p.due, inFlight: p.in_flight }));
	if (end && (points.length === 0 || end.at > points.at(-1).at))
		points.push(end);
	if (points.length === 1)
		points.push({ ...points[0], at: points[0].at + 1000 });
	return [points.map((p) => p.at / 1000), points.map((p) => p.paid), points.map((p) => p.cost),
		points.map((p) => p.debt)];
}

// The steps from the tariff to the offer: [{ key, values }].
export function explained({ terms, price_per_hour, free_period_min, deposit }, available) {
	if (!terms)
		return [];
	const steps = [];
	if (terms.low_stock && price_per_hour !== terms.price_per_hour)
		steps.push({ key: 'offer.lowStock', values: { n: available ?? 0, times: price_per_hour / terms.price_per_hour } });
	if (terms.subscriber && free_period_min !== terms.free_period_min)
		steps.push({ key: 'offer.subscriber', values: { n: free_period_min } });
	if (terms.trusted && deposit !== terms.deposit)
		steps.push({ key: 'offer.trusted', values: { percent: Math.round((100 * deposit) / terms.deposit) } });
	if (!terms.profile_known)
		steps.push({ key: 'offer.noProfile', values: {} });
	return steps;
}
