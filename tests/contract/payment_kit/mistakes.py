#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mistakes.py SOURCE KIT [NAME…] - plants mistakes that authors of payment plugins make into
payment_stripe, one at a time, and says which of them the payment kit catches with samples, and how it
names the fault. Ends with 1 if one that it is known to catch is not, or if the sound plugin is not
accepted. The last line is the score."""
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

SOURCE, KIT, NAMES = sys.argv[1], sys.argv[2], sys.argv[3:]
FOLDER = f"{SOURCE}/plugins/payment_stripe"
OPTIONS = ["currency=EUR", "secret_key=sk_test_kit0001", "webhook_secret=whsec_test_rentald_0001",
           "payment_method=pm_card_visa"]
FLAGS = ["gcc", "-std=gnu11", "-O0", "-include", "stdlib.h", "-fPIC", "-fvisibility=hidden", "-D_GNU_SOURCE",
         '-DRENT_VERSION="0"', f"-I{SOURCE}/include/plugin-api", f"-I{FOLDER}", f"-I{SOURCE}/plugins", "-w"]
# No kit can know for how long a provider keeps a hold.
MISSED = {"thirty_days_promised"}
# What the report must say of these, so that its reader knows where to look.
NAMED = {
    "request_in_major_units": "body is amount=100&",
    "request_times_ten_thousand": "body is amount=1000000&",
    "reply_not_divided": "expected|processed",
    "no_key": "Idempotency-Key",
    "key_of_the_rental": "header Idempotency-Key is",
    "charge_sent_as_hold": "capture_method=manual",
    "capture_addresses_our_id": "target is",
    "user_raw_in_the_form": "body is .*&user=",
    "user_raw_in_a_header": "in user_id: a header",
    "time_in_the_body": "second later|another request|body is",
    "any_2xx_with_a_leak": "memory|bytes",
    "crash_on_what_is_no_json": "crashes, .* at: .*",
    "list_crashes_on_its_cursor": "crashes, .* at: .*cursor",
    "use_after_free": "expected|at: ",
    "client_secret_in_the_note": "token of the action in note",
    "any_signature": "believed|code|proven",
    "first_of_a_list_taken": "found in a list",
    "any_currency": "currency",
}

# name: file, what stands there, what the mistake makes of it
MISTAKES = {
    # ---- units
    "request_in_major_units": ("money.c", "*ret = minor;\n", "*ret = units;\n"),
    "request_times_ten_thousand": ("money.c", "*ret = minor;\n", "*ret = minor * 100;\n"),
    "reply_not_divided": ("money.c", "!rent_units(minor, s->digits, &units)", "((units = minor), 0)"),
    "half_units_rounded": ("money.c", "!rent_units(minor, s->digits, &units)",
                           "((units = minor / 100), 0)"),
    "amount_clamped_to_asked": ("money.c", "units < 1 || units > max)",
                                "units < 1)\n\t\treturn false;\n\tif (units > max)\n\t\tunits = max;\n\tif (0)"),
    "more_than_asked_believed": ("money.c", "|| units > max)", ")"),
    "amount_in_the_list_not_divided": ("money.c", "per == 0 ? minor : minor / per + (minor % per != 0)",
                                       "minor"),
    # ---- requests
    "no_key": ("requests.c", "ret->headers[3] = (struct rent_header){ s->caps.key_header, key };", ";"),
    "key_of_the_rental": ("requests.c", "key = rent_strdup(form->arena, op->id)",
                          "key = rent_strdup(form->arena, op->rental_id)"),
    "key_of_the_hold": ("requests.c", "key = rent_strdup(form->arena, op->id)",
                        "key = rent_strdup(form->arena, op->target_id[0] ? op->target_id : op->id)"),
    "id_not_in_the_metadata": ("requests.c", 'rent_form_add(&form, "metadata[op]", op->id);\n\trent_form_add(&form, "metadata[kind]"',
                               'rent_form_add(&form, "metadata[kind]"'),
    "charge_sent_as_hold": ("requests.c", 'hold ? "manual" : "automatic"', '"manual"'),
    "hold_sent_as_charge": ("requests.c", 'hold ? "manual" : "automatic"', '"automatic"'),
    "capture_without_amount": ("requests.c", 'rent_form_add_int(&form, "amount_to_capture", minor);', ""),
    "refund_without_amount": ("requests.c", 'op->target_ref);\n\trent_form_add_int(&form, "amount", minor);',
                              "op->target_ref);"),
    "capture_addresses_our_id": ("requests.c", '/v1/payment_intents/%s/capture", op->target_ref',
                                 '/v1/payment_intents/%s/capture", op->target_id'),
    "release_of_its_own_id": ("requests.c", '/v1/payment_intents/%s/cancel", op->target_ref',
                              '/v1/payment_intents/%s/cancel", op->id'),
    "refund_of_our_id": ("requests.c", '"payment_intent", op->target_ref);\n\trent_form_add_int',
                         '"payment_intent", op->target_id);\n\trent_form_add_int'),
    "user_raw_in_the_form": ("requests.c", 'rent_form_add(&form, "metadata[user]", op->user_id);',
                             'form.body = rent_printf(arena, "%s&user=%s", form.body, op->user_id);'),
    "user_raw_in_a_header": ("requests.c", "ret->headers[3] = (struct",
                             'ret->headers[4] = (struct rent_header){ "X-User", op->user_id };\n\tret->headers[3] = (struct'),
    "reference_raw_in_the_target": ("requests.c", "return payment_ref_is_of(id, plain);",
                                    "return plain[0] != 0 && id != NULL && id[0] != 0;"),
    "time_in_the_body": ("requests.c", 'rent_form_add(&form, "confirm", "true");',
                         'rent_form_add(&form, "confirm", "true");\n\trent_form_add_int(&form, "metadata[t]", (int64_t)time(NULL));'),
    "static_buffer": ("requests.c", "*key = rent_strdup(form->arena, op->id);",
                      "*key;\n\tstatic char kept[80];\n\n\t(void)rent_copy(kept, sizeof(kept), op->id);\n\tkey = kept;"),
    "arena_unchecked": ("requests.c", "target == NULL || key == NULL || body == NULL", "0"),
    "amount_unchecked": ("requests.c", "if (!stripe_minor(s, op->amount, &minor))",
                         "minor = op->amount * 100;\n\tif (0)"),
    "lookup_by_nothing": ("requests.c", 'if (op->created_at > PAYMENT_MADE_BEFORE) {', "if (0) {"),
    "lookup_of_a_refund_as_payment": ("requests.c", "bool refund = op->lookup_of == RENT_PAY_REFUND;",
                                      "bool refund = false;"),
    # ---- replies
    "success_without_a_look_at_the_status": ("replies.c", "strcmp(states[i].status, status) == 0 && row != NULL", "i == (kind == RENT_PAY_HOLD ? 0 : kind == RENT_PAY_RELEASE ? 5 : 1) && row != NULL"),
    "action_counts_as_held": ("replies.c", "{ row_action, NULL, row_not_yet, row_action }",
                              "{ row_held, NULL, NULL, row_action }"),
    "capture_ignores_what_was_received": ("replies.c", 'strcmp(by, op->id) == 0)\n\t\tsucceed(s, op, intent, "amount_received", ret);',
                                          "strcmp(by, op->id) == 0)\n\t\tret->outcome = RENT_SUCCEEDED, ret->processed = op->amount;"),
    "others_payments_accepted": ("replies.c", 'return payment_says(s->json, o, "metadata.op", op->id);', "return true;"),
    "first_of_a_list_taken": ("parse.c", 'if (!payment_says(s->json, o, "metadata.op", op->id))\n\t\t\tcontinue;', ""),
    "any_currency": ("replies.c", '|| !payment_says(s->json, o, "currency", s->currency)', ""),
    "hold_without_its_reference": ("replies.c", '(void)rent_copy(ret->ref, sizeof(ret->ref), s->json->text(intent, "id"));', ""),
    "not_found_on_any_page": ("parse.c", "if (!more)\n\t\tret->not_found = true;", "ret->not_found = true;\n\tif (0)\n\t\t;"),
    "hold_in_seconds": ("replies.c", "ret->expires_at = until * RENT_SECOND;", "ret->expires_at = until;"),
    "client_secret_in_the_note": ("replies.c", '"the customer must confirm");', "value);"),
    "status_of_http_ignored": ("parse.c", "if (reply->status != 200)", "if (s->json->get(body, \"error\") != NULL)"),
    "any_2xx_with_a_leak": ("parse.c", "const struct stripe *s = self;\n\tconst struct rent_json *body",
                            "const struct stripe *s = self;\n\tchar *kept = strdup(reply->body);\n\tconst struct rent_json *body"),
    "crash_on_what_is_no_json": ("parse.c", "enum rent_payment_kind kind =\n\t\top->kind",
                                 "if (body == NULL)\n\t\t*(volatile int *)0 = 1;\n\tenum rent_payment_kind kind =\n\t\top->kind"),
    "html_200_is_a_success": ("parse.c", "if (reply->status != 200)",
                              "if (body == NULL && reply->status == 200)\n\t\tret->outcome = RENT_SUCCEEDED, ret->processed = op->amount;\n\telse if (reply->status != 200)"),
    "pending_refund_is_a_refund": ("replies.c", 'if (strcmp(status, "succeeded") == 0)', 'if (status[0] != 0)'),
    "use_after_free": ("parse.c", "s->json->parse(reply->arena, reply->body, reply->body_size);",
                       "NULL;\n\tchar *kept = strdup(reply->body);\n\n\tfree(kept);\n\tbody = s->json->parse(reply->arena, kept, reply->body_size);"),
    # ---- refusals
    "every_4xx_is_a_decline": ("errors.c", "\tcase M_UNKNOWN:\n\t\tbreak;",
                               "\tcase M_UNKNOWN:\n\t\tif (reply->status < 500)\n\t\t\tret->outcome = RENT_DECLINED;\n\t\tbreak;"),
    "lookup_404_is_a_decline": ("errors.c", '{ 404, "resource_missing", M_INVALID }', '{ 404, "resource_missing", M_CARD }'),
    "refused_hold_looked_up_is_final": ("errors.c", "if (op->kind == RENT_PAY_LOOKUP)\n\t\t\tbreak;", ""),
    "customers_card_raises_the_alert": ("errors.c", "if (is_of_the_customer(s, op, reply->status, error)) {", "if (0) {"),
    "server_error_is_a_decline": ("errors.c", "{ 500, NULL, M_ASK }", "{ 500, NULL, M_CARD }"),
    "any_402_declined": ("errors.c", "if (type[0] == '\\0')\n\t\treturn;", "if (type[0] == '\\0' && reply->status != 402)\n\t\treturn;"),
    "key_in_use_is_a_decline": ("errors.c", "{ 401, NULL, M_INVALID }", "{ 409, NULL, M_CARD },\n\t{ 401, NULL, M_INVALID }"),
    "wrong_key_is_a_decline": ("errors.c", "{ 401, NULL, M_INVALID }", "{ 401, NULL, M_CARD }"),
    "wrong_key_is_silent": ("errors.c", "ret->alert = true;", ""),
    "message_in_the_note": ("errors.c", "stripe_note_word(ret, code[0] != '\\0' ? code : type);",
                            '(void)rent_copy(ret->note, sizeof(ret->note), s->json->text(error, "message"));'),
    # ---- the list, events
    "list_loses_refunds": ("list.c", 'stream = refunds ? "" : "r:";', 'stream = "";'),
    "list_loses_captures": ("list.c", "if (ret != 0 || !hold || received == 0)", "if (true)"),
    "list_crashes_on_its_cursor": ("list.c", "bool refunds = after[0] == 'r';",
                                   "bool refunds = after[0] == 'r';\n\n\tif (page->cursor[0] != '\\0')\n\t\t*(volatile int *)0 = 1;"),
    "list_of_an_error_is_empty": ("list.c", "if (reply->status != 200)", "if (reply->status == 1)"),
    "any_signature": ("events.c", "if (!any_signature(s, header, expected))", "if (0)"),
    "signature_over_half_the_body": ("events.c", "size = t_size + 1 + m->body_size;\n",
                                     "size = t_size + 1 + m->body_size / 2;\n"),
    "any_time_of_the_signature": ("events.c", "if (off >= TOLERANCE + RENT_SECOND ||", "if (0 &&"),
    "signature_of_half_its_length": ("events.c", "size == 3 + 2 * RENT_SHA256_SIZE)\n\t\t\tfound |= s->crypto->equal(part + 3, expected,\n\t\t\t                          (size_t)2 * RENT_SHA256_SIZE);",
                                     "size == 3 + 2 * RENT_SHA256_SIZE)\n\t\t\tfound |= s->crypto->equal(part + 3, expected, 8);"),
    # ---- promises
    "thirty_days_promised": ("plugin.c", '"hold", "114h"', '"hold", "30d"'),
    "releases_forgotten": ("plugin.c", "RENT_PAY_BIT(RENT_PAY_RELEASE) |", ""),
}


def compile_one(text, name, folder):
    with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
        f.write(text)
    done = subprocess.run([*FLAGS, "-include", "time.h", "-c", f"{folder}/{name}", "-o",
                           f"{folder}/{name}.o"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{folder}/{name} does not compile: {done.stderr[:400]}")
    return f"{folder}/{name}.o"


def kit(objects, out):
    """The kit's exit code, and the first fault that it names."""
    subprocess.run(["gcc", "-shared", "-o", out, *objects], check=True)
    done = subprocess.run([KIT, out, "--stop", f"--samples={FOLDER}/samples.json", *OPTIONS],
                          capture_output=True, text=True, errors="replace", check=False)
    faults = [line[4:] for line in done.stdout.splitlines() if line.startswith("#   ")]
    return done.returncode, faults[0] if faults else done.stderr.strip()[:100]


def plant(name):
    """Whether it is caught, and named so that an author finds it."""
    file, old, new = MISTAKES[name]
    if TEXTS[file].count(old) < 1:
        sys.exit(f"{name}: {file} has no longer: {old}")
    folder = f"{TMP}/{name}"
    os.mkdir(folder)
    objects = {**SOUND, file: compile_one(TEXTS[file].replace(old, new, 1), file, folder)}
    code, fault = kit(objects.values(), f"{folder}/bad.so")
    named = code == 1 and fault and re.search(NAMED.get(name, ""), fault) is not None
    word = "caught" if named else "UNNAMED" if code else "missed" if name in MISSED else "MISSED"
    print(f"{word} {name}: {fault}", flush=True)
    return word


def main():
    if kit(SOUND.values(), f"{TMP}/sound.so")[0] != 0:
        sys.exit(f"the sound plugin is refused: {kit(SOUND.values(), f'{TMP}/sound.so')[1]}")
    with ThreadPoolExecutor(2) as two:
        words = list(two.map(plant, NAMES or MISTAKES))
    print(f"{words.count('caught')} of {len(words)} mistakes caught and named")
    sys.exit(1 if {"MISSED", "UNNAMED"} & set(words) else 0)


with tempfile.TemporaryDirectory() as TMP:
    TEXTS = {}
    for path in sorted(f for f in os.listdir(FOLDER) if f.endswith(".c")):
        with open(f"{FOLDER}/{path}", encoding="utf-8") as source:
            TEXTS[path] = source.read()
    SOUND = {f: compile_one(text, f, TMP) for f, text in TEXTS.items()}
    main()
