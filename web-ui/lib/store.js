// SPDX-License-Identifier: MIT
// lib/store.js - what the browser keeps: choices of the person, by name. A browser that refuses
// storage only forgets them.
import { signal, effect } from './html.js';

const PREFIX = 'rentald.';

export function recall(name, fallback) {
	try {
		const text = localStorage.getItem(PREFIX + name);
		return text === null ? fallback : JSON.parse(text);
	} catch {
		return fallback;
	}
}

export function keep(name, value) {
	try {
		localStorage.setItem(PREFIX + name, JSON.stringify(value));
	} catch {
		// private windows; nothing depends on it
	}
}

export function forget(name) {
	try {
		localStorage.removeItem(PREFIX + name);
	} catch {
		// nothing was kept
	}
}

// A signal that outlives the page.
export function kept(name, fallback) {
	const s = signal(recall(name, fallback));
	effect(() => keep(name, s.value));
	return s;
}
