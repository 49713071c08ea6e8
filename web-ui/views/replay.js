// SPDX-License-Identifier: MIT
// views/replay.js - what an idempotency key is good for, shown by doing it: the same request
// again, and another one under the same key.
import { html, useState } from '../lib/html.js';
import { rentals } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { CopyButton } from '../ui/parts.js';

async function attempt(run) {
	try {
		const answer = await run();
		return { status: answer.status, replayed: answer.replayed, text: answer.text, requestId: answer.requestId };
	} catch (p) {
		return { status: p.status, slug: p.slug, replayed: p.replayed, requestId: p.requestId };
	}
}

export function Replay({ started }) {
	const [results, setResults] = useState([]);
	const [busy, setBusy] = useState(false);
	const { key, quote, answer } = started;
	const run = async (name, fn) => {
		setBusy(true);
		const result = await attempt(fn);
		setResults((r) => [...r.filter((o) => o.name !== name), { name, ...result }]);
		setBusy(false);
	};
	const same = () => run('same', () => rentals.start(quote.quote_id, key));
	const other = () => run('other', async () => {
		const fresh = await rentals.quote(quote.station_id, quote.user_id);
		return rentals.start(fresh.quote_id, key);
	});
	const verdict = (r) => {
		if (r.name === 'same')
			return r.replayed && r.text === answer.text ? t('replay.same.ok') : t('replay.unexpected', { status: String(r.status) });
		return r.status === 422 ? t('replay.other.ok') : t('replay.unexpected', { status: String(r.status) });
	};
	return html`<details class="replay">
		<summary>${t('replay.title')}</summary>
		<p class="note">${t('replay.intro')}</p>
		<p class="key"><code>Idempotency-Key: ${key}</code><${CopyButton} text=${key} label=${t('copy')} /></p>
		<p class="actions">
			<button type="button" id="replay-same" disabled=${busy} onClick=${same}>${t('replay.same')}</button>
			<button type="button" id="replay-other" disabled=${busy} onClick=${other}>${t('replay.other')}
				</button>
		</p>
		<ul class="results" aria-live="polite">${results.map((r) => html`
			<li key=${r.name} data-result=${r.name}><strong>HTTP ${r.status}
				</strong>${r.replayed && html` <code>Idempotency-Replayed: true</code>`}
				<span>${verdict(r)}</span></li>`)}
		</ul>
	</details>`;
}
