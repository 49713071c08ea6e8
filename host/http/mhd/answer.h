/* SPDX-License-Identifier: MIT
 *
 * http/mhd/answer.h - the callbacks of libmicrohttpd, on the loop; cls is the door.
 */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include <microhttpd.h>
#include <stddef.h>

enum MHD_Result answer_accept(void *cls, const struct sockaddr *addr, socklen_t size);
void *answer_target(void *cls, const char *target, struct MHD_Connection *mhd);
enum MHD_Result answer_request(void *cls, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *data_size, void **con_cls);
void answer_completed(void *cls, struct MHD_Connection *mhd, void **con_cls,
                      enum MHD_RequestTerminationCode code);
void answer_connection(void *cls, struct MHD_Connection *mhd, void **socket_context,
                       enum MHD_ConnectionNotificationCode code);
size_t answer_unescape(void *cls, struct MHD_Connection *mhd, char *text);

#endif
