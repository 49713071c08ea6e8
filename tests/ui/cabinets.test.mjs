// SPDX-License-Identifier: MIT
// cabinets.test.mjs - the lab with a cabinet cloud: a powerbank that is put into a slot ends its rental
// without a word of the customer's, whatever the cloud's reports are like.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessible, city, close, fits, goTo, launch, offerAt, open, serve, shoot, sweep, words } from './browser.mjs';

const en = words('en');
let browser, server;
before(async () => {
	browser = await launch();
	server = await serve(city(), {}, { conf: 'demo-cabinets.conf' });
});
after(async () => {
	await browser.close();
	await server?.end();
});
afterEach(sweep);

const post = (path, body) => fetch(`${server.url}/api/v1/demo/${path}`, {
	method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const rentals = async (user) => (await (await fetch(`${server.url}/api/v1/rentals?user_id=${user}`)).json()).items;

async function rented(user, options = {}) {
	const page = await open(browser, { base: server.url, user, refusals: true, ...options });
	await offerAt(page, 'north-station');
	await page.click('#start');
	await page.waitForSelector('.begun');
	await goTo(page, 'lab');
	await page.waitForSelector('#put-back');
	return page;
}

test('a powerbank that is put into a slot ends its rental', async () => {
	const page = await rented('anna');
	await accessible(page, 'the lab with cabinets');
	await page.click('#put-back');
	await page.waitForSelector('#put-back', { state: 'detached' });
	const [rental] = await rentals('anna');
	assert.equal(rental.status, 'FINISHED');
	await page.waitForSelector('.flow li .good');
	await page.locator('.cabinets').scrollIntoViewIfNeeded();
	await shoot(page, 'cabinets');
	await goTo(page, 'rental');
	await page.waitForSelector(`.lines:has-text("${en['ended.cabinet']}")`);
	await page.setViewportSize({ width: 360, height: 800 });
	await goTo(page, 'lab');
	await fits(page, 'the lab with cabinets');
	await close(page);
});

test('reports that come late, twice or not at all end a rental once', async () => {
	for (const [user, mode] of [['boris', 'twice'], ['clara', 'late'], ['dmitri', 'reversed']]) {
		const page = await rented(user);
		await page.click(`.cabinets label:has(input[value="${mode}"])`);
		await page.waitForSelector(`.cabinets input[value="${mode}"]:checked`);
		const began = Date.now();
		await page.click('#put-back');
		await page.waitForSelector('#put-back', { state: 'detached', timeout: 30000 });
		const [rental] = await rentals(user);
		assert.equal(rental.status, 'FINISHED', mode);
		assert.ok(Math.abs(Date.parse(rental.finished_at) - began) < 3000, `${mode}: ended at ${rental.finished_at}`);
		await post('cloud', { callbacks: 1, callback_delay_ms: 0, reversed: 0 });
		await close(page);
	}
});
