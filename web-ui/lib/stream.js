// SPDX-License-Identifier: MIT
// lib/stream.js - one event stream for all tabs of a browser. The tab that has the lock reads it and
// passes everything on; a tab that is hidden lets the lock go to one that is seen. Where a browser
// has no locks (a page over plain http on another computer), each tab that is seen has a stream.
// Tabs that signed in as somebody else hear something else: a lock belongs to one sign-in. The browser's
// EventSource sends no credentials, so the stream is read by fetch.
import { urlOf } from './api.js';
import { signal } from './html.js';
import { authorization, refused, sessionId } from './session.js';
import { createParser } from '../vendor/eventsource-parser.js';

const NAMES = ['rental', 'payment', 'debt', 'breaker', 'request', 'gap'];
const PAST_FIRST_MS = 5000, PAST_SILENCE_MS = 500;
const LONG_MS = 60000;
const RETRY_MS = 3000; // unless the stream says otherwise
const LOCK = `rentald ${urlOf('/api/v1/events')} ${sessionId}`;

// 'none': nothing known yet; 'open'; 'broken': it connects again by itself; 'refused': there is none.
export const streamState = signal('none');

const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(LOCK) : null;
let reading = null, lastId = '', deliver = () => {}, letGo = null, asking = null;

const tell = (message) => channel?.postMessage(message);

function setState(state) {
	streamState.value = state;
	tell({ state });
}

function arrived({ event: name, id, data: text }) {
	lastId = id ?? lastId;
	if (!NAMES.includes(name))
		return;
	const event = { name, id: lastId, text };
	tell({ event });
	deliver(event);
}

// Gives each event of the stream at path to onEvent, until it ends or signal says so. False: there
// is no stream.
async function readEvents(path, signal, parserOf, heardOf = () => {}) {
	const response = await fetch(urlOf(path), { headers: authorization(), cache: 'no-store', signal });
	if (response.status === 401)
		refused();
	if (!response.ok || !response.headers.get('Content-Type')?.startsWith('text/event-stream'))
		return false;
	const parser = createParser(parserOf);
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	for (let part = await reader.read(); !part.done; part = await reader.read()) {
		heardOf();
		parser.feed(part.value);
	}
	return true;
}

// Connects again whenever the stream breaks, and says what was seen last.
async function follow(signal) {
	let pause = RETRY_MS;
	const parserOf = { onEvent: arrived, onRetry: (ms) => (pause = ms) };
	const opened = () => streamState.value !== 'open' && setState('open');
	while (!signal.aborted) {
		const began = performance.now();
		try {
			const path = `/api/v1/events${lastId ? `?last_event_id=${encodeURIComponent(lastId)}` : ''}`;
			if (!await readEvents(path, signal, parserOf, opened)) {
				setState('refused');
				return;
			}
			if (performance.now() - began > LONG_MS)
				continue; // the server ends a stream now and then, to ask again who listens
		} catch {
			// no server, or it went away
		}
		if (signal.aborted)
			return;
		setState('broken');
		await new Promise((done) => setTimeout(done, pause));
	}
}

function connect() {
	reading = new AbortController();
	follow(reading.signal);
}

function disconnect() {
	reading?.abort();
	reading = null;
}

// What the server still has of these types, oldest first: [{ name, id, text }]. It says nothing at
// the end of it, so a silence is taken for the end.
export async function readPast(types) {
	const silence = new AbortController(), past = [];
	let timer = setTimeout(() => silence.abort(), PAST_FIRST_MS);
	const onEvent = ({ event: name, id, data: text }) => types.includes(name) && past.push({ name, id, text });
	const heard = () => {
		clearTimeout(timer);
		timer = setTimeout(() => silence.abort(), PAST_SILENCE_MS);
	};
	try {
		await readEvents(`/api/v1/events?types=${types.join(',')}&last_event_id=oldest`, silence.signal, { onEvent }, heard);
	} catch {
		// the silence, or no server: what came until then is what there is
	}
	clearTimeout(timer);
	return past;
}

// Holds the stream until letGo() is called.
async function hold() {
	const end = new Promise((resolve) => (letGo = resolve));
	connect();
	await end;
	letGo = null;
	disconnect();
}

async function compete() {
	if (asking || letGo)
		return;
	if (!navigator.locks) {
		hold();
		return;
	}
	asking = new AbortController();
	try {
		await navigator.locks.request(LOCK, { signal: asking.signal }, () => {
			asking = null;
			return hold();
		});
	} catch {
		// hidden before it was our turn
	}
	asking = null;
	if (!document.hidden)
		compete();
}

function followVisibility() {
	if (!document.hidden) {
		compete();
		return;
	}
	asking?.abort();
	asking = null;
	letGo?.();
}

export function restartStream() {
	if (!letGo)
		return;
	disconnect();
	connect();
}

// deliver({ name, id, text }) for every event, whichever tab reads the stream.
export function openStream(fn) {
	deliver = fn;
	if (channel) {
		channel.onmessage = ({ data }) => {
			if (data.hello) {
				if (letGo)
					tell({ state: streamState.value });
			} else if (data.state && !letGo) {
				streamState.value = data.state;
			} else if (data.event && !letGo) {
				lastId = data.event.id || lastId;
				deliver(data.event);
			}
		};
		tell({ hello: true });
	}
	document.addEventListener('visibilitychange', followVisibility);
	addEventListener('pagehide', () => letGo?.());
	followVisibility();
}
