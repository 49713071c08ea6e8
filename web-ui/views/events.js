// SPDX-License-Identifier: MIT
// views/events.js - the live log: what the event stream tells, filtered, paused, with the
// request ids and each request as a curl command.
import { html, signal, useEffect, useMemo } from '../lib/html.js';
import { asCurl } from '../lib/api.js';
import { brief, clockTime, hasKey, money, t } from '../lib/i18n.js';
import { connection, events, replayPast } from '../lib/live.js';
import { pathTo } from '../lib/router.js';
import { Icon } from '../ui/icons.js';
import { CopyButton, Empty } from '../ui/parts.js';

const KINDS = ['rental', 'payment', 'debt', 'breaker', 'request'];
const SHOWN = 300;
// Readings that went well: of this page, of other tabs, of our own services. They change nothing.
const isReading = (data) => ['GET', 'HEAD'].includes(data.method) && data.status < 400;

const kinds = signal(new Set(KINDS)), words = signal(''), hideReadings = signal(true);
const frozen = signal(null); // the events as they stood when it was paused

const word = (area, value) => (hasKey(`${area}.${value}`) ? t(`${area}.${value}`) : value);

function summary({ name, data: d }) {
	switch (name) {
	case 'rental':
		return [word('status', d.status), d.powerbank_id, t('ev.rental', { paid: money(d.total_amount), debt: money(d.debt) })];
	case 'payment':
		return [`${word('kind', d.kind)} (${word('purpose', d.purpose)})`, money(d.amount), word('state', d.status), word('reason', d.reason)];
	case 'debt':
		return [`${d.delta > 0 ? '+' : ''}${money(d.delta)}`, t('ev.debt', { debt: money(d.debt) }), word('reason', d.reason)];
	case 'breaker':
		return [d.name, word('breaker', d.state)];
	case 'request':
		return [`${d.method} ${d.path}`, `HTTP ${d.status}`, brief(d.duration_us / 1e6)];
	default:
		return [d.missed > 0 ? t('ev.gap', { n: d.missed }) : t('ev.gapUnknown')];
	}
}

const toneOf = ({ name, data: d }) =>
	name === 'request' && d.status >= 500 ? 'bad' : name === 'request' && d.status >= 400 ? 'wait'
		: name === 'gap' ? 'wait' : '';

function matches(event) {
	const { name, data } = event;
	if (name === 'gap')
		return true;
	if (!kinds.value.has(name))
		return false;
	if (name === 'request' && hideReadings.value && isReading(data))
		return false;
	const wanted = words.value.trim().toLowerCase();
	return wanted === '' || `${JSON.stringify(data)} ${summary(event).join(' ')}`.toLowerCase().includes(wanted);
}

function Line({ event }) {
	const { name, data, at } = event;
	const [head, ...rest] = summary(event).filter((s) => s !== null && s !== undefined && s !== '');
	return html`<li class="event ${name} ${toneOf(event)}" data-event=${name}>
		<time datetime=${new Date(at).toISOString()}>${clockTime(new Date(at))}</time>
		<span class="badge kind">${t(`ev.kind.${name}`)}</span>
		<span class="grow"><strong>${head}</strong> <span>${rest.join(' · ')}</span>
			<small>${data.order_id && html`<a href=${pathTo('rental', data.order_id)}>${data.order_id}
				</a>`}${data.request_id && html`<code>${data.request_id}</code>`}</small></span>
		${data.request_id && html`<${CopyButton} text=${data.request_id} label=${t('copy.id')} />`}
		${name === 'request' && html`<${CopyButton} text=${asCurl(data.method, data.path)} label=${t('copy.curl')} icon="terminal" />`}
	</li>`;
}

// The log forgets its oldest: serial numbers tell how many came since.
const newSince = (old) => (events.value.at(-1)?.serial ?? 0) - (old.at(-1)?.serial ?? 0);

function Controls({ count }) {
	const toggle = (kind) => {
		const next = new Set(kinds.value);
		if (!next.delete(kind))
			next.add(kind);
		kinds.value = next;
	};
	const paused = frozen.value !== null;
	return html`<div class="card controls">
		<label class="field search"><span class="hidden">${t('ev.search')}</span>
			<input
				id="ev-search"
				type="search"
				placeholder=${t('ev.search')}
				value=${words.value}
				onInput=${(e) => (words.value = e.target.value)} /></label>
		<fieldset class="chips"><legend class="hidden">${t('filter.kind')}</legend>
			${KINDS.map((k) => html`<label>
				<input type="checkbox" checked=${kinds.value.has(k)} onChange=${() => toggle(k)} />
				<span>${t(`ev.kind.${k}`)}</span></label>`)}
			<label>
				<input
					type="checkbox"
					checked=${hideReadings.value}
					onChange=${(e) => (hideReadings.value = e.target.checked)} />
				<span>${t('ev.hideReadings')}</span></label></fieldset>
		<p class="actions">
			<button
				type="button"
				id="ev-pause"
				aria-pressed=${paused}
				onClick=${() => (frozen.value = paused ? null : events.value)}>
				<${Icon} name=${paused ? 'play' : 'pause'} size=${16} />
				${paused ? t('ev.resume', { n: newSince(frozen.value) }) : t('ev.pause')}</button>
			<span class="note">${t('ev.count', { n: count })}</span></p>
	</div>`;
}

function Nothing({ filtered }) {
	const why = filtered ? 'ev.noMatch' : connection.value === 'polling' ? 'ev.noStream' : 'ev.none';
	return html`<${Empty} icon="events" title=${t(why)}>${t(`${why}.hint`)}<//>`;
}

export function Events() {
	useEffect(() => {
		replayPast();
	}, []);
	const all = frozen.value ?? events.value;
	const shown = useMemo(() => all.filter(matches), [all, kinds.value, words.value, hideReadings.value, t('all')]);
	return html`<div class="view events">
		<header class="view-head"><h1 tabindex="-1">${t('nav.events')}</h1>
			<p class="note">${t('ev.intro')}</p></header>
		<${Controls} count=${shown.length} />
		<section class="card" aria-label=${t('nav.events')}>
			${shown.length === 0 ? html`<${Nothing} filtered=${all.length > 0} />` : html`<ol class="log">${shown.slice(-SHOWN).reverse().map((e) => html`<${Line} key=${e.serial} event=${e} />`)}
					</ol>`}
		</section>
	</div>`;
}
