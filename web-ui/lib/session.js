// SPDX-License-Identifier: MIT
// lib/session.js - who asks, where the server wants to know: an API key or a token. The browser
// keeps it for this tab only, and a reload after signing in or out forgets whatever was shown.
import { signal } from './html.js';
import { forget } from './store.js';
import { unique } from './unique.js';

const NAME = 'rentald.session';

function recalled() {
	try {
		return JSON.parse(sessionStorage.getItem(NAME));
	} catch {
		return null;
	}
}

// { id, secret }: the id tells the tabs of one sign-in from others, and is no secret.
const session = recalled();

// Why the page asks: '' (it does not), 'missing', 'ended' (refused what it had accepted).
export const asked = signal('');
// What /api/v1/me says of the caller; null: not known, or the server asks nobody.
export const me = signal(null);

export const sessionId = session?.id ?? '';
export const signedIn = session !== null;
export const isCustomer = () => me.value?.role === 'customer';

export const bearer = (secret) => ({ Authorization: `Bearer ${secret}` });
export const authorization = () => (session ? bearer(session.secret) : {});

// An answer was 401.
export const refused = () => (asked.value = session ? 'ended' : 'missing');

// What a person may paste: the key, with the scheme or blanks around it. '': nothing a header can have.
export function secretOf(text) {
	const secret = text.trim().replace(/^Bearer\s+/i, '');
	return /^[!-~]{1,8000}$/.test(secret) ? secret : '';
}

// What the page remembers of a person (store.js) is not the next one's.
const forgetPerson = () => ['user', 'current', 'stations'].forEach(forget);

export function enter(secret) {
	forgetPerson();
	sessionStorage.setItem(NAME, JSON.stringify({ id: unique(), secret }));
	location.reload();
}

export function leave() {
	sessionStorage.removeItem(NAME);
	forgetPerson();
	location.reload();
}
