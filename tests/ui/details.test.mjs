// SPDX-License-Identifier: MIT
// details.test.mjs - small things that a person would stumble over: a bar that wraps, a name that
// covers its neighbours, a date in another country's order, a button that does nothing.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { accessible, breakersClosed, close, control, goTo, launch, offerAt, open, rent, reset, setMode, shoot, stop, sweep, uncut, url, words } from './browser.mjs';

const en = words('en');
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());
afterEach(sweep);
beforeEach(async () => {
	await reset();
	await breakersClosed();
});

const get = async (path) => (await fetch(url + path)).json();
const digits = (text) => Number(text.replace(/[^\d-]/g, ''));

// Three breakers are open, one of them has counted on.
async function withOpenBreakers(page) {
	await page.route('**/circuit-breakers', async (route) => {
		const response = await route.fetch();
		const doc = await response.json();
		for (const name of ['payment', 'station', 'eject'])
			Object.assign(doc.circuit_breakers[name], { state: 'open', fail_counter: 12, fail_max: 3 });
		await route.fulfill({ response, json: doc });
	});
	await page.reload();
	await page.waitForSelector('.breakers');
}

test('the bar is one line, whatever it has to say, at 360 px too', async () => {
	for (const lang of ['en', 'ru']) {
		const page = await open(browser, { lang, width: 360, height: 740, user: 'dmitri', hash: '#/lab' });
		await withOpenBreakers(page);
		await page.waitForSelector('[data-service="payment"] .happening .badge.bad');
		for (const width of [1280, 1000, 900, 360]) {
			await page.setViewportSize({ width, height: 740 });
			await uncut(page, `${lang} at ${width} px`);
			let end = 0;
			for (const part of ['.brand', '.breakers', '.who', '.connection', '#lang', '#theme']) {
				const { left, right, wide } = await page.locator(part).evaluate((e) => ({ ...e.getBoundingClientRect().toJSON(), wide: e.scrollWidth }));
				assert.ok(left >= end - 1 && right - left >= 8 && right <= width, `${part} at ${width} px: ${left} to ${right} after ${end}`);
				assert.ok(wide <= right - left + 1, `${part} at ${width} px: ${wide} px in ${right - left}`);
				end = right;
			}
			assert.ok((await page.locator('.who .name').boundingBox()).width > 20, 'the name can be recognised');
		}
		const fails = await page.textContent('[data-service="payment"] .happening');
		assert.doesNotMatch(fails, /12 (of|из) 3/);
		assert.match(fails, /12.*3/);
		const rows = await page.evaluate(() => [...document.querySelectorAll('.choice')]
			.map((choice) => new Set([...choice.querySelectorAll('label')].map((label) => label.offsetTop)).size));
		assert.deepEqual([...new Set(rows)], [1], 'a switch is one line');
		await shoot(page, `bar-360-${lang}`);
		await goTo(page, 'system');
		await page.waitForSelector('[data-breaker]');
		const open3 = await page.locator('[data-breaker]').evaluateAll((all) => all.slice(0, 3).map((e) => e.dataset.state));
		assert.deepEqual(open3, ['open', 'open', 'open'], 'what is open comes first');
		await close(page);
	}
});

test('in Russian each switch of the lab is one line at 1280 px', async () => {
	const page = await open(browser, { lang: 'ru', width: 1280, hash: '#/lab' });
	await page.waitForSelector('[data-service]');
	const rows = await page.evaluate(() => [...document.querySelectorAll('.choice')]
		.map((choice) => new Set([...choice.querySelectorAll('label')].map((label) => label.offsetTop)).size));
	assert.deepEqual(rows, [1, 1, 1, 1, 1, 1]);
	await close(page);
});

test('on a phone marks can be hit, labels can be read, and bars leave room', async () => {
	const page = await open(browser, { width: 360, height: 740 });
	await page.waitForSelector('.mark');
	const marks = await page.locator('.mark .halo').evaluateAll((all) => all.map((e) => e.getBoundingClientRect().width));
	assert.ok(Math.min(...marks) >= 24, `${Math.min(...marks)} px`);
	const small = await page.evaluate(() => [...document.querySelectorAll('body *')]
		.filter((e) => !e.closest('svg') && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
		.filter((e) => Number.parseFloat(getComputedStyle(e).fontSize) < 11.9)
		.map((e) => `${e.className || e.tagName} ${getComputedStyle(e).fontSize}`));
	assert.deepEqual(small, [], 'no text below 12 px');
	await page.setViewportSize({ width: 740, height: 360 });
	const nav = (await page.locator('nav').boundingBox()).height;
	assert.ok(nav <= 0.15 * 360, `a bar of ${nav} px stays on a landscape phone`);
	assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('.top')).position), 'static');
	await close(page);
});

test('the name of the chosen station covers no other where there is room', async () => {
	const page = await open(browser, { width: 360, height: 740 });
	const covered = await page.evaluate(async () => {
		const { layout, flagOf } = await import('/ui/map.js');
		const { stations } = await import('/lib/state.js');
		const { stationName } = await import('/lib/stations.js');
		const { points } = layout(stations.value);
		return points.map((top) => {
			const flag = flagOf(stationName(top.s.id), top, points);
			const hidden = points.filter((p) => p !== top && p.x > flag.x && p.x < flag.x + flag.w && p.y > flag.y && p.y < flag.y + flag.h);
			return { id: top.s.id, n: hidden.length };
		}).filter(({ n }) => n > 0).map(({ id }) => id);
	});
	assert.ok(covered.length <= 4, `names over other marks: ${covered}`);
	await offerAt(page, 'opera-cafe');
	await shoot(page, 'flag-360');
	await close(page);
});

test('dates and money are those of the reader’s country', async () => {
	const { order_id: order } = await rent('boris');
	const page = await open(browser, { user: 'boris', hash: '#/rental' }); // en-GB
	await page.waitForSelector(`.history [data-order="${order}"] small`);
	assert.match(await page.textContent(`.history [data-order="${order}"] small`), /^\d{1,2} \p{L}+/u);
	await close(page);
	await stop(order);
});

test('in Russian people, addresses and reasons are Russian', async () => {
	await control('decline', { user_id: 'boris', declined: true });
	const { order_id: order } = await rent('boris');
	const page = await open(browser, { lang: 'ru', user: 'boris' });
	await page.waitForSelector('button.row');
	const latin = (selector) => page.locator(selector).evaluateAll((all) => all.map((e) => e.textContent.trim()).filter((text) => /[a-z]{3}/i.test(text)));
	assert.deepEqual(await latin('button.row small'), []);
	assert.deepEqual(await latin('#user option'), []);
	assert.deepEqual(await latin('.who .name'), []);
	await goTo(page, 'payments');
	await page.waitForSelector('.trail [data-state="DECLINED"]');
	assert.deepEqual(await latin('.trail td:last-child'), []);
	await goTo(page, 'events');
	await page.waitForSelector(`[data-event="debt"]:has-text("${order}")`);
	assert.deepEqual(await latin('[data-event="debt"] .grow > span'), []);
	await shoot(page, 'russian-1280');
	await close(page);
	await control('decline', { user_id: 'boris', declined: false });
	await stop(order);
});

test('the receipt says what the API gives', async () => {
	const { order_id: order, powerbank_id } = await rent('boris', 'north-station');
	await stop(order, 'north-station');
	await control('return-powerbank', { powerbank_id, station_id: 'north-station' });
	const page = await open(browser, { user: 'boris', hash: `#/rental/${order}`, width: 360, height: 740 });
	await page.waitForSelector('.receipt');
	await page.waitForFunction(() => document.querySelector('.hero .stat .note')?.textContent.includes('settled'));
	const rental = await get(`/api/v1/rentals/${order}/status`);
	const lines = Object.fromEntries(await page.locator('.receipt .lines > div').evaluateAll((all) =>
		all.map((e) => [e.querySelector('dt').textContent, e.querySelector('dd').textContent.trim()])));
	assert.equal(lines[en['receipt.who']], 'Boris Trusted');
	assert.equal(lines[en.powerbank], rental.powerbank_id);
	assert.equal(lines[en['receipt.taken']], 'North Station');
	assert.equal(digits(lines[en.deposit]), rental.deposit);
	assert.equal(digits(lines[en['receipt.total']]), rental.accrued);
	const { items } = await get(`/api/v1/rentals/${order}/payments`);
	const released = items.filter((op) => op.kind === 'release').reduce((n, op) => n + op.processed, 0);
	assert.equal(digits(lines[en['receipt.refund']]), released);
	assert.match(lines[en['receipt.price']], new RegExp(`^\\D*${rental.price_per_hour} .* ${rental.free_period_min} `));
	for (const [label, at] of [['receipt.from', rental.started_at], ['receipt.to', rental.finished_at]]) {
		const time = new Date(at).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' });
		assert.ok(lines[en[label]].includes(time), `${lines[en[label]]}, ${time}`);
	}
	assert.ok((await page.textContent('.receipt')).includes(order));
	await accessible(page, 'the receipt at 360 px');
	await shoot(page, 'receipt-360');
	await close(page);
});

test('without a clipboard the order id is copied all the same, or the page says that it is not', async () => {
	const { order_id: order } = await rent('boris');
	const page = await open(browser, { user: 'boris', hash: `#/rental/${order}` });
	await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
	await page.waitForSelector('.order-line button');
	await page.evaluate(() => {
		globalThis.kept = navigator.clipboard;
		Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });
	});
	await page.click('.order-line button');
	await page.waitForFunction((id) => globalThis.kept.readText().then((text) => text === id), order);
	await page.evaluate(() => (document.execCommand = () => false));
	await page.waitForFunction((said) => document.querySelector('.order-line button').title === said, en['copy.order']);
	await page.click('.order-line button');
	await page.waitForSelector(`.order-line button[title="${en['copy.failed']}"]`);
	await close(page);
	await stop(order);
});

test('a filter without a match says so, in the log and in the history', async () => {
	const { order_id: order } = await rent('boris');
	await stop(order);
	const page = await open(browser, { user: 'boris', hash: '#/events' });
	await page.waitForSelector('.event');
	await page.fill('#ev-search', 'nothing is called like this');
	await page.waitForSelector('.empty');
	assert.equal(await page.textContent('.empty-title'), en['ev.noMatch']);
	await goTo(page, 'rental');
	await page.waitForSelector('.history li');
	await page.selectOption('.history select', 'PENDING');
	await page.waitForSelector(`.history .note:has-text("${en['history.noMatch']}")`);
	await close(page);
});

test('the charts of System go on where they were, and the last billing cycle is known at once', async () => {
	const page = await open(browser, { hash: '#/system' });
	await page.waitForSelector('.uplot');
	assert.doesNotMatch(await page.textContent(`.stat:has(dt:text-is("${en['sys.lag']}")) dd`), /–/);
	await page.waitForTimeout(4500);
	await goTo(page, 'lab');
	await goTo(page, 'system');
	await page.waitForSelector('.uplot');
	const label = await page.getAttribute('.charts .chart:nth-child(2) [role=img]', 'aria-label');
	assert.doesNotMatch(label, /–/, 'latency is that of the readings before');
	await close(page);
});

test('a rental of somebody else cannot be given back by its address', async () => {
	const { order_id: order } = await rent('irina', 'north-station');
	const page = await open(browser, { user: 'boris', hash: `#/rental/${order}` });
	await page.waitForSelector('.other-user');
	assert.equal(await page.locator('#stop').count(), 0);
	await page.click('#be-them');
	await page.waitForSelector('#stop');
	assert.equal(await page.locator('.other-user').count(), 0);
	await close(page);
	await stop(order, 'north-station');
});

test('where time is free the story says why no debt comes', async () => {
	const { order_id: order } = await rent('boris', 'north-station');
	const page = await open(browser, { user: 'boris', hash: '#/lab' });
	await page.waitForSelector('.story[data-done="1"]');
	await setMode(page, 'payment', 'off');
	await page.waitForSelector('.story[data-done="2"] .now small');
	assert.match(await page.textContent('.steps .now small'), /[45] mins? .*more/);
	await close(page);
	await stop(order, 'north-station');
});

test('a start whose answer is lost is an open rental that says what happens next', async () => {
	const page = await open(browser, { user: 'dmitri', refusals: true });
	await control('settings', { endpoint: 'eject-powerbank', lose_reply_next: 30 });
	await offerAt(page, 'north-station');
	await page.click('#start');
	await page.waitForSelector('.problem', { timeout: 20000 });
	assert.equal(await page.textContent('.problem-title'), en['problem.outcome-unknown']);
	await goTo(page, 'rental');
	await page.selectOption('.history select', 'PENDING');
	await page.click('.history li a');
	await page.waitForSelector('.hero.pending');
	assert.equal(await page.textContent('.banner'), en['rental.pending']);
	await reset();
	await page.waitForSelector('.hero.active', { timeout: 60000 });
	const { items: [{ order_id: order }] } = await get('/api/v1/rentals?user_id=dmitri&limit=1');
	await stop(order, 'north-station');
	await close(page);
});
