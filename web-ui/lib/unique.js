// SPDX-License-Identifier: MIT
// lib/unique.js - a name that nobody else has; browsers make UUIDs on trustworthy pages only.
export const unique = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
