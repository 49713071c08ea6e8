// SPDX-License-Identifier: MIT
// views/rent.js - from a station on the map to a running rental: who, where, the offer, the start.
import { html, useEffect, useRef, useState, signal } from '../lib/html.js';
import { newKey, rentals } from '../lib/api.js';
import { now } from '../lib/clock.js';
import { minutes, money, number, t } from '../lib/i18n.js';
import { noteOwnChange, onEvent } from '../lib/live.js';
import { gathered } from '../lib/load.js';
import { explained } from '../lib/money.js';
import { isCustomer } from '../lib/session.js';
import { demo, loadCity, loadStation, loadStations, nameOf, optionOf, selected, setCurrent, stationOf, stations, tariffs, user, userOf, users } from '../lib/state.js';
import { lowStock, nearestWithStock, stationName } from '../lib/stations.js';
import { CityMap } from '../ui/map.js';
import { Icon } from '../ui/icons.js';
import { Empty, Name, ProblemNote, remaining } from '../ui/parts.js';
import { StationTable } from '../ui/stations.js';
import { Replay } from './replay.js';
import { go, pathTo } from '../lib/router.js';

const STATIONS_MS = 3000; // rentals of others change the stock: the stations are read at most so often

// The offer in hand outlives a visit to another view.
const offer = signal(null);    // { quote, expiresAt }
const started = signal(null);  // { key, quote, answer }
const problem = signal(null);  // of the offer or the start
const busy = signal('');       // 'offer', 'start'
const attempt = signal(null);  // { key, quoteId }: kept until its end is known
const emptyAt = signal('');    // the station chosen has nothing to give

const forget = () => (offer.value = started.value = problem.value = attempt.value = null);

async function askOffer(stationId) {
	selected.value = stationId;
	forget();
	emptyAt.value = '';
	if (!user.value) {
		document.querySelector('#user')?.focus();
		return;
	}
	if (stationOf(stationId)?.available === 0) {
		emptyAt.value = stationId;
		return;
	}
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

async function start() {
	const { quote } = offer.value;
	// A start whose end is not known is repeated under its own key: it cannot happen twice.
	if (attempt.value?.quoteId !== quote.quote_id)
		attempt.value = { key: newKey(), quoteId: quote.quote_id };
	busy.value = 'start';
	problem.value = null;
	try {
		const answer = await rentals.start(quote.quote_id, attempt.value.key);
		setCurrent(quote.user_id, answer.data.order_id);
		if (answer.status === 202) // the customer has to act first, and the rental says how
			go('rental', answer.data.order_id);
		else
			started.value = { key: attempt.value.key, quote, answer };
		offer.value = attempt.value = null;
		noteOwnChange();
	} catch (p) {
		problem.value = p;
		if (p.status === 410 || p.slug === 'quote-used' || p.slug === 'station-refused')
			offer.value = attempt.value = null;
	}
	busy.value = '';
	loadCity();
}

function chooseUser(id) {
	user.value = id;
	if (offer.value || problem.value)
		askOffer(selected.value);
	else
		started.value = null;
}

function People() {
	if (isCustomer())
		return false; // the header says who
	if (users.value.length === 0)
		return html`<div class="people">
			<label class="field"><span>${t('rent.user')}</span>
				<input
					id="user"
					value=${user.value}
					maxlength="64"
					placeholder=${t('rent.userId')}
					onChange=${(e) => chooseUser(e.target.value.trim())} /></label>
		</div>`;
	const who = userOf(user.value);
	const traits = [
		who?.trusted && t('user.trusted'),
		who?.has_subscribtion && t('user.subscriber'),
		who?.balance !== undefined && t('user.balance', { money: money(who.balance) }),
		who?.limit !== undefined && t('user.limit', { money: money(who.limit) }),
		who?.declined && t('user.declined'),
	].filter(Boolean);
	return html`<div class="people">
		<label class="field"><span>${t('rent.user')}</span>
			<select id="user" value=${user.value} onChange=${(e) => chooseUser(e.target.value)}>
				${users.value.map((u) => html`
					<option value=${u.id} selected=${u.id === user.value}>${nameOf(u)}</option>`)}
			</select></label>
		<p class="note">${traits.length > 0 ? traits.join(' · ') : t('user.regular')}</p>
	</div>`;
}

// Where nobody lists the stations, one is asked for by its id.
function OtherStation({ onChoose }) {
	const [id, setId] = useState('');
	const submit = async (e) => {
		e.preventDefault();
		await loadStation(id.trim()).catch(() => {}); // the offer will say what is wrong with it
		onChoose(id.trim());
	};
	return html`<form class="card" onSubmit=${submit}>
		<h2>${t('rent.which')}</h2>
		<label class="field"><span>${t('rent.stationId')}</span>
			<input
				id="station-id"
				value=${id}
				maxlength="64"
				required
				onInput=${(e) => setId(e.target.value)} /></label>
		<p><button class="primary">${t('offer.ask')}</button></p>
	</form>`;
}

function WhyThisPrice({ quote }) {
	const station = stationOf(quote.station_id);
	const { terms } = quote;
	const buyout = optionOf('rental_core', 'r_buyout');
	const inWords = ({ key, values }) =>
		t(key, values.times ? { ...values, times: number(values.times, { maximumFractionDigits: 2 }) } : values);
	return html`<div class="why">
		<h3>${t('offer.why')}</h3>
		<ul>
			${terms && html`<li>${t('offer.tariff', {
				name: station?.tariff_id ?? '–',
				price: money(terms.price_per_hour),
				free: minutes(terms.free_period_min),
				deposit: money(terms.deposit),
			})}</li>`}
			${explained(quote, station?.available).map((step) => html`<li class="step">${inWords(step)}</li>`)}
			${buyout !== null && html`<li>${t('offer.buyout', { money: money(buyout) })}</li>`}
		</ul>
	</div>`;
}

function Offer() {
	const { quote, expiresAt } = offer.value;
	const time = remaining(expiresAt);
	const expired = time.s <= 0;
	return html`<section class="card offer ${expired ? 'expired' : ''}" aria-labelledby="offer-title">
		<header class="split">
			<div><p class="over">${t('offer')}</p>
				<h2 id="offer-title" tabindex="-1"><${Name} text=${stationName(quote.station_id)} /></h2></div>
			<p
				class="countdown"
				role="timer"
				aria-label=${expired ? t('offer.expired') : t('offer.left', { time: time.words })}>${time.text}</p>
		</header>
		<progress class="thin" max=${quote.expires_in_sec} value=${time.s} aria-hidden="true"></progress>
		<dl class="price">
			<div class="main"><dt>${t('per.hour')}</dt><dd>${money(quote.price_per_hour)}</dd></div>
			<div><dt>${t('free.period')}</dt><dd>${minutes(quote.free_period_min)}</dd></div>
			<div><dt>${t('deposit')}</dt><dd>${money(quote.deposit)}</dd></div>
		</dl>
		<${WhyThisPrice} quote=${quote} />
		${expired
			? html`<p class="expired-note" role="status">${t('offer.expired')}</p>
				<button type="button" class="primary wide" onClick=${() => askOffer(quote.station_id)}>
					${t('offer.again')}</button>`
			: html`<button
					type="button"
					id="start"
					class="primary wide"
					aria-describedby="offer-title"
					disabled=${busy.value === 'start'}
					onClick=${start}>
					${busy.value === 'start' ? t('start.busy') : t('start', { money: money(quote.deposit) })}</button>`}
	</section>`;
}

function Started() {
	const { answer, quote } = started.value;
	const { data } = answer;
	return html`<section class="card begun" aria-labelledby="begun-title">
		<p class="success"><${Icon} name="check" size=${26} /></p>
		<h2 id="begun-title" tabindex="-1">${t('begun')}</h2>
		<p class="name">${t('begun.take', { powerbank: data.powerbank_id ?? '…', station: stationName(quote.station_id) })}</p>
		${data.debt > 0 && html`<p class="problem soft">
			<${Icon} name="warn" />${t('begun.debt', { money: money(data.debt) })}</p>`}
		<a class="button primary wide" href=${pathTo('rental', data.order_id)}>
			${t('begun.watch')} <${Icon} name="arrow" size=${17} /></a>
		<${Replay} started=${started.value} />
	</section>`;
}

// The way out of an empty station.
function Nearest({ of }) {
	const other = nearestWithStock(of);
	return other && html`<button type="button" id="nearest" onClick=${() => askOffer(other.id)}>
		${t('empty.nearest', { station: stationName(other.id), n: other.available })}</button>`;
}

function NothingLeft() {
	return html`<section class="card empty-station" role="status">
		<h2 tabindex="-1"><${Name} text=${stationName(emptyAt.value)} /></h2>
		<p>${t('empty.none')}</p>
		<${Nearest} of=${emptyAt.value} />
	</section>`;
}

// Who chose goes on with the keyboard where the choice led to.
const FIRST = '#start, #begun-title, .empty-station h2, .problem button:enabled';

function Panel() {
	const shown = started.value ?? offer.value ?? problem.value ?? (emptyAt.value || null);
	const ref = useRef(null);
	const before = useRef(shown);
	useEffect(() => {
		if (!shown || before.current === shown) {
			before.current = shown;
			return;
		}
		before.current = shown;
		const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
		if (ref.current.getBoundingClientRect().top > innerHeight / 2)
			ref.current.scrollIntoView({ block: 'start', behavior: still ? 'auto' : 'smooth' });
		ref.current.querySelector(FIRST)?.focus({ preventScroll: true });
	}, [shown]);
	const retry = offer.value ? start : selected.value ? () => askOffer(selected.value) : null;
	const refused = problem.value?.slug === 'station-refused';
	return html`<div class="panel" ref=${ref} aria-live="polite">
		${busy.value === 'offer' && html`<section class="card waiting"><p>${t('offer.busy')}</p></section>`}
		${problem.value && html`<${ProblemNote}
			problem=${problem.value}
			retry=${refused ? null : retry}
			retryLabel=${offer.value ? t('start.again') : t('offer.again')} />`}
		${refused && html`<${Nearest} of=${selected.value} />`}
		${emptyAt.value && html`<${NothingLeft} />`}
		${offer.value && html`<${Offer} />`}
		${started.value && html`<${Started} />`}
		${!shown && busy.value === '' && html`<section class="card">
			<${Empty} icon="rent" title=${t('rent.choose')}>${t('rent.hint')}<//></section>`}
	</div>`;
}

export function Rent() {
	useEffect(() => {
		loadCity();
		const soon = gathered(loadStations, STATIONS_MS);
		const timer = setInterval(() => !document.hidden && loadCity(), 20000);
		const end = onEvent((e) => e.name === 'rental' && !document.hidden && soon());
		return () => {
			clearInterval(timer);
			soon.cancel();
			end();
		};
	}, []);
	const listed = stations.value.length > 0;
	// A few stations that were asked for by their ids are no map.
	const hasMap = Boolean(demo.value) && stations.value.some((s) => Number.isFinite(s.lat) && Number.isFinite(s.lon));
	return html`<div class="view rent">
		<header class="view-head"><h1 tabindex="-1">${t('rent.title')}</h1><${People} /></header>
		<div class="rent-grid">
			<div class="stack">
				${listed && html`<section class="card city ${hasMap ? '' : 'no-map'}">
					${hasMap && html`<${CityMap}
						stations=${stations.value}
						chosen=${selected.value}
						low=${lowStock()}
						onChoose=${askOffer} />`}
					<${StationTable}
						stations=${stations.value}
						tariffs=${tariffs.value}
						chosen=${selected.value}
						low=${lowStock()}
						onChoose=${askOffer} /></section>`}
				${demo.value === null && html`<${OtherStation} onChoose=${askOffer} />`}
				${!listed && demo.value !== null && html`<section class="card city loading">
					<p class="note pad">${t('loading')}</p></section>`}
			</div>
			<${Panel} />
		</div>
	</div>`;
}
