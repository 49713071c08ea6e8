// SPDX-License-Identifier: MIT
// rules.test.mjs - without a browser: dictionaries, the page's rules, the reading of metrics,
// the vendored files, the weight of all of the page on the wire.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { dictionaries } from './dictionary.mjs';

const root = new URL('./web-ui', import.meta.url).pathname;
const rules = await import('./web-ui/lib/rules.js');
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
	const built = /^(nav|conn|status|state|kind|purpose|reason|mode|svc|must|breaker|health|ev\.kind|problem)\./;
	const literal = new Set([...all.matchAll(/'([\w.-]+)'/g)].map((m) => m[1]));
	assert.deepEqual(Object.keys(dictionaries.en).filter((key) => !built.test(key) && !literal.has(key)), []);
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

const rental = { started_at: '2026-11-23T10:00:00.250000Z', finished_at: null, price_per_hour: 90, free_period_min: 3, status: 'ACTIVE', debt: 0 };
const after = (sec) => Date.parse(rental.started_at) + sec * 1000;

test('due is the exact sum of the money rules', () => {
	assert.equal(rules.due(rental, after(0), 5000), 0);
	assert.equal(rules.due(rental, after(180), 5000), 0);
	assert.equal(rules.due(rental, after(181), 5000), 1);
	assert.equal(rules.due(rental, after(180 + 40), 5000), 1);
	assert.equal(rules.due(rental, after(180 + 41), 5000), 2);
	assert.equal(rules.due(rental, after(180 + 3600), 5000), 90);
	assert.equal(rules.due(rental, after(1e7), 5000), 5000);
	assert.equal(rules.due({ ...rental, started_at: null }, after(0), 5000), 0);
	for (let s = 0; s < 400; s++) {
		const wait = rules.untilNext(rental, after(s), 5000);
		assert.equal(rules.due(rental, after(s + wait), 5000), rules.due(rental, after(s), 5000) + 1, `at ${s} s`);
		assert.equal(rules.due(rental, after(s + wait - 1), 5000), rules.due(rental, after(s), 5000), `before ${s} s`);
	}
});

test('rules are read from the configuration in force', () => {
	const read = rules.rulesOf('options = { r_buyout = "700"; tick = "1.5s"; debt_retry_max = "1h";\nsubscriber_free_period = "45m"; tariff_ttl = 90; };');
	assert.equal(read.r_buyout, 700);
	assert.equal(read.tick, 1.5);
	assert.equal(read.debt_retry_max, 3600);
	assert.equal(read.subscriber_free_period, 45);
	assert.equal(read.debt_retry_base, 60);
	assert.ok(read.known);
	assert.deepEqual(rules.rulesOf(undefined), { ...rules.DEFAULTS, r_buyout: Infinity, known: false });
});

test('an offer is explained by what changed it', () => {
	const tariff = { price_per_hour: 60, free_period_min: 5, default_deposit: 300 };
	const keys = (quote, user) => rules.explained({ price_per_hour: 60, free_period_min: 5, deposit: 300, ...quote }, tariff, { available: 1 }, user, rules.DEFAULTS).map((s) => s.key);
	assert.deepEqual(keys({}, {}), []);
	assert.deepEqual(keys({ price_per_hour: 90 }, {}), ['offer.lowStock']);
	assert.deepEqual(keys({ free_period_min: 30 }, { has_subscribtion: true }), ['offer.subscriber']);
	assert.deepEqual(keys({ deposit: 150 }, { trusted: true }), ['offer.trusted']);
	assert.deepEqual(keys({}, { trusted: true, has_subscribtion: true }), ['offer.noProfile']);
});

const op = (kind, purpose, amount, status, second) => ({ kind, purpose, amount, status,
	processed: status === 'SUCCEEDED' ? amount : 0, resolved_at: new Date(after(second)).toISOString() });

test('paid and debt follow the operations', () => {
	const ops = [op('hold', 'start', 500, 'DECLINED', 0), op('charge', 'accrual', 10, 'SUCCEEDED', 5),
		op('charge', 'accrual', 7, 'NOT_EXECUTED', 10), op('charge', 'debt', 100, 'SUCCEEDED', 15), op('refund', 'settle', 3, 'SUCCEEDED', 20)];
	assert.deepEqual(rules.course(rental, ops).map(({ paid, debt }) => [paid, debt]),
		[[0, 0], [0, 500], [10, 500], [10, 507], [110, 407], [107, 407]]);
});

test('the next try of a debt backs off, and a success ends that', () => {
	const fail = (second) => op('charge', 'debt', 100, 'DECLINED', second);
	const owing = { ...rental, debt: 50 };
	assert.equal(rules.nextRetry(rental, [], rules.DEFAULTS), null);
	assert.equal(rules.nextRetry(owing, [], rules.DEFAULTS), 0);
	assert.equal(rules.nextRetry(owing, [fail(10)], rules.DEFAULTS), after(10 + 120));
	assert.equal(rules.nextRetry(owing, [fail(10), fail(130)], rules.DEFAULTS), after(130 + 240));
	assert.equal(rules.nextRetry(owing, Array.from({ length: 12 }, (_, i) => fail(i)), rules.DEFAULTS), after(11 + 3600));
	assert.equal(rules.nextRetry(owing, [fail(10), op('charge', 'debt', 100, 'SUCCEEDED', 200)], rules.DEFAULTS), 0);
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
