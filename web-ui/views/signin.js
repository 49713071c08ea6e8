// SPDX-License-Identifier: MIT
// views/signin.js - where the server wants to know who asks: a key or token is tried, and kept for
// this tab when the server takes it.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { asked, enter, secretOf } from '../lib/session.js';
import { isAccepted } from '../lib/state.js';
import { ProblemNote } from '../ui/parts.js';

export function SignIn() {
	const [text, setText] = useState('');
	const [wrong, setWrong] = useState('');
	const [problem, setProblem] = useState(null);
	const [busy, setBusy] = useState(false);

	const submit = async (e) => {
		e.preventDefault();
		const secret = secretOf(text);
		setProblem(null);
		setWrong(secret ? '' : 'signin.odd');
		if (!secret)
			return;
		setBusy(true);
		try {
			await isAccepted(secret);
			enter(secret);
		} catch (p) {
			setWrong(p.status === 401 ? 'signin.refused' : '');
			setProblem(p.status === 401 ? null : p);
			setBusy(false);
		}
	};
	return html`<h1 tabindex="-1">${t('signin')}</h1>
		<form class="card signin" onSubmit=${submit}>
			<p>${t(`signin.${asked.value}`)}</p>
			<label class="field"><span>${t('signin.secret')}</span>
				<input
					id="secret"
					type="password"
					autocomplete="off"
					required
					autofocus
					aria-invalid=${wrong ? 'true' : undefined}
					aria-describedby="signin-wrong"
					value=${text}
					onInput=${(e) => setText(e.target.value)} /></label>
			<p id="signin-wrong" class="wrong" role="alert">${wrong && t(wrong)}</p>
			<${ProblemNote} problem=${problem} />
			<p><button class="primary" disabled=${busy}>${busy ? t('signin.busy') : t('signin')}</button></p>
			<p class="note">${t('signin.kept')}</p>
		</form>`;
}
