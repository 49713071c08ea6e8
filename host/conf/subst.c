/* SPDX-License-Identifier: MIT
 *
 * subst.c - see subst.h.
 */
#include "conf/subst.h"

#include "base/folder.h"
#include "base/trust.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>

static int read_file(struct rent_arena *arena, const char *path, const char **ret,
                     struct rent_error *err)
{
	char *text = rent_alloc(arena, SUBST_FILE_MAX + 2), hint[FOLDER_HINT_SIZE];
	FILE *in;
	size_t n;

	if (text == NULL)
		return RENT_ENOMEM;
	in = fopen(path, "re");
	if (in == NULL)
		return rent_fail(err, RENT_EINVAL, "cannot read '%s': %s%s", path,
		                 strerror(errno), folder_hint(path, hint));
	if (trust_file(path, err) != 0) {
		(void)fclose(in);
		return RENT_EINVAL;
	}
	n = fread(text, 1, SUBST_FILE_MAX + 1, in);
	if (ferror(in)) {
		(void)fclose(in);
		return rent_fail(err, RENT_EINVAL, "cannot read '%s'", path);
	}
	(void)fclose(in);
	if (n > SUBST_FILE_MAX || strlen(text) != n)
		return rent_fail(err, RENT_EINVAL,
		                 "'%s' is no text in UTF-8 of at most %zu bytes", path,
		                 SUBST_FILE_MAX);
	if (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	if (n > 0 && text[n - 1] == '\r')
		text[--n] = '\0';
	*ret = text + utf8_mark(text);
	return 0;
}

static int from_env(struct rent_arena *arena, char *name, const char **ret,
                    struct rent_error *err)
{
	char *def = strstr(name, ":-");
	const char *set;

	if (def != NULL) {
		*def = '\0';
		def += 2;
	}
	set = getenv(name);
	/* As in a shell, ":-" also replaces an empty value. */
	if (set == NULL || (*set == '\0' && def != NULL))
		set = def;
	if (set == NULL)
		return rent_fail(
			err, RENT_EINVAL,
			"the environment variable '%s' is not set; set it, or write "
			"${env:%s:-default}",
			name, name);
	*ret = rent_strdup(arena, set);
	return *ret == NULL ? RENT_ENOMEM : 0;
}

static int from_credential(struct rent_arena *arena, const char *name, const char **ret,
                           struct rent_error *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY"), *path;

	if (dir == NULL)
		return rent_fail(
			err, RENT_EINVAL,
			"'${cred:%s}' needs CREDENTIALS_DIRECTORY, which is not set; start "
			"it with LoadCredential= or use ${file:PATH}",
			name);
	if (strchr(name, '/') != NULL || *name == '\0' || *name == '.')
		return rent_fail(err, RENT_EINVAL, "'%s' is no name of a credential",
		                 name);
	path = rent_printf(arena, "%s/%s", dir, name);
	return path == NULL ? RENT_ENOMEM : read_file(arena, path, ret, err);
}

/* The text between ${ and }. */
static int resolve(struct rent_arena *arena, char *what, const char **ret,
                   struct rent_error *err)
{
	if (strncmp(what, "env:", 4) == 0)
		return from_env(arena, what + 4, ret, err);
	if (strncmp(what, "file:", 5) == 0)
		return read_file(arena, what + 5, ret, err);
	if (strncmp(what, "cred:", 5) == 0)
		return from_credential(arena, what + 5, ret, err);
	return rent_fail(
		err, RENT_EINVAL,
		"'${%s}' is not known; allowed: ${env:NAME}, ${env:NAME:-default}, "
		"${file:PATH}, ${cred:NAME}; a plain ${ is written $${",
		what);
}

int subst_expand(struct rent_arena *arena, const char *text, const char **ret,
                 bool *ret_did, struct rent_error *err)
{
	const char *done = "", *at;

	*ret_did = false;
	for (at = strstr(text, "${"); at != NULL; at = strstr(text, "${")) {
		const char *end = strchr(at, '}'), *with = "${";
		size_t before = (size_t)(at - text);
		int r = 0;

		if (at > text && at[-1] == '$') {
			before--;
			end = at + 1;
		} else if (end == NULL) {
			return rent_fail(
				err, RENT_EINVAL,
				"'${' is not closed by '}'; a plain ${ is written $${");
		} else {
			char *what = rent_strndup(arena, at + 2, (size_t)(end - at - 2));

			r = what == NULL ? RENT_ENOMEM : resolve(arena, what, &with, err);
			*ret_did = true;
		}
		if (r != 0)
			return r;
		done = rent_printf(arena, "%s%.*s%s", done, (int)before, text, with);
		if (done == NULL)
			return RENT_ENOMEM;
		text = end + 1;
	}
	*ret = rent_printf(arena, "%s%s", done, text);
	return *ret == NULL ? RENT_ENOMEM : 0;
}

static int expand_node(struct report *report, struct conf_node *node)
{
	struct rent_error err = { 0 };
	bool did = false;
	int r = subst_expand(report->arena, node->raw, &node->text, &did, &err);

	if (r == RENT_ENOMEM)
		return r;
	if (r != 0) {
		node->text = NULL;
		report_add(report, &node->place, node_path(report->arena, node), "%s",
		           err.text);
	} else if (did && node->origin == ORIGIN_FILE) {
		node->origin = ORIGIN_SUBSTITUTED;
	}
	return 0;
}

int subst_tree(struct report *report, struct conf_node *root)
{
	int r = root->kind == NODE_STRING ? expand_node(report, root) : 0;

	for (struct conf_node *n = root->first; n != NULL && r == 0; n = n->next)
		r = subst_tree(report, n);
	return r;
}
