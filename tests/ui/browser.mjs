// SPDX-License-Identifier: MIT
// browser.mjs - what the tests share: the browser, a page that is watched (console, errors,
// origins), axe, the stubs' control side, screenshots.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { dictionaries } from './dictionary.mjs';

export const url = process.env.UI_URL;
const stubs = process.env.UI_STUBS;
const shots = process.env.UI_SHOTS;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

// Another deployment of the demo with the given city: { url, rentald, end }; rentald(…arguments) is a
// command on its configuration, end() stops its process. change: what becomes of the configuration;
// key(rentald): makes the key that may ask whether it is ready; conf: another configuration of etc/.
export async function serve(city, times = {}, { change = (text) => text, key, conf = 'demo.conf' } = {}) {
	const state = mkdtempSync(join(tmpdir(), 'rent-ui-'));
	const [api, stubs] = [await freePort(), await freePort()];
	writeFileSync(join(state, 'city.json'), JSON.stringify(city));
	writeFileSync(join(state, 'demo.conf'), change(readFileSync(join(process.env.UI_TOP, 'etc', conf), 'utf8')
		.replace('stubs/city.json', join(state, 'city.json')), state));
	const config = `--config=${state}/demo.conf`;
	const surroundings = {
		cwd: process.env.UI_TOP,
		env: { ...process.env, ...times, STATE_DIR: state, API_LISTEN: `127.0.0.1:${api}`, STUBS_LISTEN: `127.0.0.1:${stubs}`, STUBS_URL: `http://127.0.0.1:${stubs}`, API_URL: `http://127.0.0.1:${api}` },
	};
	const rentald = (...args) => execFileSync(process.env.UI_RENTALD, [config, ...args], { ...surroundings, encoding: 'utf8' });
	const child = spawn(process.env.UI_RENTALD, [config], { ...surroundings, stdio: 'ignore' });
	const base = `http://127.0.0.1:${api}`;
	await answers(`${base}/api/v1/health/ready`, key?.(rentald));
	return { url: base, rentald, end: () => ended(child, state) };
}

// The times of script/server, read from it; what only the tests set is unset.
export function timesOfServer() {
	const times = Object.fromEntries(['DEBT_CHARGE_STEP', 'QUOTE_TTL', 'TARIFF_TTL', 'R_BUYOUT'].map((name) => [name, undefined]));
	const script = readFileSync(join(process.env.UI_TOP, 'script/server'), 'utf8');
	for (const name of ['BILLING_TICK', 'PAYMENT_BREAKER_RESET', 'DEBT_RETRY_BASE', 'DEBT_RETRY_MAX']) {
		times[name] = script.match(new RegExp(`\\b${name}=\\$\\{${name}:-(\\w+)\\}`))?.[1];
		assert.ok(times[name], `script/server sets ${name}`);
	}
	return times;
}

export const freePort = () => new Promise((found) => {
	const server = createServer().listen(0, '127.0.0.1', () => {
		const { port } = server.address();
		server.close(() => found(port));
	});
});

export async function answers(address, key) {
	const headers = key ? { Authorization: `Bearer ${key}` } : {};
	for (let i = 0; i < 100; i++) {
		if ((await fetch(address, { headers }).catch(() => null))?.ok)
			return;
		await new Promise((done) => setTimeout(done, 100));
	}
	assert.fail(`${address} does not answer`);
}

export async function ended(child, folder) {
	child.kill('SIGTERM');
	await new Promise((done) => child.once('exit', done));
	rmSync(folder, { recursive: true, force: true });
}

export const city = () => JSON.parse(readFileSync(join(process.env.UI_TOP, 'stubs/city.json'), 'utf8'));

export const launch = () => chromium.launch({ executablePath: process.env.UI_CHROMIUM, args: ARGS });

// A failing call is written to the console by the browser itself; only tests that break
// something may have such lines.
const isRefusal = (message) => /^Failed to load resource: (the server responded with a status of|net::ERR_)/.test(message.text());

export async function open(browser, { hash = '', lang = 'en', theme = 'light', width = 1360, height = 900, refusals = false, user, base = url } = {}) {
	const context = await browser.newContext({
		viewport: { width, height }, locale: lang === 'ru' ? 'ru-RU' : 'en-GB', colorScheme: theme,
		reducedMotion: 'reduce', timezoneId: 'Europe/Berlin',
	});
	if (user)
		await context.addInitScript((id) => localStorage.setItem('rentald.user', JSON.stringify(id)), user);
	const page = await context.newPage();
	page.complaints = [];
	page.foreign = [];
	page.on('console', (m) => {
		if (!(refusals && isRefusal(m)))
			page.complaints.push(`${m.type()}: ${m.text()} ${m.location().url}`);
	});
	page.on('pageerror', (e) => page.complaints.push(`error: ${e.stack}`));
	page.on('request', (r) => new URL(r.url()).origin === new URL(base).origin || page.foreign.push(r.url()));
	opened.add(page);
	page.setDefaultTimeout(15000);
	await page.goto(`${base}/${hash}`);
	await page.waitForSelector('main h1');
	return page;
}

// Leaves a screenshot and the console's messages of a failed test.
const opened = new Set();
export async function sweep() {
	for (const page of opened) {
		console.log(`# left open at ${page.url()}: ${page.complaints.join('; ')}`);
		await shoot(page, `failed-${Date.now()}`).catch(() => {});
		await page.context().close();
	}
	opened.clear();
}

// Nothing was said on the console, nobody else was asked. Ends the page.
export async function close(page) {
	assert.deepEqual(page.complaints, []);
	assert.deepEqual(page.foreign, []);
	opened.delete(page);
	await page.context().close();
}

export async function accessible(page, what) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
	const text = violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join(' | ')}`);
	assert.deepEqual(text, [], `axe on ${what}`);
}

export const fits = async (page, what) => {
	const [is, may] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
	assert.ok(is <= may, `${what}: ${is} px wide in a window of ${may}`);
};

// What stands in a bar, a table or a field, all of it: the header is one line, no table is wider than
// its box, no hint longer than its field.
export async function uncut(page, what) {
	const cut = await page.evaluate(() => {
		const found = [];
		const bar = document.querySelector('.top').offsetHeight;
		if (bar > 64)
			found.push(`the header is ${bar} px high`);
		for (const box of document.querySelectorAll('.scroll:has(table)')) {
			if (box.scrollWidth > box.clientWidth)
				found.push(`${box.getAttribute('aria-label')}: ${box.scrollWidth} px in ${box.clientWidth}`);
		}
		const canvas = document.createElement('canvas').getContext('2d');
		for (const field of document.querySelectorAll('input[placeholder]')) {
			const style = getComputedStyle(field);
			canvas.font = style.font;
			const is = canvas.measureText(field.placeholder).width;
			const may = field.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
			if (is > may)
				found.push(`${field.placeholder}: ${is} px in ${may}`);
		}
		return found;
	});
	assert.deepEqual(cut, [], what);
}

export const shoot = (page, name) => page.screenshot({ path: `${shots}/${name}.png`, fullPage: false });

export const words = (lang) => dictionaries[lang];

// ---- the world behind the page
async function send(base, path, body) {
	const response = await fetch(base + path, {
		method: 'POST', headers: { 'Content-Type': 'application/json', ...(body.key ? { 'Idempotency-Key': body.key } : {}) },
		body: JSON.stringify(body.body ?? body),
	});
	assert.equal(response.status, 200, `${path}: ${response.status}`);
	return response.json();
}

export const control = (path, body = {}) => send(stubs, `/admin/${path}`, body);
export const reset = () => control('reset-all');

export async function breakersClosed() {
	for (let i = 0; i < 60; i++) {
		const { circuit_breakers: all } = await (await fetch(`${url}/api/v1/health/circuit-breakers`)).json();
		if (Object.values(all).every((b) => b.state === 'closed'))
			return;
		await new Promise((done) => setTimeout(done, 250));
	}
}

// A rental begun without the page, for tests of what comes after.
export async function rent(user, station = 'rush-hour') {
	const quote = await send(url, '/api/v1/rentals/quote', { station_id: station, user_id: user });
	return send(url, '/api/v1/rentals/start', { key: `test-${user}-${Date.now()}`, body: { quote_id: quote.quote_id } });
}
export const stop = (order, station = 'rush-hour') => send(url, `/api/v1/rentals/${order}/stop`, { station_id: station });

// ---- what a person does
export const goTo = async (page, view) => {
	await page.click(`nav a[href="#/${view}"]`);
	await page.waitForSelector(`nav a[href="#/${view}"][aria-current="page"]`);
	await page.waitForSelector(`.view.${view}`);
};

export async function offerAt(page, station) {
	await page.click(`button.row[data-station="${station}"]`);
	await page.waitForSelector('#start');
}

export async function rentAt(page, station) {
	await offerAt(page, station);
	await page.click('#start');
	await page.waitForSelector('.begun');
}

export const setMode = async (page, service, mode) => {
	await page.check(`[data-service="${service}"] .choice .${mode} input`, { force: true });
	await page.waitForSelector(`[data-service="${service}"].${mode}`);
};
