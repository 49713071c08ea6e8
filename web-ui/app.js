// SPDX-License-Identifier: MIT
// app.js - the frame around the views: navigation, connection, language, theme.
import { html, render, useEffect, useRef, useState } from './lib/html.js';
import { get } from './lib/api.js';
import { lang, otherLang, t } from './lib/i18n.js';
import { connection, returnCount, watchServer } from './lib/live.js';
import { useLoaded } from './lib/load.js';
import { route } from './lib/router.js';
import { asked, isCustomer, leave, me, signedIn } from './lib/session.js';
import { isDark, toggleTheme } from './lib/theme.js';
import { currentOrder, demo, demoProblem, loadCity, loadMe, loadSystem, readRentals, setCurrent, user, userName } from './lib/state.js';
import { Icon, Logo } from './ui/icons.js';
import { Name, ProblemNote } from './ui/parts.js';
import { Rent } from './views/rent.js';
import { SignIn } from './views/signin.js';

// The first view comes with the page, the others right after it, before they are wanted.
const loaders = {
	rental: () => import('./views/rental.js').then((m) => m.Rental),
	payments: () => import('./views/payments.js').then((m) => m.Payments),
	lab: () => import('./views/lab.js').then((m) => m.Lab),
	system: () => import('./views/system.js').then((m) => m.System),
	events: () => import('./views/events.js').then((m) => m.Events),
};
const loaded = { rent: Rent };

const hasLab = () => Boolean(demo.value) || demoProblem.value !== null;
const names = () => ['rent', 'rental', 'payments', ...(hasLab() ? ['lab'] : []), ...(isCustomer() ? [] : ['system']), 'events'];

function Connection() {
	const state = connection.value;
	return html`<span class="connection ${state}" title=${t(`conn.${state}`)}><i></i>
		<span>${t(`conn.${state}.short`)}</span></span>`;
}

// A running rental of the user, wherever it was begun, is the one that the views show.
function useRunning() {
	const who = user.value;
	const { data } = useLoaded(() => readRentals(who, { status: 'ACTIVE', limit: 20 }), [who],
		{ wants: (e) => e.name === 'rental' && e.data.user_id === who });
	const running = (data.value?.items ?? []).map((r) => r.order_id);
	useEffect(() => {
		if (running.length > 0 && !running.includes(currentOrder.peek()))
			setCurrent(who, running[0]);
	}, [running.join()]);
	return running.length > 0;
}

// Services that are not asked at the moment, wherever one looks.
function OpenBreakers() {
	const { data } = useLoaded(() => get('/api/v1/health/circuit-breakers'), [], { wants: (e) => e.name === 'breaker' });
	const open = Object.entries(data.value?.circuit_breakers ?? {}).filter(([, b]) => b.state !== 'closed').map(([name]) => name);
	return open.length > 0 && html`<a class="badge bad breakers" href="#/system" title=${t('breakers.open', { names: open.join(', ') })}>
		<${Icon} name="warn" size=${14} /> <span>${open.join(', ')}</span></a>`;
}

const Who = () => user.value && html`<a class="who" href="#/rent" title=${t('who', { name: userName(user.value) })}>
	<${Icon} name="person" size=${17} /><span class="hidden">${t('rent.user')}</span>
	<${Name} text=${userName(user.value)} /></a>`;

// Who signed in, and the way out.
const SignOut = () => signedIn && html`
	<button
		type="button"
		class="quiet"
		id="sign-out"
		onClick=${leave}
		title=${t('signout.who', { subject: me.value?.subject ?? '', role: me.value ? t(`role.${me.value.role}`) : '' })}
		aria-label=${t('signout')}>
		<${Icon} name="leave" size=${18} /></button>`;

// What only a caller who is known is asked and shown.
function Views() {
	const running = useRunning();
	return html`<nav aria-label=${t('nav')}><ul>${names().map((name) => html`
		<li key=${name}><a
			href="#/${name}"
			aria-current=${route.value.name === name ? 'page' : undefined}>
			<${Icon} name=${name} size=${19} /><span>${t(`nav.${name}.short`)}</span>
			${name === 'rental' && running && html`<i class="dot"></i>`}</a></li>`)}</ul></nav>`;
}

function Header() {
	const known = !asked.value;
	return html`<header class="top"><div class="top-in">
		<a class="brand" href="#/rent" aria-label="rentald"><${Logo} /><span>rentald</span></a>
		${known && html`<${Views} />`}
		<div class="tools">${known && html`<${OpenBreakers} /><${Who} />`}<${SignOut} />${known && html`<${Connection} />`}
			<button
				type="button"
				class="quiet"
				id="lang"
				lang=${otherLang.value}
				onClick=${() => (lang.value = otherLang.value)}
				aria-label=${otherLang.value === 'ru' ? 'RU, Русский' : 'EN, English'}>
				${otherLang.value === 'ru' ? 'RU' : 'EN'}</button>
			<button
				type="button"
				class="quiet"
				id="theme"
				onClick=${toggleTheme}
				aria-label=${isDark.value ? t('theme.light') : t('theme.dark')}>
				<${Icon} name=${isDark.value ? 'sun' : 'moon'} size=${18} /></button></div>
	</div></header>`;
}

// Lost, and for some seconds that it is back.
function ConnectionNote() {
	const [back, setBack] = useState(false);
	const returns = returnCount.value;
	useEffect(() => {
		if (returns === 0)
			return undefined;
		setBack(true);
		const timer = setTimeout(() => setBack(false), 4000);
		return () => clearTimeout(timer);
	}, [returns]);
	const gone = ['lost', 'elsewhere'].includes(connection.value);
	return html`<div class="lost-box" role="status">${gone
		? html`<p class="lost-note ${connection.value}"><${Icon} name="warn" size=${18} /> ${t(`conn.${connection.value}`)}</p>`
		: back && html`<p class="lost-note healed"><${Icon} name="check" size=${18} /> ${t('conn.healed')}</p>`}</div>`;
}

function View() {
	const { name, arg } = route.value;
	const [problem, setProblem] = useState(null);
	const [, setSerial] = useState(0);
	const main = useRef(null);
	const first = useRef(true);
	const known = name in loaded || name in loaders ? name : 'rent';
	const Shown = loaded[known];

	const load = () => {
		setProblem(null);
		loaders[known]?.().then((View) => {
			loaded[known] = View;
			setSerial((n) => n + 1);
		}, setProblem);
	};
	useEffect(() => {
		if (!loaded[known])
			load();
		document.title = `${t(`nav.${known}`)} · rentald`;
	}, [known, lang.value]);
	useEffect(() => {
		if (!first.current) { // a change of view begins at its heading, for readers and keyboard
			main.current.querySelector('h1')?.focus({ preventScroll: true });
			scrollTo(0, 0);
		}
		first.current = false;
	}, [known, Shown]);
	return html`<main id="main" ref=${main}>
		${Shown ? html`<${Shown} arg=${arg} />` : problem
			? html`<${ProblemNote} problem=${{ slug: 'offline', status: 0, errors: [] }} retry=${load} />`
			: html`<p class="note">${t('loading')}</p>`}</main>`;
}

const App = () => html`
	<a
		class="skip"
		href="#main"
		onClick=${(e) => { e.preventDefault(); document.querySelector('main h1')?.focus(); }}>${t('skip')}</a>
	<${Header} /><${ConnectionNote} />${asked.value ? html`<main id="main"><${SignIn} /></main>` : html`<${View} />`}
	<footer class="foot"><p>${t('foot')} <a href="docs">${t('sys.docs')}</a></p></footer>`;

loadMe();
loadCity();
loadSystem();
watchServer();
const root = document.getElementById('app');
root.textContent = '';
render(html`<${App} />`, root);
addEventListener('load', () => setTimeout(() =>
	Object.entries(loaders).forEach(([name, load]) => load().then((View) => (loaded[name] = View), () => {})), 300));
