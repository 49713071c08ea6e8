// SPDX-License-Identifier: MIT
// lib/clock.js - the server's time. Every reply has a Date, cut to the second, so each one says
// that the server's clock was within a second's window; the windows of several replies together
// are narrower. Countdowns and meters use this clock, never the computer's own.
import { signal } from './html.js';

let low = -Infinity, high = Infinity; // bounds of (server - own clock), ms

export function heard(date, sentAt, receivedAt) {
	const server = Date.parse(date);
	if (Number.isNaN(server))
		return;
	const l = server - receivedAt, h = server + 1000 - sentAt;
	if (l > high || h < low) { // one of the clocks was set
		low = l;
		high = h;
		return;
	}
	low = Math.max(low, l);
	high = Math.min(high, h);
}

export const now = () => Date.now() + (Number.isFinite(low + high) ? (low + high) / 2 : 0);

// Changes four times a second while the page is seen; reading it subscribes a view to time.
export const tick = signal(0);
setInterval(() => {
	if (!document.hidden)
		tick.value++;
}, 250);
document.addEventListener('visibilitychange', () => tick.value++);

export function nowTicking() {
	tick.value; // subscribes
	return now();
}
