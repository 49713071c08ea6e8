// SPDX-License-Identifier: MIT
// views/cabinets.js - the part of the lab for a cabinet cloud: what goes wrong in its cabinets and with
// its reports, a powerbank that is put into a slot without a word, and what the cloud has told us.
import { html, useEffect, useState } from '../lib/html.js';
import { clockTime, t } from '../lib/i18n.js';
import { events, noteOwnChange, replayPast } from '../lib/live.js';
import { useLoaded } from '../lib/load.js';
import { currentOrder, lab, latestOf, readRental, system } from '../lib/state.js';
import { placesToReturn, placeToReturn } from '../lib/stations.js';
import { Choice } from '../ui/parts.js';
import { PlaceSelect } from '../ui/stations.js';

const GOOD = { offline: 0, jam: 0, two_banks: 0, wrong_bank: 0, lose_answer: 0, lose_request: 0, eject_delay_ms: 0 };
const CABINET = {
	on: GOOD,
	slow: { ...GOOD, eject_delay_ms: 8000 },
	lost: { ...GOOD, lose_answer: 1 },
	jam: { ...GOOD, jam: 1 },
	two: { ...GOOD, two_banks: 1 },
	wrong: { ...GOOD, wrong_bank: 1 },
	offline: { ...GOOD, offline: 1 },
};
const TOLD = { callbacks: 1, pushes: 1, reversed: 0, forged: 0, callback_delay_ms: 0 };
const REPORTS = {
	once: TOLD,
	twice: { ...TOLD, callbacks: 2 },
	late: { ...TOLD, callback_delay_ms: 10000 },
	reversed: { ...TOLD, reversed: 1 },
	forged: { ...TOLD, forged: 1 },
	never: { ...TOLD, callbacks: 0, pushes: 0 },
};
const HOOKS = '/hooks/';
const SHOWN = 8;

export const hasCloud = () => Boolean(system.value?.instances?.some((i) => i.plugin === 'station_chargenow'));

// The mode whose switches all stand as it wants them.
const modeOf = (modes, state) =>
	Object.keys(modes).find((name) => Object.entries(modes[name]).every(([key, value]) => state[key] === value)) ?? 'mixed';

export function Modes({ area, title, modes, state, onSet }) {
	const mode = modeOf(modes, state);
	return html`<div><p class="over">${title}</p>
		<${Choice}
			name=${`cloud-${area}`}
			label=${title}
			value=${mode}
			onChange=${(next) => onSet(modes[next])}
			options=${Object.keys(modes).map((m) => ({ value: m, label: t(`${area}.${m}`) }))} />
		${mode !== 'mixed' && html`<p class="expected">${t(`${area}.${mode}.must`)}</p>`}</div>`;
}

// The powerbank in the customer's hand, and a slot.
function PutBack({ rental, onProblem }) {
	const [station, setStation] = useState('');
	const chosen = station || placeToReturn(rental.station_id)?.id || '';
	const put = () => lab.giveBack(rental.powerbank_id, chosen).catch(onProblem);
	return html`<p class="actions">
		<label class="field inline"><span>${t('lab.slotAt')}</span>
			<${PlaceSelect} id="slot-station" places=${placesToReturn()} value=${chosen} onChange=${setStation} /></label>
		<button type="button" id="put-back" onClick=${put}>${t('lab.putBack', { powerbank: rental.powerbank_id })}</button></p>`;
}

// What came in, newest first.
function Flow() {
	useEffect(() => {
		replayPast();
	}, []);
	const told = events.value.filter((e) => e.name === 'request' && e.data.path?.startsWith(HOOKS)).slice(-SHOWN).reverse();
	return html`<div><p class="over">${t('lab.flow')}</p>
		${told.length === 0
			? html`<p class="note">${t('lab.flow.none')}</p>`
			: html`<ul class="list flow">${told.map((e) => html`<li key=${e.serial}>
				<time>${clockTime(new Date(e.at))}</time> <code>${e.data.method} ${e.data.path.split('.')[0]}</code>
				<span class="badge ${e.data.status < 300 ? 'good' : 'bad'}">${e.data.status}</span></li>`)}</ul>`}</div>`;
}

export function Cabinets({ state, onProblem }) {
	const id = currentOrder.value;
	const { data } = useLoaded(async () => id && readRental(id), [id], { wants: (e) => e.data.order_id === id });
	const rental = data.value ? latestOf(data.value) : null;
	const set = (switches) => lab.cloud(switches).then(noteOwnChange, onProblem);
	return html`<section class="card cabinets" aria-labelledby="cabinets-title">
		<h2 id="cabinets-title">${t('lab.cabinets')}</h2>
		<p class="note">${t('lab.cabinets.what')}</p>
		<${Modes} area="cabinet" title=${t('lab.cabinet')} modes=${CABINET} state=${state} onSet=${set} />
		<${Modes} area="reports" title=${t('lab.reports')} modes=${REPORTS} state=${state} onSet=${set} />
		${rental?.status === 'ACTIVE' ? html`<${PutBack} rental=${rental} onProblem=${onProblem} />` : html`<p class="note">${t('lab.putBack.none')}</p>`}
		<${Flow} />
	</section>`;
}
