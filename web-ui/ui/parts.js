// SPDX-License-Identifier: MIT
// ui/parts.js - small pieces that every view uses.
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { nowTicking } from '../lib/clock.js';
import { hasKey, money, seconds, span, t } from '../lib/i18n.js';
import { sums } from '../lib/money.js';
import { Icon } from './icons.js';

const TONES = {
	ACTIVE: 'good', FINISHED: 'plain', BUYOUT: 'info', FAILED: 'bad', PENDING: 'wait',
	SUCCEEDED: 'good', DECLINED: 'bad', NOT_EXECUTED: 'bad', INTENT: 'wait', UNKNOWN: 'wait', MANUAL: 'bad',
	closed: 'good', open: 'bad', 'half-open': 'wait',
	healthy: 'good', ok: 'good', degraded: 'wait', unhealthy: 'bad', draining: 'wait',
};

// What somebody named: its direction of writing must not reach what stands beside it.
export const Name = ({ text }) => html`<bdi class="name">${text}</bdi>`;

export const Badge = ({ value, area = 'status' }) => html`
	<span class="badge ${TONES[value] ?? 'plain'}">${hasKey(`${area}.${value}`) ? t(`${area}.${value}`) : value}
		</span>`;

export const Stat = ({ label, note, children, tone = '' }) => html`
	<div class="stat ${tone}"><dt>${label}</dt><dd>${children}</dd>${note && html`<dd class="note">${note}
		</dd>`}</div>`;

export const Empty = ({ icon, title, children }) => html`
	<div class="empty"><${Icon} name=${icon} size=${32} /><p class="empty-title">${title}
		</p>${children && html`<p>${children}</p>`}</div>`;

// The time left until a moment on the server's clock: "0:42".
export function remaining(at) {
	const s = Math.max(0, Math.ceil((at - nowTicking()) / 1000));
	return { s, text: `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`, words: span(s) };
}

// Without a clipboard (a page over plain http) the browser's old command does it.
async function copied(text) {
	if (navigator.clipboard)
		return navigator.clipboard.writeText(text);
	const field = document.createElement('textarea');
	field.value = text;
	field.className = 'hidden';
	document.body.append(field);
	field.select();
	const done = document.execCommand('copy');
	field.remove();
	if (!done)
		throw new Error('no clipboard');
	return undefined;
}

export function CopyButton({ text, label, icon = 'copy' }) {
	const [done, setDone] = useState('');
	useEffect(() => {
		const timer = done && setTimeout(() => setDone(''), 1500);
		return () => clearTimeout(timer);
	}, [done]);
	const copy = async () => {
		try {
			await copied(text);
			setDone('check');
		} catch {
			setDone('warn');
		}
	};
	const said = done === 'warn' ? t('copy.failed') : label;
	return html`<button type="button" class="quiet small" onClick=${copy} title=${said} aria-label=${said}>
		<${Icon} name=${done || icon} size=${15} /></button>`;
}

const title = (p) =>
	hasKey(`problem.${p.slug}`) ? t(`problem.${p.slug}`)
		: hasKey(`problem.${p.status}`) ? t(`problem.${p.status}`)
			: t('problem.other', { status: p.status });

// A refusal in the person's language, with what support would ask for.
export function ProblemNote({ problem, retry, retryLabel }) {
	if (!problem)
		return null;
	const wait = problem.retryAt ? remaining(problem.retryAt) : null;
	return html`<div class="problem" role="alert">
		<${Icon} name="warn" />
		<div>
			<p class="problem-title">${title(problem)}</p>
			${problem.errors.length > 0 && html`<ul>${problem.errors.map((e) => html`<li><code>${e.field}
				</code> ${e.message}</li>`)}</ul>`}
			${problem.status > 0 && html`<p class="problem-data">HTTP ${problem.status}${problem.requestId && html` · ${t('request.id')} <code>${problem.requestId}
				</code> <${CopyButton} text=${problem.requestId} label=${t('copy.id')} />`}</p>`}
			${problem.detail && html`<details><summary>${t('problem.detail')}</summary>
				<p lang="en">${problem.detail}</p></details>`}
			${retry && html`<p class="actions"><button type="button" onClick=${retry} disabled=${wait?.s > 0}>
				${wait?.s > 0 ? t('retry.in', { time: seconds(wait.s) }) : retryLabel ?? t('retry')}
					</button></p>`}
		</div>
	</div>`;
}

// A share of something as a bar; the numbers stand beside it as text.
export const Bar = ({ label, value, max, text, tone = '' }) => html`
	<div class="bar ${tone}">
		<div class="bar-text"><span>${label}</span><span>${text}</span></div>
		<progress max=${max} value=${Math.min(value, max)} aria-label=${label}></progress>
	</div>`;

// A table wider than the screen scrolls by itself, by keyboard too.
export function Scroll({ label, children, tall = false, onScroll }) {
	return html`<div
		class="scroll ${tall ? 'tall' : ''}"
		tabindex="0"
		role="group"
		aria-label=${label}
		onScroll=${onScroll}>${children}</div>`;
}

// cost = paid + debt + in flight + not charged yet − towards the deposit: of a rental or of many, and
// the only place where it is put into words.
export function Equation({ of }) {
	const s = sums(of);
	const terms = [
		{ name: 'paid', value: s.paid },
		{ name: 'debt', value: s.debt },
		{ name: 'inFlight', value: s.inFlight, optional: true },
		{ name: 'uncharged', value: s.uncharged, optional: true },
		{ name: 'towardsDeposit', value: s.deposit, optional: true, minus: true },
	].filter((term) => !term.optional || term.value > 0);
	return html`<p class="equation" data-cost=${s.cost} data-paid=${s.paid} data-debt=${s.debt} data-deposit=${s.deposit}>
		<span><b>${money(s.cost)}</b> ${t('cost')}</span>
		${terms.map((term, i) => html`<span>${term.minus ? '− ' : i === 0 ? '= ' : '+ '}<b>${money(term.value)}</b> ${t(term.name)}</span>`)}
		${s.deposit > 0 && html`<small>${t('towardsDeposit.note')}</small>`}
	</p>`;
}

// A modal question; Escape and the browser's own focus trap. Escape goes through `open`, too. The
// event of a close that was ours comes later, perhaps after the next opening: it says nothing new.
export function Dialog({ open, onClose, label, children }) {
	const ref = useRef(null), ours = useRef(0);
	useEffect(() => {
		if (open && !ref.current.open)
			ref.current.showModal();
		if (!open && ref.current.open) {
			ours.current++;
			ref.current.close();
		}
	}, [open]);
	const cancel = (event) => {
		event.preventDefault();
		onClose();
	};
	const closed = () => {
		if (ours.current > 0)
			ours.current--;
		else
			onClose();
	};
	return html`<dialog ref=${ref} onCancel=${cancel} onClose=${closed} aria-label=${label}>${open && children}</dialog>`;
}

// One of a few, as radio buttons that look like a switch.
export const Choice = ({ name, label, options, value, onChange }) => html`
	<fieldset class="choice">
		<legend class="hidden">${label}</legend>
		${options.map((o) => html`<label class=${o.tone ?? ''}>
			<input type="radio" name=${name} value=${o.value} checked=${o.value === value}
				onChange=${() => onChange(o.value)} /><span>${o.label}</span></label>`)}
	</fieldset>`;
