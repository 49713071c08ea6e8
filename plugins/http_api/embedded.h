/* SPDX-License-Identifier: MIT
 *
 * embedded.h - the files that are compiled into the plugin (written at build by
 * embed.cmake). A zero byte follows the last one and is not counted.
 */
#ifndef HTTP_API_EMBEDDED_H
#define HTTP_API_EMBEDDED_H

#include <stddef.h>

struct embedded {
	size_t size;
	const unsigned char *bytes;
};

extern const struct embedded embedded_openapi_json;
extern const struct embedded embedded_docs_html;
extern const struct embedded embedded_docs_css;
extern const struct embedded embedded_docs_js;

#endif
