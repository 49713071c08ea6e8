#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mistakes.py SOURCE KIT [NAME…] - plants mistakes that authors of payment plugins make into
payment_stripe, one at a time, and says which of them the payment kit catches with samples. Ends
with 1 if fewer than 40 of them are caught, or if the sound plugin is not accepted."""
import os
import subprocess
import sys
import tempfile

SOURCE, KIT, NAMES = sys.argv[1], sys.argv[2], sys.argv[3:]
FOLDER = f"{SOURCE}/plugins/payment_stripe"
OPTIONS = ["currency=EUR", "secret_key=sk_test_kit0001", "webhook_secret=whsec_test_rentald_0001",
           "payment_method=pm_card_visa"]
FLAGS = ["gcc", "-std=gnu11", "-O0", "-fPIC", "-fvisibility=hidden", "-D_GNU_SOURCE",
         '-DRENT_VERSION="0"', f"-I{SOURCE}/include/plugin-api", f"-I{FOLDER}", f"-I{SOURCE}/plugins", "-w"]

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
    "action_counts_as_held": ("replies.c", "{ row_action, NULL, NULL, row_action }",
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
    # ---- refusals
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
    # ---- promises
    "thirty_days_promised": ("plugin.c", '"hold", "114h"', '"hold", "30d"'),
    "releases_forgotten": ("plugin.c", "RENT_PAY_BIT(RENT_PAY_RELEASE) |", ""),
}


def compile_one(source, name, folder):
    with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
        f.write(source)
    done = subprocess.run([*FLAGS, "-include", "time.h", "-c", f"{folder}/{name}", "-o",
                           f"{folder}/{name}.o"], capture_output=True, text=True, check=False)
    return done.returncode == 0 or print(done.stderr[:400])


def link(objects, out):
    subprocess.run(["gcc", "-shared", "-o", out, *objects], check=True)


def kit(plugin):
    done = subprocess.run([KIT, plugin, f"--samples={FOLDER}/samples.json", *OPTIONS],
                          capture_output=True, text=True, errors="replace", check=False)
    faults = [line[4:] for line in done.stdout.splitlines() if line.startswith("#   ")]
    return done.returncode, faults[0] if faults else done.stderr.strip()[:100]


def main():
    files = sorted(f for f in os.listdir(FOLDER) if f.endswith(".c"))
    texts = {}
    caught = missed = 0
    with tempfile.TemporaryDirectory() as tmp:
        sound = {f: f"{tmp}/{f}.o" for f in files}
        for f in files:
            with open(f"{FOLDER}/{f}", encoding="utf-8") as source:
                texts[f] = source.read()
            compile_one(texts[f], f, tmp)
        link(sound.values(), f"{tmp}/sound.so")
        if kit(f"{tmp}/sound.so")[0] != 0:
            sys.exit(f"the sound plugin is refused: {kit(f'{tmp}/sound.so')[1]}")
        os.mkdir(f"{tmp}/bad")
        for name, (file, old, new) in MISTAKES.items():
            if NAMES and name not in NAMES:
                continue
            if texts[file].count(old) < 1:
                sys.exit(f"{name}: {file} has no longer: {old}")
            if not compile_one(texts[file].replace(old, new, 1), file, f"{tmp}/bad"):
                sys.exit(f"{name}: does not compile")
            objects = {**sound, file: f"{tmp}/bad/{file}.o"}
            link(objects.values(), f"{tmp}/bad.so")
            code, fault = kit(f"{tmp}/bad.so")
            caught += code != 0
            missed += code == 0
            print(f"{'caught' if code else 'MISSED'} {name}: {fault}", flush=True)
    print(f"{caught} of {caught + missed} mistakes caught")
    sys.exit(0 if NAMES or caught >= 40 else 1)


main()
