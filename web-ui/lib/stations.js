// SPDX-License-Identifier: MIT
// lib/stations.js - what the page knows of stations beyond their data: names, stock, neighbours.
import { localName } from './i18n.js';
import { optionOf, stationOf, stations } from './state.js';

const LOW_STOCK = 2; // the rule's default, where nobody says what is in force

export const lowStock = () => optionOf('rental_core', 'low_stock_threshold') ?? LOW_STOCK;

export const stationName = (id) => localName(stationOf(id)?.name, id || '–');

// A location is text in our catalog, perhaps with an address in other languages; a provider may give
// an object.
export const placeOf = ({ address, location }) =>
	localName(address, typeof location === 'string' ? location : location ? JSON.stringify(location) : '');

export const stock = (station, low) =>
	station.available === 0 ? 'none' : station.available <= low ? 'few' : 'many';

function distance(a, b) {
	const shrink = Math.cos((a.lat * Math.PI) / 180);
	return Math.hypot((a.lon - b.lon) * shrink, a.lat - b.lat);
}

function nearest(id, wanted) {
	const here = stationOf(id);
	let best = null;
	for (const s of stations.value) {
		const far = here && Number.isFinite(here.lat) && Number.isFinite(s.lat) ? distance(here, s) : 0;
		if (s.id !== id && wanted(s) && (best === null || far < best.far))
			best = { s, far };
	}
	return best?.s ?? null;
}

export const nearestWithStock = (id) => nearest(id, (s) => s.available > 0);

const hasRoom = (s) => s.slots.length > s.available;

// Where a powerbank goes back to: where it came from, else the nearest that has a free slot.
export function placeToReturn(id) {
	const here = stationOf(id);
	return here && hasRoom(here) ? here : nearest(id, hasRoom);
}
export const placesToReturn = () => stations.value.filter(hasRoom);
