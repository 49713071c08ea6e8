// SPDX-License-Identifier: MIT
// lib/load.js - data of a view that keeps itself fresh: read at once, on a beat, after the
// connection came back, on the events a view cares for. A failed reading leaves the last one.
import { signal, effect, useEffect, useMemo } from './html.js';
import { beat, connection, healed, onEvent, touched } from './live.js';

// One reading at a time; a wish during a reading is one more reading after it.
function loader(read) {
	const state = { data: signal(undefined), problem: signal(null) };
	let running = false, again = false, ended = false;
	state.end = () => (ended = true);
	state.refresh = async () => {
		if (running) {
			again = true;
			return;
		}
		running = true;
		do {
			again = false;
			try {
				const data = await read();
				if (ended)
					return;
				state.data.value = data;
				state.problem.value = null;
			} catch (problem) {
				if (!ended)
					state.problem.value = problem;
			}
		} while (again && !ended);
		running = false;
	};
	return state;
}

// every: seconds between readings also while the stream is up (0: never). wants(event): read
// again because of it.
export function useLoaded(read, deps, { every = 0, wants = null } = {}) {
	const state = useMemo(() => loader(read), deps);
	useEffect(() => {
		state.refresh();
		const ends = [];
		let seen = -1;
		ends.push(effect(() => {
			const turns = beat.value + healed.value + touched.value; // each only grows
			if (seen !== -1 && turns !== seen && connection.peek() !== 'lost')
				state.refresh();
			seen = turns;
		}));
		if (wants)
			ends.push(onEvent((event) => wants(event) && state.refresh()));
		if (every > 0) {
			const timer = setInterval(() => !document.hidden && state.refresh(), every * 1000);
			ends.push(() => clearInterval(timer));
		}
		return () => {
			state.end();
			ends.forEach((end) => end());
		};
	}, deps);
	return state;
}
