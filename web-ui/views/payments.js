// SPDX-License-Identifier: MIT
// views/payments.js - every movement of money of a user's rentals, what is owed and when it is
// tried again.
import { html, useMemo, useState } from '../lib/html.js';
import { rentals } from '../lib/api.js';
import { nowTicking } from '../lib/clock.js';
import { clockTime, dayTime, hasKey, money, span, t } from '../lib/i18n.js';
import { useLoaded } from '../lib/load.js';
import { isOpen, sums } from '../lib/money.js';
import { go, pathTo } from '../lib/router.js';
import { latestOf, optionOf, readRental, readRentals, user } from '../lib/state.js';
import { stationName } from '../lib/stations.js';
import { Chart } from '../ui/chart.js';
import { Badge, Empty, Equation, Name, ProblemNote, Scroll, Stat } from '../ui/parts.js';

const RENTALS = 12; // newest ones whose every payment is shown, until more are asked for
const KINDS = ['hold', 'charge', 'capture', 'release', 'refund'];

// ---- reading: the payments of a rental are read again when its money changed

const books = new Map(); // order id → { stamp, rental, ops, timeline }
const stampOf = (r) => [r.status, r.settlement, r.total_amount, r.debt, r.in_flight, r.next_retry_at].join();

async function bookOf(rental) {
	const known = books.get(rental.order_id), stamp = stampOf(rental);
	if (known?.stamp === stamp && !known.ops.some(isOpen))
		return { ...known, rental };
	const { items, timeline } = await rentals.payments(rental.order_id);
	const book = { stamp, rental, ops: items, timeline: timeline ?? [] };
	books.set(rental.order_id, book);
	return book;
}

// One rental, or the newest ones of the user: { all: [book], balance, more }.
async function readBooks(who, order, limit) {
	if (order) {
		const rental = await readRental(order);
		return { all: [await bookOf(rental)], balance: null, more: false };
	}
	const [page, balance] = await Promise.all([readRentals(who, { limit }), who ? rentals.balance(who) : null]);
	const all = await Promise.all(page.items.map(bookOf));
	return { all, balance, more: page.next_cursor !== null };
}

// What the server added up over all rentals; of one rental, or where it does not, what is here.
function totalOf({ all, balance }) {
	const add = (f) => all.reduce((n, b) => n + f(sums(latestOf(b.rental))), 0);
	return balance ?? {
		accrued: add((s) => s.cost), paid: add((s) => s.paid), debt: add((s) => s.debt), in_flight: add((s) => s.inFlight),
	};
}

function Totals({ read }) {
	const total = totalOf(read), { cost, paid, debt, inFlight } = sums(total);
	return html`<section class="card totals" data-due=${cost} data-paid=${paid} data-debt=${debt}>
		<dl class="stats">
			<${Stat} label=${t('pay.due')}>${money(cost)}<//>
			<${Stat} label=${t('paid')} tone="good">${money(paid)}<//>
			<${Stat} label=${t('debt')} tone=${debt > 0 ? 'bad' : ''}>${money(debt)}<//>
			<${Stat} label=${t('inFlight')} tone=${inFlight > 0 ? 'wait' : ''} note=${t('inFlight.note')}>${money(inFlight)}<//>
			<${Stat} label=${t('pay.rentals')}>${read.balance?.rentals ?? read.all.length}<//>
		</dl>
		<${Equation} of=${total} />
	</section>`;
}

// The server says from when on a debt may be tried; the next tick after that does it.
export function RetryAt({ rental }) {
	const wait = (Date.parse(rental.next_retry_at) - nowTicking()) / 1000;
	return wait > 0 ? t('pay.retryIn', { time: span(Math.ceil(wait)) }) : t('pay.retryTick');
}

function Debts({ read, onMore }) {
	const owing = read.all.map((b) => latestOf(b.rental)).filter((r) => r.debt > 0);
	const older = totalOf(read).debt - owing.reduce((n, r) => n + r.debt, 0);
	const step = optionOf('rental_core', 'debt_charge_step');
	if (owing.length === 0 && older <= 0)
		return null;
	return html`<section class="card" aria-labelledby="owing-title"><h2 id="owing-title">${t('pay.owing')}</h2>
		<ul class="list">${owing.map((rental) => html`<li key=${rental.order_id} data-debt=${rental.debt}>
			<a href=${pathTo('payments', rental.order_id)}>
				<span class="grow"><strong>${rental.powerbank_id ?? rental.order_id}</strong>
					<small><${RetryAt} rental=${rental} /></small></span>
				<span class="num bad-text">${money(rental.debt)}</span></a></li>`)}</ul>
		${older > 0 && html`<p class="older-debt" data-older=${older}>${t('pay.older', { money: money(older) })}
			${read.more && html` <button type="button" class="small" onClick=${onMore}>${t('pay.older.show')}</button>`}</p>`}
		${step !== null && html`<p class="note">${t('pay.step', { money: money(step) })}</p>`}
	</section>`;
}

// The debts of all that are shown together, after every change of one.
function debtCurve(all) {
	const changes = all.flatMap(({ timeline }) => timeline.map((point, i) => ({
		at: Date.parse(point.at), delta: point.debt - (timeline[i - 1]?.debt ?? 0),
	}))).sort((a, b) => a.at - b.at);
	const xs = [], ys = [];
	let debt = 0;
	for (const change of changes) {
		debt += change.delta;
		if (xs.at(-1) === change.at / 1000)
			ys[ys.length - 1] = debt;
		else if (change.delta !== 0 || xs.length === 0)
			xs.push(change.at / 1000) && ys.push(debt);
	}
	return [[...xs, (changes.at(-1)?.at ?? 0) / 1000 + 1], [...ys, debt]];
}

function DebtChart({ all }) {
	const data = useMemo(() => debtCurve(all), [all]);
	if (data[0].length < 3 || data[1].every((v) => v === 0))
		return null;
	return html`<section class="card"><h2>${t('pay.debts')}</h2>
		<${Chart}
			label=${t('pay.chart', { debt: money(data[1].at(-1)) })}
			data=${data}
			height=${160}
			whole
			format=${(v) => money(v)}
			series=${[{ label: t('debt'), colour: 'bad', step: true, fill: 'bad-soft' }]} /></section>`;
}

// A reason that the dictionary lacks is in the provider's own words.
function Reason({ text }) {
	const key = `reason.${text}`;
	return text && (hasKey(key) ? html`<small>${t(key)}</small>` : html`<small lang="en">${text}</small>`);
}

function Attempt({ op, rental }) {
	const moved = op.status === 'SUCCEEDED';
	return html`<tr data-op=${op.kind} data-state=${op.status}>
		<td class="nowrap"><time datetime=${op.created_at} title=${dayTime(new Date(op.created_at))}>
			${clockTime(new Date(op.created_at))}</time></td>
		<td><strong>${t(`kind.${op.kind}`)}</strong><small>${t(`purpose.${op.purpose}`)}
			<span class="of-which"> · ${rental.powerbank_id ?? '–'}</span>
			<span class="of-when"> · ${clockTime(new Date(op.created_at))}</span></small></td>
		<td class="num">${money(moved ? op.processed : op.amount)}
			${moved && op.processed !== op.amount && html`<small>${t('of.asked', { money: money(op.amount) })}</small>`}</td>
		<td><${Badge} value=${op.status} area="state" /><${Reason} text=${op.reason} /></td>
	</tr>`;
}

function Trail({ all }) {
	const [kind, setKind] = useState('');
	const rows = all.flatMap(({ rental, ops }) => ops.map((op) => ({ op, rental })))
		.filter(({ op }) => kind === '' || (kind === 'failed' ? op.status !== 'SUCCEEDED' : op.kind === kind))
		.sort((a, b) => Date.parse(b.op.created_at) - Date.parse(a.op.created_at));
	return html`<section class="card" aria-labelledby="trail-title">
		<header class="split"><h2 id="trail-title">${t('pay.trail')}</h2>
			<label class="field inline"><span class="hidden">${t('filter.kind')}</span>
				<select value=${kind} onChange=${(e) => setKind(e.target.value)}>
					<option value="">${t('all')}</option>
					<option value="failed">${t('pay.failed')}</option>
					${KINDS.map((k) => html`<option value=${k}>${t(`kind.${k}`)}</option>`)}
				</select></label></header>
		${rows.length === 0 ? html`<${Empty} icon="payments" title=${t('pay.none')} />` : html`
		<${Scroll} label=${t('pay.trail')}><table class="trail">
			<thead><tr><th scope="col">${t('time')}</th><th scope="col">${t('pay.what')}</th>
				<th scope="col" class="num">${t('amount')}</th><th scope="col">${t('outcome')}</th></tr></thead>
			<tbody>${rows.map(({ op, rental }) => html`<${Attempt} key=${op.id} op=${op} rental=${rental} />`)}</tbody>
		</table><//>`}
	</section>`;
}

export function Payments({ arg }) {
	const who = user.value;
	const [limit, setLimit] = useState(RENTALS);
	// Debts and payments name their rental only; what a user's rentals are, his events of rentals say.
	const mine = (e) => (arg ? e.data.order_id === arg
		: e.name === 'rental' ? e.data.user_id === who
			: ['payment', 'debt'].includes(e.name) && books.has(e.data.order_id));
	const { data, problem, refresh } = useLoaded(() => readBooks(who, arg, limit), [who, arg, limit],
		{ wants: mine, every: 15 });
	const read = data.value;
	const all = read?.all;
	const onMore = () => setLimit(Math.min(200, limit + 4 * RENTALS));
	return html`<div class="view payments">
		<header class="view-head"><h1 tabindex="-1">${t('nav.payments')}</h1>
			${arg && html`<p class="note">${t('pay.one', { order: arg.slice(0, 8) })}
				<a href="#/payments">${t('pay.all')}</a></p>`}
			${!arg && all?.length > 1 && html`<label class="field inline"><span>${t('pay.only')}</span>
				<select onChange=${(e) => e.target.value && go('payments', e.target.value)}>
					<option value="">${t('all')}</option>
					${all.map(({ rental }) => html`<option value=${rental.order_id}>
						${stationName(rental.station_id)} · ${dayTime(new Date(rental.created_at))}</option>`)}
				</select></label>`}
		</header>
		<${ProblemNote} problem=${problem.value} retry=${refresh} />
		${!read && !problem.value && html`<p class="note">${t('loading')}</p>`}
		${all?.length === 0 && html`<section class="card">
			<${Empty} icon="payments" title=${t('pay.none')}><a href="#/rent">${t('history.rent')}</a><//></section>`}
		${all?.length > 0 && html`<${Totals} read=${read} />
			<div class="pay-grid">
				<div class="stack"><${Trail} all=${all} />
					${read.more && html`<p class="actions"><button type="button" onClick=${onMore}>${t('pay.more')}</button></p>`}</div>
				<div class="stack"><${Debts} read=${read} onMore=${onMore} /><${DebtChart} all=${all} /></div>
			</div>`}
	</div>`;
}
