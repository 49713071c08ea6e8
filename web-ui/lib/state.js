// SPDX-License-Identifier: MIT
// lib/state.js - what several views share: the system's description, the city and people where the
// demo plugin is loaded, the chosen user, the rental last begun, rentals as they were last read.
import { call, get, getIfThere, post, rentals } from './api.js';
import { computed, signal } from './html.js';
import { localName, useCurrency } from './i18n.js';
import { isCustomer, me } from './session.js';
import { kept } from './store.js';

export const demo = signal(undefined);   // undefined: not known yet, null: not loaded
export const demoProblem = signal(null); // it is loaded and could not answer
export const stations = signal([]);
export const users = signal([]);
export const tariffs = signal({});
export const system = signal(null);
export const user = kept('user', '');
export const current = kept('current', {}); // user → order id
export const visited = kept('stations', []); // ids of stations, where there is no list of them
export const selected = signal('');         // station

export const stationOf = (id) => stations.value.find((s) => s.id === id);
export const userOf = (id) => users.value.find((u) => u.id === id);
export const nameOf = (person) => localName(person.names, person.name || person.id);
export const userName = (id) => (userOf(id) ? nameOf(userOf(id)) : id);
export const currentOrder = computed(() => current.value[user.value] ?? '');
export const setCurrent = (userId, orderId) => (current.value = { ...current.value, [userId]: orderId });

// ---- who asks, where the server wants to know

const whoAsks = '/api/v1/me';
export const isAccepted = async (secret) => Boolean(await call('GET', whoAsks, { secret }));

// A customer sees his own only, so he is the user of the page.
export async function loadMe() {
	try {
		me.value = await getIfThere(whoAsks);
	} catch {
		return; // the form asks, or the server cannot be reached
	}
	if (isCustomer())
		user.value = me.value.subject;
}

// ---- options in force, as /api/v1/system says them; null: nobody says

export const optionOf = (plugin, name) =>
	system.value?.instances?.find((i) => i.plugin === plugin)?.options?.[name] ?? null;

export async function loadSystem() {
	try {
		system.value = await getIfThere('/api/v1/system');
		useCurrency(optionOf('http_api', 'currency'));
	} catch {
		// the System view says so; elsewhere only some explanations are missing
	}
}

// ---- rentals: every reading is shown by every view, so that no two of them differ

const latest = signal({});
export const latestOf = (rental) => ({ ...rental, ...latest.value[rental.order_id] });

export function remember(rental) {
	useCurrency(rental.currency ?? null);
	latest.value = { ...latest.value, [rental.order_id]: { ...latest.value[rental.order_id], ...rental } };
	return rental;
}

// A status has an action while the customer has to act, and only then.
export const readRental = async (id) => remember({ action: null, ...await rentals.status(id) });

export async function readRentals(who, options) {
	if (!who)
		return { items: [], next_cursor: null };
	const page = await rentals.list(who, options);
	page.items.forEach(remember);
	return page;
}

// ---- the city

export async function loadDemo() {
	try {
		demo.value = await getIfThere('/api/v1/demo');
		demoProblem.value = null;
		useCurrency(demo.value?.currency ?? null);
	} catch (problem) {
		demoProblem.value = problem;
	}
}

// The few tariffs of the city; one that cannot be read is left out of the table.
async function loadTariffs() {
	const wanted = [...new Set(stations.value.map((s) => s.tariff_id))].filter((id) => id && !tariffs.value[id]);
	const got = await Promise.allSettled(wanted.map((id) =>
		get(`/api/v1/demo/tariff?id=${encodeURIComponent(id)}`)));
	const found = got.filter((g) => g.status === 'fulfilled').map((g) => g.value);
	if (found.length > 0)
		tariffs.value = { ...tariffs.value, ...Object.fromEntries(found.map((f) => [f.id, f])) };
}

const withStock = (station) => ({
	...station,
	slots: station.slots ?? [],
	available: station.available ?? (station.slots ?? []).filter((slot) => !slot.empty).length,
});

// One station, as its provider gives it: where there is no list.
export async function loadStation(id) {
	const station = withStock(await get(`/api/v1/stations/${encodeURIComponent(id)}`));
	stations.value = [...stations.value.filter((s) => s.id !== id), station];
	visited.value = [id, ...visited.value.filter((other) => other !== id)].slice(0, 20);
}

async function readStations() {
	const city = await getIfThere('/api/v1/demo/stations', { revalidate: true });
	if (city === null) {
		await Promise.allSettled(visited.peek().map(loadStation));
		return;
	}
	stations.value = city.stations.map(withStock);
	await loadTariffs();
}

async function readUsers() {
	users.value = (await getIfThere('/api/v1/demo/users'))?.users ?? [];
	if (users.value.length > 0 && !isCustomer() && !userOf(user.value))
		user.value = users.value[0].id;
}

// One reading at a time, shared by all who ask meanwhile.
function shared(read) {
	let running = null;
	return () => (running ??= read().catch(() => {}).finally(() => (running = null)));
}

export const loadStations = shared(readStations);
export const loadCity = shared(() => Promise.allSettled([
	demo.value === undefined ? loadDemo() : null, loadStations(), readUsers()]));

// ---- switches of the lab answer with the new state, in two shapes

async function change(path, body) {
	await post(`/api/v1/demo/${path}`, body);
	await loadDemo();
}

export const lab = {
	disable: (endpoint, disabled) => change('endpoint', { endpoint, disabled }),
	set: (endpoint, settings) => change('settings', { endpoint, ...settings }),
	decline: (user_id, declined) => change('decline', { user_id, declined }),
	reset: () => change('reset', {}),
	billNow: () => change('bill', {}),
	cloud: (switches) => post('/api/v1/demo/cloud', switches),
	payments: (rows) => post('/api/v1/demo/payments', rows),
	giveBack: (powerbank_id, station_id) => post('/api/v1/demo/return-powerbank', { powerbank_id, station_id }),
};
