/* SPDX-License-Identifier: MIT
 *
 * stubs/stock.h - the contents of the cabinets: slots, the powerbanks in them, and those
 * that are out. Called under the lock of the stubs.
 */
#ifndef STUBS_STOCK_H
#define STUBS_STOCK_H

#include "book.h"
#include "city.h"

#define STOCK_STATIONS_MAX 20000

struct slot {
	char powerbank[RENT_ID_SIZE]; /* "": empty */
	int charge;                   /* per cent */
	int64_t emptied_at;           /* 0: stood empty from the beginning */
};

struct cabinet {
	const struct city_station *info;
	char id[RENT_ID_SIZE];
	int64_t next; /* number of the next fresh powerbank */
	struct slot slots[CITY_SLOTS_MAX];
};

struct stock {
	const struct city *city;
	struct cabinet **cabinets;
	size_t n;
	struct map by_id;
	struct map out; /* powerbank → its last eject; entry.left 1 while it is out */
	int64_t restock_us; /* 0: never */
	bool endless, any_station;
};

int stock_init(struct stock *s, const struct city *city);
void stock_done(struct stock *s);

/* NULL: there is no such station (or, with any_station, no more room). */
struct cabinet *stock_find(struct stock *s, const char *station_id);
/* Fills what is due to be refilled. */
void stock_refresh(const struct stock *s, struct cabinet *c, int64_t now);
void stock_refill(struct stock *s);
/* Takes a powerbank for the order into the book. *ret is a refusal when there is none.
 * Negative: nothing happened. */
int stock_eject(struct stock *s, struct book *book, struct cabinet *c,
                const struct order *order, int64_t now, struct entry **ret);
/* 0; RENT_EINVAL: not out; RENT_EFULL: no free slot. */
int stock_return(struct stock *s, struct book *book, struct cabinet *c,
                 const char *powerbank_id, int64_t now);
/* An eject or return read from the file. */
int stock_replay(struct stock *s, struct entry *e);

#endif
