// SPDX-License-Identifier: MIT
// lib/api.js - calls of the server. A reply that is not 2xx, and no reply, is a Problem. The API is
// where the page is: paths are relative to the document, so that a proxy may give both a sub-path.
import { heard, now } from './clock.js';
import { authorization, bearer, refused, signedIn } from './session.js';
import { unique } from './unique.js';

const PATIENCE_MS = 20000;

export const base = new URL('./', document.baseURI);
// A path that somebody made up ("///elsewhere/x") stays a path of this server: calls carry credentials.
export const urlOf = (path) => new URL(base.href + path.replace(/^[/\\]+/, '')).href;

export class Problem extends Error {
	constructor(fields) {
		super(fields.detail ?? fields.title ?? 'no answer');
		Object.assign(this, { status: 0, slug: 'offline', detail: '', requestId: '', errors: [], retryAt: 0 }, fields);
	}
}

function problemOf(response, doc) {
	const after = Number(response.headers.get('Retry-After'));
	return new Problem({
		status: response.status,
		slug: (doc?.type ?? '').replace('/problems/', ''),
		title: doc?.title ?? response.statusText,
		detail: doc?.detail ?? '',
		errors: doc?.errors ?? [],
		requestId: response.headers.get('X-Request-Id') ?? doc?.instance ?? '',
		retryAt: after > 0 ? now() + after * 1000 : 0,
		replayed: response.headers.get('Idempotency-Replayed') === 'true',
	});
}

function parsed(text) {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

// → { data, text, status, requestId, replayed }. revalidate: the browser may keep the answer, and
// asks whether it still holds.
// secret: asks as whom these credentials name, not as who is signed in.
export async function call(method, path, { body, key, secret, patience = PATIENCE_MS, revalidate = false } = {}) {
	const headers = secret === undefined ? authorization() : bearer(secret);
	if (body !== undefined)
		headers['Content-Type'] = 'application/json';
	if (key !== undefined)
		headers['Idempotency-Key'] = key;
	const sentAt = Date.now();
	let response, text;
	try {
		response = await fetch(urlOf(path), {
			method,
			headers,
			cache: revalidate ? 'no-cache' : 'no-store',
			signal: AbortSignal.timeout(patience),
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		if (!revalidate)
			heard(response.headers.get('Date'), sentAt, Date.now());
		text = await response.text();
	} catch {
		throw new Problem({});
	}
	const data = parsed(text);
	if (response.status === 401 && secret === undefined)
		refused();
	if (!response.ok)
		throw problemOf(response, data);
	return {
		data,
		text,
		status: response.status,
		requestId: response.headers.get('X-Request-Id') ?? '',
		replayed: response.headers.get('Idempotency-Replayed') === 'true',
	};
}

export const get = async (path, options) => (await call('GET', path, options)).data;
export const getText = async (path) => (await call('GET', path)).text;
export const post = async (path, body, options) => (await call('POST', path, { ...options, body })).data;

// The data of a part that a server may lack (404), or that is not for the caller (403); null then.
export async function getIfThere(path, options) {
	try {
		return await get(path, options);
	} catch (problem) {
		if (problem.status === 404 || problem.status === 403)
			return null;
		throw problem;
	}
}

// Only these families of /metrics; all of them would be 130 KB at every reading.
export const metricsPath = (families) => `/metrics?${new URLSearchParams(families.map((name) => ['family', name]))}`;

// A request under the same key acts once.
export const newKey = () => `ui-${unique()}`;

// Where a bank sends the customer who has confirmed.
const backHere = (...view) => `${base.href}#/${view.map(encodeURIComponent).join('/')}`;

const R = '/api/v1/rentals';
const one = (id) => `${R}/${encodeURIComponent(id)}`;

export const rentals = {
	quote: (station_id, user_id) => post(`${R}/quote`, { station_id, user_id }),
	start: (quote_id, key) => call('POST', `${R}/start`, { body: { quote_id, return_url: backHere('rental') }, key, patience: 60000 }),
	status: (id) => get(`${one(id)}/status`),
	stop: (id, station_id) => post(`${one(id)}/stop`, { station_id }),
	pay: (id, key) => call('POST', `${one(id)}/pay`, { body: { return_url: backHere('rental', id) }, key, patience: 60000 }),
	payments: (id) => get(`${one(id)}/payments`), // { items, timeline }
	list: (user, { status = '', cursor = '', limit = 20 } = {}) =>
		get(`${R}?${new URLSearchParams({ user_id: user, status, cursor, limit })}`),
	balance: (user) => getIfThere(`/api/v1/users/${encodeURIComponent(user)}/balance`),
};

// What anybody may have put into a path must stay one word of the shell.
const shellQuoted = (text) => `'${text.replaceAll('\'', '\'\\\'\'')}'`;

export function asCurl(method, path) {
	const target = shellQuoted(urlOf(path));
	const curl = `curl -sS${signedIn ? ' -H "Authorization: Bearer $RENTALD_KEY"' : ''}`;
	return method === 'GET'
		? `${curl} ${target}`
		: `${curl} -X ${shellQuoted(method)} -H 'Content-Type: application/json' -d '{}' ${target}`;
}
