// SPDX-License-Identifier: MIT
// trouble.test.mjs - what a person sees when things go wrong: offers that expire, keys sent
// twice, services that fail, a server that hangs.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { accessible, breakersClosed, close, control, goTo, launch, offerAt, open, rent, rentAt, reset, setMode, shoot, stop, sweep, url, words } from './browser.mjs';

const en = words('en');
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());
afterEach(sweep);
beforeEach(async () => {
	await reset();
	await breakersClosed();
});

test('an offer expires on the server’s clock and is renewed', async () => {
	const page = await open(browser, {});
	await offerAt(page, 'north-station');
	const before = await page.textContent('.countdown');
	assert.match(before, /^0:(0[6-9]|1[0-2])$/);
	await page.waitForSelector('.offer.expired', { timeout: 20000 });
	assert.equal(await page.locator('#start').count(), 0);
	await accessible(page, 'an expired offer');
	await shoot(page, 'offer-expired');
	await page.click(`.offer button:has-text("${en['offer.again']}")`);
	await page.waitForSelector('#start');
	await close(page);
});

test('a start that comes too late is explained', async () => {
	const page = await open(browser, { refusals: true });
	await offerAt(page, 'north-station');
	// The page's own clock stands, so it still believes in the offer.
	const quote = await page.evaluate(async () => (await (await fetch('/api/v1/rentals/quote', { method: 'POST',
		headers: { 'Content-Type': 'application/json' }, body: '{"station_id":"river-port","user_id":"anna"}' })).json()).quote_id);
	await page.route('**/api/v1/rentals/start', async (route) => {
		await new Promise((done) => setTimeout(done, 12500));
		await route.continue({ postData: JSON.stringify({ quote_id: quote }) });
	});
	await page.click('#start');
	await page.waitForSelector('.problem', { timeout: 30000 });
	assert.equal(await page.textContent('.problem-title'), en['problem.quote-expired']);
	assert.match(await page.textContent('.problem-data'), /HTTP 410 · request [\w.-]+/);
	await close(page);
});

test('the same key replays, another offer under it is refused', async () => {
	const page = await open(browser, { refusals: true });
	await rentAt(page, 'north-station');
	await page.click('.replay summary');
	await page.click('#replay-same');
	await page.waitForSelector('[data-result="same"]');
	assert.ok((await page.textContent('[data-result="same"]')).includes(en['replay.same.ok']));
	await page.click('#replay-other');
	await page.waitForSelector('[data-result="other"]');
	assert.match(await page.textContent('[data-result="other"]'), /HTTP 422/);
	assert.ok((await page.textContent('[data-result="other"]')).includes(en['replay.other.ok']));
	await accessible(page, 'the replay');
	await shoot(page, 'replay');
	await close(page);
});

test('payments off: debt grows, the breaker opens; on: it closes, the debt is repaid', async () => {
	const page = await open(browser, { user: 'anna' });
	await rentAt(page, 'rush-hour');
	await goTo(page, 'lab');
	await page.waitForSelector('.yours');
	await setMode(page, 'payment', 'off');
	await page.waitForFunction(() => Number(document.querySelector('.yours').dataset.debt) > 0, null, { timeout: 30000 });
	await page.waitForSelector('[data-service="payment"] .happening .badge.bad', { timeout: 30000 });
	await accessible(page, 'the lab with payments off');
	await shoot(page, 'lab-payments-off');
	await goTo(page, 'rental');
	await page.waitForSelector('.stat.bad');
	await page.waitForSelector('.chart .uplot');
	await page.waitForTimeout(2500); // the chart draws every two seconds
	await shoot(page, 'rental-debt');
	await goTo(page, 'payments');
	await page.waitForSelector('[data-state="NOT_EXECUTED"]');
	await page.waitForSelector('[data-debt]');
	await accessible(page, 'payments with a debt');
	await shoot(page, 'payments-debt');
	await goTo(page, 'system');
	await page.waitForSelector('[data-breaker="payment"]:is([data-state="open"], [data-state="half-open"])', { timeout: 30000 });
	await goTo(page, 'lab');
	await setMode(page, 'payment', 'on');
	await page.waitForFunction(() => document.querySelector('.yours')?.dataset.debt === '0' &&
		Number(document.querySelector('.yours').dataset.paid) > 0, null, { timeout: 60000 });
	await goTo(page, 'system');
	await page.waitForSelector('[data-breaker="payment"][data-state="closed"]', { timeout: 30000 });
	await goTo(page, 'rental');
	await page.click('#stop');
	await page.click('#stop-now');
	await page.waitForSelector('.receipt');
	await close(page);
});

test('every service is slow, fails, loses replies, is off, and is repaired', async () => {
	const page = await open(browser, { hash: '#/lab', refusals: true });
	await page.waitForSelector('[data-service]');
	const services = await page.locator('[data-service]').evaluateAll((all) => all.map((e) => e.dataset.service));
	assert.equal(services.length, 6);
	for (const mode of ['slow', 'failing', 'losing', 'off']) {
		for (const service of services) {
			await setMode(page, service, mode);
			assert.match(await page.textContent(`[data-service="${service}"] .expected p:not(.over)`), / /);
		}
	}
	await accessible(page, 'the lab with all off');
	await page.click('#repair');
	for (const service of services)
		await page.waitForSelector(`[data-service="${service}"].on`);
	await close(page);
});

test('cabinets off: the start fails with a clear message, in both languages', async () => {
	for (const lang of ['en', 'ru']) {
		const page = await open(browser, { lang, refusals: true });
		await control('disable-endpoint', { endpoint: 'eject-powerbank', disabled: true });
		await offerAt(page, 'north-station');
		await page.click('#start');
		await page.waitForSelector('.problem');
		const title = await page.textContent('.problem-title');
		assert.ok([words(lang)['problem.service-unavailable'], words(lang)['problem.station-refused']].includes(title), title);
		assert.match(await page.textContent('.problem-data'), /HTTP (503|409)/);
		await accessible(page, 'a failed start');
		await shoot(page, `cabinet-off-${lang}`);
		await close(page);
		await reset();
	}
});

test('stations off: no offer, and when to try again', async () => {
	const page = await open(browser, { refusals: true });
	await control('disable-endpoint', { endpoint: 'station-data', disabled: true });
	await page.click('button.row[data-station="north-station"]');
	await page.waitForSelector('.problem', { timeout: 20000 });
	assert.equal(await page.textContent('.problem-title'), en['problem.service-unavailable']);
	const retry = page.locator('.problem .actions button');
	assert.ok(await retry.isDisabled(), 'it must wait for Retry-After');
	await reset();
	await page.waitForFunction(() => document.querySelector('.problem .actions button')?.disabled === false, null, { timeout: 60000 });
	await retry.click();
	await page.waitForSelector('#start, .problem');
	await close(page);
});

test('a station that got empty meanwhile refuses, says so and names another', async () => {
	const page = await open(browser, { refusals: true });
	await page.route('**/api/v1/demo/stations', async (route) => {
		const response = await route.fetch();
		const city = await response.json();
		city.stations.find((s) => s.id === 'university-dorm').available = 1;
		await route.fulfill({ response, json: city });
	});
	await page.reload();
	await offerAt(page, 'university-dorm');
	await page.click('#start');
	await page.waitForSelector('.problem');
	assert.equal(await page.textContent('.problem-title'), en['problem.station-refused']);
	await page.click('#nearest');
	await page.waitForSelector('#start');
	await close(page);
});

test('a declined customer rents with the deposit as debt', async () => {
	const page = await open(browser, { user: 'eva' });
	await rentAt(page, 'north-station');
	assert.match(await page.textContent('.begun'), /300/);
	await page.click('.begun a.button');
	await page.waitForSelector('.stat.bad');
	await page.click('#stop');
	await page.click('#stop-now');
	await page.waitForSelector('.receipt');
	await close(page);
});

test('a server that hangs is noticed, and what follows when it goes on', async () => {
	const { order_id: order } = await rent('felix');
	const page = await open(browser, { user: 'felix', hash: `#/rental/${order}`, refusals: true });
	await page.waitForSelector('.hero .amount');
	await page.waitForSelector('.connection.live');
	process.kill(Number(process.env.UI_PID), 'SIGSTOP');
	try {
		await page.waitForSelector('p.lost-note:not(.healed)', { timeout: 20000 });
		await shoot(page, 'connection-lost');
	} finally {
		process.kill(Number(process.env.UI_PID), 'SIGCONT');
	}
	await page.waitForSelector('p.lost-note.healed', { timeout: 20000 });
	await page.waitForSelector('.connection.live', { timeout: 30000 });
	await goTo(page, 'events');
	await stop(order);
	await page.waitForSelector(`[data-event="rental"]:has-text("${order}")`);
	await page.goto(`${url}/#/rental/${order}`);
	await page.waitForSelector('.receipt');
	await close(page);
});

test('events: shown, copied as curl, filtered, paused', async () => {
	const page = await open(browser, { hash: '#/events', user: 'galina' });
	await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
	await page.waitForSelector('.connection.live');
	const { order_id: order } = await rent('galina');
	await page.waitForSelector(`[data-event="rental"]:has-text("${order}")`);
	await page.waitForSelector('[data-event="payment"]');
	await page.waitForSelector('[data-event="request"] code');
	await page.locator(`[data-event="request"]:has-text("/rentals/start") button[title="${en['copy.curl']}"]`).first().click();
	await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith('curl '));
	assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl .*\/api\/v1\/rentals\/start/);
	await accessible(page, 'the log');
	await shoot(page, 'events-log');
	await page.fill('#ev-search', order);
	await page.waitForFunction((id) => [...document.querySelectorAll('.event')].every((e) => e.textContent.includes(id)), order);
	await page.click('#ev-pause');
	const count = await page.locator('.event').count();
	await stop(order);
	await page.waitForFunction(() => /[1-9]/.test(document.querySelector('#ev-pause').textContent));
	assert.equal(await page.locator('.event').count(), count);
	await page.click('#ev-pause');
	await page.waitForFunction((n) => document.querySelectorAll('.event').length > n, count);
	await close(page);
});

test('a page of another origin can make the calls of the contract', async () => {
	const host = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>elsewhere</title>'));
	await new Promise((done) => host.listen(0, '127.0.0.1', done));
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(`http://127.0.0.1:${host.address().port}/`);
	const result = await page.evaluate(async ([api, stubs]) => {
		const json = { 'Content-Type': 'application/json' };
		const post = (path, body, headers) => fetch(path, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) });
		const quote = await (await post(`${api}/api/v1/rentals/quote`, { station_id: 'north-station', user_id: 'anna' })).json();
		const key = { 'Idempotency-Key': crypto.randomUUID() };
		const started = await (await post(`${api}/api/v1/rentals/start`, { quote_id: quote.quote_id }, key)).json();
		const again = await post(`${api}/api/v1/rentals/start`, { quote_id: quote.quote_id }, key);
		const status = await (await fetch(`${api}/api/v1/rentals/${started.order_id}/status`)).json();
		const off = await (await post(`${stubs}/admin/disable-endpoint`, { endpoint: 'tariff', disabled: true })).json();
		const on = await (await post(`${stubs}/admin/disable-endpoint`, { endpoint: 'tariff', disabled: false })).json();
		const stopped = await (await post(`${api}/api/v1/rentals/${started.order_id}/stop`, { station_id: 'north-station' })).json();
		return { started: started.status, again: again.status, replayed: again.headers.get('Idempotency-Replayed'),
			status: status.status, off: off.disabled_endpoints.tariff, on: on.disabled_endpoints.tariff ?? false, stopped: stopped.status };
	}, [url, process.env.UI_STUBS]);
	assert.deepEqual(result, { started: 'ACTIVE', again: 200, replayed: 'true', status: 'ACTIVE', off: true, on: false, stopped: 'FINISHED' });
	await context.close();
	host.close();
});
