// SPDX-License-Identifier: MIT
// views/rental.js - one rental as it runs and how it ended, and the user's earlier ones.
import { html, useEffect, useMemo, useState } from '../lib/html.js';
import { rentals } from '../lib/api.js';
import { now, nowTicking } from '../lib/clock.js';
import { dayTime, fullTime, minutes, money, span, t } from '../lib/i18n.js';
import { noteOwnChange } from '../lib/live.js';
import { useLoaded } from '../lib/load.js';
import { chartOf, isEnded, isOpen, sums } from '../lib/money.js';
import { go, pathTo } from '../lib/router.js';
import { currentOrder, demo, lab, latestOf, loadCity, readRental, readRentals, user, userName } from '../lib/state.js';
import { placesToReturn, placeToReturn, stationName } from '../lib/stations.js';
import { Chart } from '../ui/chart.js';
import { Action } from '../ui/action.js';
import { Icon } from '../ui/icons.js';
import { PayNow } from '../ui/pay.js';
import { Badge, Bar, CopyButton, Dialog, Empty, Equation, Name, ProblemNote, Stat } from '../ui/parts.js';
import { PlaceSelect } from '../ui/stations.js';

const STATUSES = ['PENDING', 'ACTIVE', 'FINISHED', 'BUYOUT', 'FAILED'];
const READ_MS = 1000; // a cost that grows faster is read so often

const refund = (r, ops) => r.deposit_refund ??
	ops.filter((o) => o.kind === 'release' && o.status === 'SUCCEEDED').reduce((n, o) => n + o.processed, 0);
const about = (id) => (event) => event.data.order_id === id;
const ranFor = (rental, at) =>
	Math.max(0, ((rental.finished_at ? Date.parse(rental.finished_at) : at) - Date.parse(rental.started_at)) / 1000);

// The server says when the cost grows next; then it is asked again.
function useGrowth(rental) {
	const at = rental.next_charge_at && Date.parse(rental.next_charge_at);
	useEffect(() => {
		if (!at)
			return undefined;
		const timer = setTimeout(() => document.hidden || readRental(rental.order_id).catch(() => {}),
			Math.max(READ_MS, at - now() + 100));
		return () => clearTimeout(timer);
	}, [rental.order_id, at]);
}

function Meter({ rental }) {
	const at = nowTicking();
	const { cost } = sums(rental);
	useGrowth(rental);
	const next = rental.next_charge_at && (Date.parse(rental.next_charge_at) - at) / 1000;
	return html`<div class="meter">
		<p class="over">${isEnded(rental) ? t('rental.cost.final') : t('rental.cost')}</p>
		<p class="amount" data-cost=${cost}>${money(cost)}</p>
		<p class="note">${span(ranFor(rental, at))}${next > 0 && html` · ${t('rental.next', { time: span(Math.ceil(next)) })}`}</p>
	</div>`;
}

function Bars({ rental }) {
	const ran = ranFor(rental, nowTicking()), free = rental.free_period_min * 60;
	const { cost, paid, debt } = sums(rental);
	const towards = Math.min(rental.buyout, Math.max(cost, paid + debt));
	return html`<div class="bars">
		${free > 0
			? html`<${Bar}
				label=${t('free.period')}
				value=${Math.min(ran, free)}
				max=${free}
				tone="calm"
				text=${ran < free ? t('rental.freeLeft', { time: span(free - ran) }) : t('rental.freeOver', { time: minutes(rental.free_period_min) })} />`
			: html`<p class="note">${t('rental.noFree')}</p>`}
		${rental.buyout > 0 && html`<${Bar}
			label=${t('rental.buyout')}
			value=${towards}
			max=${rental.buyout}
			tone="warm"
			text=${t('of', { a: money(towards), b: money(rental.buyout) })} />`}
	</div>`;
}

function depositState(rental, ops) {
	const hold = ops.find((o) => o.kind === 'hold');
	if (rental.deposit === 0 || !hold)
		return t('deposit.none');
	if (isOpen(hold))
		return t('deposit.unknown');
	if (hold.status !== 'SUCCEEDED')
		return t(isEnded(rental) ? 'deposit.notHeld' : 'deposit.debt');
	if (!isEnded(rental))
		return t('deposit.held');
	return rental.settlement === 'done' ? t('deposit.settled') : t('deposit.settling');
}

function Numbers({ rental, ops }) {
	const { paid, debt, inFlight } = sums(rental);
	return html`<dl class="stats">
		<${Stat} label=${t('paid')} tone="good">${money(paid)}<//>
		<${Stat} label=${t('debt')} tone=${debt > 0 ? 'bad' : ''}>${money(debt)}<//>
		<${Stat} label=${t('deposit')} note=${depositState(rental, ops)}>${money(rental.deposit)}<//>
		${rental.held > 0 && html`<${Stat} label=${t('held')}>${money(rental.held)}<//>`}
		${inFlight > 0 && html`<${Stat} label=${t('inFlight')} tone="wait" note=${t('inFlight.note')}>${money(inFlight)}<//>`}
	</dl>
	<${Equation} of=${rental} />`;
}

// Due, paid and debt stand until they change: steps, as they were at the time.
function Curve({ rental, timeline }) {
	const { cost, paid, debt } = sums(rental);
	const data = useMemo(() => chartOf(timeline, rental, now()), [timeline, cost, paid, debt]);
	const label = t('rental.chart', { due: money(cost), paid: money(paid), debt: money(debt) });
	if (data.slice(1).every((ys) => ys.every((y) => y === 0)))
		return html`<section class="card"><h2>${t('rental.money')}</h2>
			<p class="note">${t('rental.nothing')}</p></section>`;
	const last = data.slice(1).map((ys) => ys.at(-1));
	return html`<section class="card curve" data-paid=${last[0]} data-due=${last[1]} data-debt=${last[2]}>
		<h2>${t('rental.money')}</h2>
		<${Chart}
			label=${label}
			data=${data}
			whole
			format=${(v) => money(v)}
			series=${[
				{ label: t('paid'), colour: 'good', step: true, fill: 'good-soft' },
				{ label: t('due'), colour: 'ink-2', dash: [5, 4], step: true },
				{ label: t('debt'), colour: 'bad', step: true },
			]} /></section>`;
}

const Line = ({ label, children }) => html`<div><dt>${label}</dt><dd>${children}</dd></div>`;

function Receipt({ rental, ops }) {
	const { cost } = sums(rental);
	const price = money(rental.price_per_hour);
	return html`<section class="card receipt" aria-labelledby="receipt-title">
		<header class="split"><h2 id="receipt-title">${t('receipt')}</h2>
			<button type="button" class="quiet no-print" onClick=${() => print()}>
				<${Icon} name="print" size=${17} /> ${t('print')}</button></header>
		<dl class="lines">
			<${Line} label=${t('receipt.who')}><${Name} text=${userName(rental.user_id)} /><//>
			<${Line} label=${t('powerbank')}>${rental.powerbank_id ?? '–'}<//>
			<${Line} label=${t('receipt.taken')}><${Name} text=${stationName(rental.station_id)} /><//>
			<${Line} label=${t('receipt.from')}>${fullTime(new Date(rental.started_at))}<//>
			<${Line} label=${t('receipt.to')}>${fullTime(new Date(rental.finished_at))}<//>
			${rental.return_station_id && html`<${Line} label=${t('receipt.back')}>
				<${Name} text=${stationName(rental.return_station_id)} /><//>`}
			${rental.ended_by && html`<${Line} label=${t('receipt.by')}>${t(`ended.${rental.ended_by}`)}<//>`}
			<${Line} label=${t('duration')}>${span(ranFor(rental, 0))}<//>
			<${Line} label=${t('receipt.price')}>${rental.free_period_min > 0
				? t('receipt.terms', { price, free: minutes(rental.free_period_min) })
				: t('receipt.termsNoFree', { price })}<//>
			<${Line} label=${t('deposit')}>${money(rental.deposit)}<//>
			<${Line} label=${t('receipt.refund')}>${money(refund(rental, ops))}<//>
			<div class="total"><dt>${t('receipt.total')}</dt><dd>${money(cost)}</dd></div>
		</dl>
		<${Equation} of=${rental} />
		<p class="note">${t('order')} <code>${rental.order_id}</code></p>
	</section>`;
}

function StopDialog({ rental, open, onClose, onStopped }) {
	const [station, setStation] = useState('');
	const [problem, setProblem] = useState(null);
	const [busy, setBusy] = useState(false);
	const places = open ? placesToReturn() : [];
	const chosen = station || (open && placeToReturn(rental.station_id)?.id) || '';
	const stop = async (e) => {
		e.preventDefault();
		setBusy(true);
		setProblem(null);
		try {
			// In the demo the page tells the cabinet first; a real one would notice by itself. A second
			// try finds the powerbank there already, which is fine.
			if (demo.value && rental.powerbank_id)
				await lab.giveBack(rental.powerbank_id, chosen).catch(() => {});
			await rentals.stop(rental.order_id, chosen);
			onStopped();
			noteOwnChange();
		} catch (p) {
			setProblem(p);
		}
		setBusy(false);
		loadCity();
	};
	return html`<${Dialog} open=${open} onClose=${onClose} label=${t('stop')}>
		<form onSubmit=${stop}>
			<h2>${t('stop')}</h2>
			<p class="note">${t('stop.note')}</p>
			<label class="field"><span>${t('stop.where')}</span>
				${places.length > 0
					? html`<${PlaceSelect} id="stop-station" places=${places} value=${chosen} onChange=${setStation} />`
					: html`<input
						id="stop-station"
						value=${station}
						required
						maxlength="64"
						onInput=${(e) => setStation(e.target.value)} />`}
			</label>
			<${ProblemNote} problem=${problem} />
			<p class="actions end"><button type="button" onClick=${onClose}>${t('cancel')}</button>
				<button id="stop-now" class="primary" disabled=${busy}>${busy ? t('stop.busy') : t('stop')}</button></p>
		</form>
	<//>`;
}

// What the numbers do not say.
function Banner({ rental }) {
	const words = rental.status === 'BUYOUT' ? t('rental.sold', { money: money(rental.accrued) })
		: rental.status === 'FAILED' ? t('rental.failed')
			: rental.status === 'PENDING' ? !rental.action && t('rental.pending')
				: isEnded(rental) && rental.settlement === 'pending' ? t('rental.settling')
					: rental.stop_asked_at ? t('rental.asked', { time: fullTime(new Date(rental.stop_asked_at)) }) : null;
	return html`${rental.user_id !== user.value && html`<p class="banner other-user">
			${t('rental.others')} <strong><${Name} text=${userName(rental.user_id)} /></strong>
			<button type="button" id="be-them" class="small" onClick=${() => (user.value = rental.user_id)}>${t('rental.beThem')}</button></p>`}
		${words && html`<p class="banner" role="status">${words}</p>`}`;
}

function One({ id }) {
	const load = async () => {
		const [rental, money] = await Promise.all([readRental(id), rentals.payments(id)]);
		return { rental, ops: money.items, timeline: money.timeline ?? [] };
	};
	const { data, problem, refresh } = useLoaded(load, [id], { every: 10, wants: about(id) });
	const [asking, setAsking] = useState(false);
	if (data.value === undefined)
		return problem.value
			? html`<${ProblemNote} problem=${problem.value} retry=${refresh} />`
			: html`<section class="card"><p class="note">${t('loading')}</p></section>`;
	const { ops, timeline } = data.value;
	const rental = latestOf(data.value.rental);
	const started = rental.started_at !== null;
	return html`
		<section class="card hero ${rental.status.toLowerCase()}">
			<header class="split"><div><h2 class="over-title">${rental.powerbank_id ?? t('powerbank.none')}</h2>
				<p class="note order-line">${t('order')} <code title=${rental.order_id}>${rental.order_id}</code>
					<${CopyButton} text=${rental.order_id} label=${t('copy.order')} /></p></div>
				<${Badge} value=${rental.status} /></header>
			${started && html`<div class="hero-grid"><${Meter} rental=${rental} />
				<${Bars} rental=${rental} /></div>`}
			<${Banner} rental=${rental} />
			${rental.action && html`<${Action} action=${rental.action} begun=${started} />`}
			${started && rental.debt > 0 && !rental.action && rental.user_id === user.value && html`<${PayNow} rental=${rental} onPaid=${refresh} />`}
			${started && html`<${Numbers} rental=${rental} ops=${ops} />`}
			<p class="actions">
				${rental.status === 'ACTIVE' && rental.user_id === user.value && html`<button type="button" id="stop" class="primary" onClick=${() => setAsking(true)}>
					<${Icon} name="back" size=${17} /> ${t('stop')}</button>`}
				<a class="button quiet" href=${pathTo('payments', rental.order_id)}>${t('rental.toPayments')}</a>
			</p>
		</section>
		${problem.value && html`<${ProblemNote} problem=${problem.value} retry=${refresh} />`}
		${isEnded(rental) && html`<${Receipt} rental=${rental} ops=${ops} />`}
		${started && html`<${Curve} rental=${rental} timeline=${timeline} />`}
		<${StopDialog}
			rental=${rental}
			open=${asking}
			onClose=${() => setAsking(false)}
			onStopped=${() => { setAsking(false); go('rental', id); refresh(); }} />`;
}

function HistoryItem({ rental, chosen }) {
	const { cost, debt } = sums(rental);
	return html`<li class=${chosen ? 'chosen' : ''} data-order=${rental.order_id} data-cost=${cost} data-debt=${debt}>
		<a href=${pathTo('rental', rental.order_id)} aria-current=${chosen ? 'true' : undefined}>
			<span class="grow"><strong><${Name} text=${stationName(rental.station_id)} /></strong>
				<small>${dayTime(new Date(rental.created_at))}</small></span>
			<span class="num">${money(cost)}${debt > 0 && html`<small class="bad-text">
				${t('debt')} ${money(debt)}</small>`}</span>
			<${Badge} value=${rental.status} /></a>
	</li>`;
}

function History({ chosen }) {
	const [status, setStatus] = useState('');
	const [older, setOlder] = useState({ items: [], cursor: null });
	const who = user.value;
	const { data, problem, refresh } = useLoaded(() => readRentals(who, { status }), [who, status],
		{ wants: (e) => e.name === 'rental' && e.data.user_id === who });
	useEffect(() => setOlder({ items: [], cursor: null }), [who, status]);
	const page = data.value;
	const cursor = older.cursor ?? page?.next_cursor;
	const more = async () => {
		const next = await readRentals(who, { status, cursor }).catch(() => null);
		if (next)
			setOlder({ items: [...older.items, ...next.items], cursor: next.next_cursor ?? '' });
	};
	const seen = new Set();
	const items = [...(page?.items ?? []), ...older.items].filter((r) => !seen.has(r.order_id) && seen.add(r.order_id));
	return html`<section class="card history" aria-labelledby="history-title">
		<header class="split"><h2 id="history-title">${t('history')}</h2>
			<label class="field inline"><span class="hidden">${t('filter.status')}</span>
				<select value=${status} onChange=${(e) => setStatus(e.target.value)}>
					<option value="">${t('all')}</option>
					${STATUSES.map((s) => html`<option value=${s}>${t(`status.${s}`)}</option>`)}
				</select></label></header>
		<${ProblemNote} problem=${problem.value} retry=${refresh} />
		${page && items.length === 0 && (status === ''
			? html`<${Empty} icon="rental" title=${t('history.empty')}>
				<a href="#/rent">${t('history.rent')}</a><//>`
			: html`<p class="note">${t('history.noMatch')}</p>`)}
		<ul class="list">${items.map((r) => html`
			<${HistoryItem} key=${r.order_id} rental=${latestOf(r)} chosen=${r.order_id === chosen} />`)}</ul>
		${cursor && html`<p class="actions"><button type="button" onClick=${more}>${t('more')}</button></p>`}
	</section>`;
}

export function Rental({ arg }) {
	const who = user.value;
	const [newest, setNewest] = useState('');
	const id = arg || currentOrder.value || newest;
	useEffect(() => {
		setNewest('');
		if (!arg && !currentOrder.value)
			readRentals(who, { limit: 1 }).then((p) => setNewest(p.items[0]?.order_id ?? '')).catch(() => {});
	}, [who, arg]);
	useEffect(() => {
		loadCity();
	}, []);
	return html`<div class="view rental">
		<header class="view-head"><h1 tabindex="-1">${t('nav.rental')}</h1></header>
		<div class="rental-grid">
			<div class="stack">${id ? html`<${One} id=${id} key=${id} />`
				: html`<section class="card"><${Empty} icon="rental" title=${t('rental.none')}>
					<a class="button primary" href="#/rent">${t('history.rent')}</a><//></section>`}</div>
			<${History} chosen=${id} />
		</div>
	</div>`;
}
