// SPDX-License-Identifier: MIT
// views/provider.js - the part of the lab for a payment provider that speaks as Stripe or YooKassa does: what it
// does with the customer's card, how it answers, and what it reports. The stubs have a switch for every row of their
// documentation; these are the ones worth seeing.
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { noteOwnChange } from '../lib/live.js';
import { lab, optionOf } from '../lib/state.js';
import { Modes } from './cabinets.js';

const OPS = ['hold', 'charge', 'capture', 'release', 'refund', 'report'];
const MONEY = OPS.slice(0, 5);

// Whether the stubs play one.
export const hasProvider = () => ['stripe', 'yookassa'].includes(optionOf('stubs', 'payments'));

const set = (ops, row) => Object.fromEntries(ops.map((op) => [op, row]));
const GOOD = set(MONEY, '');
const pays = (row) => ({ ...GOOD, ...set(['hold', 'charge'], row) });
const BANK = {
	stripe: {
		good: GOOD, confirm: pays('requires_action'), refuse: pays('insufficient_funds'), pending: pays('processing'),
		lost: set(MONEY, 'lost_reply'), kept: set(MONEY, 'kept_500_done'), busy: set(MONEY, 'rate_limit'),
		page: set(MONEY, 'page'), key: set(MONEY, 'unauthorized'),
	},
	yookassa: {
		good: GOOD, confirm: pays('confirmation'), refuse: pays('insufficient_funds'), pending: pays('pending'),
		lost: set(MONEY, 'lost_reply'), kept: set(MONEY, 'done_and_500'), busy: set(MONEY, 'too_many_requests'),
		page: set(MONEY, 'page'), key: set(MONEY, 'invalid_credentials'),
	},
};
const TOLD = Object.fromEntries(['once', 'twice', 'late', 'reversed', 'forged', 'never']
	.map((mode) => [mode, { report: mode === 'once' ? '' : mode }]));

// What is switched on for everybody, by operation.
const switchedOn = (state) => Object.fromEntries(OPS.map((op) =>
	[op, state.set.find((one) => one.operation === op && one.user_id === '')?.name ?? '']));

export function Provider({ state, onProblem }) {
	const on = switchedOn(state);
	const change = (rows) => lab.payments(rows).then(noteOwnChange, onProblem);
	return html`<section class="card provider" aria-labelledby="provider-title">
		<h2 id="provider-title">${t('lab.provider')}</h2>
		<p class="note">${t(state.dialect === 'stripe' ? 'lab.provider.stripe' : 'lab.provider.yookassa')}</p>
		<${Modes} area="bank" title=${t('lab.bank')} modes=${BANK[state.dialect]} state=${on} onSet=${change} />
		<${Modes} area="told" title=${t('lab.told')} modes=${TOLD} state=${on} onSet=${change} />
	</section>`;
}
