/* SPDX-License-Identifier: MIT
 *
 * http/mhd/tls.h - certificate, key and authority of a listener, read from files and read again while
 * connections live: each connection keeps what was in force when it came, and ends after its next
 * reply once that is old; a stream of events ends at once. GnuTLS is known here and nowhere else.
 */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include <rent/base.h>

struct MHD_Connection;
struct tls;
struct tls_files; /* what the files held at one moment */

/* TLS 1.2 and later; ciphers as GnuTLS orders them. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* client_ca: NULL: clients are not asked for a certificate. RENT_EINVAL with the file's name: one
 * is missing, others may change it, or key and certificate do not belong together. */
int tls_new(const char *certificate, const char *key, const char *client_ca,
            struct tls **ret, struct rent_error *err);
void tls_free(struct tls *tls); /* once no connection is left; NULL is fine */

/* Reads the files again for connections to come. On failure everything stays, and so it does when the files
 * are as they were. Any thread. */
int tls_reload(struct tls *tls, struct rent_error *err);

/* The texts of certificate and key for libmicrohttpd, which does not start without; they are
 * used by no connection. Valid until tls_free(). */
const char *tls_first_certificate(const struct tls *tls);
const char *tls_first_key(const struct tls *tls);

/* Before its handshake: the connection uses what is in force now. To be released when it ends; NULL:
 * it has no session. */
struct tls_files *tls_begin(struct tls *tls, struct MHD_Connection *mhd);
void tls_release(struct tls_files *files); /* NULL is fine */
/* Whether other files have been read since. NULL, no TLS: false. Any thread. */
bool tls_is_old(const struct tls *tls, const struct tls_files *files);

/* After its handshake. true: the client showed a certificate that the authority of this listener
 * signed and that is valid now; subject as in RFC 4514, SHA-256 of it in lower-case hex. */
bool tls_peer(struct MHD_Connection *mhd, char *ret_subject, size_t size,
              char ret_sha256[65]);

#endif
