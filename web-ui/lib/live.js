// SPDX-License-Identifier: MIT
// lib/live.js - news of the server: the event stream where there is one, else a reading every two
// seconds. Says whether the server can be reached, also when it hangs with its connections open.
//
// A browser opens six connections to a server, for all its tabs together, and a stream takes one for
// ever. So one tab holds the stream, by a lock of the browser (stream.js), and tells the others.
import { call } from './api.js';
import { now } from './clock.js';
import { signal } from './html.js';
import { asked } from './session.js';
import { openStream, readPast, restartStream, streamState } from './stream.js';

const KEEP = 1000;      // events kept for the log
const POLL_MS = 2000;
const PROBE_MS = 4000;  // between questions whether the server is there
const PATIENCE_MS = 3000;
const STREAM_RETRY_MS = 15000; // where the server has no stream, or refused it

export const connection = signal('connecting'); // 'live', 'polling', 'lost', 'elsewhere'
export const events = signal([]);               // newest last
export const pollCount = signal(0);   // without a stream: views read again when it changes
export const returnCount = signal(0); // the connection came back: all views read again
export const changeCount = signal(0); // this page changed something itself
export const noteOwnChange = () => changeCount.value++;

const listeners = new Set();
let serial = 0, retryStreamAt = 0;

// fn({ name, id, at, data }); returns what ends it.
export function onEvent(fn) {
	listeners.add(fn);
	return () => listeners.delete(fn);
}

// Events come by the thousand on a busy server: they are shown in one go each frame or so.
let waiting = [];
function show() {
	const fresh = waiting;
	waiting = [];
	events.value = [...events.value, ...fresh].slice(-KEEP);
}

function eventOf({ name, id, text }, number) {
	try {
		const data = JSON.parse(text);
		return { name, id, serial: number, at: Date.parse(data.at) || now(), data };
	} catch {
		return null;
	}
}

// What happened to money before this page was opened; requests are left out, they are many.
let replayed = false;
export async function replayPast() {
	if (replayed)
		return;
	replayed = true;
	const past = await readPast(['rental', 'payment', 'debt', 'breaker']);
	const known = new Set(events.value.concat(waiting).map((e) => e.id));
	const fresh = past.filter((e) => !known.has(e.id)).slice(-KEEP);
	events.value = [...fresh.map((e, i) => eventOf(e, i + 1 - fresh.length)).filter(Boolean), ...events.value]
		.sort((a, b) => a.at - b.at || a.serial - b.serial).slice(-KEEP);
}

function arrived(message) {
	const event = eventOf(message, serial + 1);
	if (event === null)
		return;
	serial++;
	if (waiting.push(event) === 1)
		setTimeout(show, 100);
	for (const fn of listeners)
		fn(event);
}

function reached(state) {
	if (connection.value === 'lost')
		returnCount.value++;
	connection.value = state;
}

let probing = false;
async function probe() {
	if (probing)
		return;
	probing = true;
	try {
		await call('GET', '/api/v1/health', { patience: PATIENCE_MS });
		reached(streamState.value === 'open' ? 'live' : 'polling');
		if (streamState.value === 'refused' && !asked.value && Date.now() >= retryStreamAt) {
			retryStreamAt = Date.now() + STREAM_RETRY_MS;
			restartStream();
		}
	} catch (problem) {
		if (problem.status === 0)
			connection.value = 'lost';
		else if (problem.status === 404)
			connection.value = 'elsewhere'; // somebody answers, and it is not our server
	} finally {
		probing = false;
	}
}

let probedAt = 0;
function look() {
	const pause = connection.value === 'live' ? PROBE_MS : POLL_MS;
	if (document.hidden && connection.value !== 'lost')
		return;
	if (connection.value !== 'live')
		pollCount.value++;
	if (Date.now() - probedAt >= pause - 50) {
		probedAt = Date.now();
		probe();
	}
}

export function watchServer() {
	openStream(arrived);
	streamState.subscribe((state) => {
		if (state === 'open')
			reached('live');
		else if (state === 'refused')
			retryStreamAt = Date.now() + STREAM_RETRY_MS;
		if (state !== 'open' && state !== 'none')
			probe();
	});
	setInterval(look, POLL_MS);
	addEventListener('online', probe);
	document.addEventListener('visibilitychange', () => document.hidden || look());
}
