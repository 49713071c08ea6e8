// SPDX-License-Identifier: MIT
// ui/icons.js - drawings of 24 by 24, strokes only; always beside a text or a label.
import { html } from '../lib/html.js';

const paths = {
	rent: 'M12 21s-7-6.2-7-11.5A7 7 0 0 1 19 9.500C19 14.8 12 21 12 21ZM12.8 6.5 10 10.500h4L11.2 14',
	rental: 'M7 3h10a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2ZM13 7l-3 5h4l-3 5',
	payments: 'M3 7a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2ZM3 10h18M7 15h4',
	lab: 'M9 3h6M10 3v6l-5 9a2 2 0 0 0 1.8 3h10.400a2 2 0 0 0 1.8-3l-5-9V3M7.5 15h9',
	system: 'M3 12h4l3-8 4 16 3-8h4',
	events: 'M4 6h16M4 12h10M4 18h13',
	sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M4.9 4.900l1.4 1.400M17.7 17.700l1.4 1.400M2 12h2M20 12h2M4.9 19.100l1.4-1.400M17.7 6.300l1.4-1.4',
	moon: 'M20 14.500A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.500Z',
	leave: 'M10 4H5v16h5M15 8l4 4-4 4M19 12H9.500',
	person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.500a7.5 7.5 0 0 1 15 0',
	copy: 'M9 9h10v11H9ZM5 15V4h10',
	terminal: 'm5 7 5 5-5 5M12 17h7',
	check: 'm5 12.5 4.5 4.500L19 7.5',
	warn: 'M12 4 2.8 20h18.400ZM12 10v4.500M12 17.200v.1',
	back: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
	print: 'M7 8V3h10v5M7 17H4V9h16v8h-3M7 14h10v7H7Z',
	arrow: 'M5 12h14M13 6l6 6-6 6',
	pause: 'M8 5v14M16 5v14',
	play: 'M7 4.500v15l12-7.500Z',
	repair: 'M14.5 6.500a4 4 0 0 0-5.3 5L3.5 17.200l3.3 3.3 5.7-5.700a4 4 0 0 0 5-5.300L15 12l-3-3Z',
};

export const Icon = ({ name, size = 20 }) => html`
	<svg class="icon" viewBox="0 0 24 24" width="${size / 15}rem" height="${size / 15}rem" fill="none" stroke="currentColor"
		stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
		<path d=${paths[name]} />
	</svg>`;

export const Logo = () => html`
	<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" class="logo">
		<rect x="1" y="1" width="30" height="30" rx="9" class="logo-back" />
		<path d="M17.8 5.5 9 17.800h6.200L14.2 26.5 23 14.200h-6.200Z" class="logo-bolt" />
	</svg>`;
