// SPDX-License-Identifier: MIT
// views/system.js - how the server is: readiness, instances and their bindings, breakers, load,
// billing, configuration.
import { html, useMemo } from '../lib/html.js';
import { get, getText, metricsPath, urlOf } from '../lib/api.js';
import { authorization } from '../lib/session.js';
import { now } from '../lib/clock.js';
import { brief, clockTime, money, number, period, span, t } from '../lib/i18n.js';
import { useLoaded } from '../lib/load.js';
import { grown, labelsOf, parseMetrics, quantile, sum } from '../lib/metrics.js';
import { demo, loadDemo, loadSystem, optionOf, system } from '../lib/state.js';
import { Chart } from '../ui/chart.js';
import { Badge, CopyButton, ProblemNote, Scroll, Stat } from '../ui/parts.js';

const KEEP = 90; // readings of the load that are kept: three minutes
let history = []; // kept by the tab while another view is open
const OWN = ['static', '/metrics', '/api/v1/events', '/api/v1/system', '/api/v1/health',
	'/api/v1/health/ready', '/api/v1/health/circuit-breakers'];

const GAUGES = ['active_rentals_current', 'debt_amount_current', 'open_operations_current', 'manual_operations_current',
	'recovery_lag_seconds', 'billing_cycles_total', 'billing_cycle_duration_seconds'].map((name) => `rental_system_${name}`);
const FAMILIES = metricsPath(['http_requests_total', 'http_request_duration_seconds', ...GAUGES]);

// Not ready is an answer here, not a failure.
async function readiness() {
	const response = await fetch(urlOf('/api/v1/health/ready'), { cache: 'no-store', headers: authorization() });
	const doc = await response.json();
	return { ready: doc.ready === true, components: doc.components ?? [] };
}

const requests = (before, after) => labelsOf(after, 'http_requests_total', 'handler')
	.filter((handler) => !OWN.includes(handler))
	.reduce((n, handler) => n + (grown(before, after, 'http_requests_total', { handler }) ?? 0), 0);

// One more point: requests a second, median and 95th percentile of the last readings.
function measured(history, metrics) {
	const at = Date.now() / 1000, before = history.at(-1);
	if (before && at - before.at < 0.5)
		return history;
	const rate = before ? requests(before.metrics, metrics) / (at - before.at) : null;
	const base = history.at(-15) ?? history[0];
	const q = (p) => base ? quantile(base.metrics, metrics, 'http_request_duration_seconds', p) : null;
	const cycles = sum(metrics, 'rental_system_billing_cycles_total');
	const cycleAt = before && cycles !== before.cycles ? at : before?.cycleAt ?? null;
	return [...history.slice(-(KEEP - 1)), { at, metrics, rate, p50: q(0.5), p95: q(0.95), cycles, cycleAt }];
}

function Components({ ready }) {
	return html`<section class="card" aria-labelledby="ready-title">
		<header class="split"><h2 id="ready-title">${t('sys.ready')}</h2>
			<span class="badge ${ready.ready ? 'good' : 'bad'}">${ready.ready ? t('sys.isReady') : t('sys.notReady')}
			</span></header>
		<ul class="list plain">${ready.components.map((c) => html`<li key=${c.name}><span class="grow">
			<strong>${c.name}</strong>${c.why && html`<small lang="en">${c.why}</small>`}</span>
			<${Badge} value=${c.state} area="health" /></li>`)}</ul>
	</section>`;
}

const openFirst = (breakers) => Object.entries(breakers)
	.sort(([, a], [, b]) => (a.state === 'closed') - (b.state === 'closed'));

function Breakers({ breakers }) {
	return html`<section class="card" aria-labelledby="breakers-title">
		<h2 id="breakers-title">${t('sys.breakers')}</h2>
		<ul class="list plain">${openFirst(breakers).map(([name, b]) => html`<li key=${name} data-breaker=${name} data-state=${b.state}>
			<span class="grow"><strong>${name}</strong>
				<small>${t('lab.fails', { n: b.fail_counter, max: b.fail_max })} · ${t('sys.reset', { time: span(b.reset_timeout) })}${b.last_failure && ` · ${t('sys.lastFailure', { time: clockTime(new Date(b.last_failure)) })}`}
				</small></span>
			<${Badge} value=${b.state} area="breaker" /></li>`)}</ul></section>`;
}

function Load({ history }) {
	const xs = history.map((h) => h.at);
	const rate = useMemo(() => [xs, history.map((h) => h.rate)], [history]);
	const latency = useMemo(() => [xs, history.map((h) => h.p50), history.map((h) => h.p95)], [history]);
	const last = history.at(-1);
	return html`<section class="card" aria-labelledby="load-title"><h2 id="load-title">${t('sys.load')}</h2>
		<div class="charts">
			<${Chart} label=${t('sys.rate.chart', { n: number(last.rate ?? 0, { maximumFractionDigits: 1 }) })} data=${rate} height=${150}
				format=${(v) => number(v)} series=${[{ label: t('sys.rate'), colour: 'accent', fill: 'accent-soft' }]} />
			<${Chart} label=${t('sys.latency.chart', { p50: brief(last.p50), p95: brief(last.p95) })} data=${latency} height=${150} max=${0.001}
				format=${(v) => brief(v)} series=${[{ label: t('sys.p50'), colour: 'good' }, { label: t('sys.p95'), colour: 'warm' }]} />
		</div></section>`;
}

function Routes({ metrics }) {
	const rows = labelsOf(metrics, 'http_requests_total', 'handler').map((handler) => ({
		handler, n: sum(metrics, 'http_requests_total', { handler }) ?? 0,
		bad: metrics.get('http_requests_total').reduce((n, { labels, value }) =>
			n + (labels.handler === handler && labels.status >= '500' ? value : 0), 0),
		p50: quantile(null, metrics, 'http_request_duration_seconds', 0.5, { handler }),
		p95: quantile(null, metrics, 'http_request_duration_seconds', 0.95, { handler }),
	})).sort((a, b) => b.n - a.n);
	return html`<section class="card" aria-labelledby="routes-title">
		<h2 id="routes-title">${t('sys.routes')}</h2>
		<${Scroll} label=${t('sys.routes')} tall><table><thead><tr><th scope="col">${t('sys.route')}</th>
			<th scope="col" class="num">${t('sys.requests')}</th><th scope="col" class="num">5xx</th>
			<th scope="col" class="num">p50</th><th scope="col" class="num">p95</th></tr></thead>
			<tbody>${rows.map((r) => html`<tr key=${r.handler}><td><code>${r.handler}</code></td>
				<td class="num">${number(r.n)}</td>
				<td class="num ${r.bad > 0 ? 'bad-text' : ''}">${number(r.bad)}</td>
				<td class="num">${brief(r.p50 ?? NaN)}</td><td class="num">${brief(r.p95 ?? NaN)}</td>
				</tr>`)}</tbody></table><//></section>`;
}

// How old the sums of all rentals may be.
export function countedEvery() {
	const time = optionOf('billing', 'housekeeping_interval');
	return time === null ? null : t('sys.gauge.note', { time: span(time) });
}

// Seconds since the last cycle: as billing says, else as its counter was seen to move.
function sinceCycle(last) {
	const billing = demo.value?.billing;
	if (billing?.next_at)
		return Math.max(0, (now() - Date.parse(billing.next_at) + billing.interval_ms) / 1000);
	return last.cycleAt === null ? null : last.at - last.cycleAt;
}

function Billing({ last }) {
	const gauge = (name) => sum(last.metrics, `rental_system_${name}`) ?? 0;
	const debt = gauge('debt_amount_current');
	const cycles = gauge('billing_cycle_duration_seconds_count');
	const mean = cycles > 0 ? gauge('billing_cycle_duration_seconds_sum') / cycles : NaN;
	const counted = countedEvery();
	const tick = optionOf('billing', 'tick');
	const ago = sinceCycle(last);
	const manual = gauge('manual_operations_current');
	return html`<dl class="stats card">
		<${Stat} label=${t('sys.active')} note=${counted}>${number(gauge('active_rentals_current'))}<//>
		<${Stat} label=${t('sys.debt')} tone=${debt > 0 ? 'bad' : ''}>${money(debt)}<//>
		<${Stat} label=${t('sys.unknown')} note=${t('sys.unknown.note')}>
			${number(gauge('open_operations_current'))}<//>
		<${Stat} label=${t('sys.manual')} tone=${manual > 0 ? 'bad' : ''}>${number(manual)}<//>
		<${Stat} label=${t('sys.lag')} note=${tick !== null && t('sys.lag.note', { time: period(tick) })}>
			${ago === null ? '–' : span(ago)}<//>
		<${Stat} label=${t('sys.cycle')} note=${`${t('sys.recoveryLag')}: ${brief(gauge('recovery_lag_seconds'))}`}>
			${brief(mean)}<//>
	</dl>`;
}

function Instances() {
	const doc = system.value;
	if (!doc?.instances)
		return null;
	return html`<section class="card" aria-labelledby="inst-title">
		<header class="split"><h2 id="inst-title">${t('sys.instances')}</h2>
			<span class="note">${doc.service} ${doc.version}</span></header>
		<${Scroll} label=${t('sys.instances')}><table class="plugins"><thead><tr><th scope="col">${t('sys.instance')}</th>
			<th scope="col">${t('sys.plugin')}</th>
			<th scope="col">${t('sys.uses')}</th></tr></thead>
			<tbody>${doc.instances.map((i) => html`<tr key=${i.name}><td><strong>${i.name}
				</strong></td><td>${i.plugin} <small>${t('sys.kindAndVersion', { kind: i.kind, version: i.version })}</small></td>
				<td>${Object.entries(i.uses ?? {}).map(([need, other]) => html`<span class="tag">${need} → ${other}
					</span> `)}</td></tr>`)}</tbody></table><//></section>`;
}

function Configuration() {
	const text = system.value?.config;
	if (!text)
		return null;
	return html`<section class="card" aria-labelledby="conf-title"><header class="split">
		<h2 id="conf-title">${t('sys.config')}</h2><${CopyButton} text=${text} label=${t('copy')} />
		</header>
		<details><summary>${t('sys.config.show')}</summary><${Scroll} label=${t('sys.config')} tall>
			<pre>${text}</pre><//></details></section>`;
}

export function System() {
	const read = async () => {
		const [ready, breakers, text] = await Promise.all([
			readiness(), get('/api/v1/health/circuit-breakers'), getText(FAMILIES), demo.value && loadDemo()]);
		history = measured(history, parseMetrics(text));
		return { ready, breakers: breakers.circuit_breakers, history };
	};
	const { data, problem, refresh } = useLoaded(read, [], { every: 2 });
	useMemo(loadSystem, []);
	const state = data.value;
	return html`<div class="view system">
		<header class="view-head"><h1 tabindex="-1">${t('nav.system')}</h1><p class="note">
			<a href="docs">${t('sys.docs')}</a> · <a href="metrics">${t('sys.metrics')}</a></p></header>
		<${ProblemNote} problem=${problem.value} retry=${refresh} />
		${!state && !problem.value && html`<p class="note">${t('loading')}</p>`}
		${state && html`<${Billing} last=${state.history.at(-1)} />
			<${Load} history=${state.history} />
			<div class="cols"><${Components} ready=${state.ready} />
				<${Breakers} breakers=${state.breakers} /></div>
			<${Instances} /><${Routes} metrics=${state.history.at(-1).metrics} /><${Configuration} />`}
	</div>`;
}
