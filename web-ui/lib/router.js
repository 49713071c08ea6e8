// SPDX-License-Identifier: MIT
// lib/router.js - which view is shown: #/name or #/name/argument.
import { signal } from './html.js';

function read() {
	const [name, arg] = location.hash.replace(/^#\/?/, '').split('/');
	return { name: name || 'rent', arg: arg ? decodeURIComponent(arg) : '' };
}

export const route = signal(read());
addEventListener('hashchange', () => (route.value = read()));

export const pathTo = (name, arg) => `#/${name}${arg ? `/${encodeURIComponent(arg)}` : ''}`;
export const go = (name, arg) => (location.hash = pathTo(name, arg));
