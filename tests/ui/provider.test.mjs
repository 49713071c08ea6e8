// SPDX-License-Identifier: MIT
// provider.test.mjs - the demo with a real payment plugin before stubs that speak as Stripe and YooKassa do: the
// customer confirms or refuses on his bank's page, and pays what he owes.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessible, city, close, fits, goTo, launch, offerAt, open, serve, shoot, sweep, words } from './browser.mjs';

const en = words('en');
let browser;
const servers = {};
const start = (dialect) => serve(city(), { DEMO_PAYMENT: dialect }, { conf: 'demo-payments.conf' });
before(async () => {
	browser = await launch();
	[servers.stripe, servers.yookassa] = await Promise.all([start('stripe'), start('yookassa')]);
});
after(async () => {
	await browser.close();
	await Promise.all(Object.values(servers).map((server) => server.end()));
});
afterEach(sweep);

const read = async (dialect, path) => (await fetch(`${servers[dialect].url}/api/v1/${path}`)).json();
const newest = async (dialect, user) => (await read(dialect, `rentals?user_id=${user}`)).items[0];
const ejected = async (dialect, order) => (await read(dialect, 'demo/book')).operations
	.some((o) => o.kind === 'eject' && JSON.stringify(o).includes(order));

// What he says on the bank's page, which sends him back.
async function atTheBank(page, answer) {
	const [bank] = await Promise.all([page.context().waitForEvent('page'), page.click('#act')]);
	await bank.waitForSelector(`#${answer}`);
	await shoot(bank, 'bank');
	await bank.click(`#${answer}`);
	await bank.waitForURL(/#\/rental/);
	await bank.close();
}

async function begin(dialect, user, station = 'north-station') {
	const page = await open(browser, { base: servers[dialect].url, user, refusals: true });
	await offerAt(page, station);
	await page.click('#start');
	return page;
}

test('3-D Secure is switched on in the lab; who confirms gets his powerbank, who refuses gets none', async () => {
	const lab = await open(browser, { base: servers.stripe.url, hash: '#/lab', refusals: true });
	await lab.click('.provider label:has(input[value="confirm"])');
	await lab.waitForSelector('.provider input[value="confirm"]:checked');
	assert.ok((await lab.textContent('.provider')).includes(en['bank.confirm.must']));
	assert.equal(await lab.locator('[data-service="payment"]').count(), 0);
	await accessible(lab, 'the lab with a provider');
	await lab.locator('.provider').scrollIntoViewIfNeeded();
	await shoot(lab, 'provider');
	await lab.setViewportSize({ width: 360, height: 800 });
	await fits(lab, 'the lab with a provider');
	await close(lab);

	const page = await begin('stripe', 'anna');
	await page.waitForSelector('.action #act');
	assert.equal((await newest('stripe', 'anna')).powerbank_id, null);
	await atTheBank(page, 'confirm');
	await page.waitForSelector('#stop', { timeout: 20000 });
	assert.match((await newest('stripe', 'anna')).powerbank_id, /^PB-north-station-/);
	await close(page);

	const other = await begin('stripe', 'boris');
	await other.waitForSelector('.action #act');
	await atTheBank(other, 'refuse');
	await other.waitForSelector('.action', { state: 'detached', timeout: 20000 });
	const rental = await newest('stripe', 'boris');
	assert.deepEqual([rental.status, rental.powerbank_id], ['FAILED', null]);
	assert.equal(await ejected('stripe', rental.order_id), false);
	await close(other);
});

test('what is owed is paid at the bank', async () => {
	const page = await begin('stripe', 'some-user-id', 'airport-hall-a');
	await page.waitForSelector('.action #act');
	await atTheBank(page, 'confirm');
	await page.waitForSelector('#pay', { timeout: 20000 }); // charged without the customer, and declined
	await page.click('#pay');
	await page.waitForSelector('.action #act');
	await atTheBank(page, 'confirm');
	await page.waitForSelector('.action', { state: 'detached', timeout: 20000 });
	const { order_id: order } = await newest('stripe', 'some-user-id');
	const { items } = await read('stripe', `rentals/${order}/payments`);
	assert.ok(items.some((o) => o.kind === 'charge' && o.status === 'SUCCEEDED'), JSON.stringify(items));
	await close(page);
});

test('YooKassa: the first payment is confirmed on its page', async () => {
	const page = await begin('yookassa', 'anna');
	await page.waitForSelector('.action #act');
	assert.match(await page.locator('#act').getAttribute('href'), /\/bank\/yk-/);
	await atTheBank(page, 'confirm');
	await page.waitForSelector('#stop', { timeout: 20000 });
	await close(page);
	const refuser = await begin('yookassa', 'boris');
	await refuser.waitForSelector('.action #act');
	await atTheBank(refuser, 'refuse');
	await refuser.waitForSelector('.action', { state: 'detached', timeout: 20000 });
	assert.deepEqual([(await newest('yookassa', 'boris')).status, (await newest('yookassa', 'boris')).powerbank_id], ['FAILED', null]);
	await goTo(refuser, 'rental');
	await close(refuser);
});
