/* SPDX-License-Identifier: MIT
 *
 * upstream/job.c - see job.h.
 */
#include "upstream/job.h"

#include "base/clock.h"

bool job_too_late(const struct job *job)
{
	int64_t not_after = job->x->request.not_after_us;

	return not_after != 0 && clock_mono_us() >= not_after;
}

void job_end(struct job *job)
{
	struct batch *batch = job->batch;

	/* The woken thread may free its batch immediately. */
	if (--batch->left == 0)
		(void)sem_post(&batch->done);
}
