/* SPDX-License-Identifier: MIT
 *
 * input.c - reading requests; see input.h. Whether the type of the body is right and its
 * size within the limit was the host's to check.
 */
#include "input.h"

#include <strings.h>

#define ID_TOO_LONG "must be at most 64 characters"
#define ID_CHARS    "may hold visible ASCII characters only, no spaces"

void input_done(struct input *in)
{
	json_decref(in->root);
	in->root = NULL;
}

void input_wrong(struct input *in, const char *field, const char *message)
{
	if (in->error_count == INPUT_ERRORS)
		return;
	in->errors[in->error_count++] = (struct rent_field_error){ field, message };
}

static const char *parse_error(enum json_error_code code)
{
	static const struct {
		enum json_error_code code;
		const char *what;
	} known[] = {
		{ json_error_duplicate_key, "the body names the same member twice" },
		{ json_error_numeric_overflow, "the body has a number out of range" },
		{ json_error_stack_overflow, "the body is nested too deeply" },
		{ json_error_null_byte_in_key, "the body has a NUL in a name" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].code == code)
			return known[i].what;
	}
	return "the body is not JSON";
}

/* The text of the parser quotes the body and may cut a character in two; only the kind and
 * the place are taken from it. */
static const char *not_json(const struct rent_http_request *req,
                            const json_error_t *error)
{
	const char *what = parse_error(json_error_code(error));
	const char *text;

	if (req->body_size == 0)
		return "the body is empty; a JSON object is expected";
	text = rent_printf(req->arena, "%s (line %d, column %d)", what, error->line,
	                   error->column);
	return text == NULL ? what : text;
}

bool input_body(struct input *in, const struct rent_host *host,
                struct rent_http_reply *reply)
{
	const struct rent_http_request *req = in->req;
	json_error_t error;

	/* A NUL within a string is JSON; that an id may not have it is said with the field. */
	in->root = json_loadb(req->body, req->body_size,
	                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
	                      &error);
	if (in->root == NULL) {
		host->problem(req, reply, 400, "body-not-json", not_json(req, &error),
		              NULL);
		return false;
	}
	if (!json_is_object(in->root))
		input_wrong(in, "body", "must be a JSON object");
	return true;
}

static const char *id_error(const char *s, size_t n)
{
	if (n == 0)
		return "must not be empty";
	for (size_t i = 0; i < n; i++) {
		if (s[i] <= ' ' || s[i] > '~')
			return ID_CHARS;
	}
	return n > RENT_ID_MAX ? ID_TOO_LONG : NULL;
}

const char *input_id(struct input *in, const char *field)
{
	const json_t *value = json_object_get(in->root, field);
	const char *wrong = NULL;

	if (!json_is_object(in->root))
		return "";
	if (value == NULL)
		wrong = "is missing";
	else if (!json_is_string(value))
		wrong = "must be a string";
	else
		wrong = id_error(json_string_value(value), json_string_length(value));
	if (wrong != NULL) {
		input_wrong(in, field, wrong);
		return "";
	}
	return json_string_value(value);
}

const char *input_text(struct input *in, const char *field, size_t max)
{
	const json_t *value = json_object_get(in->root, field);
	const char *message;

	if (value == NULL || json_is_null(value))
		return "";
	if (json_is_string(value) &&
	    json_string_length(value) == strlen(json_string_value(value)) &&
	    input_is_token(json_string_value(value), max))
		return json_string_value(value);
	message =
		rent_printf(in->req->arena,
	                    "must be 1 to %zu visible ASCII characters, no spaces", max);
	input_wrong(in, field, message == NULL ? ID_CHARS : message);
	return "";
}

bool input_is_origin(const char *text)
{
	size_t scheme = strncasecmp(text, "https://", 8) == 0  ? 8
	                : strncasecmp(text, "http://", 7) == 0 ? 7
	                                                       : 0;

	return scheme > 0 && text[scheme] != '\0' &&
	       strpbrk(text + scheme, "/?#@\\* ") == NULL;
}

/* "https://rent.example" has "https://rent.example/done", and not "https://rent.example@evil.example". */
static bool is_of_origin(const char *url, const char *origin)
{
	size_t n = strlen(origin);

	return strncasecmp(url, origin, n) == 0 &&
	       (url[n] == '\0' || strchr("/?#", url[n]) != NULL);
}

static bool is_of_any(const struct rent_host *host, const char *option, const char *url)
{
	const char *origin;
	size_t i;

	for (i = 0; (origin = host->opt_list(host, option, i)) != NULL; i++)
		if (is_of_origin(url, origin))
			return true;
	return i == 0;
}

const char *input_url(struct input *in, const struct rent_host *host, const char *field,
                      size_t max, const char *origins)
{
	const char *value = input_text(in, field, max);

	if (value[0] == '\0')
		return value;
	if (strncmp(value, "https://", 8) != 0 && strncmp(value, "http://", 7) != 0)
		input_wrong(in, field, "must be an address, https://…");
	else if (!is_of_any(host, origins, value))
		input_wrong(in, field,
		            "must be of an origin that this service sends back to");
	else
		return value;
	return "";
}

const char *input_query(const struct input *in, const char *name)
{
	for (uint32_t i = 0; i < in->req->query_count; i++) {
		const struct rent_http_query *q = &in->req->query[i];

		if (strcmp(q->name, name) == 0 && q->value[0] != '\0')
			return q->value;
	}
	return NULL;
}

const char *input_query_id(struct input *in, const char *name)
{
	const char *value = input_query(in, name);
	const char *wrong;

	if (value == NULL)
		return "";
	wrong = id_error(value, strlen(value));
	if (wrong != NULL) {
		input_wrong(in, name, wrong);
		return "";
	}
	return value;
}

uint32_t input_query_number(struct input *in, const char *name, uint32_t max,
                            uint32_t def)
{
	const char *value = input_query(in, name);
	uint64_t n = 0;
	const char *p;

	if (value == NULL)
		return def;
	for (p = value; *p >= '0' && *p <= '9' && n <= max; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	if (*p == '\0' && n >= 1 && n <= max)
		return (uint32_t)n;
	p = rent_printf(in->req->arena, "must be a whole number from 1 to %" PRIu32, max);
	input_wrong(in, name, p == NULL ? "is out of range" : p);
	return def;
}

void input_query_only(struct input *in, const char *const *names)
{
	for (uint32_t i = 0; i < in->req->query_count; i++) {
		const char *name = in->req->query[i].name;
		size_t n = 0;

		while (names != NULL && names[n] != NULL && strcmp(names[n], name) != 0)
			n++;
		if (names == NULL || names[n] == NULL)
			input_wrong(in, name, "is not a parameter of this call");
	}
}

bool input_ok(const struct input *in, const struct rent_host *host,
              struct rent_http_reply *reply)
{
	const struct rent_field_error *first = &in->errors[0];
	const char *more = in->error_count > 1 ? "; see errors for all" : "";
	const char *detail;

	if (in->error_count == 0)
		return true;
	detail = rent_printf(in->req->arena, "%s %s%s", first->field, first->message,
	                     more);
	host->problem(in->req, reply, 422, "invalid-request",
	              detail == NULL ? "a field is wrong" : detail, in->errors);
	return false;
}

bool input_is_token(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n == 0 || n > max)
		return false;
	for (; *s != '\0'; s++) {
		if (*s <= ' ' || *s > '~')
			return false;
	}
	return true;
}
