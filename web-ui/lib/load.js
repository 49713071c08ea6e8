// SPDX-License-Identifier: MIT
// lib/load.js - data of a view that keeps itself fresh: read at once, while there is no stream every
// two seconds, after the connection came back, on the events a view cares for. A failed reading
// leaves the last one.
import { signal, effect, useEffect, useMemo } from './html.js';
import { changeCount, connection, onEvent, pollCount, returnCount } from './live.js';

const GATHER_MS = 1000; // events that come together cause one reading

// fn now, or once for all calls until `pause` has passed since it last ran.
export function gathered(fn, pause = GATHER_MS) {
	let timer = null, ranAt = -Infinity;
	const run = () => {
		timer = null;
		ranAt = performance.now();
		fn();
	};
	const call = () => (timer ??= setTimeout(run, Math.max(0, ranAt + pause - performance.now())));
	call.cancel = () => clearTimeout(timer);
	return call;
}

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
			const reasons = pollCount.value + returnCount.value + changeCount.value; // each only grows
			if (seen !== -1 && reasons !== seen && connection.peek() !== 'lost')
				state.refresh();
			seen = reasons;
		}));
		if (wants) {
			const soon = gathered(state.refresh);
			ends.push(onEvent((event) => wants(event) && soon()), soon.cancel);
		}
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
