/* SPDX-License-Identifier: MIT
 *
 * test_check.c - does the checker notice? A small soak in which everything is right, and one
 * for each thing that can be wrong: the rule that forbids it must say so, with the history of
 * the rental. In the texts ' stands for " and ` for \".
 */
#include "check.h"
#include "cmocka_all.h"
#include "proc.h"

#include <stdlib.h>
#include <string.h>

enum file {
	HISTORY,
	DATABASE,
	BOOK,
	FILES
};

static const char *const names[FILES] = { "history.jsonl", "database.jsonl",
	                                  "book.jsonl" };

/* clang-format off */
/* Microseconds of the wall clock: 2026-11-23T12:00:00Z and so many milliseconds. */
#define W(ms) "17954352" #ms "000"
#define BEGIN(op, ms, what)                                              \
	"{'e':'invoke','op':" #op ",'t':1" #ms "000,'w':" W(ms) ",'host':0," what "}\n"
#define END(op, ms, event, status, more)                             \
	"{'e':'" event "','op':" #op ",'t':1" #ms "000,'w':" W(ms) \
	",'status':" #status more "}\n"
#define BODY(text) ",'body':'" text "'"

#define STARTED1 \
	"{`order_id`:`r1`,`status`:`ACTIVE`,`powerbank_id`:`PB-1`,`total_amount`:0,`debt`:0}"
#define VIEW1(status, finished, paid, accrued, settlement, more)                           \
	"{`order_id`:`r1`,`status`:`" status "`,`powerbank_id`:`PB-1`,`total_amount`:" #paid \
	",`debt`:0,`finished_at`:" finished ",`accrued`:" #accrued                          \
	",`deposit`:100,`price_per_hour`:3600,`free_period_min`:0,`settlement`:`" settlement \
	"`" more "}"
#define ENDED1                                                                          \
	VIEW1("FINISHED", "`2026-11-23T12:00:12.050000Z`", 10, 10, "done", \
	      ",`deposit_refund`:94")

/* r1 was rented (its first start was lost), looked at and brought back twice; r2 was refused by
 * its station; r3 is still out; r4 was kept by somebody without money; k5 had no quote; r6 was
 * ended by its cabinet, whose service has numbers of its own; of r7 only a person can tell whether it has what its
 * cabinet gave out. */
static const char history[] =
	"{'e':'world','buyout':400,'quote_ttl_s':8,'stations':{"
	"'cheap-0':{'price_per_hour':3600,'free_period_min':0,'deposit':100},"
	"'dear-0':{'price_per_hour':72000,'free_period_min':0,'deposit':200}}}\n"
	BEGIN(1, 00100, "'what':'quote','user':'u-1','visit':1,'station_id':'cheap-0'")
	END(1, 00110, "ok", 200, BODY("{`quote_id`:`q1`,`price_per_hour`:3600,"
	    "`free_period_min`:0,`deposit`:100}"))
	BEGIN(2, 01000, "'what':'start','user':'u-1','visit':1,'key':'k1','quote_id':'q1'")
	END(2, 01900, "unknown", 0, ",'why':'Timeout'")
	BEGIN(3, 02000, "'what':'start','user':'u-1','visit':1,'key':'k1','quote_id':'q1'")
	END(3, 02100, "ok", 200, BODY(STARTED1))
	BEGIN(4, 02200, "'what':'start','user':'u-1','visit':1,'key':'k1','quote_id':'q1'")
	END(4, 02300, "ok", 200, ",'replayed':true" BODY(STARTED1))
	BEGIN(5, 05000, "'what':'status','user':'u-1','visit':1,'order_id':'r1'")
	END(5, 05010, "ok", 200, BODY(VIEW1("ACTIVE", "null", 2, 2, "open", "")))
	"{'e':'fault','t':105500000,'fault':'kill-api','phase':'begin','target':'api-0'}\n"
	"{'e':'fault','t':105600000,'fault':'kill-api','phase':'end'}\n"
	BEGIN(6, 12000, "'what':'stop','user':'u-1','visit':1,'order_id':'r1'")
	END(6, 12100, "ok", 200, BODY(ENDED1))
	BEGIN(7, 12500, "'what':'stop','user':'u-1','visit':1,'order_id':'r1'")
	END(7, 12510, "ok", 200, BODY(ENDED1))
	BEGIN(8, 12600, "'what':'return','user':'u-1','visit':1,'powerbank_id':'PB-1'")
	END(8, 12610, "ok", 200, "")
	BEGIN(9, 14000, "'what':'start','user':'u-2','visit':2,'key':'k2','quote_id':'q2'")
	END(9, 14100, "fail", 409, BODY("{`type`:`/problems/station-refused`}"))
	BEGIN(10, 20000, "'what':'start','user':'u-3','visit':3,'key':'k3','quote_id':'q3'")
	END(10, 20100, "ok", 200, BODY("{`order_id`:`r3`,`status`:`ACTIVE`,"
	    "`powerbank_id`:`PB-3`,`total_amount`:0,`debt`:0}"))
	BEGIN(11, 30000, "'what':'start','user':'poor-1','visit':4,'key':'k4','quote_id':'q4'")
	END(11, 30100, "ok", 200, BODY("{`order_id`:`r4`,`status`:`ACTIVE`,"
	    "`powerbank_id`:`PB-4`,`total_amount`:0,`debt`:0}"))
	BEGIN(12, 55000, "'what':'start','user':'u-5','visit':5,'key':'k5','quote_id':'q5'")
	END(12, 55100, "fail", 404, BODY("{`type`:`/problems/quote-unknown`}"))
	BEGIN(13, 60000, "'what':'start','user':'u-6','visit':6,'key':'k6','quote_id':'q6'")
	END(13, 60100, "ok", 200, BODY("{`order_id`:`r6`,`status`:`ACTIVE`,"
	    "`powerbank_id`:`PB-6`,`total_amount`:0,`debt`:0}"))
	BEGIN(14, 62000, "'what':'stop','user':'u-6','visit':6,'order_id':'r6'")
	END(14, 62100, "fail", 409, BODY("{`type`:`/problems/not-returned`}"))
	BEGIN(15, 63000, "'what':'return','user':'u-6','visit':6,'order_id':'r6',"
	    "'powerbank_id':'PB-6'")
	END(15, 63100, "ok", 200, "")
	BEGIN(16, 64000, "'what':'start','user':'u-7','visit':7,'key':'k7','quote_id':'q7'")
	END(16, 64900, "fail", 503, BODY("{`type`:`/problems/outcome-unknown`}"));

#define RENTAL(id, n, user, status, settlement, price, deposit, paid, more)             \
	"{'table':'rentals','id':'" id "','user_id':'" user "','quote_id':'q" n          \
	"','status':'" status "','settlement':'" settlement "','price_per_hour':" #price \
	",'free_period_min':0,'deposit':" #deposit ",'total_amount':" #paid more "}\n"
#define OP(id, rental, kind, state, amount, processed, more)                           \
	"{'table':'operations','id':'" id "','rental_id':'" rental "','kind':'" kind    \
	"','state':'" state "','amount':" #amount ",'processed':" #processed more "}\n"
#define TOOK(rental, amount)                                                       \
	"{'table':'payment_attempts','rental_id':'" rental "','amount':" #amount \
	",'success':true}\n"
#define KEY(n, rental, ms)                                                              \
	"{'table':'idempotency_keys','key':'k" n "','rental_id':" rental ",'outcome':'x'," \
	"'created_at_us':" W(ms) "}\n"

static const char database[] =
	RENTAL("r1", "1", "u-1", "FINISHED", "DONE", 3600, 100, 10,
	       ",'created_at_us':" W(01050)
	       ",'powerbank_id':'PB-1','final_amount':10,'started_at_us':" W(02050)
	       ",'finished_at_us':" W(12050))
	RENTAL("r2", "2", "u-2", "FAILED", "DONE", 3600, 100, 0, ",'powerbank_id':'PENDING'")
	RENTAL("r3", "3", "u-3", "ACTIVE", "OPEN", 3600, 100, 0,
	       ",'powerbank_id':'PB-3','started_at_us':" W(20050))
	RENTAL("r4", "4", "poor-1", "BUYOUT", "DONE", 72000, 200, 300,
	       ",'powerbank_id':'PB-4','final_amount':400,'started_at_us':" W(30050)
	       ",'finished_at_us':" W(50050))
	RENTAL("r6", "6", "u-6", "FINISHED", "DONE", 3600, 0, 2,
	       ",'powerbank_id':'PB-6','ended_by':'cabinet','final_amount':2,'started_at_us':"
	       W(60050) ",'finished_at_us':" W(63000))
	RENTAL("r7", "7", "u-7", "FAILED", "DONE", 3600, 100, 0,
	       ",'powerbank_id':'PENDING','station_id':'cheap-0'")
	OP("h7", "r7", "hold", "SUCCEEDED", 100, 100, "")
	OP("e7", "r7", "eject", "MANUAL", 0, 0,
	   ",'note':'2 powerbanks are gone, and another eject of this cabinet is unclear'")
	OP("l7", "r7", "release", "SUCCEEDED", 100, 100, ",'target_id':'h7'")
	OP("e6", "r6", "eject", "SUCCEEDED", 0, 0, ",'result':'PB-6','ref':'T-6'")
	OP("c6", "r6", "charge", "SUCCEEDED", 2, 2, "")
	OP("h1", "r1", "hold", "SUCCEEDED", 100, 100, "")
	OP("e1", "r1", "eject", "SUCCEEDED", 0, 0, ",'result':'PB-1'")
	OP("c1", "r1", "charge", "SUCCEEDED", 4, 4, "")
	OP("p1", "r1", "capture", "SUCCEEDED", 6, 6, ",'target_id':'h1'")
	OP("l1", "r1", "release", "SUCCEEDED", 94, 94, ",'target_id':'h1'")
	OP("h2", "r2", "hold", "SUCCEEDED", 100, 100, "")
	OP("e2", "r2", "eject", "DECLINED", 0, 0, "")
	OP("l2", "r2", "release", "SUCCEEDED", 100, 100, ",'target_id':'h2'")
	OP("h3", "r3", "hold", "SUCCEEDED", 100, 100, "")
	OP("e3", "r3", "eject", "SUCCEEDED", 0, 0, ",'result':'PB-3'")
	OP("h4", "r4", "hold", "SUCCEEDED", 200, 200, "")
	OP("e4", "r4", "eject", "SUCCEEDED", 0, 0, ",'result':'PB-4'")
	OP("p4", "r4", "capture", "SUCCEEDED", 200, 200, ",'target_id':'h4'")
	OP("c4", "r4", "charge", "SUCCEEDED", 100, 100, "")
	OP("d4", "r4", "charge", "DECLINED", 100, 0, "")
	TOOK("r1", 4) TOOK("r1", 6) TOOK("r4", 200) TOOK("r4", 100)
	TOOK("r6", 2)
	KEY("1", "'r1'", 01050) KEY("2", "'r2'", 14050) KEY("3", "'r3'", 20050)
	KEY("4", "'r4'", 30050) KEY("5", "null", 55050)
	KEY("6", "'r6'", 60050) KEY("7", "'r7'", 64050)
	"{'table':'debts','rental_id':'r4','amount_total':100}\n"
	"{'table':'debt_journal','rental_id':'r4','delta':100}\n";

#define MOVED(kind, key, order, amount, more)                                         \
	"{'kind':'" kind "','key':'" key "','order_id':'" order "','amount':" #amount \
	more "}\n"

static const char book[] =
	MOVED("hold", "h1", "r1", 100, "") MOVED("eject", "e1", "e1", 0, ",'powerbank_id':'PB-1'")
	MOVED("charge", "c1", "r1", 4, "") MOVED("capture", "p1", "r1", 6, ",'target':'h1'")
	MOVED("release", "l1", "r1", 94, ",'target':'h1'")
	MOVED("return", "", "e1", 0, ",'powerbank_id':'PB-1'")
	MOVED("hold", "h2", "r2", 100, "") MOVED("release", "l2", "r2", 100, ",'target':'h2'")
	MOVED("hold", "h3", "r3", 100, "") MOVED("eject", "e3", "e3", 0, ",'powerbank_id':'PB-3'")
	MOVED("hold", "h4", "r4", 200, "") MOVED("eject", "e4", "e4", 0, ",'powerbank_id':'PB-4'")
	MOVED("capture", "p4", "r4", 200, ",'target':'h4'") MOVED("charge", "c4", "r4", 100, "")
	MOVED("eject", "", "T-6", 0, ",'powerbank_id':'PB-6'") MOVED("charge", "c6", "r6", 2, "")
	MOVED("return", "", "T-6", 0, ",'powerbank_id':'PB-6'")
	MOVED("hold", "h7", "r7", 100, "") MOVED("release", "l7", "r7", 100, ",'target':'h7'")
	MOVED("eject", "e7", "e7", 0, ",'powerbank_id':'PB-cheap-0-7'");

static const char *const good[FILES] = { history, database, book };

/* The lie: in this file this text became that one; without a text, that one was added. */
static const struct planted {
	const char *rule, *about;
	enum file file;
	const char *from, *to;
} planted[] = {
	{ "start-kept", "an acknowledged rental is not there", DATABASE,
	  "'rentals','id':'r3'", "'rentals','id':'r9'" },
	{ "start-kept", "another powerbank than was said", HISTORY,
	  "r3`,`status`:`ACTIVE`,`powerbank_id`:`PB-3`",
	  "r3`,`status`:`ACTIVE`,`powerbank_id`:`PB-8`" },
	{ "start-kept", "acknowledged, then FAILED", DATABASE, "'status':'ACTIVE'",
	  "'status':'FAILED'" },
	{ "one-answer", "a repetition answers otherwise", HISTORY,
	  "'replayed':true,'body':'{`order_id`:`r1`", "'replayed':true,'body':'{`order_id`:`r7`" },
	{ "one-answer", "a repetition is refused", HISTORY, NULL,
	  BEGIN(90, 56000, "'what':'start','user':'u-3','visit':3,'key':'k3','quote_id':'q3'")
	  END(90, 56100, "fail", 410, BODY("{}")) },
	{ "one-rental", "two for one quote", DATABASE, "'quote_id':'q3'", "'quote_id':'q1'" },
	{ "one-rental", "two keys for one rental", DATABASE, "'key':'k3','rental_id':'r3'",
	  "'key':'k3','rental_id':'r1'" },
	{ "one-rental", "a key of a rental that is not there", DATABASE,
	  "'key':'k3','rental_id':'r3'", "'key':'k3','rental_id':'r8'" },
	{ "one-rental", "two phones, one quote, two rentals", HISTORY, NULL,
	  BEGIN(90, 56000, "'what':'start','user':'u-3','visit':3,'key':'k9','quote_id':'q3'")
	  END(90, 56100, "ok", 200, BODY("{`order_id`:`r4`}")) },
	{ "price", "a quote at a wrong price", HISTORY, "`q1`,`price_per_hour`:3600",
	  "`q1`,`price_per_hour`:36" },
	{ "price", "a quote with a wrong deposit", HISTORY, "`free_period_min`:0,`deposit`:100}",
	  "`free_period_min`:0,`deposit`:50}" },
	{ "price", "a rental at another price than its quote", DATABASE,
	  "'DONE','price_per_hour':3600", "'DONE','price_per_hour':3601" },
	{ "in-time", "a quote that had ended", DATABASE, "'created_at_us':" W(01050) ",'power",
	  "'created_at_us':" W(08115) ",'power" },
	{ "no-ghost", "a rental nobody asked for", DATABASE, "'quote_id':'q3'", "'quote_id':'q8'" },
	{ "no-ghost", "a rental of somebody else", DATABASE, "'user_id':'u-3'", "'user_id':'u-1'" },
	{ "refusal", "refused, and active", DATABASE, "'status':'FAILED'", "'status':'ACTIVE'" },
	{ "refusal", "no such quote, and a rental", DATABASE,
	  "'key':'k5','rental_id':null,'outcome':'x','created_at_us':" W(55050) "}\n",
	  "'key':'k5','rental_id':'r5','outcome':'x','created_at_us':" W(55050) "}\n"
	  RENTAL("r5", "5", "u-5", "FAILED", "DONE", 3600, 100, 0, "") },
	{ "refusal", "started, and cannot be stopped", HISTORY, NULL,
	  BEGIN(90, 56000, "'what':'stop','user':'u-3','visit':3,'order_id':'r3'")
	  END(90, 56100, "fail", 409, BODY("{}")) },
	{ "refusal", "put back, and not found", HISTORY, NULL,
	  BEGIN(90, 64000, "'what':'stop','user':'u-6','visit':6,'order_id':'r6'")
	  END(90, 64100, "fail", 409, BODY("{`type`:`/problems/not-returned`}")) },
	{ "refusal", "there, and unknown to a look", HISTORY, NULL,
	  BEGIN(90, 56000, "'what':'status','user':'u-3','visit':3,'order_id':'r3'")
	  END(90, 56100, "fail", 404, BODY("{}")) },
	{ "stop-kept", "acknowledged, and active", DATABASE, "'status':'FINISHED'",
	  "'status':'ACTIVE'" },
	{ "stop-kept", "the end has moved", DATABASE, "'finished_at_us':" W(12050),
	  "'finished_at_us':" W(12060) },
	{ "stop-kept", "its amounts do not add up", HISTORY, "`total_amount`:10", "`total_amount`:9" },
	{ "stop-kept", "another deposit given back than was said", HISTORY, "`deposit_refund`:94",
	  "`deposit_refund`:95" },
	{ "stop-in-time", "charged on after the stop", DATABASE, "'finished_at_us':" W(12050),
	  "'finished_at_us':" W(13050) },
	{ "stop-in-time", "ended before anybody asked", DATABASE, "'finished_at_us':" W(12050),
	  "'finished_at_us':" W(11050) },
	{ "stop-in-time", "ended before it was put back", DATABASE, "'finished_at_us':" W(63000),
	  "'finished_at_us':" W(61000) },
	{ "stop-in-time", "given out again, and still on", DATABASE, "'ended_by':'cabinet'",
	  "'ended_by':'reissue'" },
	{ "stop-in-time", "begun before anybody asked", DATABASE, "'started_at_us':" W(02050),
	  "'started_at_us':" W(00050) },
	{ "monotonic", "what is due shrinks", HISTORY, "`accrued`:2,", "`accrued`:20," },
	{ "monotonic", "ended, then active", HISTORY, NULL,
	  BEGIN(90, 56000, "'what':'status','user':'u-1','visit':1,'order_id':'r1'")
	  END(90, 56100, "ok", 200, BODY(VIEW1("ACTIVE", "null", 10, 10, "open", ""))) },
	{ "monotonic", "another powerbank", HISTORY,
	  "`ACTIVE`,`powerbank_id`:`PB-1`,`total_amount`:2",
	  "`ACTIVE`,`powerbank_id`:`PB-2`,`total_amount`:2" },
	{ "answered", "asked and asked", HISTORY, NULL,
	  BEGIN(90, 56000, "'what':'start','user':'u-9','visit':9,'key':'k9','quote_id':'q9'")
	  BEGIN(91, 57000, "'what':'start','user':'u-9','visit':9,'key':'k9','quote_id':'q9'")
	  END(91, 57100, "unknown", 500, "")
	  BEGIN(92, 58000, "'what':'start','user':'u-9','visit':9,'key':'k9','quote_id':'q9'")
	  END(92, 58100, "unknown", 0, "") },
	{ "book", "another amount", BOOK, "'c1','order_id':'r1','amount':4",
	  "'c1','order_id':'r1','amount':5" },
	{ "book", "acted, and not executed here", DATABASE,
	  "'id':'c1','rental_id':'r1','kind':'charge','state':'SUCCEEDED'",
	  "'id':'c1','rental_id':'r1','kind':'charge','state':'NOT_EXECUTED'" },
	{ "book", "succeeded here, unknown there", BOOK, "'key':'c1'", "'key':'c9'" },
	{ "book", "only the provider knows", BOOK, NULL, MOVED("charge", "x", "r3", 7, "") },
	{ "book", "acted twice", BOOK, NULL, MOVED("charge", "c1", "r1", 4, "") },
	{ "book", "another kind", BOOK, "'charge','key':'c1'", "'refund','key':'c1'" },
	{ "book", "another powerbank", BOOK, "'powerbank_id':'PB-3'", "'powerbank_id':'PB-8'" },
	{ "book", "an order of nobody's", BOOK, "'order_id':'T-6'", "'order_id':'T-7'" },
	{ "book", "for another order", BOOK, "'key':'c1','order_id':'r1'",
	  "'key':'c1','order_id':'r4'" },
	{ "sums", "a total that is no sum", DATABASE, "'total_amount':10", "'total_amount':11" },
	{ "sums", "an attempt too many", DATABASE, NULL, TOOK("r1", 1) },
	{ "final", "another price of the end", DATABASE, "'final_amount':10", "'final_amount':11" },
	{ "final", "owes too much", DATABASE, "'r4','amount_total':100", "'r4','amount_total':101" },
	{ "ceiling", "more than was due", BOOK, "'c1','order_id':'r1','amount':4",
	  "'c1','order_id':'r1','amount':5" },
	{ "ceiling", "more than the buyout, given back later", BOOK,
	  "'c4','order_id':'r4','amount':100}\n",
	  "'c4','order_id':'r4','amount':300}\n" MOVED("refund", "f4", "r4", 200, "") },
	{ "hold", "some of it is still held", BOOK, "'l1','order_id':'r1','amount':94",
	  "'l1','order_id':'r1','amount':93" },
	{ "hold", "more than was held", BOOK, "'l1','order_id':'r1','amount':94",
	  "'l1','order_id':'r1','amount':95" },
	{ "failed", "failed, and charged", BOOK, NULL, MOVED("charge", "c2", "r2", 1, "") },
	{ "failed", "failed, and given out", BOOK, NULL,
	  MOVED("eject", "e2", "e2", 0, ",'powerbank_id':'PB-2'") },
	{ "powerbank", "another one", DATABASE, "'powerbank_id':'PB-3'", "'powerbank_id':'PB-8'" },
	{ "powerbank", "none", BOOK, "'eject','key':'e3'", "'eject','key':'e9'" },
	{ "powerbank", "two", BOOK, NULL,
	  MOVED("eject", "e3", "e3", 0, ",'powerbank_id':'PB-8'") },
	{ "street", "active, and not out", BOOK, NULL,
	  MOVED("return", "", "e3", 0, ",'powerbank_id':'PB-3'") },
	{ "street", "out, and nobody's", BOOK, NULL,
	  MOVED("eject", "e2", "e2", 0, ",'powerbank_id':'PB-2'") },
	{ "street", "in two live rentals", DATABASE, "'powerbank_id':'PB-4'",
	  "'powerbank_id':'PB-3'" },
	{ "rest", "an open operation", DATABASE,
	  "'id':'h3','rental_id':'r3','kind':'hold','state':'SUCCEEDED'",
	  "'id':'h3','rental_id':'r3','kind':'hold','state':'UNKNOWN'" },
	{ "rest", "nobody can tell", DATABASE,
	  "'id':'d4','rental_id':'r4','kind':'charge','state':'DECLINED'",
	  "'id':'d4','rental_id':'r4','kind':'charge','state':'MANUAL'" },
	{ "rest", "an eject that nobody else explains", DATABASE, "another eject", "an eject" },
	{ "street", "out, and no person is asked", DATABASE, "another eject", "an eject" },
	{ "failed", "failed, given out, and no person is asked", DATABASE, "another eject", "an eject" },
	{ "rest", "half begun", DATABASE, "'status':'ACTIVE'", "'status':'PENDING'" },
	{ "rest", "not settled", DATABASE, "'FINISHED','settlement':'DONE'",
	  "'FINISHED','settlement':'PENDING'" },
	{ "rest", "a key that is stuck", DATABASE, "'key':'k5','rental_id':null,'outcome':'x'",
	  "'key':'k5','rental_id':null,'outcome':null" },
	{ "debt", "not explained", DATABASE, "'delta':100", "'delta':90" },
	{ "debt", "of somebody who can pay", DATABASE, "'user_id':'poor-1'", "'user_id':'u-4'" },
};

/* clang-format on */

static char *dir;

static int setup(void **state)
{
	(void)state;
	dir = scratch_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_free(dir);
	return 0;
}

/* ' and ` become what they stand for. */
static char *spelled_out(const char *text)
{
	char *out = malloc(2 * strlen(text) + 1), *at = out;

	assert_non_null(out);
	for (; *text != '\0'; text++) {
		if (*text == '`')
			*at++ = '\\';
		if (*text == '`' || *text == '\'')
			*at++ = '"';
		else
			*at++ = *text;
	}
	*at = '\0';
	return out;
}

static char *edited(const char *text, const struct planted *p)
{
	const char *at = p->from == NULL ? text + strlen(text) : strstr(text, p->from);
	char *out = NULL;

	if (at == NULL)
		fail_msg("%s: there is no \"%s\"", p->about, p->from);
	else if (asprintf(&out, "%.*s%s%s", (int)(at - text), text, p->to,
	                  at + (p->from == NULL ? 0 : strlen(p->from))) < 0)
		fail_msg("out of memory");
	return out;
}

static void write_files(const struct planted *p)
{
	for (int i = 0; i < FILES; i++) {
		char *text = p != NULL && p->file == (enum file)i ? edited(good[i], p)
		                                                  : strdup(good[i]);
		char *json = spelled_out(text), *path = NULL;

		assert_true(asprintf(&path, "%s/%s", dir, names[i]) > 0);
		file_write(path, json);
		free(path);
		free(json);
		free(text);
	}
}

/* The checker's output; *ret_found: of this rule. */
static char *check(const char *rule, int64_t *ret_all, int64_t *ret_found)
{
	struct check c;
	char *said = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&said, &size);

	assert_non_null(out);
	if (!check_load(&c, dir, out)) {
		(void)fclose(out);
		fail_msg("%s", said);
	}
	*ret_all = check_run(&c);
	check_report(&c);
	*ret_found = num(c.found, rule);
	check_done(&c);
	(void)fclose(out);
	return said;
}

static void nothing_is_wrong(void **state)
{
	int64_t all, found;
	char *said;

	(void)state;
	write_files(NULL);
	said = check("", &all, &found);
	if (all != 0)
		fail_msg("%s", said);
	/* the start that was not answered had happened, and its repetition said so */
	assert_non_null(strstr(
		said, "start       1 without an answer;     1 had happened (1 told"));
	assert_non_null(strstr(said, "faults: 1 of 1 kinds: kill-api 1"));
	free(said);
}

static void each_is_noticed(void **state)
{
	int missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
		const struct planted *p = &planted[i];
		int64_t all, found;
		char *said;

		write_files(p);
		said = check(p->rule, &all, &found);
		if (found == 0 || strstr(said, "VIOLATION") == NULL) {
			missed++;
			print_message("%s, %s: not noticed\n%s", p->rule, p->about, said);
		}
		free(said);
	}
	assert_int_equal(missed, 0);
}

/* Of every rule something is planted. */
static void every_rule_is_tested(void **state)
{
	const char *rule;
	int untested = 0;

	(void)state;
	for (size_t k = 0; (rule = check_rule(k)) != NULL; k++) {
		size_t i = 0;

		while (i < sizeof(planted) / sizeof(planted[0]) &&
		       strcmp(planted[i].rule, rule) != 0)
			i++;
		if (i == sizeof(planted) / sizeof(planted[0])) {
			untested++;
			print_message("nothing is planted against '%s'\n", rule);
		}
	}
	assert_int_equal(untested, 0);
}

/* A violation comes with the calls of the rental, its rows and the provider's book. */
static void it_is_shown(void **state)
{
	static const char *const parts[] = {
		"rental r1", "start", "unknown 0 after 900 ms",
		"operation", "book",  "attempt"
	};
	int64_t all, found;
	char *said;

	(void)state;
	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
		if (strcmp(planted[i].about, "a total that is no sum") == 0)
			write_files(&planted[i]);
	}
	said = check("sums", &all, &found);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strstr(said, parts[i]) == NULL)
			fail_msg("no \"%s\" in\n%s", parts[i], said);
	}
	free(said);
}

static void a_file_that_is_cut_off(void **state)
{
	struct check c;
	char *path = NULL;
	FILE *out = fopen("/dev/null", "we");

	(void)state;
	write_files(NULL);
	assert_non_null(out);
	assert_true(asprintf(&path, "%s/book.jsonl", dir) > 0);
	file_write(path, "{\"kind\":\"hold\",");
	assert_false(check_load(&c, dir, out));
	check_done(&c);
	(void)remove(path);
	assert_false(check_load(&c, dir, out));
	check_done(&c);
	(void)fclose(out);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_wrong),
		cmocka_unit_test(each_is_noticed),
		cmocka_unit_test(every_rule_is_tested),
		cmocka_unit_test(it_is_shown),
		cmocka_unit_test(a_file_that_is_cut_off),
	};

	return cmocka_run_group_tests_name("soak checker", tests, setup, teardown);
}
