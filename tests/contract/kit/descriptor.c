/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/descriptor.c - the descriptor and the option table of a plugin.
 */
#include "kit.h"

static void check_option(struct kit *k, const struct rent_option *o)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";

	if (o->name == NULL || o->name[0] == '\0' ||
	    o->name[strspn(o->name, plain)] != '\0') {
		kit_fault(k, "option '%s': names are of [a-z0-9_.]",
		          o->name == NULL ? "" : o->name);
		return;
	}
	if ((int)o->type < RENT_OPT_STRING || (int)o->type > RENT_OPT_PATH)
		kit_fault(k, "option '%s': unknown type %d", o->name, (int)o->type);
	if ((o->flags & RENT_OPT_REQUIRED) != 0 && o->def != NULL)
		kit_fault(k, "option '%s': required, and has a default", o->name);
	if (o->type == RENT_OPT_ENUM && (o->choices == NULL || o->choices[0] == '\0'))
		kit_fault(k, "option '%s': an enum without choices", o->name);
	if (o->help == NULL || o->help[0] == '\0')
		kit_fault(k, "option '%s': no help", o->name);
}

void kit_check_options(struct kit *k)
{
	const struct rent_option *all = k->plugin->options;

	kit_begin(k, "the option table is sound");
	for (const struct rent_option *o = all; o != NULL && o->type != RENT_OPT_END;
	     o++) {
		check_option(k, o);
		for (const struct rent_option *p = all; p != o; p++) {
			if (o->name != NULL && p->name != NULL &&
			    strcmp(o->name, p->name) == 0)
				kit_fault(k, "option '%s': twice", o->name);
		}
	}
	kit_end(k);
}

void kit_check_plugin(struct kit *k)
{
	const struct rent_plugin *p = k->plugin;

	if (p->struct_size < offsetof(struct rent_plugin, create) + sizeof(p->create))
		kit_fault(k, "struct_size is %u", (unsigned)p->struct_size);
	if (p->name == NULL || p->name[0] == '\0' || p->version == NULL ||
	    p->version[0] == '\0' || p->summary == NULL || p->summary[0] == '\0')
		kit_fault(k, "name, version and summary must be given");
}
