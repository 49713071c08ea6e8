// SPDX-License-Identifier: MIT
// views/rental.js - one rental as it runs and how it ended, and the user's earlier ones.
import { html, useEffect, useState } from '../lib/html.js';
import { rentals } from '../lib/api.js';
import { now, nowTicking } from '../lib/clock.js';
import { dayTime, fullTime, localName, minutes, money, span, t } from '../lib/i18n.js';
import { touch } from '../lib/live.js';
import { useLoaded } from '../lib/load.js';
import { go, pathTo } from '../lib/router.js';
import { course, due, isOpen, untilNext } from '../lib/rules.js';
import { currentOrder, demo, lab, loadCity, rules, stationOf, stations, user } from '../lib/world.js';
import { Chart } from '../ui/chart.js';
import { Icon } from '../ui/icons.js';
import { Badge, Bar, Dialog, Empty, ProblemNote, Stat } from '../ui/parts.js';

const STATUSES = ['ACTIVE', 'FINISHED', 'BUYOUT', 'FAILED'];
const isEnded = (r) => r.status === 'FINISHED' || r.status === 'BUYOUT';
const refund = (r, ops) => r.deposit_refund ??
	ops.filter((o) => o.kind === 'release' && o.status === 'SUCCEEDED').reduce((n, o) => n + o.processed, 0);
const about = (id) => (event) => event.data.order_id === id;
const stationName = (id) => localName(stationOf(id)?.name, id || '–');

function Meter({ rental }) {
	const at = nowTicking();
	const { r_buyout } = rules.value;
	const cost = isEnded(rental) ? rental.accrued : Math.max(due(rental, at, r_buyout), rental.accrued);
	const next = isEnded(rental) ? null : untilNext(rental, at, r_buyout);
	const ran = ((rental.finished_at ? Date.parse(rental.finished_at) : at) - Date.parse(rental.started_at)) / 1000;
	return html`<div class="meter">
		<p class="over">${isEnded(rental) ? t('rental.cost.final') : t('rental.cost')}</p>
		<p class="amount" data-cost=${cost}>${money(cost)}</p>
		<p class="note">${span(ran)}${next !== null && html` · ${t('rental.next', { time: span(next) })}`}</p>
	</div>`;
}

function Bars({ rental }) {
	const at = rental.finished_at ? Date.parse(rental.finished_at) : nowTicking();
	const ran = Math.max(0, (at - Date.parse(rental.started_at)) / 1000), free = rental.free_period_min * 60;
	const { r_buyout } = rules.value;
	const cost = Math.max(due(rental, at, r_buyout), rental.accrued);
	const over = rental.total_amount + rental.debt;
	return html`<div class="bars">
		${free > 0
			? html`<${Bar} label=${t('free.period')} value=${Math.min(ran, free)} max=${free} tone="calm"
				text=${ran < free ? t('rental.freeLeft', { time: span(free - ran) }) : t('rental.freeOver', { time: minutes(rental.free_period_min) })} />`
			: html`<p class="note">${t('rental.noFree')}</p>`}
		${rules.value.known && html`<${Bar} label=${t('rental.buyout')} value=${Math.max(cost, over)} max=${r_buyout} tone="warm"
			text=${t('of', { a: money(Math.max(cost, over)), b: money(r_buyout) })} />`}
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
	const inFlight = ops.filter(isOpen);
	return html`<dl class="stats">
		<${Stat} label=${t('paid')} tone="good">${money(rental.total_amount)}<//>
		<${Stat} label=${t('debt')} tone=${rental.debt > 0 ? 'bad' : ''}>${money(rental.debt)}<//>
		<${Stat} label=${t('deposit')} note=${depositState(rental, ops)}>${money(rental.deposit)}<//>
		${rental.held > 0 && html`<${Stat} label=${t('held')}>${money(rental.held)}<//>`}
		${inFlight.length > 0 && html`<${Stat} label=${t('inFlight')} tone="wait" note=${t('inFlight.note')}>${money(inFlight.reduce((n, o) => n + o.amount, 0))}<//>`}
	</dl>`;
}

// due, paid and debt at every moment that one of them changed, and now.
function curve(rental, ops, at) {
	const begin = Date.parse(rental.started_at), end = rental.finished_at ? Date.parse(rental.finished_at) : at;
	const points = course(rental, ops);
	const last = Math.max(end, points.at(-1)?.at ?? 0, begin + 1000);
	const times = new Set([begin, end, last, ...points.map((p) => p.at)]);
	for (let i = 1; i < 40; i++)
		times.add(begin + ((end - begin) * i) / 40);
	const xs = [...times].filter((x) => x >= begin).sort((a, b) => a - b);
	const rows = [xs.map((x) => x / 1000), [], [], []];
	for (const x of xs) {
		const p = points.filter((q) => q.at <= x).at(-1) ?? { paid: 0, debt: 0 };
		const final = x === last;
		rows[1].push(due(rental, Math.min(x, end), rules.value.r_buyout));
		rows[2].push(final ? rental.total_amount : p.paid);
		rows[3].push(final ? rental.debt : p.debt);
	}
	return rows;
}

function Curve({ rental, ops }) {
	const at = nowTicking();
	const step = Math.floor(at / 2000);
	const [data, setData] = useState(() => curve(rental, ops, at));
	useEffect(() => setData(curve(rental, ops, now())), [step, rental, ops]);
	const flat = data.slice(1).every((ys) => ys.every((y) => y === 0));
	const label = t('rental.chart', { due: money(rental.accrued), paid: money(rental.total_amount), debt: money(rental.debt) });
	if (flat)
		return html`<section class="card"><h2>${t('rental.money')}</h2>
			<p class="note">${t('rental.nothing')}</p></section>`;
	return html`<section class="card"><h2>${t('rental.money')}</h2>
		<${Chart} label=${label} data=${data} whole format=${(v) => money(v)} series=${[
			{ label: t('due'), colour: 'ink-2', dash: [5, 4] },
			{ label: t('paid'), colour: 'good', step: true, fill: 'good-soft' },
			{ label: t('debt'), colour: 'bad', step: true, fill: 'bad-soft' },
		]} /></section>`;
}

function Receipt({ rental, ops }) {
	return html`<section class="card receipt" aria-labelledby="receipt-title">
		<header class="split"><h2 id="receipt-title">${t('receipt')}</h2>
			<button type="button" class="quiet no-print" onClick=${() => print()}>
				<${Icon} name="print" size=${17} /> ${t('print')}</button></header>
		<dl class="lines">
			<div><dt>${t('powerbank')}</dt><dd>${rental.powerbank_id ?? '–'}</dd></div>
			<div><dt>${t('receipt.from')}</dt><dd>${fullTime(new Date(rental.started_at))}</dd></div>
			<div><dt>${t('receipt.to')}</dt><dd>${fullTime(new Date(rental.finished_at))}</dd></div>
			<div><dt>${t('duration')}</dt>
				<dd>${span((Date.parse(rental.finished_at) - Date.parse(rental.started_at)) / 1000)}</dd>
				</div>
			<div><dt>${t('receipt.price')}</dt>
				<dd>${t('receipt.terms', { price: money(rental.price_per_hour), free: minutes(rental.free_period_min) })}
				</dd></div>
			<div class="total"><dt>${t('receipt.total')}</dt><dd>${money(rental.accrued)}</dd></div>
			<div><dt>${t('paid')}</dt><dd>${money(rental.total_amount)}</dd></div>
			<div><dt>${t('debt')}</dt><dd>${money(rental.debt)}</dd></div>
			<div><dt>${t('receipt.refund')}</dt><dd>${money(refund(rental, ops))}</dd></div>
		</dl>
		<p class="note">${t('order')} <code>${rental.order_id}</code></p>
	</section>`;
}

function StopDialog({ rental, open, onClose, onStopped }) {
	const [station, setStation] = useState('');
	const [problem, setProblem] = useState(null);
	const [busy, setBusy] = useState(false);
	const places = stations.value.filter((s) => s.slots.length > s.available);
	const chosen = station || places[0]?.id || '';
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
			touch();
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
					? html`<select id="stop-station" value=${chosen} onChange=${(e) => setStation(e.target.value)}>
						${places.map((s) => html`<option value=${s.id}>${localName(s.name, s.id)}
							</option>`)}</select>`
					: html`<input id="stop-station" value=${station} required maxlength="64" onInput=${(e) => setStation(e.target.value)} />`}
			</label>
			<${ProblemNote} problem=${problem} />
			<p class="actions end"><button type="button" onClick=${onClose}>${t('cancel')}</button>
				<button id="stop-now" class="primary" disabled=${busy}>${busy ? t('stop.busy') : t('stop')}
					</button></p>
		</form>
	<//>`;
}

function One({ id }) {
	const load = async () => {
		const [rental, ops] = await Promise.all([rentals.status(id), rentals.payments(id)]);
		return { rental, ops };
	};
	const { data, problem, refresh } = useLoaded(load, [id], { every: 10, wants: about(id) });
	const [asking, setAsking] = useState(false);
	if (data.value === undefined)
		return problem.value
			? html`<${ProblemNote} problem=${problem.value} retry=${refresh} />`
			: html`<section class="card"><p class="note">${t('loading')}</p></section>`;
	const { rental, ops } = data.value;
	const started = rental.started_at !== null;
	return html`
		<section class="card hero ${rental.status.toLowerCase()}">
			<header class="split"><div><h2 class="over-title">${rental.powerbank_id ?? t('powerbank.none')}</h2>
				<p class="note">${t('order')} <code>${rental.order_id}</code></p></div>
					<${Badge} value=${rental.status} /></header>
			${started && html`<div class="hero-grid"><${Meter} rental=${rental} />
				<${Bars} rental=${rental} /></div>`}
			${rental.status === 'BUYOUT' && html`<p class="banner">${t('rental.sold', { money: money(rental.accrued) })}
				</p>`}
			${rental.status === 'FAILED' && html`<p class="banner">${t('rental.failed')}</p>`}
			${rental.status === 'PENDING' && html`<p class="banner">${t('rental.pending')}</p>`}
			${isEnded(rental) && rental.settlement === 'pending' && html`<p class="banner" role="status">${t('rental.settling')}
				</p>`}
			${started && html`<${Numbers} rental=${rental} ops=${ops} />`}
			<p class="actions">
				${rental.status === 'ACTIVE' && html`<button type="button" id="stop" class="primary" onClick=${() => setAsking(true)}>
					<${Icon} name="back" size=${17} /> ${t('stop')}</button>`}
				<a class="button quiet" href=${pathTo('payments', rental.order_id)}>${t('rental.toPayments')}
					</a>
			</p>
		</section>
		${problem.value && html`<${ProblemNote} problem=${problem.value} retry=${refresh} />`}
		${isEnded(rental) && html`<${Receipt} rental=${rental} ops=${ops} />`}
		${started && html`<${Curve} rental=${rental} ops=${ops} />`}
		<${StopDialog} rental=${rental} open=${asking} onClose=${() => setAsking(false)}
			onStopped=${() => { setAsking(false); go('rental', id); refresh(); }} />`;
}

function History({ chosen }) {
	const [status, setStatus] = useState('');
	const [older, setOlder] = useState({ items: [], cursor: null });
	const who = user.value;
	const { data, problem, refresh } = useLoaded(() => rentals.list(who, { status }), [who, status],
		{ wants: (e) => e.name === 'rental' && e.data.user_id === who });
	useEffect(() => setOlder({ items: [], cursor: null }), [who, status]);
	const page = data.value;
	const cursor = older.cursor ?? page?.next_cursor;
	const more = async () => {
		const next = await rentals.list(who, { status, cursor }).catch(() => null);
		if (next)
			setOlder({ items: [...older.items, ...next.items], cursor: next.next_cursor ?? '' });
	};
	const seen = new Set();
	const items = [...(page?.items ?? []), ...older.items].filter((r) => !seen.has(r.order_id) && seen.add(r.order_id));
	return html`<section class="card history" aria-labelledby="history-title">
		<header class="split"><h2 id="history-title">${t('history')}</h2>
			<label class="field inline"><span class="hidden">${t('filter.status')}</span>
				<select value=${status} onChange=${(e) => setStatus(e.target.value)}>
					<option value="">${t('all')}
						</option>${STATUSES.map((s) => html`<option value=${s}>${t(`status.${s}`)}
						</option>`)}
				</select></label></header>
		<${ProblemNote} problem=${problem.value} retry=${refresh} />
		${page && items.length === 0 && html`<${Empty} icon="rental" title=${t('history.empty')}>
			<a href="#/rent">${t('history.rent')}</a><//>`}
		<ul class="list">${items.map((r) => html`
			<li key=${r.order_id} class=${r.order_id === chosen ? 'chosen' : ''}>
				<a href=${pathTo('rental', r.order_id)} aria-current=${r.order_id === chosen ? 'true' : undefined}>
					<span class="grow"><strong>${stationName(r.station_id)}</strong>
						<small>${dayTime(new Date(r.created_at))}</small></span>
					<span class="num">${money(r.accrued)}${r.debt > 0 && html`<small class="bad-text">${t('debt')} ${money(r.debt)}
						</small>`}</span>
					<${Badge} value=${r.status} /></a>
			</li>`)}
		</ul>
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
			rentals.list(who, { limit: 1 }).then((p) => setNewest(p.items[0]?.order_id ?? '')).catch(() => {});
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
