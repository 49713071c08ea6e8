// SPDX-License-Identifier: MIT
// signin.test.mjs - the page where the listener wants to know who asks: signing in, what a customer
// and an operator see then, and the end of it.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessible, city, close, goTo, launch, offerAt, open, serve, shoot, sweep, words } from './browser.mjs';

const en = words('en'), ru = words('ru');
let browser, server, operator;

const newKey = (rentald, role, subject, ...more) =>
	rentald('keys', 'new', `--role=${role}`, `--subject=${subject}`, '-q', ...more).trim();
const withKeys = (conf, folder) => conf
	.replace('auth = [ "${env:API_AUTH:-}" ];', 'auth = [ "keys" ];')
	.replace('instances = (', `instances = ( { name = "keys"; plugin = "auth_keys";
		options = { file = "${folder}/keys"; check = "20ms"; }; },`);

before(async () => {
	browser = await launch();
	const key = (rentald) => (operator = newKey(rentald, 'operator', 'olga'));
	server = await serve(city(), {}, { change: withKeys, key });
});
after(async () => {
	await browser.close();
	await server?.end();
});
afterEach(sweep);

const openForm = (options = {}) => open(browser, { refusals: true, base: server.url, ...options });

async function signIn(page, key) {
	await page.fill('#secret', key);
	await page.click('.signin .primary');
}

async function signedIn(page, key) {
	await signIn(page, key);
	await page.waitForSelector('#sign-out');
	await page.waitForSelector('.connection.live');
}

test('what is not accepted is said, and nothing else is shown', async () => {
	for (const [lang, dict] of [['en', en], ['ru', ru]]) {
		const page = await openForm({ lang });
		await page.waitForSelector('.signin');
		assert.equal(await page.textContent('main h1'), dict.signin);
		assert.ok((await page.textContent('.signin')).includes(dict['signin.missing']));
		assert.equal(await page.locator('nav, #map, .people').count(), 0);
		await signIn(page, 'two words');
		await page.waitForSelector('#signin-wrong:not(:empty)');
		assert.equal(await page.textContent('#signin-wrong'), dict['signin.odd']);
		await signIn(page, `rk_${'0'.repeat(16)}_${'0'.repeat(64)}`);
		await page.waitForSelector(`#signin-wrong:has-text("${dict['signin.refused']}")`);
		await accessible(page, `the form, ${lang}`);
		await shoot(page, `signin-${lang}`);
		await close(page);
	}
});

test('a customer sees his own, and the tab alone has his key', async () => {
	const key = newKey(server.rentald, 'customer', 'anna');
	const page = await openForm({ user: 'boris' });
	await signedIn(page, `Bearer ${key} `);
	assert.ok((await page.textContent('.who')).includes('anna'));
	assert.equal(await page.locator('nav a[href="#/system"], nav a[href="#/lab"]').count(), 0);
	await page.fill('#station-id', 'north-station');
	await page.click('form.card .primary');
	await page.waitForSelector('#start');
	await page.click('#start');
	await page.waitForSelector('.begun');
	await goTo(page, 'rental');
	await page.waitForSelector('#stop');
	await page.reload(); // he stays signed in
	await page.waitForSelector('#stop');
	await accessible(page, 'the rental of a customer');

	const places = await page.evaluate(() => JSON.stringify([{ ...localStorage }, document.cookie, location.href, document.documentElement.outerHTML]));
	assert.ok(!places.includes(key) && !places.includes(key.slice(-20)));
	const other = await page.context().newPage();
	await other.goto(server.url);
	await other.waitForSelector('.signin');
	await other.close();
	await page.goto(`${server.url}/docs`); // the description's own calls carry the key as well
	await page.click('details.operation:has-text("/api/v1/me") > summary');
	await page.click('details.operation:has-text("/api/v1/me") form button >> nth=0');
	await page.waitForSelector('details.operation:has-text("/api/v1/me") pre:has-text("anna")');
	await page.goto(server.url);
	await page.click('#sign-out');
	await page.waitForSelector('.signin');
	const left = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
	assert.ok(!left.includes(key) && !left.includes('anna'), left);
	await close(page);
});

test('an operator sees the city, the system and what others do', async () => {
	const page = await openForm();
	await signedIn(page, operator);
	await offerAt(page, 'north-station');
	await page.click('#start');
	await page.waitForSelector('.begun');
	await goTo(page, 'system');
	await page.waitForSelector('.ready, .components, main .card');
	await goTo(page, 'events');
	await page.waitForSelector('main :text("POST")');
	await close(page);
});

test('a key that expires or is revoked ends the visit where it was', async () => {
	const key = newKey(server.rentald, 'customer', 'clara');
	const page = await openForm({ lang: 'ru', hash: '#/payments' });
	await signedIn(page, key);
	await page.waitForSelector('main h1');
	const { id } = server.rentald('keys', 'list', '--format=json').trim().split('\n')
		.map((line) => JSON.parse(line)).find((k) => k.subject === 'clara');
	server.rentald('keys', 'revoke', id);
	await page.click('nav a[href="#/rent"]');
	await page.waitForSelector(`.signin:has-text("${ru['signin.ended']}")`);
	await signedIn(page, newKey(server.rentald, 'customer', 'clara'));
	assert.ok(page.url().endsWith('#/rent'));
	await close(page);
});

test('a key’s last second ends the stream, and the form says so', async () => {
	const page = await openForm();
	await signedIn(page, newKey(server.rentald, 'customer', 'dora', '--expires=4s'));
	await page.waitForSelector(`.signin:has-text("${en['signin.ended']}")`, { timeout: 20000 });
	await close(page);
});
