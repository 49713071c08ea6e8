/* SPDX-License-Identifier: MIT
 *
 * plugin/loader.h - shared objects: found, mapped, their descriptor checked and copied. The
 * only file that knows dlfcn.h. A file is mapped once and stays (RTLD_NODELETE).
 */
#ifndef HOST_PLUGIN_LOADER_H
#define HOST_PLUGIN_LOADER_H

#include <rent/plugin.h>

#define PLUGIN_NEEDS_MAX 16

struct plugin {
	struct plugin *next;
	char *file;
	struct rent_plugin desc; /* our copy: what an older plugin lacks is 0 */
	size_t option_count, need_count;
};

/* The plugins that were opened. Objects stay mapped for the life of the process. */
struct plugins {
	struct plugin *first;
};

/* "NAME" in plugin_dir, or a path with a slash. RENT_EINVAL when it does not fit. */
int loader_path(const char *plugin_dir, const char *name, char *ret, size_t size,
                struct rent_error *err);

/* RENT_EINVAL: no such file, no plugin, wrong API, a broken descriptor; err says which. Main
 * thread. */
int loader_open(struct plugins *plugins, const char *file, struct plugin **ret,
                struct rent_error *err);

/* Frees what is known about plugins; the objects stay mapped. */
void loader_done(struct plugins *plugins);

/* Calls fn with the path of every .so in dir, sorted. RENT_EFAIL when it cannot be read. */
int loader_each(const char *dir, void (*fn)(void *arg, const char *file), void *arg,
                struct rent_error *err);

/* Is the descriptor, whose file is named for messages, sound? Fills plugin->desc and the
 * counts. (descriptor.c) */
int descriptor_adopt(struct plugin *plugin, const struct rent_plugin *theirs,
                     struct rent_error *err);

/* The text that a function of one of our libraries gives (curl_version, …); NULL: not
 * there. For -VV. */
const char *loader_version_of(const char *function);

#endif
