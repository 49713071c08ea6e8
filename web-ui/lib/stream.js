// SPDX-License-Identifier: MIT
// lib/stream.js - one event stream for all tabs of a browser. The tab that has the lock reads it and
// passes everything on; a tab that is hidden lets the lock go to one that is seen. Where a browser
// has no locks (a page over plain http on another computer), each tab that is seen has a stream.
import { urlOf } from './api.js';
import { signal } from './html.js';

const NAMES = ['rental', 'payment', 'debt', 'breaker', 'request', 'gap'];
const PAST_FIRST_MS = 5000, PAST_SILENCE_MS = 500;
const LOCK = `rentald ${urlOf('/api/v1/events')}`;

// 'none': nothing known yet; 'open'; 'broken': it connects again by itself; 'refused': there is none.
export const streamState = signal('none');

const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(LOCK) : null;
let source = null, lastId = '', deliver = () => {}, letGo = null, asking = null;

const tell = (message) => channel?.postMessage(message);

function setState(state) {
	streamState.value = state;
	tell({ state });
}

function arrived(name, message) {
	lastId = message.lastEventId || lastId;
	const event = { name, id: lastId, text: message.data };
	tell({ event });
	deliver(event);
}

function connect() {
	// A new source, unlike one that connects again by itself, does not say what it saw last.
	source = new EventSource(urlOf(`/api/v1/events${lastId ? `?last_event_id=${encodeURIComponent(lastId)}` : ''}`));
	source.onopen = () => setState('open');
	source.onerror = () => setState(source?.readyState === EventSource.CLOSED ? 'refused' : 'broken');
	for (const name of NAMES)
		source.addEventListener(name, (message) => arrived(name, message));
}

// What the server still has of these types, oldest first: [{ name, id, text }]. It says nothing at
// the end of it, so a silence is taken for the end.
export async function readPast(types) {
	const silence = new AbortController(), past = [];
	let timer = setTimeout(() => silence.abort(), PAST_FIRST_MS);
	let text = '';
	try {
		const response = await fetch(urlOf(`/api/v1/events?types=${types.join(',')}&last_event_id=oldest`), { signal: silence.signal });
		const reader = response.ok ? response.body.pipeThrough(new TextDecoderStream()).getReader() : null;
		for (let part = await reader?.read(); part && !part.done; part = await reader.read()) {
			clearTimeout(timer);
			timer = setTimeout(() => silence.abort(), PAST_SILENCE_MS);
			text += part.value;
			const blocks = text.split('\n\n');
			text = blocks.pop();
			past.push(...blocks.map(fieldsOf).filter(({ event }) => types.includes(event)));
		}
	} catch {
		// the silence, or no server: what came until then is what there is
	}
	clearTimeout(timer);
	return past.map(({ event, id, data }) => ({ name: event, id, text: data }));
}

const fieldsOf = (block) => Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)));

function disconnect() {
	source?.close();
	source = null;
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
