/* SPDX-License-Identifier: MIT
 *
 * tools/tools.h - what plugins get so that they link with no library: JSON (rent/json.h) over
 * jansson and cryptography (rent/crypto.h) over libcrypto. Stateless; any thread.
 */
#ifndef HOST_TOOLS_TOOLS_H
#define HOST_TOOLS_TOOLS_H

#include <rent/crypto.h>
#include <rent/json.h>

extern const struct rent_json_api tools_json;
extern const struct rent_crypto_api tools_crypto;

/* Writes an object as tools_json.build() does, as a line of out. false: no memory, or two names
 * contradict each other. */
bool tools_print(const struct rent_value *members, FILE *out);

/* Of what strangers may choose, into a table of ours: seed is secret and random. */
uint64_t tools_siphash(const unsigned char seed[16], const void *data, size_t size);

#endif
