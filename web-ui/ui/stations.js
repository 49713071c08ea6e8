// SPDX-License-Identifier: MIT
// ui/stations.js - the table of stations, and a choice of places. Of many, only the rows in sight are there, each of one
// height; two rows of nothing stand for the others.
import { html, useMemo, useRef, useState } from '../lib/html.js';
import { localName, money, number, t } from '../lib/i18n.js';
import { placeOf, stationName, stock } from '../lib/stations.js';
import { Name, Scroll } from './parts.js';

const ALL_BELOW = 150; // so few are all there
const AROUND = 12;     // rows kept above and below what is seen

function Row({ row, tariffs, chosen, low, onChoose }) {
	const { station, name } = row;
	const price = tariffs[station.tariff_id]?.price_per_hour ?? station.tariff?.price_per_hour;
	return html`<tr class=${station.id === chosen ? 'chosen' : ''}>
		<td><button
			type="button"
			class="row"
			data-station=${station.id}
			aria-pressed=${station.id === chosen}
			onClick=${() => onChoose(station.id)}>
			<strong><${Name} text=${name} /></strong>
			<small><${Name} text=${placeOf(station)} /></small></button></td>
		<td class="num"><span class="stock ${stock(station, low)}">${number(station.available)}
			<span class="of">/${number(station.slots.length)}</span></span></td>
		<td class="num">${price === undefined ? '–' : money(price)}</td>
	</tr>`;
}

const Space = ({ rows, height }) => rows > 0 && html`
	<tr class="space" aria-hidden="true"><td colspan="3" height=${rows * height}></td></tr>`;

function useWindow(count) {
	const [top, setTop] = useState(0);
	const height = useRef(0);
	const size = height.current || 4 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
	if (count <= ALL_BELOW)
		return { from: 0, to: count, size, height, onScroll: undefined };
	const seen = Math.ceil(innerHeight / size);
	const from = Math.max(0, Math.min(count - seen, Math.floor(top / size)) - AROUND);
	const onScroll = (e) => {
		const row = e.currentTarget.querySelector('tbody tr:not(.space)');
		height.current = row?.offsetHeight ?? height.current;
		setTop(e.currentTarget.scrollTop);
	};
	return { from, to: Math.min(count, from + seen + 2 * AROUND), size, onScroll };
}

export function StationTable({ stations, tariffs, chosen, low, onChoose }) {
	const [wanted, setWanted] = useState('');
	const language = t('loading'); // names are in the language
	const all = useMemo(() => stations.map((station) => {
		const name = localName(station.name, station.id);
		return { station, name, words: `${name} ${placeOf(station)} ${station.id}`.toLowerCase() };
	}), [stations, language]);
	const rows = wanted === '' ? all : all.filter((row) => row.words.includes(wanted.toLowerCase()));
	const { from, to, size, onScroll } = useWindow(rows.length);
	const some = onScroll !== undefined;
	return html`<div class="stations">
		<label class="field search"><span class="hidden">${t('rent.search')}</span>
			<input
				type="search"
				placeholder=${t('rent.search')}
				value=${wanted}
				onInput=${(e) => setWanted(e.target.value)} /></label>
		<${Scroll} label=${t('rent.stations')} tall onScroll=${onScroll}>
			<table class=${some ? 'windowed' : ''} aria-rowcount=${some ? rows.length + 1 : undefined}>
				<thead><tr><th scope="col">${t('station')}</th>
					<th scope="col" class="num">${t('free.banks')}</th>
					<th scope="col" class="num">${t('per.hour')}</th></tr></thead>
				<tbody><${Space} rows=${from} height=${size} />
					${rows.slice(from, to).map((row) => html`<${Row}
						key=${row.station.id}
						row=${row}
						tariffs=${tariffs}
						chosen=${chosen}
						low=${low}
						onChoose=${onChoose} />`)}
					<${Space} rows=${rows.length - to} height=${size} /></tbody>
			</table>
			${rows.length === 0 && html`<p class="note pad">${t('rent.noMatch')}</p>`}
		<//>
	</div>`;
}

// Where a powerbank goes back to.
export const PlaceSelect = ({ id, places, value, onChange }) => html`
	<select id=${id} value=${value} onChange=${(e) => onChange(e.target.value)}>
		${places.map((s) => html`<option value=${s.id} selected=${s.id === value}>${stationName(s.id)}</option>`)}</select>`;
