// SPDX-License-Identifier: MIT
// page.test.mjs - the page in unkind surroundings: many tabs, a sub-path, thousands of stations,
// cruel names, large text, contrast themes; and its sums, which must be the same wherever they stand.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { accessible, answers, breakersClosed, city, close, control, ended, fits, freePort, goTo, launch, offerAt, open, rent, rentAt, reset, serve, setMode, shoot, stop, sweep, timesOfServer, url, words } from './browser.mjs';

const en = words('en');
const VIEWS = ['rent', 'rental', 'payments', 'lab', 'system', 'events'];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const money = (text) => Number(text.replace(/[^\d-]/g, ''));

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());
afterEach(sweep);
beforeEach(async () => {
	await reset();
	await breakersClosed();
});

async function rentAndReturn(user) {
	const { order_id: order, powerbank_id } = await rent(user);
	await control('return-powerbank', { powerbank_id, station_id: 'rush-hour' });
	await stop(order);
}

const get = async (path) => (await fetch(url + path)).json();

test('eight tabs share one stream, and the last one rents within two seconds', async () => {
	const first = await open(browser, { user: 'boris', hash: '#/rent' });
	const context = first.context();
	let streams = 1; // of the first tab, which was open before anybody counted
	const isStream = (request) => request.url().includes('/api/v1/events');
	context.on('request', (request) => (streams += isStream(request)));
	for (const over of ['requestfinished', 'requestfailed'])
		context.on(over, (request) => (streams -= isStream(request)));
	const tabs = [first];
	for (let i = 1; i < 8; i++) {
		const tab = await context.newPage();
		await tab.goto(`${url}/`);
		tabs.push(tab);
	}
	for (const tab of tabs)
		await tab.waitForSelector('.connection.live');
	assert.equal(streams, 1);

	const last = tabs.at(-1);
	const began = Date.now();
	await offerAt(last, 'north-station');
	await last.click('#start');
	await last.waitForSelector('.begun');
	assert.ok(Date.now() - began < 2000, `${Date.now() - began} ms`);
	const { items: [{ order_id: order }] } = await get('/api/v1/rentals?user_id=boris&limit=1');
	// Every tab hears of it, whichever reads the stream.
	for (const tab of tabs.slice(0, 7))
		await tab.waitForSelector('nav .dot');

	// The tab with the stream is hidden, and lets it go; one that is seen takes it.
	const isStill = async () => {
		for (let i = 0; i < 50 && streams !== 1; i++)
			await pause(100);
		return streams;
	};
	let begun = 0;
	context.on('request', (request) => (begun += isStream(request)));
	await first.evaluate(() => {
		Object.defineProperty(document, 'hidden', { value: true, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	});
	for (let i = 0; i < 50 && begun === 0; i++)
		await pause(100);
	assert.deepEqual([begun, await isStill()], [1, 1]);
	// A tab with the stream that goes is followed by another, and nothing is missed.
	await tabs[0].close();
	await last.click('nav a[href="#/events"]');
	await last.waitForSelector('.connection.live');
	await stop(order);
	await last.waitForSelector(`[data-event="rental"]:has-text("${order}")`);
	for (const tab of tabs.slice(2))
		await tab.close();
	await tabs[1].waitForSelector('.connection.live');
	first.complaints.length = 0;
	await context.close();
});

test('requests of others’ rentals are gathered: at most one a second', async () => {
	for (const view of ['rent', 'payments', 'rental']) {
		const page = await open(browser, { user: 'clara', hash: `#/${view}` });
		await page.waitForSelector('.connection.live');
		await pause(1500);
		let asked = [];
		page.on('request', (r) => r.url().includes('/health') || asked.push(r.url()));
		const began = Date.now();
		for (let i = 0; i < 20; i++) {
			await rentAndReturn('irina');
			await pause(150);
		}
		const seconds = (Date.now() - began) / 1000;
		console.log(`# ${view}: ${asked.length} requests in ${seconds.toFixed(1)} s of others' rentals`);
		assert.ok(asked.length <= seconds + 1, `${view}: ${asked.length} in ${seconds} s: ${asked.join(' ')}`);
		await close(page);
	}
});

test('the views that read by the clock read no more when others rent', async () => {
	for (const [view, everySeconds] of [['lab', 2], ['system', 2], ['events', Infinity]]) {
		const page = await open(browser, { user: 'clara', hash: `#/${view}` });
		await page.waitForSelector('.connection.live');
		await pause(1500);
		const asked = new Map();
		page.on('request', (r) => asked.set(r.url(), (asked.get(r.url()) ?? 0) + 1));
		const began = Date.now();
		for (let i = 0; i < 15; i++) {
			await rentAndReturn('irina');
			await pause(150);
		}
		const most = (Date.now() - began) / 1000 / everySeconds + 1;
		for (const [address, n] of asked)
			assert.ok(address.endsWith('/health') || n <= most, `${view}: ${n} of ${address}`);
		await close(page);
	}
});

test('readings are packed, and the lab and the system ask for little', async () => {
	const bytes = async (path) => {
		const response = await fetch(url + path, { headers: { 'Accept-Encoding': 'gzip' } });
		assert.equal(response.headers.get('content-encoding'), 'gzip', path);
		assert.match(response.headers.get('vary'), /Accept-Encoding/);
		return Number(response.headers.get('content-length'));
	};
	assert.ok(await bytes('/metrics') < 20000);
	assert.ok(await bytes('/api/v1/demo/stations') < 8000);
	for (const view of ['lab', 'system']) {
		const page = await open(browser, { hash: `#/${view}` });
		await page.waitForSelector(`.view.${view} .card`);
		const sizes = [];
		page.on('response', async (r) => r.url().includes('/metrics') && sizes.push((await r.request().sizes()).responseBodySize));
		await pause(4500);
		console.log(`# ${view}: metrics in ${sizes.join(', ')} bytes`);
		assert.ok(sizes.length > 0 && sizes.every((n) => n < 6000), `${view}: ${sizes}`);
		await close(page);
	}
	const page = await open(browser, {});
	await page.waitForSelector('button.row');
	const again = await page.evaluate(async () => {
		const read = () => fetch('/api/v1/demo/users');
		return (await read()).headers.get('content-type');
	});
	assert.match(again, /json/);
	await close(page);
});

test('below a sub-path of nginx the page works, its API and its documents too', { skip: !process.env.UI_NGINX }, async () => {
	const folder = mkdtempSync(join(tmpdir(), 'rent-nginx-')), port = await freePort();
	writeFileSync(join(folder, 'nginx.conf'), `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
	access_log off;
	client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
	uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
	server {
		listen 127.0.0.1:${port};
		location /rent/ { proxy_pass ${url}/; proxy_http_version 1.1; }
	}
}
`);
	const nginx = spawn(process.env.UI_NGINX, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
	const base = `http://127.0.0.1:${port}/rent`;
	try {
		await answers(`${base}/api/v1/health`);
		const page = await open(browser, { base, user: 'boris' });
		const outside = [];
		page.on('request', (r) => new URL(r.url()).pathname.startsWith('/rent/') || outside.push(r.url()));
		await page.waitForSelector('.connection.live');
		await rentAt(page, 'north-station');
		await page.click('.begun a.button');
		await page.click('#stop');
		await page.click('#stop-now');
		await page.waitForSelector('.receipt');
		for (const view of VIEWS)
			await goTo(page, view);
		await page.click('.foot a');
		await page.waitForSelector('details.operation');
		await page.click('#back');
		await page.waitForSelector('button.row');
		assert.deepEqual(outside, []);
		await close(page);
	} finally {
		await ended(nginx, folder);
	}
});

test('where the API is not, the page says so', async () => {
	const page = await open(browser, { refusals: true });
	await page.route(/\/api\/|\/metrics/, (route) => route.fulfill({ status: 404, contentType: 'text/html', body: '<h1>404</h1>' }));
	await page.reload();
	await page.waitForSelector('.lost-note.elsewhere', { timeout: 20000 });
	assert.ok((await page.textContent('.lost-note')).includes(en['conn.elsewhere']));
	await close(page);
});

test('an address that is cut or mistyped is no blank page', async () => {
	const page = await open(browser, { hash: '#/rental/%E0%A4%A', refusals: true });
	assert.equal(await page.textContent('h1'), en['nav.rental']);
	await page.waitForSelector('.problem');
	await close(page);
});

test('five thousand stations: the first row is soon there, the map tells them apart', async () => {
	const big = city();
	const [pattern] = big.stations;
	for (let i = 0; big.stations.length < 5000; i++) {
		big.stations.push({ ...pattern, id: `more-${i}`, name: { en: `Kiosk ${i}`, ru: `Киоск ${i}` },
			lat: 59.9 + 0.3 * Math.sin(i * 1.7) * (i / 5000), lon: 30.3 + 0.5 * Math.cos(i * 2.3) * (i / 5000) });
	}
	const stations = big.stations.map((s) => ({ ...s,
		slots: Array.from({ length: s.slots }, (_, index) => ({ index, empty: index >= s.powerbanks, charge: 80 })) }));
	const page = await open(browser, { refusals: true });
	await page.route('**/api/v1/demo/stations', (route) => route.fulfill({ json: { stations } }));
	await page.reload();
	await page.waitForSelector('.mark.cluster');
	await page.evaluate(() => {
		// From the moment that the data is there to the first row, as the browser paints it.
		const original = Response.prototype.text;
		Response.prototype.text = async function () {
			const text = await original.call(this);
			if (this.url.endsWith('/demo/stations') && text.length > 1e6) {
				const arrived = performance.now();
				const look = () => (document.querySelectorAll('button.row').length > 0
					? globalThis.firstRow(performance.now() - arrived) : requestAnimationFrame(look));
				requestAnimationFrame(look);
			}
			return text;
		};
	});
	// The best of five: what other processes of the machine take is not the page's.
	let shortest = Infinity;
	for (let i = 0; i < 5 && shortest >= 300; i++) {
		shortest = Math.min(shortest, await page.evaluate(async () => {
			const { stations, loadStations } = await import('/lib/state.js');
			const shown = new Promise((resolve) => { globalThis.firstRow = resolve; });
			stations.value = [];
			await new Promise((done) => setTimeout(done, 100));
			loadStations();
			return shown;
		}));
	}
	console.log(`# 5000 stations: first row ${Math.round(shortest)} ms after the data`);
	assert.ok(shortest < 300, `${shortest} ms`);
	assert.ok(await page.locator('button.row').count() < 120, 'rows out of sight are not there');
	await page.evaluate(() => document.querySelector('.stations .scroll').scrollTo(0, 1e9));
	await page.waitForSelector('button.row[data-station="more-4967"]');
	await page.fill('.stations input', 'Kiosk 4321');
	await page.click('button.row[data-station="more-4321"]');
	await page.waitForSelector('#start, .panel .problem');
	await shoot(page, 'stations-5000');
	await page.fill('.stations input', '');
	const marks = await page.locator('.mark').count();
	assert.ok(marks > 10 && marks < 200, `${marks} marks`);
	await page.locator('.mark.cluster').first().click({ force: true });
	await page.waitForSelector(`.map-legend button:has-text("${en['map.all']}")`);
	await close(page);
});

test('cruel names at 360 px: nothing is wider than the screen, nothing is covered', async () => {
	const cruel = city();
	const long = 'Pneumonoultramicroscopicsilicovolcanoconiosis'.repeat(3);
	Object.assign(cruel.stations[0], { name: { en: long, ru: long }, location: long });
	Object.assign(cruel.stations[1], { name: { en: '\u202eevil\u202e <b>x</b>', ru: 'אבג دهو' }, location: '<script>1</script>' });
	Object.assign(cruel.users[0], { name: long });
	const server = await serve(cruel);
	try {
		for (const width of [360, 1280]) {
			const page = await open(browser, { base: server.url, width, height: 740, user: cruel.users[0].id });
			await rentAt(page, cruel.stations[0].id);
			await fits(page, `a rental begun at ${width} px`);
			for (const view of VIEWS) {
				await goTo(page, view);
				await pause(500);
				await fits(page, `${view} at ${width} px`);
			}
			await goTo(page, 'rental');
			await page.waitForSelector('.history li');
			const [name, amount] = await page.evaluate(() => ['.history .grow', '.history .num']
				.map((s) => document.querySelector(s).getBoundingClientRect()).map(({ left, right }) => ({ left, right })));
			assert.ok(name.right <= amount.left + 1, `${name.right} over ${amount.left}`);
			await goTo(page, 'rent');
			const cells = await page.evaluate(() => {
				const box = document.querySelector('.stations .scroll');
				return [box.scrollWidth, box.clientWidth, document.querySelectorAll('.stations bdi').length];
			});
			assert.ok(cells[0] <= cells[1] && cells[2] > 0, `the table scrolls sideways: ${cells}`);
			await accessible(page, `cruel names at ${width}`);
			await shoot(page, `cruel-${width}`);
			await close(page);
		}
	} finally {
		await server.end();
	}
});

// As a reader has it who made the text of all pages larger, and as one who enlarged the text of this one.
const LARGER = {
	'of the browser': async (page) => {
		const session = await page.context().newCDPSession(page);
		await session.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 26 } });
		await page.reload();
		await page.waitForSelector('main h1');
	},
	'of the page': (page) => page.evaluate(() => (document.documentElement.style.fontSize = '30px')),
};

for (const [whose, enlarge] of Object.entries(LARGER)) test(`text at 200 % ${whose}: all is in reach`, async () => {
	for (const width of [360, 1280]) {
		const page = await open(browser, { width, user: 'boris' });
		await enlarge(page);
		assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize), '30px');
		for (const view of VIEWS) {
			await page.evaluate((name) => (location.hash = `#/${name}`), view);
			await page.waitForSelector(`.view.${view}`);
			await pause(300);
			await fits(page, `${view} at ${width} px with 200 % text`);
			for (const tool of ['#lang', '#theme']) {
				const box = await page.locator(tool).boundingBox();
				assert.ok(box.x >= 0 && box.x + box.width <= width, `${tool} at ${JSON.stringify(box)}`);
			}
			await shoot(page, `text-200-${whose.slice(-4)}-${view}-${width}`);
		}
		await page.evaluate(() => (location.hash = '#/rent'));
		await page.waitForSelector('.map svg');
		assert.ok((await page.locator('.map svg').boundingBox()).width > 150, 'the map is still a map');
		await close(page);
	}
});

test('contrast themes show what is chosen', async () => {
	const page = await open(browser, { hash: '#/lab' });
	await page.emulateMedia({ forcedColors: 'active' });
	await page.waitForSelector('[data-service]');
	const [on, off, here, elsewhere, step] = await page.evaluate(() => [
		'[data-service="payment"] .choice input:checked + span', '[data-service="payment"] .choice input:not(:checked) + span',
		'nav a[aria-current]', 'nav a:not([aria-current])', '.steps .now',
	].map((s) => getComputedStyle(document.querySelector(s)).backgroundColor));
	assert.notEqual(on, off);
	assert.notEqual(here, elsewhere);
	assert.deepEqual([on, step], [here, here]); // the theme's own colour of what is selected
	assert.notEqual(await page.evaluate(() => getComputedStyle(document.querySelector('.badge')).borderStyle), 'none');
	await shoot(page, 'forced-colors');
	await close(page);
});

test('the focus goes where a choice led to', async () => {
	const page = await open(browser, { user: 'boris', refusals: true });
	await page.focus('button.row[data-station="north-station"]');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#start:focus');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#begun-title:focus');
	await page.keyboard.press('Tab');
	assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), en['begun.watch']);
	await page.focus('button.row[data-station="university-dorm"]');
	await page.keyboard.press('Enter');
	await page.waitForSelector('.empty-station h2:focus');
	await close(page);
});

test('the sums are the same in meter, list, chart, receipt and totals', async () => {
	const page = await open(browser, { user: 'hugo' });
	const { order_id: order } = await rent('hugo');
	await page.evaluate((id) => (location.hash = `#/rental/${id}`), order);
	await page.waitForSelector(`.history li[data-order="${order}"]`);
	await page.waitForSelector('.curve');
	for (let i = 0; i < 6; i++) {
		await pause(700);
		const seen = await page.evaluate((id) => ({
			meter: document.querySelector('.amount').dataset.cost,
			list: document.querySelector(`.history li[data-order="${id}"]`).dataset.cost,
			chart: document.querySelector('.curve').dataset.due,
			line: document.querySelector('.hero .equation').dataset.cost,
		}), order);
		assert.equal(new Set(Object.values(seen)).size, 1, JSON.stringify(seen));
	}
	await stop(order);
	await page.waitForSelector('.receipt');
	await pause(1500);
	const { accrued } = await get(`/api/v1/rentals/${order}/status`);
	const seen = await page.evaluate((id) => [
		document.querySelector('.amount').dataset.cost,
		document.querySelector(`.history li[data-order="${id}"]`).dataset.cost,
		document.querySelector('.curve').dataset.due,
		document.querySelector('.receipt .equation').dataset.cost,
	].map(Number), order);
	assert.deepEqual(seen, [accrued, accrued, accrued, accrued]);
	assert.equal(money(await page.textContent('.receipt .total dd')), accrued);
	// An ended rental grew in steps, from nothing to its end.
	const { timeline } = await get(`/api/v1/rentals/${order}/payments`);
	assert.equal(timeline[0].due, 0);
	assert.equal(timeline.at(-1).due, accrued);
	assert.ok(new Set(timeline.map((p) => p.due)).size > 3, 'due is no flat line');
	await goTo(page, 'payments');
	await page.waitForSelector('.totals');
	const balance = await get('/api/v1/users/hugo/balance');
	const total = await page.evaluate(() => ({ ...document.querySelector('.totals').dataset }));
	assert.deepEqual([total.due, total.paid, total.debt].map(Number), [balance.accrued, balance.paid, balance.debt]);
	await close(page);
});

test('a debt older than twelve rentals is still owed', async () => {
	await control('decline', { user_id: 'felix', declined: true });
	const { order_id: first } = await rent('felix', 'north-station'); // its deposit becomes debt
	const { debt } = await get(`/api/v1/rentals/${first}/status`);
	assert.ok(debt > 0);
	await control('decline', { user_id: 'felix', declined: false });
	await control('disable-endpoint', { endpoint: 'clear-money-for-order', disabled: true });
	for (let i = 0; i < 14; i++)
		await rentAndReturn('felix');
	const page = await open(browser, { user: 'felix', hash: '#/payments' });
	await page.waitForSelector('.older-debt');
	const owed = (await get('/api/v1/users/felix/balance')).debt;
	assert.ok(owed > 0);
	assert.equal(Number(await page.getAttribute('.totals', 'data-debt')), owed);
	await shoot(page, 'older-debt');
	await page.click('.older-debt button');
	await page.waitForSelector('li[data-debt]');
	await close(page);
	await stop(first, 'north-station');
});

test('a deposit that became debt is explained', async () => {
	const page = await open(browser, { user: 'eva' });
	await rentAt(page, 'north-station');
	await page.click('.begun a.button');
	await page.waitForSelector('.equation[data-deposit]:not([data-deposit="0"])');
	assert.ok((await page.textContent('.hero .equation')).includes(en['towardsDeposit.note']));
	await shoot(page, 'deposit-as-debt');
	await page.click('#stop');
	await page.click('#stop-now');
	await page.waitForSelector('.receipt');
	await close(page);
});

test('the story ticks itself off, step by step, and billing can be had at once', async () => {
	const page = await open(browser, { user: 'anna' });
	await rentAt(page, 'rush-hour');
	await goTo(page, 'lab');
	await page.waitForSelector('.story[data-done="1"]');
	await page.waitForSelector('#bill-now');
	await setMode(page, 'payment', 'off');
	await page.waitForSelector('.story[data-done="2"], .story[data-done="3"]');
	await page.click('#bill-now');
	await page.waitForSelector('.story[data-done="3"]', { timeout: 20000 });
	await page.waitForSelector('.breakers', { timeout: 20000 }); // said in the header of every view
	await page.click('#repair');
	await page.waitForSelector('.story[data-done="5"]', { timeout: 60000 });
	await accessible(page, 'the story');
	await shoot(page, 'story');
	await close(page);
	const { items } = await get('/api/v1/rentals?user_id=anna&status=ACTIVE');
	for (const { order_id: order } of items)
		await stop(order);
});

test('with the times of script/server the story runs within a minute', async () => {
	const server = await serve(city(), timesOfServer());
	try {
		const page = await open(browser, { user: 'anna', base: server.url });
		const began = Date.now(), seen = {};
		const done = async (n) => {
			await page.waitForFunction((least) => Number(document.querySelector('.story')?.dataset.done) >= least, n, { timeout: 60000 });
			seen[n] = Math.round((Date.now() - began) / 100) / 10;
		};
		await rentAt(page, 'airport-hall-a');
		await goTo(page, 'lab');
		await done(1);
		// The countdown to the next billing runs, and "bill now" does not wait for its end.
		const wait = async () => Number((await page.textContent('.next-cycle span')).match(/^Billing in (\d+) sec/)?.[1] ?? 0);
		const waits = [];
		for (let i = 0; i < 12; i++) {
			waits.push(await wait());
			await pause(500);
		}
		assert.ok(Math.max(...waits) <= 5 && new Set(waits).size >= 4, `it counts down: ${waits}`);
		await setMode(page, 'payment', 'off');
		const cycles = async () => (await (await fetch(`${server.url}/metrics?family=rental_system_billing_cycles_total`)).text()).match(/^rental_system_billing_cycles_total.* (\d+)$/m)[1];
		for (const until = Date.now() + 5000; Date.now() < until && await wait() < 4;)
			await pause(100);
		const before = Number(await cycles()), asked = Date.now();
		await page.click('#bill-now');
		while (Number(await cycles()) === before && Date.now() - asked < 5000)
			await pause(50);
		assert.ok(Date.now() - asked < 3000, `billed ${Date.now() - asked} ms after it was asked for`);
		await done(3);
		await page.click('#repair');
		await done(5);
		console.log(`# seconds after opening: ${JSON.stringify(seen)}`);
		assert.ok(seen[5] <= 60, JSON.stringify(seen));
		await close(page);
	} finally {
		await server.end();
	}
});

test('the log begins with what happened to money before it was opened', async () => {
	const { order_id: order } = await rent('katya');
	await stop(order);
	const page = await open(browser, { hash: '#/events', user: 'anna' });
	await page.waitForSelector(`[data-event="rental"]:has-text("${order}")`);
	await page.waitForSelector(`[data-event="payment"]:has-text("${order}")`);
	assert.equal(await page.locator('[data-event="request"]:has-text("GET ")').count(), 0);
	const ids = await page.locator(`[data-event="rental"]:has-text("${order}")`).count();
	await goTo(page, 'system');
	await goTo(page, 'events');
	assert.equal(await page.locator(`[data-event="rental"]:has-text("${order}")`).count(), ids);
	await close(page);
});

test('an empty station is not sold; the nearest with stock is named', async () => {
	const page = await open(browser, { user: 'boris' });
	await page.click('button.row[data-station="university-dorm"]');
	await page.waitForSelector('.empty-station');
	assert.equal(await page.locator('#start').count(), 0);
	await shoot(page, 'empty-station');
	await page.click('#nearest');
	await page.waitForSelector('#start');
	await close(page);
});

test('a rental of somebody else says so, an unknown filter finds nothing quietly', async () => {
	const { order_id: order } = await rent('irina', 'north-station');
	const page = await open(browser, { user: 'boris', hash: `#/rental/${order}` });
	await page.waitForSelector('.other-user');
	await close(page);
	await stop(order, 'north-station');
	const refused = await fetch(`${url}/api/v1/rentals?powerbank_id=PB-1`);
	assert.equal(refused.status, 422);
});
