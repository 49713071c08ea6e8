// SPDX-License-Identifier: MIT
// views/rent.js - from a station on the map to a running rental: who, where, the offer, the start.
import { html, useEffect, useRef, useState, signal } from '../lib/html.js';
import { rentals } from '../lib/api.js';
import { now } from '../lib/clock.js';
import { localName, minutes, money, number, t } from '../lib/i18n.js';
import { onEvent, touch } from '../lib/live.js';
import { explained } from '../lib/rules.js';
import { demo, loadCity, rules, selected, setCurrent, stationOf, stations, tariffs, user, userOf, users } from '../lib/world.js';
import { CityMap, stock } from '../ui/map.js';
import { Icon } from '../ui/icons.js';
import { Empty, left, ProblemNote, Scroll } from '../ui/parts.js';
import { Replay } from './replay.js';
import { pathTo } from '../lib/router.js';

// The offer in hand outlives a visit to another view.
const offer = signal(null);   // { quote, expiresAt }
const begun = signal(null);   // { key, quote, answer } after a start
const problem = signal(null); // of the offer or the start
const busy = signal('');      // 'offer', 'start'
const attempt = signal(null); // { key, quoteId }: kept until its end is known

async function askOffer(stationId) {
	selected.value = stationId;
	offer.value = begun.value = problem.value = attempt.value = null;
	busy.value = 'offer';
	const asked = `${stationId} ${user.value}`;
	try {
		const quote = await rentals.quote(stationId, user.value);
		if (asked === `${selected.value} ${user.value}`)
			offer.value = { quote, expiresAt: now() + quote.expires_in_sec * 1000 };
	} catch (p) {
		problem.value = p;
	}
	busy.value = '';
}

const newKey = () => `ui-${crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`}`;

async function begin() {
	const { quote } = offer.value;
	// A start whose end is not known is repeated under its own key: it cannot happen twice.
	if (attempt.value?.quoteId !== quote.quote_id)
		attempt.value = { key: newKey(), quoteId: quote.quote_id };
	busy.value = 'start';
	problem.value = null;
	try {
		const answer = await rentals.start(quote.quote_id, attempt.value.key);
		begun.value = { key: attempt.value.key, quote, answer };
		setCurrent(quote.user_id, answer.data.order_id);
		offer.value = attempt.value = null;
		touch();
	} catch (p) {
		problem.value = p;
		if (p.status === 410 || p.slug === 'quote-used' || p.slug === 'station-refused')
			offer.value = attempt.value = null;
	}
	busy.value = '';
	loadCity();
}

function People() {
	if (users.value.length === 0)
		return html`<label class="field"><span>${t('rent.user')}</span>
			<input value=${user.value} maxlength="64" onChange=${(e) => (user.value = e.target.value.trim() || 'anna')} />
				</label>`;
	const who = userOf(user.value);
	const traits = [
		who?.trusted && t('user.trusted'), who?.has_subscribtion && t('user.subscriber'),
		who?.balance !== undefined && t('user.balance', { money: money(who.balance) }),
		who?.limit !== undefined && t('user.limit', { money: money(who.limit) }),
		who?.declined && t('user.declined'),
	].filter(Boolean);
	const choose = (e) => {
		user.value = e.target.value;
		if (offer.value || problem.value)
			askOffer(selected.value);
		else
			begun.value = null;
	};
	return html`<div class="people">
		<label class="field"><span>${t('rent.user')}</span>
			<select id="user" value=${user.value} onChange=${choose}>
				${users.value.map((u) => html`<option value=${u.id} selected=${u.id === user.value}>${u.name || u.id}
					</option>`)}
			</select></label>
		<p class="note">${traits.length > 0 ? traits.join(' · ') : t('user.regular')}</p>
	</div>`;
}

function StationTable({ onChoose }) {
	const [wanted, setWanted] = useState('');
	const low = rules.value.low_stock_threshold;
	const rows = stations.value
		.map((s) => ({ s, name: localName(s.name, s.id), tariff: tariffs.value[s.tariff_id] }))
		.filter((r) => `${r.name} ${r.s.location} ${r.s.id}`.toLowerCase().includes(wanted.toLowerCase()));
	return html`<div class="stations">
		<label class="field search"><span class="hidden">${t('rent.search')}</span>
			<input type="search" placeholder=${t('rent.search')} value=${wanted} onInput=${(e) => setWanted(e.target.value)} />
				</label>
		<${Scroll} label=${t('rent.stations')} tall>
			<table>
				<thead><tr><th scope="col">${t('station')}</th>
					<th scope="col" class="num">${t('free.banks')}</th>
					<th scope="col" class="num">${t('per.hour')}</th></tr></thead>
				<tbody>${rows.map(({ s, name, tariff }) => html`
					<tr key=${s.id} class=${s.id === selected.value ? 'chosen' : ''}>
						<td>
							<button type="button" class="row" data-station=${s.id} aria-pressed=${s.id === selected.value}
							onClick=${() => onChoose(s.id)}><strong>${name}</strong><small>${s.location}
								</small></button></td>
						<td class="num"><span class="stock ${stock(s, low)}">${number(s.available)}
							<span class="of">/${number(s.slots.length)}</span></span></td>
						<td class="num">${tariff ? money(tariff.price_per_hour) : '–'}</td>
					</tr>`)}
				</tbody>
			</table>
			${rows.length === 0 && html`<p class="note pad">${t('rent.noMatch')}</p>`}
		<//>
	</div>`;
}

function OtherStation({ onChoose }) {
	const [id, setId] = useState('');
	const submit = (e) => {
		e.preventDefault();
		if (id.trim())
			onChoose(id.trim());
	};
	return html`<form class="card" onSubmit=${submit}>
		<h2>${t('rent.which')}</h2>
		<label class="field"><span>${t('rent.stationId')}</span>
			<input value=${id} maxlength="64" required onInput=${(e) => setId(e.target.value)} /></label>
		<p><button class="primary">${t('offer.ask')}</button></p>
	</form>`;
}

function Why({ quote }) {
	const station = stationOf(quote.station_id);
	const tariff = tariffs.value[station?.tariff_id];
	const steps = explained(quote, tariff, station, userOf(quote.user_id), rules.value);
	return html`<div class="why">
		<h3>${t('offer.why')}</h3>
		<ul>
			${tariff && html`<li>${t('offer.tariff', { name: tariff.id, price: money(tariff.price_per_hour), free: minutes(tariff.free_period_min), deposit: money(tariff.default_deposit) })}
				</li>`}
			${steps.map((s) => html`<li class="step">${t(s.key, s.values.times ? { ...s.values, times: number(s.values.times, { maximumFractionDigits: 2 }) } : s.values)}
				</li>`)}
			${rules.value.known && html`<li>${t('offer.buyout', { money: money(rules.value.r_buyout) })}</li>`}
		</ul>
	</div>`;
}

function Offer() {
	const { quote, expiresAt } = offer.value;
	const remaining = left(expiresAt);
	const place = stationOf(quote.station_id);
	const expired = remaining.s <= 0;
	return html`<section class="card offer ${expired ? 'expired' : ''}" aria-labelledby="offer-title">
		<header class="split"><div><p class="over">${t('offer')}</p>
			<h2 id="offer-title" tabindex="-1">${localName(place?.name, quote.station_id)}</h2></div>
			<p class="countdown" role="timer" aria-label=${expired ? t('offer.expired') : t('offer.left', { time: remaining.words })}>${remaining.text}
				</p></header>
		<progress class="thin" max=${quote.expires_in_sec} value=${remaining.s} aria-hidden="true"></progress>
		<dl class="price">
			<div class="main"><dt>${t('per.hour')}</dt><dd>${money(quote.price_per_hour)}</dd></div>
			<div><dt>${t('free.period')}</dt><dd>${minutes(quote.free_period_min)}</dd></div>
			<div><dt>${t('deposit')}</dt><dd>${money(quote.deposit)}</dd></div>
		</dl>
		<${Why} quote=${quote} />
		${expired
			? html`<p class="expired-note" role="status">${t('offer.expired')}</p>
				<button type="button" class="primary wide" onClick=${() => askOffer(quote.station_id)}>${t('offer.again')}
					</button>`
			: html`<button type="button" id="start" class="primary wide" disabled=${busy.value === 'start'} onClick=${begin}>
				${busy.value === 'start' ? t('start.busy') : t('start', { money: money(quote.deposit) })}
					</button>`}
	</section>`;
}

function Begun() {
	const { answer, quote } = begun.value;
	const { data } = answer;
	return html`<section class="card begun" aria-labelledby="begun-title">
		<p class="success"><${Icon} name="check" size=${26} /></p>
		<h2 id="begun-title" tabindex="-1">${t('begun')}</h2>
		<p>${t('begun.take', { powerbank: data.powerbank_id ?? '…', station: localName(stationOf(quote.station_id)?.name, quote.station_id) })}
			</p>
		${data.debt > 0 && html`<p class="problem soft">
			<${Icon} name="warn" />${t('begun.debt', { money: money(data.debt) })}</p>`}
		<a class="button primary wide" href=${pathTo('rental', data.order_id)}>${t('begun.watch')} <${Icon} name="arrow" size=${17} />
			</a>
		<${Replay} begun=${begun.value} />
	</section>`;
}

function Panel() {
	const shown = begun.value ?? offer.value ?? problem.value;
	const ref = useRef(null);
	useEffect(() => {
		if (shown && innerWidth < 1100)
			ref.current?.scrollIntoView({ block: 'start', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
	}, [shown]);
	const retry = offer.value ? begin : selected.value ? () => askOffer(selected.value) : null;
	return html`<div class="panel" ref=${ref} aria-live="polite">
		${busy.value === 'offer' && html`<section class="card waiting"><p>${t('offer.busy')}</p></section>`}
		${problem.value && html`<${ProblemNote} problem=${problem.value} retry=${retry}
			retryLabel=${offer.value ? t('start.again') : t('offer.again')} />`}
		${offer.value && html`<${Offer} />`}
		${begun.value && html`<${Begun} />`}
		${!shown && busy.value === '' && html`<section class="card">
			<${Empty} icon="rent" title=${t('rent.choose')}>${t('rent.hint')}<//></section>`}
	</div>`;
}

export function Rent() {
	useEffect(() => {
		loadCity();
		const timer = setInterval(() => !document.hidden && loadCity(), 20000);
		const end = onEvent((e) => e.name === 'rental' && loadCity());
		return () => {
			clearInterval(timer);
			end();
		};
	}, []);
	const hasMap = stations.value.length > 0;
	return html`<div class="view rent">
		<header class="view-head"><h1 tabindex="-1">${t('rent.title')}</h1><${People} /></header>
		<div class="rent-grid">
			${hasMap && html`<section class="card city">
				<${CityMap} stations=${stations.value} chosen=${selected.value} low=${rules.value.low_stock_threshold} onChoose=${askOffer} />
				<${StationTable} onChoose=${askOffer} /></section>`}
			${!hasMap && demo.value === null && html`<${OtherStation} onChoose=${askOffer} />`}
			${!hasMap && demo.value !== null && html`<section class="card city loading">
				<p class="note pad">${t('loading')}</p></section>`}
			<${Panel} />
		</div>
	</div>`;
}
