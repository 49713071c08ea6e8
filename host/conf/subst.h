/* SPDX-License-Identifier: MIT
 *
 * conf/subst.h - what stands for something else inside the strings of a configuration:
 *
 *     ${env:NAME}  ${env:NAME:-default}  ${file:PATH}  ${cred:NAME}     $${ is a plain ${
 *
 * A file loses its last newline; a credential is a file of that name in the folder that
 * CREDENTIALS_DIRECTORY names. Inserted text is not substituted again.
 */
#ifndef HOST_CONF_SUBST_H
#define HOST_CONF_SUBST_H

#include "conf/tree.h"

#define SUBST_FILE_MAX ((size_t)64 * 1024)

/* Expands text; RENT_EINVAL with the reason in err, RENT_ENOMEM. *ret_did: something was
 * replaced. */
int subst_expand(struct rent_arena *arena, const char *text, const char **ret,
                 bool *ret_did, struct rent_error *err);

/* Fills in the text of every string of the tree; what is wrong goes to the report. Fails only
 * for want of memory. */
int subst_tree(struct report *report, struct conf_node *root);

#endif
