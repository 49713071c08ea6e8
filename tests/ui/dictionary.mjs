// SPDX-License-Identifier: MIT
// dictionary.mjs - the page's dictionaries, for tests.
import { pathToFileURL } from 'node:url';

const from = (name) => import(pathToFileURL(`${process.env.UI_TOP}/web-ui/i18n/${name}.js`));
export const dictionaries = { en: (await from('en')).en, ru: (await from('ru')).ru };
