// SPDX-License-Identifier: MIT
// dictionary.mjs - the page's dictionaries, for tests; run.sh puts the page beside it.

const from = (name) => import(`./web-ui/i18n/${name}.js`);
export const dictionaries = { en: (await from('en')).en, ru: (await from('ru')).ru };
