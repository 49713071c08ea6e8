// SPDX-License-Identifier: MIT
// lib/i18n.js - the language: dictionaries, plurals, and what Intl makes of money, time and
// numbers. A value of a dictionary is a text with {places}, or one text for each plural form of
// {n}. Both dictionaries have the same keys; a test compares them.
import { computed, effect, signal } from './html.js';
import { kept } from './store.js';
import { en } from '../i18n/en.js';
import { ru } from '../i18n/ru.js';

export const dictionaries = { en, ru };

const first = (navigator.languages ?? ['en']).map((l) => l.slice(0, 2)).find((l) => dictionaries[l]);
export const lang = kept('lang', first ?? 'en');

if (!dictionaries[lang.value])
	lang.value = 'en';
effect(() => (document.documentElement.lang = lang.value));

export const hasKey = (key) => key in dictionaries[lang.value];

export function t(key, values = {}) {
	let text = dictionaries[lang.value][key];
	if (text === undefined)
		return key;
	if (typeof text === 'object')
		text = text[new Intl.PluralRules(lang.value).select(Number(values.n))] ?? text.other;
	return text.replace(/\{(\w+)\}/g, (_, name) =>
		typeof values[name] === 'number' ? number(values[name]) : values[name] ?? '');
}

// The region that the browser says with the language: en-GB is not en-US.
const locale = () => (navigator.languages ?? []).find((l) => l.startsWith(`${lang.value}-`)) ?? lang.value;

// Formatters are dear to make and few.
const made = new Map();
function formatter(Kind, options) {
	const id = Kind.name + lang.value + JSON.stringify(options);
	if (!made.has(id))
		made.set(id, new Kind(locale(), options));
	return made.get(id);
}

export const number = (n, options = {}) => formatter(Intl.NumberFormat, options).format(n);

// Amounts are whole units of a currency that replies of the API name; plain numbers until one does.
const currency = signal(null);
export const useCurrency = (code) => (currency.value = code ?? currency.peek());
export function money(n) {
	if (n === null || n === undefined)
		return '–';
	const options = { maximumFractionDigits: 0 };
	return currency.value === null
		? number(n, options)
		: number(n, { ...options, style: 'currency', currency: currency.value, currencyDisplay: 'narrowSymbol' });
}

const unit = (n, name, display = 'long') =>
	number(n, { style: 'unit', unit: name, unitDisplay: display, maximumFractionDigits: 0 });

export const minutes = (n) => unit(n, 'minute', 'short');
export const seconds = (n) => unit(n, 'second');

// 3 h 12 min, 4 min 10 s, 9 s: the two greatest parts.
export function span(sec) {
	const s = Math.max(0, Math.floor(sec));
	const parts = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
	const at = Math.max(0, parts.findIndex(([, size]) => s >= size));
	if (s < 1)
		return unit(0, 'second', 'short');
	const [big, size] = parts[at];
	const text = [unit(Math.floor(s / size), big, 'short')];
	const next = parts[at + 1];
	if (next && s % size >= next[1])
		text.push(unit(Math.floor((s % size) / next[1]), next[0], 'short'));
	return text.join(' ');
}

// A duration of milliseconds or less: 3.2 ms, 1.4 s.
export function brief(sec) {
	if (!Number.isFinite(sec))
		return '–';
	return sec < 1
		? number(sec * 1000, { style: 'unit', unit: 'millisecond', maximumFractionDigits: sec < 0.01 ? 1 : 0 })
		: number(sec, { style: 'unit', unit: 'second', maximumFractionDigits: 1 });
}

// How often something is done.
export const period = (sec) => (sec < 1 ? brief(sec) : span(sec));

export const clockTime = (date) =>
	formatter(Intl.DateTimeFormat, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(date);
export const dayTime = (date) =>
	formatter(Intl.DateTimeFormat, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(date);
export const fullTime = (date) =>
	formatter(Intl.DateTimeFormat, { dateStyle: 'long', timeStyle: 'medium', hourCycle: 'h23' }).format(date);

// A name in several languages, as the demo's data has them.
export const localName = (names, fallback) =>
	typeof names === 'string' ? names : names?.[lang.value] ?? names?.en ?? fallback;

export const otherLang = computed(() => (lang.value === 'en' ? 'ru' : 'en'));
