// SPDX-License-Identifier: MIT
// views/payments.js - every movement of money of a user's rentals, what is owed and when it is
// tried again.
import { html, useMemo, useState } from '../lib/html.js';
import { rentals } from '../lib/api.js';
import { nowTicking } from '../lib/clock.js';
import { clockTime, dayTime, hasKey, localName, money, period, span, t } from '../lib/i18n.js';
import { useLoaded } from '../lib/load.js';
import { go, pathTo } from '../lib/router.js';
import { course, isOpen, nextRetry } from '../lib/rules.js';
import { rules, stationOf, user } from '../lib/world.js';
import { Chart } from '../ui/chart.js';
import { Badge, Empty, ProblemNote, Scroll, Stat } from '../ui/parts.js';

const RENTALS = 12; // newest ones that are added up

// One rental, or the newest ones of the user: [{ rental, ops }].
async function gather(who, order) {
	if (order)
		return [{ rental: await rentals.status(order), ops: await rentals.payments(order) }];
	const { items } = await rentals.list(who, { limit: RENTALS });
	return Promise.all(items.map(async (rental) => ({ rental, ops: await rentals.payments(rental.order_id) })));
}

function Totals({ books }) {
	const add = (f) => books.reduce((n, b) => n + f(b), 0);
	const open = add(({ ops }) => ops.filter(isOpen).reduce((n, o) => n + o.amount, 0));
	return html`<dl class="stats card">
		<${Stat} label=${t('pay.due')}>${money(add((b) => b.rental.accrued))}<//>
		<${Stat} label=${t('paid')} tone="good">${money(add((b) => b.rental.total_amount))}<//>
		<${Stat} label=${t('debt')} tone=${add((b) => b.rental.debt) > 0 ? 'bad' : ''}>${money(add((b) => b.rental.debt))}<//>
		<${Stat} label=${t('inFlight')} tone=${open > 0 ? 'wait' : ''} note=${t('inFlight.note')}>${money(open)}<//>
		<${Stat} label=${t('pay.attempts')}>${add((b) => b.ops.length)}<//>
	</dl>`;
}

function RetryAt({ rental, ops }) {
	if (!rules.value.known)
		return t('pay.retryLater');
	const at = nextRetry(rental, ops, rules.value);
	const wait = at === null ? 0 : (at - nowTicking()) / 1000;
	return wait > 0 ? t('pay.retryIn', { time: span(wait) }) : t('pay.retryTick', { time: period(rules.value.tick) });
}

function Debts({ books }) {
	const owing = books.filter((b) => b.rental.debt > 0);
	if (owing.length === 0)
		return null;
	return html`<section class="card" aria-labelledby="owing-title"><h2 id="owing-title">${t('pay.owing')}</h2>
		<ul class="list">${owing.map(({ rental, ops }) => html`<li key=${rental.order_id} data-debt=${rental.debt}>
			<a href=${pathTo('payments', rental.order_id)}>
			<span class="grow"><strong>${rental.powerbank_id ?? rental.order_id}</strong><small>
				<${RetryAt} rental=${rental} ops=${ops} /></small></span>
			<span class="num bad-text">${money(rental.debt)}</span></a></li>`)}</ul>
		${rules.value.known && html`<p class="note">${t('pay.step', { money: money(rules.value.debt_charge_step) })}</p>`}
	</section>`;
}

// The debts of all together, after every change of one.
function debtCurve(books) {
	const changes = [];
	for (const { rental, ops } of books) {
		const points = course(rental, ops);
		const end = points.at(-1)?.at ?? 0;
		let before = 0;
		for (const p of [...points, { at: end, debt: rental.debt }]) {
			if (p.debt !== before && p.at > 0)
				changes.push({ at: p.at, delta: p.debt - before });
			before = p.debt;
		}
		if (points.length > 0)
			changes.push({ at: points[0].at, delta: 0 });
	}
	changes.sort((a, b) => a.at - b.at);
	const xs = [], ys = [];
	let debt = 0;
	for (const c of changes) {
		debt += c.delta;
		if (xs.at(-1) === c.at / 1000)
			ys[ys.length - 1] = debt;
		else
			xs.push(c.at / 1000) && ys.push(debt);
	}
	return [[...xs, (xs.at(-1) ?? 0) + 1], [...ys, debt]];
}

function DebtChart({ books }) {
	const data = useMemo(() => debtCurve(books), [books]);
	if (data[0].length < 3 || data[1].every((v) => v === 0))
		return null;
	const total = books.reduce((n, b) => n + b.rental.debt, 0);
	return html`<section class="card"><h2>${t('pay.debts')}</h2>
		<${Chart} label=${t('pay.chart', { debt: money(total) })} data=${data} height=${160} whole format=${(v) => money(v)}
			series=${[{ label: t('debt'), colour: 'bad', step: true, fill: 'bad-soft' }]} /></section>`;
}

const reason = (op) => op.reason && (hasKey(`reason.${op.reason}`) ? t(`reason.${op.reason}`) : op.reason);

function Trail({ books }) {
	const [kind, setKind] = useState('');
	const rows = books.flatMap(({ rental, ops }) => ops.map((op) => ({ op, rental })))
		.filter(({ op }) => kind === '' || (kind === 'failed' ? !['SUCCEEDED'].includes(op.status) : op.kind === kind))
		.sort((a, b) => Date.parse(b.op.created_at) - Date.parse(a.op.created_at));
	return html`<section class="card" aria-labelledby="trail-title">
		<header class="split"><h2 id="trail-title">${t('pay.trail')}</h2>
			<label class="field inline"><span class="hidden">${t('filter.kind')}</span>
				<select value=${kind} onChange=${(e) => setKind(e.target.value)}>
					<option value="">${t('all')}</option>
					<option value="failed">${t('pay.failed')}</option>
					${['hold', 'charge', 'capture', 'release', 'refund'].map((k) => html`<option value=${k}>${t(`kind.${k}`)}
						</option>`)}
				</select></label></header>
		${rows.length === 0 ? html`<${Empty} icon="payments" title=${t('pay.none')} />` : html`
		<${Scroll} label=${t('pay.trail')}><table class="trail">
			<thead><tr><th scope="col">${t('time')}</th><th scope="col">${t('pay.what')}</th>
				<th scope="col" class="num">${t('amount')}</th><th scope="col">${t('outcome')}</th></tr>
				</thead>
			<tbody>${rows.map(({ op, rental }) => html`<tr key=${op.id} data-op=${op.kind} data-state=${op.status}>
				<td class="nowrap">
					<time datetime=${op.created_at} title=${dayTime(new Date(op.created_at))}>${clockTime(new Date(op.created_at))}
					</time></td>
				<td><strong>${t(`kind.${op.kind}`)}</strong><small>${t(`purpose.${op.purpose}`)}
					<span class="of-which"> · ${rental.powerbank_id ?? '–'}</span></small></td>
				<td class="num">${money(op.status === 'SUCCEEDED' ? op.processed : op.amount)}${op.status === 'SUCCEEDED' && op.processed !== op.amount && html`<small>${t('of.asked', { money: money(op.amount) })}
					</small>`}</td>
				<td><${Badge} value=${op.status} area="state" />${reason(op) && html`<small>${reason(op)}
					</small>`}</td>
			</tr>`)}</tbody></table><//>`}
	</section>`;
}

export function Payments({ arg }) {
	const who = user.value;
	const mine = (e) => ['rental', 'payment', 'debt'].includes(e.name);
	const { data, problem, refresh } = useLoaded(() => gather(who, arg), [who, arg], { wants: mine, every: 15 });
	const books = data.value;
	return html`<div class="view payments">
		<header class="view-head"><h1 tabindex="-1">${t('nav.payments')}</h1>
			${arg && html`<p class="note">${t('pay.one', { order: arg.slice(0, 8) })} <a href="#/payments">${t('pay.all')}
				</a></p>`}
			${!arg && books?.length > 1 && html`<label class="field inline"><span>${t('pay.only')}</span>
				<select onChange=${(e) => e.target.value && go('payments', e.target.value)}>
					<option value="">${t('all')}</option>
				${books.map(({ rental }) => html`<option value=${rental.order_id}>${localName(stationOf(rental.station_id)?.name, rental.station_id)} · ${dayTime(new Date(rental.created_at))}
					</option>`)}</select></label>`}
		</header>
		<${ProblemNote} problem=${problem.value} retry=${refresh} />
		${!books && !problem.value && html`<p class="note">${t('loading')}</p>`}
		${books?.length === 0 && html`<section class="card">
			<${Empty} icon="payments" title=${t('pay.none')}><a href="#/rent">${t('history.rent')}</a><//>
			</section>`}
		${books?.length > 0 && html`<${Totals} books=${books} />
			<div class="pay-grid"><${Trail} books=${books} /><div class="stack">
				<${Debts} books=${books} /><${DebtChart} books=${books} /></div></div>`}
	</div>`;
}
