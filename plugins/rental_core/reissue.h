/* SPDX-License-Identifier: MIT
 *
 * reissue.h - a cabinet gave out a powerbank that another live rental has. If that rental had it
 * before the cabinet was asked, the powerbank came back in between and nobody said so: the old
 * rental ends, and the new one begins.
 *
 * Two steps, each durable and each safe to repeat: the old rental ends, then the new one is
 * recorded. A process that dies between them leaves a start that recovery takes up; it hears of the
 * same powerbank again, which nobody has by then. (Tests stop it at "stop.end.recorded".)
 */
#ifndef CORE_REISSUE_H
#define CORE_REISSUE_H

#include "core.h"
#include "rental_work.h"

/* w: a start whose eject gave out eject->op.result. ret_holder: the rental that has it, "" when it
 * was not found. */
enum reissue reissue_close_old(struct core *core, const struct rental_work *w,
                               const struct work_op *eject,
                               char ret_holder[RENT_ID_SIZE]);

#endif
