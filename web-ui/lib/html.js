// SPDX-License-Identifier: MIT
// lib/html.js - the one place that knows the vendored libraries: markup, hooks, signals.
import { h, render, Fragment } from '../vendor/preact.js';
import htm from '../vendor/htm.js';

export const html = htm.bind(h);
export { render, Fragment };
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from '../vendor/hooks.js';
export { signal, computed, effect, batch } from '../vendor/signals.js';
