// SPDX-License-Identifier: MIT
// views/lab.js - the degradation lab: each external service on, off, slow, failing or losing
// replies; beside it what must happen then, and what is happening.
import { html, signal, useEffect, useRef, useState } from '../lib/html.js';
import { get, getText, metricsPath } from '../lib/api.js';
import { nowTicking } from '../lib/clock.js';
import { brief, money, number, period, span, t } from '../lib/i18n.js';
import { useLoaded } from '../lib/load.js';
import { grown, parseMetrics, sum } from '../lib/metrics.js';
import { sums } from '../lib/money.js';
import { currentOrder, demo, demoProblem, lab, latestOf, loadCity, loadDemo, nameOf, optionOf, readRental, user, users } from '../lib/state.js';
import { pathTo } from '../lib/router.js';
import { Cabinets, hasCloud } from './cabinets.js';
import { hasProvider, Provider } from './provider.js';
import { Icon } from '../ui/icons.js';
import { Badge, Choice, Equation, Name, ProblemNote, Stat } from '../ui/parts.js';
import { RetryAt } from './payments.js';
import { countedEvery } from './system.js';

// service: the name in the dictionary; breaker: the upstream's; endpoints: of the stubs
const SERVICES = [
	{ name: 'payment', breaker: 'payment', endpoints: ['hold-money-for-order', 'clear-money-for-order',
		'release-money-for-order', 'refund-money-for-order', 'payment-status'] },
	{ name: 'station', breaker: 'station', endpoints: ['station-data'] },
	{ name: 'eject', breaker: 'eject', endpoints: ['eject-powerbank'] },
	{ name: 'tariff', breaker: 'tariff', endpoints: ['tariff'] },
	{ name: 'profile', breaker: 'profile', endpoints: ['user-profile'] },
	{ name: 'configs', breaker: 'configs', endpoints: ['configs'] },
];
// A provider with a dialect of its own has its own switches.
const services = () => SERVICES.filter((s) => s.name !== 'payment' || !hasProvider());
const CLEAN = { latency_ms: 0, failure_percent: 0, lose_reply_percent: 0, lose_reply_next: 0,
	lose_request_next: 0, fail_next: 0, processed_percent: 100 };
const SLOW_MS = 1000;
const KEPT = ['tariff', 'configs', 'profile']; // the last good answer of these is used again
const CALLS = 'rental_system_external_api_requests_total';
const FAMILIES = metricsPath([CALLS, 'rental_system_active_rentals_current', 'rental_system_debt_amount_current',
	'rental_system_open_operations_current', 'rental_system_recovery_lag_seconds']);
const MODES = {
	on: { disabled: false, settings: CLEAN },
	off: { disabled: true, settings: CLEAN },
	slow: { disabled: false, settings: { ...CLEAN, latency_ms: SLOW_MS } },
	failing: { disabled: false, settings: { ...CLEAN, failure_percent: 100, status: 500 } },
	losing: { disabled: false, settings: { ...CLEAN, lose_reply_percent: 100 } },
};

function modeOf(s) {
	if (!s)
		return 'on';
	if (s.disabled)
		return 'off';
	if (s.lose_reply_percent > 0 || s.lose_reply_next > 0 || s.lose_request_next > 0)
		return 'losing';
	if (s.failure_percent > 0 || s.fail_next > 0)
		return 'failing';
	return s.latency_ms > 0 ? 'slow' : 'on';
}

function serviceMode(service) {
	const modes = new Set(service.endpoints.map((e) => modeOf(demo.value.endpoints[e])));
	return modes.size === 1 ? [...modes][0] : 'mixed';
}

async function setMode(endpoints, mode) {
	for (const endpoint of endpoints) {
		await lab.set(endpoint, MODES[mode].settings);
		await lab.disable(endpoint, MODES[mode].disabled);
	}
}

// The host's measurements of these endpoints since the switch last changed.
function Happening({ service, now, mark, breaker }) {
	const count = (status) => service.endpoints.reduce((n, endpoint) =>
		n + (grown(mark, now, CALLS, status ? { endpoint, status } : { endpoint }) ?? 0), 0);
	const all = count(), ok = count('200'), declined = count('402');
	const lost = count('no_answer'), stopped = count('breaker_open');
	const bad = all - ok - declined - lost - stopped;
	return html`<div class="happening" aria-live="polite">
		<p class="over">${t('lab.now')}</p>
		<p><span class="note">${t('breaker')}</span> ${breaker
			? html`<${Badge} value=${breaker.state} area="breaker" /> <span class="note">${t('lab.fails', { n: breaker.fail_counter, max: breaker.fail_max })}
				</span>`
			: html`<span class="note">${t('lab.noBreaker')}</span>`}</p>
		<ul class="counts">
			<li class=${ok > 0 ? 'good' : ''}><b>${number(ok)}</b> ${t('lab.ok')}</li>
			${declined > 0 && html`<li><b>${number(declined)}</b> ${t('lab.declined')}</li>`}
			<li class=${bad > 0 ? 'bad' : ''}><b>${number(bad)}</b> ${t('lab.bad')}</li>
			${lost > 0 && html`<li class="wait"><b>${number(lost)}</b> ${t('lab.lost')}</li>`}
			${stopped > 0 && html`<li class="wait"><b>${number(stopped)}</b> ${t('lab.stopped')}</li>`}
		</ul>
	</div>`;
}

// How old the last good answer may be, as far as this page has seen.
function useLastGood(now, service) {
	const seen = useRef({ n: -1, at: 0 });
	const n = service.endpoints.reduce((a, endpoint) => a + (sum(now, CALLS, { endpoint, status: '200' }) ?? 0), 0);
	if (now && n !== seen.current.n)
		seen.current = { n, at: seen.current.n === -1 ? 0 : Date.now() };
	return seen.current.at;
}

function Service({ service, state, onProblem }) {
	const mode = serviceMode(service);
	const [wanted, setWanted] = useState(''); // on its way to the stubs
	const [mark, setMark] = useState(null);
	const good = useLastGood(state?.metrics, service);
	const set = async (next) => {
		if (wanted !== '')
			return;
		setWanted(next);
		onProblem(null);
		setMark(state?.metrics ?? null);
		await setMode(service.endpoints, next).catch(onProblem);
		setWanted('');
	};
	useEffect(() => {
		if (mark === null && state)
			setMark(state.metrics);
	}, [state]);
	const shown = mode === 'mixed' ? 'failing' : mode;
	const kept = optionOf('rental_core', 'tariff_ttl');
	return html`<article class="card service ${mode}" data-service=${service.name} aria-labelledby=${`svc-${service.name}`}>
		<header class="split"><div><h2 id=${`svc-${service.name}`}>${t(`svc.${service.name}`)}</h2>
			<p class="note">${t(`svc.${service.name}.what`)}</p></div>
			<span class="badge ${mode === 'on' ? 'good' : mode === 'slow' ? 'wait' : 'bad'}">${t(`mode.${mode}`)}
				</span></header>
		<${Choice}
			name=${`mode-${service.name}`}
			label=${t(`svc.${service.name}`)}
			value=${wanted || mode}
			onChange=${set}
			options=${Object.keys(MODES).map((m) => ({ value: m, label: t(`mode.${m}`), tone: m }))} />
		<div class="two">
			<div class="expected"><p class="over">${t('lab.must')}</p>
				<p>${t(`must.${service.name}.${shown}`)}</p></div>
			<${Happening} service=${service} now=${state?.metrics} mark=${mark ?? state?.metrics} breaker=${state?.breakers?.[service.breaker]} />
		</div>
		${KEPT.includes(service.name) && good > 0 && html`<p class="note">
			${t('lab.lastGood', { time: span((Date.now() - good) / 1000) })}
			${service.name === 'tariff' && kept !== null && ` · ${t('lab.kept', { time: span(kept) })}`}</p>`}
	</article>`;
}

// ---- the story: what this lab is there to show, ticked off as it happens

const STEPS = ['rent', 'break', 'debt', 'repair', 'collected'];
const story = signal({ order: '', done: 0 });

// How many steps are done, given what is seen now; a step is only done after the one before.
function stepsDone(done, rental, broken) {
	const holds = [rental !== null, broken, rental?.debt > 0, !broken, rental?.debt === 0];
	while (done < STEPS.length && holds[done])
		done++;
	return done;
}

function follow(rental, broken) {
	const order = rental?.order_id ?? '';
	const before = story.peek().order === order ? story.peek().done : 0;
	const done = stepsDone(before, rental, broken);
	if (story.peek().order !== order || done !== story.peek().done)
		story.value = { order, done };
}

function NextCycle({ onProblem }) {
	const { billing } = demo.value;
	if (!billing)
		return null;
	const wait = billing.next_at ? Math.ceil((Date.parse(billing.next_at) - nowTicking()) / 1000) : null;
	return html`<p class="actions next-cycle">
		<span>${wait > 0 ? t('story.billingIn', { time: span(wait) }) : t('story.billing')}</span>
		<button type="button" id="bill-now" onClick=${() => lab.billNow().catch(onProblem)}>${t('story.billNow')}</button></p>`;
}

const freeLeft = (rental) => (rental?.started_at
	? Date.parse(rental.started_at) / 1000 + rental.free_period_min * 60 - nowTicking() / 1000 : 0);

function Story({ rental, onProblem }) {
	const broken = serviceMode(SERVICES[0]) !== 'on';
	useEffect(() => follow(rental, broken), [rental?.order_id, rental?.debt, broken]);
	const { done } = story.value;
	return html`<section class="card story" aria-labelledby="story-title" data-done=${done}>
		<header class="split"><h2 id="story-title">${t('story')}</h2><${NextCycle} onProblem=${onProblem} /></header>
		<ol class="steps">${STEPS.map((step, i) => html`
			<li class=${i < done ? 'done' : i === done ? 'now' : ''} aria-current=${i === done ? 'step' : undefined}>
				<span class="tick">${i < done ? html`<${Icon} name="check" size=${15} />` : i + 1}</span>
				<span>${t(`story.${step}`)}
					${i < done && html`<span class="hidden">${t('story.done')}</span>`}
					${step === 'debt' && i === done && freeLeft(rental) > 0 && html`<small>${t('story.free', { time: span(freeLeft(rental)) })}</small>`}
					${step === 'collected' && i === done && rental?.next_retry_at && html`<small><${RetryAt} rental=${rental} /></small>`}
				</span></li>`)}</ol>
		${done === STEPS.length && html`<p class="note" role="status">${t('story.end')}
			<button type="button" class="small" onClick=${() => (story.value = { order: '', done: 0 })}>${t('story.again')}</button></p>`}
	</section>`;
}

// The person's own rental: what all the breaking is about.
function Yours({ onProblem }) {
	const id = currentOrder.value;
	const { data } = useLoaded(async () => id && readRental(id), [id],
		{ every: 2, wants: (e) => e.data.order_id === id });
	const rental = data.value ? latestOf(data.value) : null;
	const running = rental?.status === 'ACTIVE';
	if (!rental)
		return html`<${Story} rental=${null} onProblem=${onProblem} />
			<p class="card split"><span class="note">${t('lab.noRental')}</span>
				<a href="#/rent">${t('history.rent')}</a></p>`;
	const { cost, paid, debt, inFlight } = sums(rental);
	return html`<${Story} rental=${running || story.value.done > 1 ? rental : null} onProblem=${onProblem} />
	<section class="card yours" data-debt=${debt} data-paid=${paid}>
		<dl class="stats">
			<${Stat} label=${t('lab.yours')}><a href=${pathTo('rental', id)}>${rental.powerbank_id ?? '–'}</a><//>
			<${Stat} label=${t('lab.state')}><${Badge} value=${rental.status} /><//>
			<${Stat} label=${t('due')}>${money(cost)}<//>
			<${Stat} label=${t('paid')} tone="good">${money(paid)}<//>
			<${Stat} label=${t('debt')} tone=${debt > 0 ? 'bad' : ''}>${money(debt)}<//>
			<${Stat} label=${t('inFlight')} tone=${inFlight > 0 ? 'wait' : ''}>${money(inFlight)}<//>
		</dl>
		<${Equation} of=${rental} />
	</section>`;
}

function Overview({ state }) {
	const gauge = (name) => sum(state?.metrics, `rental_system_${name}`) ?? 0;
	const counted = countedEvery();
	const tick = optionOf('billing', 'tick');
	const debt = gauge('debt_amount_current'), open = gauge('open_operations_current');
	return html`<dl class="stats card">
		<${Stat} label=${t('sys.active')} note=${counted}>${number(gauge('active_rentals_current'))}<//>
		<${Stat} label=${t('sys.debt')} tone=${debt > 0 ? 'bad' : ''}>${money(debt)}<//>
		<${Stat} label=${t('sys.unknown')} tone=${open > 0 ? 'wait' : ''} note=${t('sys.unknown.note')}>${number(open)}<//>
		<${Stat} label=${t('sys.recoveryLag')}>${brief(gauge('recovery_lag_seconds'))}<//>
		${tick !== null && html`<${Stat} label=${t('sys.tick')}>${period(tick)}<//>`}
	</dl>`;
}

function People({ onProblem }) {
	return html`<section class="card" aria-labelledby="lab-people"><h2 id="lab-people">${t('lab.people')}</h2>
		<p class="note">${t('lab.people.note')}</p>
		<ul class="checks">${users.value.map((u) => html`<li key=${u.id}><label>
			<input type="checkbox" checked=${(demo.value.declined_users ?? []).includes(u.id)}
			onChange=${(e) => lab.decline(u.id, e.target.checked).then(loadCity).catch(onProblem)} />
			<span><${Name} text=${nameOf(u)} />${u.id === user.value && html` <em>(${t('lab.you')})</em>`}</span>
				</label></li>`)}</ul>
	</section>`;
}

export function Lab() {
	const [problem, setProblem] = useState(null);
	const read = async () => {
		const [breakers, text, cloud, provider] = await Promise.all([get('/api/v1/health/circuit-breakers'), getText(FAMILIES),
			hasCloud() ? get('/api/v1/demo/cloud') : null, hasProvider() ? get('/api/v1/demo/payments') : null, loadDemo()]);
		return { breakers: breakers.circuit_breakers, metrics: parseMetrics(text), cloud, provider };
	};
	const { data, problem: stale } = useLoaded(read, [], { every: 2, wants: (e) => e.name === 'breaker' });
	useEffect(() => {
		loadCity();
	}, []);
	const repair = () => lab.reset().then(loadCity).catch(setProblem);
	const broken = demo.value && services().some((s) => serviceMode(s) !== 'on');
	return html`<div class="view lab">
		<header class="view-head"><div><h1 tabindex="-1">${t('nav.lab')}</h1>
			<p class="note">${t('lab.intro')}</p></div>
			<button type="button" id="repair" class=${broken ? 'primary' : ''} onClick=${repair}>
				<${Icon} name="repair" size=${17} /> ${t('lab.repair')}</button></header>
		<${ProblemNote} problem=${problem ?? demoProblem.value ?? stale.value} />
		${demo.value && html`<${Yours} onProblem=${setProblem} />
			${data.value?.cloud && html`<${Cabinets} state=${data.value.cloud} onProblem=${setProblem} />`}
			${data.value?.provider && html`<${Provider} state=${data.value.provider} onProblem=${setProblem} />`}
			<div class="services">${services().map((s) => html`<${Service} key=${s.name} service=${s} state=${data.value} onProblem=${setProblem} />`)}
			</div>
			<${Overview} state=${data.value} /><${People} onProblem=${setProblem} />`}
	</div>`;
}
