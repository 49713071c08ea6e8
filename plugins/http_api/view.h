/* SPDX-License-Identifier: MIT
 *
 * view.h - a rental as JSON.
 */
#ifndef HTTP_API_VIEW_H
#define HTTP_API_VIEW_H

#include "common/json_out.h"

#include "api.h"

/* The reply of status. */
void view_status(struct json_out *out, const struct http_api *api,
                 const struct rent_view *view);
/* … and deposit_refund */
void view_stop(struct json_out *out, const struct http_api *api,
               const struct rent_view *view);
/* An item of a list: whose and where besides, but not `held`, which a list does not read. */
void view_item(struct json_out *out, const struct http_api *api,
               const struct rent_view *view);

#endif
