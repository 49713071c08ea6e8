// SPDX-License-Identifier: MIT
// docs.test.mjs - the API's own page: readable by everybody, and what it sends and says can be sent.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { accessible, close, fits, launch, open, reset, shoot, sweep, url } from './browser.mjs';

let browser;
before(async () => {
	await reset();
	browser = await launch();
});
afterEach(sweep);
after(() => browser?.close());

async function read(options) {
	const page = await open(browser, options);

	await page.goto(`${url}/docs`);
	await page.waitForSelector('details.operation');
	return page;
}

for (const theme of ['light', 'dark']) {
	test(`the description is readable, ${theme}`, async () => {
		const page = await read({ theme });
		const described = await (await fetch(`${url}/openapi.json`)).json();
		const operations = Object.values(described.paths).flatMap((item) => Object.keys(item))
			.filter((method) => ['get', 'post', 'put', 'patch', 'delete'].includes(method));

		assert.equal(await page.locator('details.operation').count(), operations.length);
		await accessible(page, `docs, closed, ${theme}`);
		await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
		await accessible(page, `docs, open, ${theme}`);
		await shoot(page, `docs-${theme}`);
		await page.setViewportSize({ width: 360, height: 800 });
		await fits(page, 'docs');
		await close(page);
	});
}

test('an operation is tried, and the command that is copied does the same', async () => {
	const page = await read({});
	const quote = page.locator('details.operation', { has: page.locator('summary .path', { hasText: '/rentals/quote' }) });
	const form = quote.locator('form');

	await quote.locator('summary').first().click();
	await form.locator('textarea').fill('{"station_id": "north-station", "user_id": "it\'s-me"}');
	await form.getByRole('button', { name: 'Send' }).click();
	await quote.locator('[role=status] pre').nth(1).waitFor();
	assert.match(await quote.locator('[role=status] p').innerText(), /^200 /);
	assert.equal(JSON.parse(await quote.locator('[role=status] pre').nth(1).innerText()).user_id, 'it\'s-me');

	await form.getByRole('button', { name: 'Copy as curl' }).click();
	const said = quote.locator('[role=status] pre', { hasText: /^curl / });
	const command = await said.innerText();
	const answer = JSON.parse(execFileSync('sh', ['-c', `${command} --max-time 20`], { encoding: 'utf8' }));
	assert.equal(answer.user_id, 'it\'s-me');
	await shoot(page, 'docs-try');
	await close(page);
});

test('a problem is shown as it came', async () => {
	const page = await read({ refusals: true });
	const quote = page.locator('details.operation', { has: page.locator('summary .path', { hasText: '/rentals/quote' }) });

	await quote.locator('summary').first().click();
	await quote.locator('textarea').fill('{"station_id": ""}');
	await quote.getByRole('button', { name: 'Send' }).click();
	await quote.locator('[role=status] pre').nth(1).waitFor();
	assert.match(await quote.locator('[role=status] p').innerText(), /^422 /);
	assert.ok(JSON.parse(await quote.locator('[role=status] pre').nth(1).innerText()).errors.length > 0);
	await close(page);
});

test('a page that is a file can make the calls of the contract', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'rent-ui-'));
	const context = await browser.newContext();
	const page = await context.newPage();

	writeFileSync(join(folder, 'page.html'), '<!doctype html><title>a file</title>');
	await page.goto(`file://${folder}/page.html`);
	const seen = await page.evaluate(async ([api, stubs]) => {
		const post = async (path, body, headers = {}) => (await fetch(path, { method: 'POST',
			headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) })).json();
		const quote = await post(`${api}/api/v1/rentals/quote`, { station_id: 'north-station', user_id: 'boris' });
		const started = await post(`${api}/api/v1/rentals/start`, { quote_id: quote.quote_id }, { 'Idempotency-Key': `file-${Date.now()}` });
		const stopped = await post(`${api}/api/v1/rentals/${started.order_id}/stop`, { station_id: 'north-station' });
		const stub = await (await fetch(`${stubs}/admin/status`)).json();

		return [started.status, stopped.status, stub.available_endpoints.length];
	}, [url, process.env.UI_STUBS]);
	assert.deepEqual(seen, ['ACTIVE', 'FINISHED', 7]);
	await context.close();
	rmSync(folder, { recursive: true });
});
