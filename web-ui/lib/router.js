// SPDX-License-Identifier: MIT
// lib/router.js - which view is shown: #/name or #/name/argument.
import { signal } from './html.js';

// An address that was cut or mistyped ("%E0%A4%A") is an argument that nothing is found under.
function decoded(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function read() {
	const [name, arg] = location.hash.replace(/^#\/?/, '').split('/');
	return { name: name || 'rent', arg: arg ? decoded(arg) : '' };
}

export const route = signal(read());
addEventListener('hashchange', () => (route.value = read()));

export const pathTo = (name, arg) => `#/${name}${arg ? `/${encodeURIComponent(arg)}` : ''}`;
export const go = (name, arg) => (location.hash = pathTo(name, arg));
