// SPDX-License-Identifier: MIT
// lib/api.js - calls of the server. A reply that is not 2xx, and no reply, is a Problem.
import { heard, now } from './clock.js';

const PATIENCE_MS = 20000;

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

// → { data, text, status, requestId, replayed }
export async function call(method, path, { body, key, patience = PATIENCE_MS } = {}) {
	const headers = {};
	if (body !== undefined)
		headers['Content-Type'] = 'application/json';
	if (key !== undefined)
		headers['Idempotency-Key'] = key;
	const sentAt = Date.now();
	let response, text;
	try {
		response = await fetch(path, {
			method, headers, cache: 'no-store', signal: AbortSignal.timeout(patience),
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		heard(response.headers.get('Date'), sentAt, Date.now());
		text = await response.text();
	} catch {
		throw new Problem({});
	}
	const data = parsed(text);
	if (!response.ok)
		throw problemOf(response, data);
	return {
		data, text, status: response.status,
		requestId: response.headers.get('X-Request-Id') ?? '',
		replayed: response.headers.get('Idempotency-Replayed') === 'true',
	};
}

export const get = async (path, options) => (await call('GET', path, options)).data;
export const getText = async (path) => (await call('GET', path)).text;
export const post = async (path, body, options) => (await call('POST', path, { ...options, body })).data;

// The data of a part that a server may lack (404); null then.
export async function getIfThere(path) {
	try {
		return await get(path);
	} catch (problem) {
		if (problem.status === 404)
			return null;
		throw problem;
	}
}

const R = '/api/v1/rentals';
const one = (id) => `${R}/${encodeURIComponent(id)}`;

export const rentals = {
	quote: (station_id, user_id) => post(`${R}/quote`, { station_id, user_id }),
	start: (quote_id, key) => call('POST', `${R}/start`, { body: { quote_id }, key, patience: 60000 }),
	status: (id) => get(`${one(id)}/status`),
	stop: (id, station_id) => post(`${one(id)}/stop`, { station_id }),
	payments: async (id) => (await get(`${one(id)}/payments`)).items,
	list: (user, { status = '', cursor = '', limit = 20 } = {}) =>
		get(`${R}?${new URLSearchParams({ user_id: user, status, cursor, limit })}`),
};

export const asCurl = (method, path) =>
	method === 'GET'
		? `curl -sS '${location.origin}${path}'`
		: `curl -sS -X ${method} -H 'Content-Type: application/json' -d '{}' '${location.origin}${path}'`;
