/* SPDX-License-Identifier: MIT
 *
 * intentions.h - the table of intentions (intentions.def) as values: an enum of them, and a row
 * for each with its name and kind.
 */
#ifndef STORAGE_CORE_INTENTIONS_H
#define STORAGE_CORE_INTENTIONS_H

#include <rent/storage.h>

/* INTENTION_quote_put, … */
enum intention {
#define INTENTION(name, access, commit, parameters, arguments) INTENTION_##name,
#define INTENTION_CACHE                                        INTENTION
#include "core/intentions.def"
#undef INTENTION
#undef INTENTION_CACHE
	INTENTIONS
};

enum intention_access {
	INTENTION_READ,
	INTENTION_WRITE,
};

enum intention_commit {
	INTENTION_ALONE,
	INTENTION_GATHERED,
};

struct intention_row {
	const char *name; /* also the value of the metric label `operation` */
	enum intention_access access;
	enum intention_commit commit;
	size_t slot; /* its offset in struct rent_storage */
};

extern const struct intention_row intentions[INTENTIONS];

#endif
