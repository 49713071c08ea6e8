/* SPDX-License-Identifier: MIT
 *
 * fuzz_config.c - the text of a configuration through the whole loader: the file, its options
 * by the tables of host and plugins, the bindings, and what is said about it. Nothing is
 * created. What a text would read from elsewhere (@include, ${file:…}) is taken out first: the
 * machine that fuzzes is not part of the input.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "conf/config.h"
#include "fuzz.h"
#include "plugin/instances.h"
#include "plugin/loader.h"
#include "plugin/services.h"

static int fd = -1;
static char path[64];
static FILE *nowhere;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fd = memfd_create("config", 0);
	nowhere = fopen("/dev/null", "w");
	FUZZ_MUST(fd >= 0 && nowhere != NULL);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return 0;
}

/* The word with another letter in the middle, so that it means nothing. */
static void disarm(char *text, size_t size, const char *word)
{
	size_t n = strlen(word);
	char *at = text;

	while ((at = memmem(at, size - (size_t)(at - text), word, n)) != NULL)
		at[n / 2] = 'X';
}

static void try_load(void)
{
	struct config *config = NULL;
	struct instances *set = NULL;
	static struct plugins plugins;
	struct services services;
	int error = 0, code = config_load(path, NULL, &config, &error);

	services_init(&services);
	if (code == 0 &&
	    instances_new(config, RENT_FUZZ_PLUGINS, &plugins, &services, &set) == 0)
		instances_free(set);
	if (config != NULL) {
		FUZZ_MUST(code == 0 || config->report.count > 0);
		report_print(&config->report, nowhere, false);
		report_print(&config->report, nowhere, true);
	}
	config_free(config);
	services_done(&services);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	char *text = fuzz_rest(&f);

	disarm(text, size, "@include");
	disarm(text, size, "{file:");
	disarm(text, size, ".so");
	FUZZ_MUST(ftruncate(fd, 0) == 0);
	FUZZ_MUST(pwrite(fd, text, size, 0) == (ssize_t)size);
	try_load();
	free(text);
	return 0;
}
