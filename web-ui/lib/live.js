// SPDX-License-Identifier: MIT
// lib/live.js - news of the server: the event stream where there is one, else a beat every two
// seconds by which views ask again. Says whether the server can be reached, also when it hangs
// with its connections open.
import { call } from './api.js';
import { now } from './clock.js';
import { signal } from './html.js';

const NAMES = ['rental', 'payment', 'debt', 'breaker', 'request', 'gap'];
const KEEP = 1000;      // events kept for the log
const POLL_MS = 2000;
const PROBE_MS = 4000;  // between questions whether the server is there
const PATIENCE_MS = 3000;
const STREAM_RETRY_MS = 15000; // where the server has no stream, or refused it

export const connection = signal('connecting'); // 'live', 'polling', 'lost'
export const events = signal([]);               // newest last
export const beat = signal(0);  // polled views ask again when it changes
export const healed = signal(0); // the connection came back: all views ask again
export const touched = signal(0); // this page changed something itself
export const touch = () => touched.value++;

const listeners = new Set();
let source = null, serial = 0, retryStreamAt = 0, lastId = '';

// fn({ name, id, at, data }); returns what ends it.
export function onEvent(fn) {
	listeners.add(fn);
	return () => listeners.delete(fn);
}

function arrived(name, message) {
	let data;
	lastId = message.lastEventId || lastId;
	try {
		data = JSON.parse(message.data);
	} catch {
		return;
	}
	const event = { name, id: message.lastEventId, serial: ++serial, at: Date.parse(data.at) || now(), data };
	events.value = [...events.value.slice(-(KEEP - 1)), event];
	for (const fn of listeners)
		fn(event);
}

function reached(state) {
	if (connection.value === 'lost')
		healed.value++;
	connection.value = state;
}

function openStream() {
	// A new source, unlike one that connects again by itself, does not say what it saw last.
	source = new EventSource(`/api/v1/events${lastId ? `?last_event_id=${encodeURIComponent(lastId)}` : ''}`);
	source.onopen = () => reached('live');
	source.onerror = () => {
		if (source.readyState !== EventSource.CLOSED)
			return probe(); // it tries again by itself, with the last id it saw
		source = null;
		retryStreamAt = Date.now() + STREAM_RETRY_MS;
		probe();
	};
	for (const name of NAMES)
		source.addEventListener(name, (message) => arrived(name, message));
}

const streams = () => source?.readyState === EventSource.OPEN;

let probing = false;
async function probe() {
	if (probing)
		return;
	probing = true;
	try {
		await call('GET', '/api/v1/health', { patience: PATIENCE_MS });
		reached(streams() ? 'live' : 'polling');
		if (source === null && Date.now() >= retryStreamAt)
			openStream();
	} catch (problem) {
		if (problem.status === 0) {
			connection.value = 'lost';
			retryStreamAt = 0;
		}
	} finally {
		probing = false;
	}
}

let probedAt = 0;
function turn() {
	const due = connection.value === 'live' ? PROBE_MS : POLL_MS;
	if (document.hidden && connection.value !== 'lost')
		return;
	if (connection.value !== 'live')
		beat.value++;
	if (Date.now() - probedAt >= due - 50) {
		probedAt = Date.now();
		probe();
	}
}

export function begin() {
	openStream();
	setInterval(turn, POLL_MS);
	addEventListener('online', probe);
}
