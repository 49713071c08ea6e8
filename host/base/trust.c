/* SPDX-License-Identifier: MIT
 *
 * trust.c - see trust.h.
 */
#include "base/trust.h"

#include "base/cleanup.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void owner_name(uid_t uid, char *ret, size_t size)
{
	struct passwd pw, *found = NULL;
	char room[4096];

	if (getpwuid_r(uid, &pw, room, sizeof(room), &found) == 0 && found != NULL)
		(void)snprintf(ret, size, "%s", pw.pw_name);
	else
		(void)snprintf(ret, size, "%u", (unsigned)uid);
}

static bool is_others(const struct stat *st)
{
	bool ours = st->st_uid == 0 || st->st_uid == geteuid();
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

	return !ours || (!sticky && (st->st_mode & (S_IWGRP | S_IWOTH)) != 0);
}

static int judge_owner(const char *path, const char *what, const struct stat *st,
                       struct rent_error *err)
{
	char owner[64], self[64];

	if (!is_others(st))
		return 0;
	owner_name(st->st_uid, owner, sizeof(owner));
	owner_name(geteuid(), self, sizeof(self));
	return rent_fail(
		err, RENT_EFAIL,
		"others may change the %s '%s': its owner is %s, its mode %04o; it must "
		"belong to root or %s, and neither group nor others may write it "
		"(chown root, chmod go-w)",
		what, path, owner, (unsigned)(st->st_mode & 07777), self);
}

/* The folders above an absolute path, the nearest first; path is cut. */
static int judge_folders(char *path, struct rent_error *err)
{
	struct stat st;
	int r = 0;

	for (char *slash = strrchr(path, '/'); slash != NULL && r == 0;
	     slash = strrchr(path, '/')) {
		*slash = '\0';
		if (stat(*path == '\0' ? "/" : path, &st) == 0)
			r = judge_owner(*path == '\0' ? "/" : path, "folder", &st, err);
	}
	return r;
}

static int judge_way_of_name(const char *path, struct rent_error *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".", real[PATH_MAX], with_name[PATH_MAX + 2];

	if (slash != NULL)
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path) + 1,
		               path);
	if (realpath(folder, real) == NULL)
		return 0;
	(void)snprintf(with_name, sizeof(with_name), "%s/x",
	               strcmp(real, "/") == 0 ? "" : real);
	return judge_folders(with_name, err);
}

int trust_file(const char *path, struct rent_error *err)
{
	cleanup_free char *real = realpath(path, NULL);
	struct stat st;
	int r;

	if (real == NULL || stat(real, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	r = judge_owner(real, "file", &st, err);
	if (r == 0)
		r = judge_folders(real, err);
	return r == 0 ? judge_way_of_name(path, err) : r;
}
