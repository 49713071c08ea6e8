/* SPDX-License-Identifier: MIT
 *
 * auth_jwt_test.c - tokens that are wrong in one way each, what claims make of their bearer, and the
 * rotation of keys. tests/http/jwt_tokens.py does the same with tokens of another library.
 */
#include "auth_test.h"

#include <jose/jose.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static json_t *hs, *rsa, *ec, *p384, *small; /* with the private part */
static char folder[] = "/tmp/jwt-test-XXXXXX", file[64];

static json_t *make_key(const char *kid, const char *template)
{
	json_t *key = json_loads(template, 0, NULL);

	assert_true(jose_jwk_gen(NULL, key));
	(void)json_object_del(key, "alg");
	(void)json_object_del(key, "key_ops");
	assert_int_equal(json_object_set_new(key, "kid", json_string(kid)), 0);
	return key;
}

/* As an issuer publishes them. */
static char *key_set(json_t *const *keys, size_t n)
{
	json_t *list = json_array(), *doc = json_pack("{s:o}", "keys", list);
	char *text;

	for (size_t i = 0; i < n; i++) {
		json_t *copy = json_deep_copy(keys[i]);

		if (strcmp(json_string_value(json_object_get(copy, "kty")), "oct") != 0)
			assert_true(jose_jwk_pub(NULL, copy));
		(void)json_array_append_new(list, copy);
	}
	text = json_dumps(doc, 0);
	json_decref(doc);
	return text;
}

static void write_file(const char *text, mode_t mode)
{
	char new[80];
	FILE *f;

	(void)snprintf(new, sizeof(new), "%s.new", file);
	f = fopen(new, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(new, mode), 0);
	assert_int_equal(rename(new, file), 0);
}

static void write_keys(json_t *const *keys, size_t n, mode_t mode)
{
	char *text = key_set(keys, n);

	write_file(text, mode);
	free(text);
}

/* Sends a token of these bytes, signed with key as its header says. Returns the verdict. */
static int send(const char *header, const char *payload, const json_t *key)
{
	json_t *head = jose_b64_enc(header, strlen(header));
	json_t *body = jose_b64_enc(payload, strlen(payload));
	json_t *jws = json_pack("{s:O}", "payload", body);
	json_t *sig = json_pack("{s:O}", "protected", head);
	const char *signature = "eA";

	if (key != NULL) {
		assert_true(jose_jws_sig(NULL, jws, sig, key));
		signature = json_string_value(json_object_get(sig, "signature"));
		if (signature == NULL)
			signature = json_string_value(json_object_get(jws, "signature"));
		assert_non_null(signature);
	}
	headers[0] =
		(struct rent_header){ "Authorization",
		                      rent_printf(arena, "Bearer %s.%s.%s",
		                                  json_string_value(head),
		                                  json_string_value(body), signature) };
	json_decref(jws);
	json_decref(sig);
	json_decref(head);
	json_decref(body);
	return ask();
}

#define HS   "{\"alg\":\"HS256\",\"kid\":\"hs\"}"
#define RS   "{\"alg\":\"RS256\",\"kid\":\"rsa\"}"
#define OPEN "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"alice\",\"exp\":1800000600"
#define BOBS "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"bob\",\"exp\":1800000600}"
#define GOOD OPEN "}"

static const struct fake_option plain[] = { { "issuer", "issuer" },
	                                    { "audience", "us,also us" },
	                                    { "algorithms", "HS256,RS256,ES256" },
	                                    { "file", file },
	                                    { NULL, NULL } };

static int setup(void **state)
{
	json_t *const keys[] = { hs, rsa, ec, p384, small };

	(void)state;
	write_keys(keys, 5, 0600);
	auth_open(plain);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	auth_close();
	return 0;
}

static void good_tokens_are_known(void **state)
{
	(void)state;
	assert_int_equal(send(HS, GOOD, hs), RENT_AUTH_KNOWN);
	assert_int_equal(who.role, RENT_ROLE_CUSTOMER);
	assert_string_equal(who.subject, "alice");
	assert_string_equal(who.issuer, "issuer");
	assert_string_equal(who.key_id, "hs");
	assert_string_equal(who.scopes, "");
	assert_int_equal(who.expires_at, (INT64_C(1800000600) + 30) * RENT_SECOND);
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	assert_int_equal(send("{\"alg\":\"ES256\",\"kid\":\"ec\"}", GOOD, ec),
	                 RENT_AUTH_KNOWN);
	assert_int_equal(
		send("{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"JWT\"}", GOOD, rsa),
		RENT_AUTH_KNOWN);
	assert_int_equal(
		send("{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"application/AT+jwt\"}",
	             GOOD, rsa),
		RENT_AUTH_KNOWN);
	/* The only key for its algorithm needs no name. */
	assert_int_equal(send("{\"alg\":\"RS256\"}", GOOD, rsa), RENT_AUTH_KNOWN);
}

static void what_is_no_token_is_for_others(void **state)
{
	static const char *const texts[] = { "Bearer rk_0_1", "Basic a.b.c", "Bearer",
		                             "" };

	(void)state;
	assert_int_equal(ask(), RENT_AUTH_NOTHING);
	for (size_t i = 0; i < COUNT(texts); i++) {
		headers[0] = (struct rent_header){ "Authorization", texts[i] };
		assert_int_equal(ask(), RENT_AUTH_NOTHING);
	}
}

static void wrong_headers_are_refused(void **state)
{
	const struct {
		const char *header;
		const json_t *key;
	} rows[] = {
		{ "{\"alg\":\"none\",\"kid\":\"rsa\"}", NULL },
		{ "{\"kid\":\"rsa\"}", NULL },
		{ "{\"alg\":1,\"kid\":\"rsa\"}", NULL },
		/* Right in all but that the configuration does not have it. */
		{ "{\"alg\":\"RS384\",\"kid\":\"rsa\"}", rsa },
		{ "{\"alg\":\"ES384\",\"kid\":\"p384\"}", p384 },
		{ "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", hs },
		{ "{\"alg\":\"RS256\",\"kid\":\"hs\"}", rsa },
		{ "{\"alg\":\"ES256\",\"kid\":\"p384\"}", ec },
		{ "{\"alg\":\"RS256\",\"kid\":\"nobody\"}", rsa },
		{ "{\"alg\":\"RS256\",\"kid\":1}", rsa },
		{ "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"crit\":[\"exp\"]}", rsa },
		{ "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"rsa\"}", rsa },
		{ "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"logout+jwt\"}", rsa },
		{ "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"application/logout+jwt\"}",
		  rsa },
		{ "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":1}", rsa },
		{ RS, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (send(rows[i].header, GOOD, rows[i].key) != RENT_EPERM)
			fail_msg("%s is taken", rows[i].header);
		assert_string_not_equal(err.text, "");
	}
}

/* Each is a good token; the signature of one is none for the claims of the other. */
static void a_signature_is_of_its_claims(void **state)
{
	const char *alices, *bobs;

	(void)state;
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	alices = headers[0].value;
	assert_int_equal(send(RS, BOBS, rsa), RENT_AUTH_KNOWN);
	bobs = headers[0].value;
	assert_string_equal(who.subject, "bob");
	headers[0].value = rent_printf(arena, "%.*s%s", (int)(strrchr(bobs, '.') - bobs),
	                               bobs, strrchr(alices, '.'));
	assert_int_equal(ask(), RENT_EPERM);
}

static void texts_of_another_form_are_refused(void **state)
{
	static const char *const texts[] = { "Bearer .",        "Bearer ..",
		                             "Bearer a.b",      "Bearer a.b.",
		                             "Bearer .b.c",     "Bearer a..c",
		                             "Bearer a.b.c",    "Bearer e30.e30.e30",
		                             "Bearer a.b.c.d.e" };
	char *huge = malloc(9000);

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		headers[0] = (struct rent_header){ "Authorization", texts[i] };
		assert_int_equal(ask(), RENT_EPERM);
	}
	assert_non_null(huge);
	memset(huge, 'a', 8999);
	memcpy(huge, "Bearer a.b", 10);
	huge[8999] = '\0';
	headers[0] = (struct rent_header){ "Authorization", huge };
	assert_int_equal(ask(), RENT_EPERM);
	free(huge);
}

static void claims_decide(void **state)
{
	static const struct {
		int verdict;
		const char *claims;
	} rows[] = {
		{ 0, OPEN ",\"nbf\":1800000000}" },
		{ 0, OPEN ",\"nbf\":1800000029}" }, /* within the leeway */
		{ RENT_AUTH_EXPIRED, OPEN ",\"nbf\":1800000031}" },
		{ RENT_EPERM, OPEN ",\"nbf\":\"0\"}" },
		{ RENT_EPERM, OPEN ",\"nbf\":1.5}" },
		{ RENT_EPERM, OPEN ",\"sub\":\"bob\"}" }, /* twice */
		{ 0,
		  "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"a\",\"exp\":1799999971}" },
		{ RENT_AUTH_EXPIRED,
		  "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"a\",\"exp\":1799999970}" },
		/* Its time is the only thing that is wrong, or it is a guess. */
		{ RENT_EPERM,
		  "{\"iss\":\"issuer\",\"aud\":\"them\",\"sub\":\"a\",\"exp\":1799999970}" },
		{ RENT_EPERM, "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"a\"}" },
		{ RENT_EPERM, "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"a\",\"exp\":"
		              "9223372036854775807}" },
		{ RENT_EPERM,
		  "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"a\",\"exp\":-1}" },
		{ RENT_EPERM, "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"a\",\"exp\":"
		              "\"1800000600\"}" },
		{ RENT_EPERM,
		  "{\"iss\":\"issuer2\",\"aud\":\"us\",\"sub\":\"a\",\"exp\":1800000600}" },
		{ RENT_EPERM, "{\"aud\":\"us\",\"sub\":\"a\",\"exp\":1800000600}" },
		{ RENT_EPERM,
		  "{\"iss\":[\"issuer\"],\"aud\":\"us\",\"sub\":\"a\",\"exp\":"
		  "1800000600}" },
		{ 0,
		  "{\"iss\":\"issuer\",\"aud\":[\"x\",\"also us\"],\"sub\":\"a\",\"exp\":"
		  "1800000600}" },
		{ RENT_EPERM,
		  "{\"iss\":\"issuer\",\"aud\":\"them\",\"sub\":\"a\",\"exp\":1800000600}" },
		{ RENT_EPERM,
		  "{\"iss\":\"issuer\",\"aud\":\"x us\",\"sub\":\"a\",\"exp\":"
		  "1800000600}" },
		{ RENT_EPERM, "{\"iss\":\"issuer\",\"sub\":\"a\",\"exp\":1800000600}" },
		{ RENT_EPERM, "{\"iss\":\"issuer\",\"aud\":\"us\",\"exp\":1800000600}" },
		{ RENT_EPERM,
		  "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"a b\",\"exp\":"
		  "1800000600}" },
		{ RENT_EPERM,
		  "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":7,\"exp\":1800000600}" },
		{ RENT_EPERM, OPEN ",\"events\":{}}" }, /* of a logout */
		{ RENT_EPERM, OPEN ",\"at_hash\":\"x\"}" },
		{ RENT_EPERM, OPEN ",\"c_hash\":\"x\"}" },
		{ RENT_EPERM, OPEN ",\"typ\":\"Refresh\"}" },
		{ RENT_EPERM, OPEN ",\"typ\":\"ID\"}" },
		{ 0, OPEN ",\"typ\":\"Bearer\",\"nonce\":\"x\"}" },
		{ RENT_EPERM, "[" GOOD "]" },
		{ RENT_EPERM, OPEN },
		{ RENT_EPERM, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (send(HS, rows[i].claims, hs) != rows[i].verdict)
			fail_msg("%s: %s", rows[i].claims, err.text);
}

static void nesting_is_bounded(void **state)
{
	static char deep[3000];

	(void)state;
	for (int depth = 50; depth <= 1000; depth += 950) {
		size_t n = (size_t)snprintf(deep, sizeof(deep), OPEN ",\"x\":");

		memset(deep + n, '[', (size_t)depth);
		memset(deep + n + depth, ']', (size_t)depth);
		(void)snprintf(deep + n + 2 * (size_t)depth, 2, "}");
		assert_int_equal(send(HS, deep, hs),
		                 depth == 50 ? (int)RENT_AUTH_KNOWN : RENT_EPERM);
	}
}

static void roles_and_scopes_are_mapped(void **state)
{
	static const struct fake_option options[] = {
		{ "issuer", "issuer" },          { "audience", "us" },
		{ "algorithms", "HS256" },       { "file", file },
		{ "role_claim", "realm.roles" }, { "roles", "boss=operator,eyes=viewer" },
		{ "scope_claim", "scope" },      { NULL, NULL }
	};
	static const struct {
		const char *claims;
		enum rent_role role;
		const char *scopes;
	} rows[] = {
		{ GOOD, RENT_ROLE_CUSTOMER, "none" },
		{ OPEN ",\"scope\":\"\"}", RENT_ROLE_CUSTOMER, "none" },
		{ OPEN ",\"scope\":[]}", RENT_ROLE_CUSTOMER, "none" },
		{ OPEN ",\"scope\":\"a b\"}", RENT_ROLE_CUSTOMER, "a b" },
		{ OPEN ",\"scope\":[\"a\",\"b\"]}", RENT_ROLE_CUSTOMER, "a b" },
		{ OPEN ",\"realm\":{\"roles\":[\"eyes\",\"x\"]},\"scope\":\"a\"}",
		  RENT_ROLE_VIEWER, "a" },
		/* The first entry of the configuration, not of the token. */
		{ OPEN ",\"realm\":{\"roles\":[\"eyes\",\"boss\"]},\"scope\":\"a\"}",
		  RENT_ROLE_OPERATOR, "a" },
		{ OPEN ",\"realm\":{\"roles\":\"x boss\"},\"scope\":\"a\"}",
		  RENT_ROLE_OPERATOR, "a" },
		{ OPEN ",\"realm.roles\":\"boss\",\"scope\":\"a\"}", RENT_ROLE_OPERATOR,
		  "a" },
		{ OPEN ",\"realm\":{\"roles\":[\"operator\"]},\"scope\":\"a\"}",
		  RENT_ROLE_CUSTOMER, "a" },
		{ OPEN ",\"roles\":[\"boss\"],\"role\":\"boss\",\"scope\":\"a\"}",
		  RENT_ROLE_CUSTOMER, "a" },
	};
	json_t *const keys[] = { hs };

	(void)state;
	write_keys(keys, 1, 0600);
	auth_open(options);
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (send(HS, rows[i].claims, hs) != RENT_AUTH_KNOWN ||
		    who.role != rows[i].role || strcmp(who.scopes, rows[i].scopes) != 0)
			fail_msg("%s: role %d, scopes '%s', %s", rows[i].claims,
			         (int)who.role, who.scopes, err.text);
	}
	auth_close();
}

static void a_prefix_tells_issuers_apart(void **state)
{
	static const struct fake_option options[] = {
		{ "issuer", "issuer" },        { "audience", "us" },
		{ "algorithms", "HS256" },     { "file", file },
		{ "subject_prefix", "shop/" }, { NULL, NULL }
	};
	json_t *const keys[] = { hs };

	(void)state;
	write_keys(keys, 1, 0600);
	auth_open(options);
	assert_int_equal(send(HS, GOOD, hs), RENT_AUTH_KNOWN);
	assert_string_equal(who.subject, "shop/alice");
	assert_int_equal(send(HS,
	                      "{\"iss\":\"issuer\",\"aud\":\"us\",\"sub\":\"\",\"exp\":"
	                      "1800000600}",
	                      hs),
	                 RENT_EPERM);
	auth_close();
}

static void without_a_default_only_roles_count(void **state)
{
	static const struct fake_option options[] = { { "issuer", "issuer" },
		                                      { "audience", "us" },
		                                      { "algorithms", "HS256" },
		                                      { "file", file },
		                                      { "roles", "c=customer" },
		                                      { "default_role", "none" },
		                                      { NULL, NULL } };
	json_t *const keys[] = { hs };

	(void)state;
	write_keys(keys, 1, 0600);
	auth_open(options);
	assert_int_equal(send(HS, GOOD, hs), RENT_EPERM);
	assert_int_equal(send(HS, OPEN ",\"role\":\"c\"}", hs), RENT_AUTH_KNOWN);
	auth_close();
}

/* ---- where the keys come from */

static void a_changed_file_is_read_again(void **state)
{
	json_t *const only_rsa[] = { rsa };
	json_t *const all[] = { hs, rsa };
	json_t *const others[] = { ec };

	(void)state;
	write_keys(only_rsa, 1, 0644);
	fake_host_run_timers(fake);
	assert_int_equal(send(HS, GOOD, hs), RENT_EPERM);
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	/* What may not be believed is not, and what was read before stays. */
	(void)fake_host_complaints(fake);
	write_keys(all, 2, 0644); /* others may read the secret */
	fake_host_run_timers(fake);
	assert_int_equal(fake_host_complaints(fake), 1);
	assert_int_equal(send(HS, GOOD, hs), RENT_EPERM);
	write_keys(others, 1, 0646); /* others may write */
	fake_host_run_timers(fake);
	assert_int_equal(send("{\"alg\":\"ES256\",\"kid\":\"ec\"}", GOOD, ec),
	                 RENT_EPERM);
	write_file("{\"keys\": []}", 0600);
	fake_host_run_timers(fake);
	write_file("{", 0600);
	fake_host_run_timers(fake);
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	write_keys(all, 2, 0600);
	fake_host_run_timers(fake);
	assert_int_equal(send(HS, GOOD, hs), RENT_AUTH_KNOWN);
}

static struct {
	enum rent_transport transport;
	int status;
	char *body;
	int asked;
} issuer;

static void answer(void *arg, struct rent_exchange *x)
{
	(void)arg;
	assert_string_equal(x->request.target, "/jwks?a=b");
	issuer.asked++;
	x->transport = issuer.transport;
	x->reply = (struct rent_upstream_reply){ .struct_size = sizeof(x->reply),
		                                 .status = issuer.status,
		                                 .body = issuer.body,
		                                 .body_size = strlen(issuer.body),
		                                 .content_type = "application/json",
		                                 .location = "",
		                                 .arena = x->arena };
	if (x->transport != RENT_REPLIED)
		(void)rent_copy(x->error, sizeof(x->error), "nobody there");
}

static void publish(json_t *const *keys, size_t n)
{
	free(issuer.body);
	issuer.body = key_set(keys, n);
	issuer.transport = RENT_REPLIED;
	issuer.status = 200;
}

static const struct fake_option fetched[] = { { "issuer", "issuer" },
	                                      { "audience", "us" },
	                                      { "url", "http://127.0.0.1:1/jwks?a=b" },
	                                      { "refetch", "10ms" },
	                                      { NULL, NULL } };

static void keys_are_fetched_when_they_are_needed(void **state)
{
	json_t *const first[] = { rsa };
	json_t *const second[] = { rsa, ec };
	struct rent_health health = { .struct_size = sizeof(health) };

	(void)state;
	issuer.asked = 0;
	publish(first, 1);
	auth_open(fetched);
	fake_host_on_exchange(fake, answer, NULL);
	assert_string_equal(fake_host_upstream_url(fake, "jwks"), "http://127.0.0.1:1");
	assert_int_equal(issuer.asked, 0);
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	assert_int_equal(issuer.asked, 1);
	/* A new key signs at once. */
	publish(second, 2);
	assert_int_equal(send("{\"alg\":\"ES256\",\"kid\":\"ec\"}", GOOD, ec),
	                 RENT_AUTH_KNOWN);
	assert_int_equal(issuer.asked, 2);
	/* One that is not there is asked for once more, and refused. */
	assert_int_equal(send("{\"alg\":\"ES256\",\"kid\":\"x\"}", GOOD, ec), RENT_EPERM);
	assert_int_equal(issuer.asked, 3);
	/* A known one that does not fit asks for nothing. */
	assert_int_equal(send("{\"alg\":\"ES256\",\"kid\":\"rsa\"}", GOOD, ec),
	                 RENT_EPERM);
	assert_int_equal(issuer.asked, 3);
	plugin->health(self, &health);
	assert_int_equal(health.state, RENT_HEALTHY);
	/* Withdrawn with the next refresh. */
	publish(second + 1, 1);
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	fake_host_run_timers(fake);
	assert_int_equal(send(RS, GOOD, rsa), RENT_EPERM);
	auth_close();
}

static void not_now_is_not_no(void **state)
{
	json_t *const keys[] = { rsa };
	struct rent_health health = { .struct_size = sizeof(health) };

	(void)state;
	publish(keys, 1);
	auth_open(fetched);
	fake_host_on_exchange(fake, answer, NULL);
	issuer.transport = RENT_NOT_SENT;
	assert_int_equal(send(RS, GOOD, rsa), RENT_EUNAVAIL);
	plugin->health(self, &health);
	assert_int_equal(health.state, RENT_UNHEALTHY);
	issuer.transport = RENT_REPLIED;
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	/* What was fetched stays while there is no answer, or no good one. */
	issuer.status = 500;
	fake_host_run_timers(fake);
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	assert_int_equal(send("{\"alg\":\"ES256\",\"kid\":\"ec\"}", GOOD, ec),
	                 RENT_EUNAVAIL);
	issuer.status = 200;
	free(issuer.body);
	issuer.body = strdup("{\"keys\":[]}");
	fake_host_run_timers(fake);
	assert_int_equal(send(RS, GOOD, rsa), RENT_AUTH_KNOWN);
	plugin->health(self, &health);
	assert_int_equal(health.state, RENT_DEGRADED);
	auth_close();
}

static void options_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *algorithms, *url, *file, *roles;
	} rows[] = {
		{ "none", "https://x/y", NULL, "" },
		{ "RS256", NULL, NULL, "" },
		{ "RS256", "https://x/y", "/f", "" },
		{ "RS256", "https://x", NULL, "" },
		{ "RS256,HS256", "https://x/y", NULL, "" },
		{ "RS256", "https://x/y", NULL, "boss" },
		{ "RS256", "https://x/y", NULL, "boss=chief" },
		{ "RS256", "https://x/y", NULL, "=operator" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct fake_option options[] = {
			{ "issuer", "i" },
			{ "audience", "a" },
			{ "algorithms", rows[i].algorithms },
			{ "roles", rows[i].roles },
			{ rows[i].url != NULL ? "url" : "leeway",
			  rows[i].url != NULL ? rows[i].url : "1s" },
			{ rows[i].file != NULL ? "file" : "refetch",
			  rows[i].file != NULL ? rows[i].file : "1s" },
			{ NULL, NULL },
		};

		assert_int_equal(auth_create(options), RENT_EINVAL);
		assert_string_not_equal(err.text, "");
		auth_free_host();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_tokens_are_known, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_token_is_for_others, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(wrong_headers_are_refused, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_signature_is_of_its_claims, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(texts_of_another_form_are_refused, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(claims_decide, setup, teardown),
		cmocka_unit_test_setup_teardown(nesting_is_bounded, setup, teardown),
		cmocka_unit_test(roles_and_scopes_are_mapped),
		cmocka_unit_test(a_prefix_tells_issuers_apart),
		cmocka_unit_test(without_a_default_only_roles_count),
		cmocka_unit_test_setup_teardown(a_changed_file_is_read_again, setup,
		                                teardown),
		cmocka_unit_test(keys_are_fetched_when_they_are_needed),
		cmocka_unit_test(not_now_is_not_no),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
	};
	json_t **const made[] = { &hs, &rsa, &ec, &p384, &small };
	int failed;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(file, sizeof(file), "%s/keys", folder);
	hs = make_key("hs", "{\"kty\":\"oct\",\"bytes\":32}");
	small = make_key("small", "{\"kty\":\"oct\",\"bytes\":16}");
	rsa = make_key("rsa", "{\"kty\":\"RSA\",\"bits\":2048}");
	ec = make_key("ec", "{\"kty\":\"EC\",\"crv\":\"P-256\"}");
	p384 = make_key("p384", "{\"kty\":\"EC\",\"crv\":\"P-384\"}");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < COUNT(made); i++)
		json_decref(*made[i]);
	free(issuer.body);
	(void)unlink(file);
	(void)rmdir(folder);
	return failed;
}
