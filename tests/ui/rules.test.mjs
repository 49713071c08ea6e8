// SPDX-License-Identifier: MIT
// rules.test.mjs - without a browser: dictionaries, the page's rules, the reading of metrics,
// the vendored files, the weight of all of the page on the wire.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { dictionaries } from './dictionary.mjs';

const root = new URL('./web-ui', import.meta.url).pathname;
// As much of a browser as these modules touch; the page's clock must not keep the test alive.
const timer = globalThis.setInterval;
globalThis.setInterval = (...args) => timer(...args).unref();
globalThis.document = { baseURI: 'http://127.0.0.1:1/sub/', addEventListener() {} };
const money = await import('./web-ui/lib/money.js');
const { asCurl, urlOf } = await import('./web-ui/lib/api.js');
const metrics = await import('./web-ui/lib/metrics.js');

const places = (value) => [...new Set([value].flatMap((v) => (typeof v === 'string' ? [v] : Object.values(v)))
	.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1])))].sort();

test('both dictionaries have the same keys, plurals and places', () => {
	const { en, ru } = dictionaries;
	assert.deepEqual(Object.keys(en).sort(), Object.keys(ru).sort());
	for (const key of Object.keys(en)) {
		assert.equal(typeof en[key], typeof ru[key], key);
		assert.deepEqual(places(en[key]), places(ru[key]), key);
		for (const [lang, dictionary] of Object.entries(dictionaries)) {
			if (typeof dictionary[key] === 'object')
				assert.deepEqual(Object.keys(dictionary[key]).sort(), new Intl.PluralRules(lang).resolvedOptions().pluralCategories.sort(), key);
		}
	}
});

const sources = ['', 'lib/', 'ui/', 'views/'].flatMap((dir) => readdirSync(`${root}/${dir}`)
	.filter((f) => f.endsWith('.js')).map((f) => [dir + f, readFileSync(`${root}/${dir}${f}`, 'utf8')]));

test('every text that the code names is in the dictionaries, and none is left over', () => {
	const all = sources.map(([, text]) => text).join('\n');
	const named = [...all.matchAll(/\bt\('([^']+)'/g)].map((m) => m[1]);
	assert.deepEqual(named.filter((key) => !(key in dictionaries.en)), []);
	const built = /^(nav|conn|status|state|kind|purpose|reason|mode|svc|must|story|breaker|health|ev|ended|problem|role|signin|cabinet|reports|bank|told)\./;
	const literal = new Set([...all.matchAll(/'([\w.-]+)'/g)].map((m) => m[1]));
	assert.deepEqual(Object.keys(dictionaries.en).filter((key) => !built.test(key) && !literal.has(key)), []);
});

// Reasons that a person reads are literals in the C code.
test('every reason that rentald or its stubs give is in the dictionaries', () => {
	const top = process.env.UI_TOP;
	const texts = (folder, pattern) => readdirSync(`${top}/${folder}`).filter((f) => f.endsWith('.c'))
		.flatMap((f) => [...readFileSync(`${top}/${folder}/${f}`, 'utf8').matchAll(pattern)])
		.flatMap((m) => [...m[0].matchAll(/"([^"%]+)"/g)].map((text) => text[1]));
	const given = [
		...texts('plugins/rental_core', /debt_reason\s*=[^;]*;/g),
		...texts('plugins/payment_http', /put_note\([^;]*;/g).filter((text) => text !== 'reason'),
		...texts('stubs', /"(insufficient_funds|limit_exceeded|account_blocked|no_such_hold|hold_used_up|no_such_charge|already_refunded)"/g),
	];
	assert.ok(given.length > 15, `${given.length} reasons`);
	assert.deepEqual(given.filter((text) => !(`reason.${text}` in dictionaries.ru)), []);
});

test('no source names another origin', () => {
	for (const [file, text] of sources)
		assert.doesNotMatch(text, /https?:\/\//, file);
});

test('vendored files are those that are recorded', () => {
	const packages = JSON.parse(readFileSync(`${root}/vendor/versions.json`, 'utf8'));
	assert.ok(packages.length >= 5);
	for (const p of packages) {
		assert.ok(p.version && p.license, p.name);
		for (const [file, sha] of Object.entries(p.files))
			assert.equal(createHash('sha256').update(readFileSync(`${root}/vendor/${file}`)).digest('hex'), sha, file);
	}
});

// Heads and all, as a browser asks; the file must be the one that lies there.
const onTheWire = (file) => new Promise((resolve, reject) => {
	get(`${process.env.UI_URL}/${file}`, { agent: false, headers: { 'Accept-Encoding': 'gzip, deflate, br' } }, (response) => {
		const parts = [];
		response.on('data', (part) => parts.push(part)).on('error', reject).on('end', () => {
			const sent = Buffer.concat(parts);
			const body = response.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
			assert.equal(response.statusCode, 200, file);
			assert.ok(body.equals(readFileSync(`${root}/${file}`)), file);
			resolve(response.socket.bytesRead);
		});
	}).on('error', reject);
});

test('all of the page is small', async () => {
	const files = ['', 'i18n/', 'lib/', 'ui/', 'views/', 'vendor/'].flatMap((dir) => readdirSync(`${root}/${dir}`)
		.filter((f) => /\.(html|css|js|svg)$/.test(f)).map((f) => dir + f));
	let bytes = 0;
	for (const file of files)
		bytes += await onTheWire(file);
	console.log(`# the whole page: ${files.length} files, ${bytes} bytes on the wire`);
	assert.ok(bytes < 150 * 1024, `${bytes} bytes`);
});

test('one line joins the sums of a rental, whatever happened to its money', () => {
	const cases = [ // accrued, paid, debt, in flight → not charged yet, towards the deposit
		[[0, 0, 0, 0], [0, 0]],
		[[60, 40, 0, 0], [20, 0]],
		[[60, 40, 10, 10], [0, 0]],
		[[40, 1000, 0, 0], [0, 960]], // a deposit that could not be held, collected as debt
		[[0, 200, 100, 0], [0, 300]],
		[[6, 400, 600, 0], [0, 994]],
	];
	for (const [[accrued, total_amount, debt, in_flight], [uncharged, deposit]] of cases) {
		const s = money.sums({ accrued, total_amount, debt, in_flight });
		assert.deepEqual([s.uncharged, s.deposit], [uncharged, deposit]);
		assert.equal(s.cost, s.paid + s.debt + s.inFlight + s.uncharged - s.deposit);
	}
	assert.equal(money.sums({ accrued: 5, paid: 3, debt: 2, in_flight: 0 }).paid, 3); // as a balance says it
});

test('an offer is explained by what the server says of it', () => {
	const terms = { price_per_hour: 60, free_period_min: 5, deposit: 300, low_stock: false, subscriber: false, trusted: false, profile_known: true };
	const keys = (quote, more) => money.explained({ price_per_hour: 60, free_period_min: 5, deposit: 300, ...quote, terms: { ...terms, ...more } }, 1).map((s) => s.key);
	assert.deepEqual(keys({}, {}), []);
	assert.deepEqual(keys({ price_per_hour: 90 }, { low_stock: true }), ['offer.lowStock']);
	assert.deepEqual(keys({ free_period_min: 30 }, { subscriber: true }), ['offer.subscriber']);
	assert.deepEqual(keys({ deposit: 150 }, { trusted: true }), ['offer.trusted']);
	assert.deepEqual(keys({}, { profile_known: false }), ['offer.noProfile']);
	assert.deepEqual(money.explained({ price_per_hour: 60 }, 1), []);
});

test('a chart ends with the sums of the meter and the list', () => {
	const timeline = [{ at: '2026-11-23T10:00:00Z', due: 0, paid: 0, debt: 0, in_flight: 0 },
		{ at: '2026-11-23T10:00:30Z', due: 4, paid: 4, debt: 0, in_flight: 0 }];
	const running = { accrued: 6, total_amount: 4, debt: 1, in_flight: 0, finished_at: null };
	const at = Date.parse('2026-11-23T10:00:40Z');
	assert.deepEqual(money.chartOf(timeline, running, at).map((ys) => ys.at(-1)), [at / 1000, 4, 6, 1]);
	assert.deepEqual(money.chartOf(timeline, { ...running, finished_at: '2026-11-23T10:00:30Z' }, at).map((ys) => ys.length), [2, 2, 2, 2]);
});

test('a request of anybody, copied as curl, is one command of the shell', () => {
	const hostile = ["/api/v1/rentals/x';touch pwned;'/status", '/$(touch pwned)', '/`touch pwned`', '/a\\\';touch pwned'];
	for (const path of hostile) {
		for (const method of ['GET', 'POST', '`touch pwned`', "x';touch pwned;'"]) {
			const folder = mkdtempSync(join(tmpdir(), 'rent-curl-'));
			const said = execFileSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }; ${asCurl(method, path)}`], { cwd: folder, encoding: 'utf8' });
			assert.deepEqual(readdirSync(folder), [], `${method} ${path}`);
			assert.equal(said.trim().split('\n').at(-1), new URL(`http://127.0.0.1:1/sub${path}`).href);
			rmSync(folder, { recursive: true });
		}
	}
});

// A target of a request may be anything; the command, like every call, carries the viewer's key.
test('a path never leads to another server', () => {
	for (const path of ['///evil.example/x', '//evil.example/x', '/https://evil.example/x', 'https://evil.example/x', '/\\\\evil.example/x', '//\\evil.example', '\\\\evil.example/x'])
		assert.equal(new URL(urlOf(path)).origin, 'http://127.0.0.1:1', path);
});

test('metrics: sums, growth, quantiles', () => {
	const text = (a, b, c) => `# HELP x y\nhits{handler="/a",status="200"} ${a}\nhits{handler="/a",status="500"} 2\n` +
		`lat_bucket{le="0.1"} ${b}\nlat_bucket{le="1"} ${c}\nlat_bucket{le="+Inf"} ${c}\nplain 3\n`;
	const one = metrics.parseMetrics(text(5, 0, 0)), two = metrics.parseMetrics(text(9, 5, 10));
	assert.equal(metrics.sum(one, 'hits'), 7);
	assert.equal(metrics.sum(one, 'hits', { status: '500' }), 2);
	assert.equal(metrics.sum(one, 'none'), null);
	assert.equal(metrics.sum(one, 'plain'), 3);
	assert.equal(metrics.grown(one, two, 'hits', { handler: '/a' }), 4);
	assert.equal(metrics.quantile(one, two, 'lat', 0.5), 0.1);
	assert.equal(metrics.quantile(one, two, 'lat', 0.75), 0.55);
	assert.equal(metrics.quantile(one, one, 'lat', 0.5), null);
});
