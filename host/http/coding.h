/* SPDX-License-Identifier: MIT
 *
 * http/coding.h - which content coding a client wants, by its Accept-Encoding (RFC 9110,
 * 12.5.3). packed.h compresses and keeps the files.
 */
#ifndef HTTP_CODING_H
#define HTTP_CODING_H

#include "http/call.h"

/* Whether gzip may be sent and is wanted no less than the file as it is. Without the header,
 * and in doubt, it is not. */
bool coding_gzip_wanted(const struct call *call);

#endif
