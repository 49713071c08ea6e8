/* SPDX-License-Identifier: MIT
 *
 * http/mhd/tls.c - see tls.h.
 */
#include "http/mhd/tls.h"

#include "base/cleanup.h"
#include "base/trust.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGEST_SIZE 32u

struct tls_files {
	atomic_uint refs;
	unsigned generation;
	unsigned char sha256[DIGEST_SIZE]; /* of what was read */
	gnutls_certificate_credentials_t credentials;
};

struct tls {
	char *certificate, *key, *client_ca; /* paths */
	char *first_certificate, *first_key; /* texts */
	pthread_mutex_t lock;
	struct tls_files *now;  /* under lock */
	atomic_uint generation; /* that of now */
};

void tls_release(struct tls_files *files)
{
	if (files == NULL || atomic_fetch_sub(&files->refs, 1) != 1)
		return;
	gnutls_certificate_free_credentials(files->credentials);
	free(files);
}

static void release_files(struct tls_files **files)
{
	tls_release(*files);
}

static int check_file(const char *path, struct rent_error *err)
{
	FILE *in = fopen(path, "re");

	if (in == NULL)
		return rent_fail(err, RENT_EINVAL, "tls: cannot read '%s': %s", path,
		                 strerror(errno));
	(void)fclose(in);
	return trust_file(path, err) == 0 ? 0 : RENT_EINVAL;
}

static int read_authority(const struct tls *tls, struct tls_files *files,
                          struct rent_error *err)
{
	int r;

	if (tls->client_ca == NULL)
		return 0;
	if (check_file(tls->client_ca, err) != 0)
		return RENT_EINVAL;
	r = gnutls_certificate_set_x509_trust_file(files->credentials, tls->client_ca,
	                                           GNUTLS_X509_FMT_PEM);
	if (r > 0)
		return 0;
	return rent_fail(err, RENT_EINVAL, "tls: '%s' holds no certificate: %s",
	                 tls->client_ca, r < 0 ? gnutls_strerror(r) : "it is empty");
}

/* What it cannot read adds nothing; whoever loads the file says why. */
static void add_file(gnutls_hash_hd_t hash, const char *path)
{
	gnutls_datum_t text = { .data = NULL };

	if (path == NULL || gnutls_load_file(path, &text) != 0)
		return;
	(void)gnutls_hash(hash, &text.size, sizeof(text.size));
	(void)gnutls_hash(hash, text.data, text.size);
	explicit_bzero(text.data, text.size);
	gnutls_free(text.data);
}

/* Before the files are loaded: one that changes meanwhile differs at the next reload. */
static int digest_files(const struct tls *tls, unsigned char ret[DIGEST_SIZE])
{
	gnutls_hash_hd_t hash;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) != 0)
		return RENT_ENOMEM;
	add_file(hash, tls->certificate);
	add_file(hash, tls->key);
	add_file(hash, tls->client_ca);
	gnutls_hash_deinit(hash, ret);
	return 0;
}

static int read_files(const struct tls *tls, struct tls_files **ret,
                      struct rent_error *err)
{
	cleanup_with(release_files) struct tls_files *files = calloc(1, sizeof(*files));
	int r;

	if (files == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	atomic_init(&files->refs, 1);
	if (digest_files(tls, files->sha256) != 0 ||
	    gnutls_certificate_allocate_credentials(&files->credentials) != 0)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	if (check_file(tls->certificate, err) != 0 || check_file(tls->key, err) != 0)
		return RENT_EINVAL;
	r = gnutls_certificate_set_x509_key_file2(files->credentials, tls->certificate,
	                                          tls->key, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (r < 0)
		return rent_fail(err, RENT_EINVAL,
		                 "tls: certificate '%s' with key '%s': %s",
		                 tls->certificate, tls->key, gnutls_strerror(r));
	r = read_authority(tls, files, err);
	if (r == 0)
		*ret = steal(&files);
	return r;
}

static char *text_of(const char *path)
{
	gnutls_datum_t datum = { .data = NULL };
	char *text;

	if (gnutls_load_file(path, &datum) != 0)
		return NULL;
	text = strndup((const char *)datum.data, datum.size);
	gnutls_free(datum.data);
	return text;
}

int tls_new(const char *certificate, const char *key, const char *client_ca,
            struct tls **ret, struct rent_error *err)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	int r;

	if (tls == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	(void)pthread_mutex_init(&tls->lock, NULL);
	tls->certificate = strdup(certificate);
	tls->key = strdup(key);
	tls->client_ca = client_ca == NULL ? NULL : strdup(client_ca);
	r = read_files(tls, &tls->now, err);
	if (r == 0) {
		tls->first_certificate = text_of(certificate);
		tls->first_key = text_of(key);
	}
	if (r == 0 && (tls->first_certificate == NULL || tls->first_key == NULL))
		r = rent_fail(err, RENT_EINVAL, "tls: cannot read '%s' and '%s'",
		              certificate, key);
	if (r != 0) {
		tls_free(tls);
		return r;
	}
	*ret = tls;
	return 0;
}

void tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	tls_release(tls->now);
	if (tls->first_key != NULL)
		explicit_bzero(tls->first_key, strlen(tls->first_key));
	free(tls->first_certificate);
	free(tls->first_key);
	free(tls->certificate);
	free(tls->key);
	free(tls->client_ca);
	(void)pthread_mutex_destroy(&tls->lock);
	free(tls);
}

int tls_reload(struct tls *tls, struct rent_error *err)
{
	struct tls_files *new = NULL, *old;
	int r = read_files(tls, &new, err);

	if (r != 0 || new == NULL)
		return r;
	(void)pthread_mutex_lock(&tls->lock);
	old = tls->now;
	if (memcmp(new->sha256, old->sha256, sizeof(new->sha256)) == 0) {
		old = new; /* nothing was renewed: no connection has to end */
	} else {
		new->generation = old->generation + 1;
		tls->now = new;
		atomic_store(&tls->generation, new->generation);
	}
	(void)pthread_mutex_unlock(&tls->lock);
	tls_release(old);
	return 0;
}

bool tls_is_old(const struct tls *tls, const struct tls_files *files)
{
	return files != NULL && files->generation != atomic_load(&tls->generation);
}

const char *tls_first_certificate(const struct tls *tls)
{
	return tls->first_certificate;
}

const char *tls_first_key(const struct tls *tls)
{
	return tls->first_key;
}

static gnutls_session_t session_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info == NULL ? NULL : (gnutls_session_t)info->tls_session;
}

struct tls_files *tls_begin(struct tls *tls, struct MHD_Connection *mhd)
{
	gnutls_session_t session = session_of(mhd);
	struct tls_files *files;

	if (session == NULL)
		return NULL;
	(void)pthread_mutex_lock(&tls->lock);
	files = tls->now;
	(void)atomic_fetch_add(&files->refs, 1);
	(void)pthread_mutex_unlock(&tls->lock);
	(void)gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, files->credentials);
	if (tls->client_ca != NULL)
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	return files;
}

/* As RFC 4514 has it, "CN=gateway,O=Rent"; "" when there is no room, so that no part of one is taken for
 * another. */
static bool read_subject(gnutls_x509_crt_t crt, char *ret, size_t size)
{
	gnutls_datum_t dn = { NULL, 0 };

	if (gnutls_x509_crt_get_dn3(crt, &dn, 0) != 0)
		return false;
	if (!rent_copy(ret, size, (const char *)dn.data))
		ret[0] = '\0';
	gnutls_free(dn.data);
	return true;
}

static bool describe(const gnutls_datum_t *der, char *ret_subject, size_t size,
                     char ret_sha256[65])
{
	unsigned char digest[32];
	size_t digest_size = sizeof(digest);
	gnutls_x509_crt_t crt;
	bool ok;

	if (gnutls_x509_crt_init(&crt) != 0)
		return false;
	ok = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) == 0 &&
	     read_subject(crt, ret_subject, size) &&
	     gnutls_fingerprint(GNUTLS_DIG_SHA256, der, digest, &digest_size) == 0;
	gnutls_x509_crt_deinit(crt);
	for (size_t i = 0; ok && i < sizeof(digest); i++)
		(void)snprintf(ret_sha256 + 2 * i, 3, "%02x", digest[i]);
	return ok;
}

bool tls_peer(struct MHD_Connection *mhd, char *ret_subject, size_t size,
              char ret_sha256[65])
{
	gnutls_session_t session = session_of(mhd);
	/* A certificate of a server does not speak for a client. */
	char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st wanted = { GNUTLS_DT_KEY_PURPOSE_OID,
		                         (unsigned char *)purpose, 0 };
	const gnutls_datum_t *chain;
	unsigned n = 0, status = 1;

	if (session == NULL)
		return false;
	chain = gnutls_certificate_get_peers(session, &n);
	if (chain == NULL || n == 0)
		return false;
	if (gnutls_certificate_verify_peers(session, &wanted, 1, &status) != 0 ||
	    status != 0)
		return false;
	return describe(&chain[0], ret_subject, size, ret_sha256);
}
