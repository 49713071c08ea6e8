// SPDX-License-Identifier: MIT
// city.mjs FILE - the demo's city with a station whose time is dear, so that a test sees money move.
import { readFileSync } from 'node:fs';

const city = JSON.parse(readFileSync(process.argv[2], 'utf8'));
city.tariffs.push({ id: 'rush', price_per_hour: 7200, free_period_min: 0, default_deposit: 100 });
city.stations.push({
	id: 'rush-hour', tariff_id: 'rush', location: '1 Fast Lane', lat: 59.94, lon: 30.37,
	address: { ru: 'Быстрый переулок, 1' }, name: { en: 'Rush Hour', ru: 'Час пик' }, slots: 40, powerbanks: 30,
});
process.stdout.write(JSON.stringify(city));
