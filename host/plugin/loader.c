/* SPDX-License-Identifier: MIT
 *
 * loader.c - see loader.h.
 */
#include "plugin/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/trust.h"
#include "conf/nearest.h"
#include "plugin/crash.h"

int loader_path(const char *plugin_dir, const char *name, char *ret, size_t size,
                struct rent_error *err)
{
	bool path = strchr(name, '/') != NULL;
	int n = path ? snprintf(ret, size, "%s", name)
	             : snprintf(ret, size, "%s/%s.so", plugin_dir, name);

	if (n < 0 || (size_t)n >= size)
		return rent_fail(err, RENT_EINVAL, "the path of '%s' is too long", name);
	return 0;
}

static int by_name(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 3 && strcmp(entry->d_name + n - 3, ".so") == 0;
}

int loader_each(const char *dir, void (*fn)(void *arg, const char *file), void *arg,
                struct rent_error *err)
{
	struct dirent **entries = NULL;
	char path[4096];
	int n = scandir(dir, &entries, by_name, alphasort);

	if (n < 0)
		return rent_fail(err, RENT_EFAIL,
		                 "cannot read the plugin folder '%s': %s", dir,
		                 strerror(errno));
	for (int i = 0; i < n; i++) {
		int size = snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);

		/* A longer one cannot be opened either. */
		if (size > 0 && size < (int)sizeof(path))
			fn(arg, path);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

struct search {
	struct nearest nearest;
	char best[256], wanted[256];
};

static void stem(const char *file, char *ret, size_t size)
{
	const char *slash = strrchr(file, '/'), *base = slash == NULL ? file : slash + 1;
	size_t n = strlen(base);

	(void)snprintf(ret, size, "%.*s", n > 3 ? (int)n - 3 : (int)n, base);
}

static void consider(void *arg, const char *file)
{
	struct search *search = arg;
	size_t before = search->nearest.distance;
	char name[256];

	stem(file, name, sizeof(name));
	nearest_try(&search->nearest, name);
	if (search->nearest.distance < before)
		(void)rent_copy(search->best, sizeof(search->best), name);
	search->nearest.best = search->best;
}

static int missing(const char *file, int error, struct rent_error *err)
{
	const char *slash = strrchr(file, '/');
	struct search search = { 0 };
	char dir[4096], hint[300];

	(void)snprintf(dir, sizeof(dir), "%.*s", slash == NULL ? 1 : (int)(slash - file),
	               slash == NULL ? "." : file);
	stem(file, search.wanted, sizeof(search.wanted));
	nearest_init(&search.nearest, search.wanted);
	(void)loader_each(dir, consider, &search, NULL);
	return rent_fail(err, RENT_EINVAL, "cannot read the plugin '%s': %s%s", file,
	                 strerror(error),
	                 nearest_hint(&search.nearest, hint, sizeof(hint)));
}

struct object_range {
	uintptr_t inside, from, to;
};

static int widen_to_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct object_range *range = arg;
	uintptr_t from = UINTPTR_MAX, to = 0;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t at = (uintptr_t)(info->dlpi_addr + p->p_vaddr);

		if (p->p_type != PT_LOAD)
			continue;
		from = at < from ? at : from;
		to = at + p->p_memsz > to ? at + p->p_memsz : to;
	}
	if (range->inside < from || range->inside >= to)
		return 0;
	range->from = from;
	range->to = to;
	return 1;
}

/* The message about a crash in a later call names the plugin. */
static void know_object(const struct plugin *plugin, const void *inside)
{
	struct object_range range = { .inside = (uintptr_t)inside };

	if (dl_iterate_phdr(widen_to_object, &range) == 1)
		crash_object(plugin->desc.name, plugin->file, range.from, range.to);
}

static int map(struct plugin *plugin, struct rent_error *err)
{
	const struct rent_plugin *theirs;
	rent_plugin_entry_fn entry;
	void *object, *symbol;
	const char *path = plugin->file;
	char here[4096];
	int r;

	/* Without a slash the dynamic linker would search its own folders. */
	if (strchr(path, '/') == NULL) {
		(void)snprintf(here, sizeof(here), "./%s", path);
		path = here;
	}
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (object == NULL)
		return rent_fail(err, RENT_EINVAL, "cannot load the plugin '%s': %s",
		                 plugin->file, dlerror());
	symbol = dlsym(object, RENT_PLUGIN_SYMBOL);
	if (symbol == NULL)
		return rent_fail(
			err, RENT_EINVAL,
			"'%s' is not a plugin: it does not export '%s'; define it with "
			"RENT_PLUGIN()",
			plugin->file, RENT_PLUGIN_SYMBOL);
	memcpy(&entry, &symbol, sizeof(entry)); /* ISO C has no cast for this */
	theirs = entry();
	if (theirs == NULL)
		return rent_fail(err, RENT_EINVAL, "'%s': %s() returned no descriptor",
		                 plugin->file, RENT_PLUGIN_SYMBOL);
	r = descriptor_adopt(plugin, theirs, err);
	if (r == 0)
		know_object(plugin, theirs);
	return r;
}

static void plugin_free(struct plugin *plugin)
{
	if (plugin == NULL)
		return;
	free(plugin->file);
	free(plugin);
}

int loader_open(struct plugins *plugins, const char *file, struct plugin **ret,
                struct rent_error *err)
{
	struct plugin *plugin;
	int r;

	for (plugin = plugins->first; plugin != NULL; plugin = plugin->next) {
		if (strcmp(plugin->file, file) == 0) {
			*ret = plugin;
			return 0;
		}
	}
	if (access(file, R_OK) != 0)
		return missing(file, errno, err);
	/* Others cannot exchange the file between here and dlopen() either, since they may not
	 * write any folder on its path. */
	if (trust_file(file, err) != 0)
		return RENT_EINVAL;
	plugin = calloc(1, sizeof(*plugin));
	if (plugin != NULL)
		plugin->file = strdup(file);
	if (plugin == NULL || plugin->file == NULL) {
		plugin_free(plugin);
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	}
	crash_enter("?", "?", file, "loading");
	r = map(plugin, err);
	crash_leave();
	if (r != 0) {
		plugin_free(plugin);
		return r;
	}
	plugin->next = plugins->first;
	plugins->first = plugin;
	*ret = plugin;
	return 0;
}

void loader_done(struct plugins *plugins)
{
	while (plugins->first != NULL) {
		struct plugin *next = plugins->first->next;

		plugin_free(plugins->first);
		plugins->first = next;
	}
}

const char *loader_version_of(const char *function)
{
	const char *(*fn)(void) = NULL;
	void *symbol = dlsym(RTLD_DEFAULT, function);

	memcpy(&fn, &symbol, sizeof(fn));
	return symbol == NULL ? NULL : fn();
}
