/* SPDX-License-Identifier: MIT
 *
 * eject_evidence.h - what is in the cabinet before and after an eject: it tells what became of an
 * eject that cannot be looked up, or whose order says nothing final. cabinet_keeps_evidence() says
 * for which ejects.
 */
#ifndef CORE_EJECT_EVIDENCE_H
#define CORE_EJECT_EVIDENCE_H

#include "rental_work.h"

/* Looks into the cabinet and records what is in it, before the called eject is sent. A cabinet
 * that does not show all of it is recorded too, since other ejects there must know of this one. Negative:
 * the cabinet does not answer, or it could not be recorded, and the eject must not be sent. */
int evidence_take(struct rental_work *w, struct rent_error *err);

/* Looks into the cabinet again, and records the outcome of the called eject. */
void evidence_judge(struct rental_work *w);

#endif
