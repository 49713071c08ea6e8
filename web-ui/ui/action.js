// SPDX-License-Identifier: MIT
// ui/action.js - what the customer has to do before his payment goes on: 3-D Secure, a page of the
// provider, a message on his phone.
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { Icon } from './icons.js';
import { CopyButton, remaining } from './parts.js';

// Only pages: a provider's word is not run as a script.
function pageOf(url) {
	try {
		return ['https:', 'http:'].includes(new URL(url).protocol) ? url : null;
	} catch {
		return null;
	}
}

function What({ action, begun }) {
	const page = pageOf(action.url);
	if (page)
		return html`<p>${t('action.redirect')} ${!begun && t('action.first')}</p>
			<p><a class="button primary" id="act" href=${page} target="_blank" rel="noopener noreferrer">
				${t('action.open')} <${Icon} name="arrow" size=${17} /></a></p>`;
	if (action.type === 'client_token')
		return html`<p>${t('action.token')} <code>${action.token}</code>
			<${CopyButton} text=${action.token} label=${t('copy')} /></p>`;
	return html`<p>${t('action.elsewhere')} ${!begun && t('action.first')}</p>`;
}

// begun: the rental runs or has ended, and this is about what it owes.
export function Action({ action, begun }) {
	const time = action.expires_at ? remaining(Date.parse(action.expires_at)) : null;
	return html`<div class="action" role="status">
		<h3>${t('action')}</h3>
		<${What} action=${action} begun=${begun} />
		<p class="note">${time && (time.s > 0 ? t('action.left', { time: time.text }) : t(begun ? 'action.over.pay' : 'action.over'))}</p>
	</div>`;
}
