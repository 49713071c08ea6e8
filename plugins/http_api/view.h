/* SPDX-License-Identifier: MIT
 *
 * view.h - a rental as JSON.
 */
#ifndef HTTP_API_VIEW_H
#define HTTP_API_VIEW_H

#include <jansson.h>

#include "api.h"

/* NULL when memory is exhausted. */
json_t *view_status(const struct http_api *api,
                    const struct rent_view *view); /* the reply of status */
json_t *view_stop(const struct http_api *api,
                  const struct rent_view *view); /* … and deposit_refund */
/* An item of a list: whose and where besides, but not `held`, which a list does not read. */
json_t *view_item(const struct http_api *api, const struct rent_view *view);

#endif
