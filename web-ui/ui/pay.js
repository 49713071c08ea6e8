// SPDX-License-Identifier: MIT
// ui/pay.js - paying now what a rental owes, while the customer is there to confirm it.
import { html, useState } from '../lib/html.js';
import { newKey, rentals } from '../lib/api.js';
import { money, t } from '../lib/i18n.js';
import { noteOwnChange } from '../lib/live.js';
import { ProblemNote } from './parts.js';

// order → the key of a payment whose end is not known: repeated, it cannot be taken twice.
const attempts = new Map();
const ENDED = ['payment-declined', 'payment-unavailable', 'rental-not-payable', 'idempotency-key-reused'];

export function PayNow({ rental, onPaid }) {
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState(null);
	const id = rental.order_id;
	const pay = async () => {
		if (!attempts.has(id))
			attempts.set(id, newKey());
		setBusy(true);
		setProblem(null);
		try {
			const { status } = await rentals.pay(id, attempts.get(id));
			if (status === 200)
				attempts.delete(id);
			noteOwnChange();
			onPaid();
		} catch (p) {
			if (ENDED.includes(p.slug))
				attempts.delete(id);
			setProblem(p);
		}
		setBusy(false);
	};
	return html`<div class="pay">
		${rental.payer_needed && html`<p>${t('pay.needed')}</p>`}
		<p><button type="button" id="pay" class="primary" disabled=${busy} onClick=${pay}>
			${busy ? t('pay.busy') : t('pay', { money: money(rental.debt) })}</button></p>
		<${ProblemNote} problem=${problem} retry=${pay} />
	</div>`;
}
