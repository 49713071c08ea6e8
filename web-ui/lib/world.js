// SPDX-License-Identifier: MIT
// lib/world.js - what several views share: the demo's city and people where the demo plugin is
// loaded, the system's description, the chosen user, the rental last begun.
import { get, getIfThere, post } from './api.js';
import { computed, signal } from './html.js';
import { useCurrency } from './i18n.js';
import { rulesOf } from './rules.js';
import { kept } from './store.js';

export const demo = signal(undefined);   // undefined: not known yet, null: not loaded
export const demoProblem = signal(null); // it is loaded and could not answer
export const stations = signal([]);
export const users = signal([]);
export const tariffs = signal({});
export const system = signal(null);
export const user = kept('user', 'anna');
export const current = kept('current', {}); // user → order id
export const selected = signal('');         // station

export const rules = computed(() => rulesOf(system.value?.config));
export const stationOf = (id) => stations.value.find((s) => s.id === id);
export const userOf = (id) => users.value.find((u) => u.id === id);
export const currentOrder = computed(() => current.value[user.value] ?? '');
export const setCurrent = (userId, orderId) => (current.value = { ...current.value, [userId]: orderId });

export async function loadDemo() {
	try {
		demo.value = await getIfThere('/api/v1/demo');
		demoProblem.value = null;
		if (demo.value !== null)
			useCurrency(demo.value.currency ?? null);
	} catch (problem) {
		demoProblem.value = problem;
	}
}

// The few tariffs of the city; one that is not told is left out of the table.
async function loadTariffs() {
	const wanted = [...new Set(stations.value.map((s) => s.tariff_id))].filter((id) => !tariffs.value[id]);
	const got = await Promise.allSettled(wanted.map((id) =>
		get(`/api/v1/demo/tariff?id=${encodeURIComponent(id)}`)));
	const found = got.filter((g) => g.status === 'fulfilled').map((g) => g.value);
	if (found.length > 0)
		tariffs.value = { ...tariffs.value, ...Object.fromEntries(found.map((f) => [f.id, f])) };
}

let city = null; // one reading at a time; callers meanwhile share it
export const loadCity = () => (city ??= readCity().finally(() => (city = null)));

async function readCity() {
	if (demo.value === undefined)
		await loadDemo();
	if (!demo.value)
		return;
	const [s, u] = await Promise.allSettled([get('/api/v1/demo/stations'), get('/api/v1/demo/users')]);
	if (s.status === 'fulfilled')
		stations.value = s.value.stations;
	if (u.status === 'fulfilled')
		users.value = u.value.users;
	if (users.value.length > 0 && !userOf(user.value))
		user.value = users.value[0].id;
	await loadTariffs();
}

export async function loadSystem() {
	try {
		system.value = await getIfThere('/api/v1/system');
	} catch {
		// shown by the System view; the defaults do meanwhile
	}
}

// Switches of the lab answer with the new state, in two shapes.
async function change(path, body) {
	await post(`/api/v1/demo/${path}`, body);
	await loadDemo();
}

export const lab = {
	disable: (endpoint, disabled) => change('endpoint', { endpoint, disabled }),
	set: (endpoint, settings) => change('settings', { endpoint, ...settings }),
	decline: (user_id, declined) => change('decline', { user_id, declined }),
	reset: () => change('reset', {}),
	giveBack: (powerbank_id, station_id) => post('/api/v1/demo/return-powerbank', { powerbank_id, station_id }),
};
