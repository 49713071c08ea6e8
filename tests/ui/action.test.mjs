// SPDX-License-Identifier: MIT
// action.test.mjs - a deposit that the customer has to confirm: the page leads him to his bank, and
// goes on by itself when the bank has said yes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { accessible, answers, city, close, freePort, goTo, launch, offerAt, open, serve, shoot, sweep, words } from './browser.mjs';

const en = words('en'), ru = words('ru');
const folder = mkdtempSync(join(tmpdir(), 'rent-bank-')), word = join(folder, 'word');
let browser, bank, server;

// What the customer tells his bank.
const says = (text) => writeFileSync(word, text);

const withStripe = (url) => (conf) => conf.replace(/plugin = "payment_http";[\s\S]*?\n\t\t\};/,
	`plugin = "payment_stripe"; options = { secret_key = "sk_test_x"; currency = "RUB"; payment_method = "pm_card_visa";
		payer = "user_id"; return_url = "https://shop.example/back"; url = "${url}"; };`)
	.replace('quote_ttl =', 'resolve_base = "500ms"; resolve_max = "1s"; quote_ttl =');

before(async () => {
	says('waits');
	const port = await freePort();
	bank = spawn('python3', [join(process.env.UI_TOP, 'tests/http/fake_intents.py'), port, word], { stdio: 'ignore' });
	await answers(`http://127.0.0.1:${port}/v1/payment_intents`);
	browser = await launch();
	server = await serve(city(), {}, { change: withStripe(`http://127.0.0.1:${port}`) });
});
after(async () => {
	await browser.close();
	await server?.end();
	bank.kill();
	rmSync(folder, { recursive: true });
});
beforeEach(() => says('waits'));
afterEach(sweep);

async function begin(options) {
	const page = await open(browser, { base: server.url, ...options });
	await offerAt(page, 'north-station');
	await page.click('#start');
	await page.waitForSelector('.action #act');
	return page;
}

test('a deposit is confirmed at the bank, and the rental begins by itself', async () => {
	for (const [lang, dict, user] of [['en', en, 'anna'], ['ru', ru, 'boris']]) {
		says('waits');
		const page = await begin({ lang, user });
		const link = page.locator('#act');
		assert.equal(await link.getAttribute('href'), 'https://bank.example/3ds');
		assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
		assert.ok((await page.textContent('.action')).includes(dict['action.redirect']));
		assert.equal(await page.locator('#stop').count(), 0);
		await accessible(page, `an action, ${lang}`);
		await shoot(page, `action-${lang}`);
		says('confirmed');
		await page.waitForSelector('#stop', { timeout: 20000 });
		assert.equal(await page.locator('.action').count(), 0);
		await close(page);
	}
});

test('what is owed is paid at the bank, with the customer there', async () => {
	says('needs'); // the deposit is refused, and so is every charge without him
	const page = await open(browser, { base: server.url, user: 'felix', refusals: true });
	await offerAt(page, 'north-station');
	await page.click('#start');
	await page.waitForSelector('.begun');
	await goTo(page, 'rental');
	await page.waitForSelector('#pay');
	await accessible(page, 'a debt that can be paid');
	await shoot(page, 'pay');
	await page.waitForSelector(`.pay:has-text("${en['pay.needed']}")`, { timeout: 20000 });
	await page.click('#pay');
	await page.waitForSelector('.action #act');
	assert.equal(await page.locator('#pay').count(), 0);
	assert.ok(!(await page.textContent('.action')).includes(en['action.first']));
	says('confirmed');
	await page.waitForSelector('.action', { state: 'detached', timeout: 20000 });
	await page.waitForFunction(() => !document.querySelector('#pay'));
	await close(page);
});
