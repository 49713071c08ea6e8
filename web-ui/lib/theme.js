// SPDX-License-Identifier: MIT
// lib/theme.js - light or dark: what the system says, until a person chooses.
import { computed, effect, signal } from './html.js';
import { kept } from './store.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const system = signal(dark.matches);
dark.addEventListener('change', () => (system.value = dark.matches));

const chosen = kept('theme', null); // 'light', 'dark', null
export const isDark = computed(() => (chosen.value === null ? system.value : chosen.value === 'dark'));

effect(() => (document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light'));

export const toggleTheme = () => (chosen.value = isDark.value ? 'light' : 'dark');
