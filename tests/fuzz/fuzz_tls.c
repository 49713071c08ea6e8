/* SPDX-License-Identifier: MIT
 *
 * fuzz_tls.c - bytes as they come to a listener with TLS, through the real path: the socket, the library
 * that parses, GnuTLS. Input: what a client sends instead of a handshake, or of one from its hello on. Now
 * and then a real client must still get an answer.
 */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_server.h"

#define SILENCE_MS 2
#define REAL_EVERY 64
#define YEAR       (time_t)(365 * 24 * 3600)

/* ---- a certificate of its own */

static void write_pem(int fd, const gnutls_datum_t *pem)
{
	FUZZ_MUST(write(fd, pem->data, pem->size) == (ssize_t)pem->size);
	(void)close(fd);
	gnutls_free(pem->data);
}

static void make_certificate(char *certificate, char *key)
{
	static const unsigned char serial[] = { 1 };
	gnutls_x509_privkey_t private;
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;

	FUZZ_MUST(gnutls_x509_privkey_init(&private) == 0);
	FUZZ_MUST(gnutls_x509_privkey_generate(
			  private, GNUTLS_PK_ECDSA,
			  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) == 0);
	FUZZ_MUST(gnutls_x509_crt_init(&crt) == 0);
	FUZZ_MUST(gnutls_x509_crt_set_version(crt, 3) == 0);
	FUZZ_MUST(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)) == 0);
	FUZZ_MUST(gnutls_x509_crt_set_dn(crt, "CN=fuzz", NULL) == 0);
	FUZZ_MUST(gnutls_x509_crt_set_activation_time(crt, time(NULL) - YEAR) == 0);
	FUZZ_MUST(gnutls_x509_crt_set_expiration_time(crt, time(NULL) + YEAR) == 0);
	FUZZ_MUST(gnutls_x509_crt_set_key(crt, private) == 0);
	FUZZ_MUST(gnutls_x509_crt_sign2(crt, crt, private, GNUTLS_DIG_SHA256, 0) == 0);
	FUZZ_MUST(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem) == 0);
	write_pem(mkstemp(certificate), &pem);
	FUZZ_MUST(gnutls_x509_privkey_export2(private, GNUTLS_X509_FMT_PEM, &pem) == 0);
	write_pem(mkstemp(key), &pem);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(private);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char certificate[] = "/tmp/fuzz-tls-XXXXXX",
		    key[] = "/tmp/fuzz-tls-XXXXXX";
	static struct http_config config = { .tls_certificate = certificate,
		                             .tls_key = key,
		                             .tls_client_ca = certificate,
		                             .tls_client_optional = true,
		                             .system_routes = HTTP_SYSTEM_LIVE };

	(void)argc;
	(void)argv;
	make_certificate(certificate, key);
	fuzz_server_begin(&config);
	(void)unlink(certificate);
	(void)unlink(key);
	return 0;
}

/* ---- a real client */

static void ask(gnutls_session_t session)
{
	static const char request[] = "GET /api/v1/health HTTP/1.0\r\n\r\n";
	char reply[16] = "";
	ssize_t n = 0;

	FUZZ_MUST(gnutls_record_send(session, request, sizeof(request) - 1) > 0);
	while (n < 12) {
		ssize_t got = gnutls_record_recv(session, reply + n,
		                                 sizeof(reply) - 1 - (size_t)n);

		FUZZ_MUST(got > 0);
		n += got;
	}
	FUZZ_MUST(strncmp(reply, "HTTP/1.0 200", 12) == 0 ||
	          strncmp(reply, "HTTP/1.1 200", 12) == 0);
}

static void expect_answer(void)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	int fd = fuzz_server_connect(), code;

	FUZZ_MUST(gnutls_certificate_allocate_credentials(&credentials) == 0);
	FUZZ_MUST(gnutls_init(&session, GNUTLS_CLIENT) == 0);
	FUZZ_MUST(gnutls_set_default_priority(session) == 0);
	FUZZ_MUST(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) ==
	          0);
	gnutls_transport_set_int(session, fd);
	gnutls_handshake_set_timeout(session, 10000);
	do {
		code = gnutls_handshake(session);
	} while (code < 0 && gnutls_error_is_fatal(code) == 0);
	FUZZ_MUST(code == 0);
	ask(session);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	fuzz_server_leave(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned inputs;
	struct fuzz f = { data, size };
	char *text = fuzz_rest(&f), reply[4096];
	int fd = fuzz_server_connect();
	struct pollfd p = { .fd = fd, .events = POLLIN };

	fuzz_server_send(fd, text, size);
	(void)shutdown(fd, SHUT_WR);
	while (poll(&p, 1, SILENCE_MS) > 0 && recv(fd, reply, sizeof(reply), 0) > 0)
		;
	fuzz_server_leave(fd);
	free(text);
	if (inputs++ % REAL_EVERY == 0)
		expect_answer();
	return 0;
}
