// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "base/memory.h"
#include "migration/saved_state.h"

const struct saved_field saved_fields[SAVED_FIELDS] = {
	[SAVED_READY] = { "ready",			VDPA_ATTR_VQ_READY,		1, 1, true, true },
	[SAVED_SIZE] = { "size",			VDPA_ATTR_VQ_SIZE,		2, UINT16_MAX, false, false },
	[SAVED_AVAIL_INDEX] = { "avail_index",		VDPA_ATTR_VQ_AVAIL_INDEX,	2, UINT16_MAX, false, false },
	[SAVED_AVAIL_COUNTER] = { "avail_counter",	VDPA_ATTR_VQ_AVAIL_COUNTER,	1, 1, false, false },
	[SAVED_USED_INDEX] = { "used_index",		VDPA_ATTR_VQ_USED_INDEX,	2, UINT16_MAX, false, false },
	[SAVED_USED_COUNTER] = { "used_counter",	VDPA_ATTR_VQ_USED_COUNTER,	1, 1, false, false },
};

struct saved_queue *saved_state_add_queue(struct saved_state *state)
{
	struct saved_queue *queue;

	state->queues = realloc(state->queues, (state->n_queues + 1) * sizeof(*queue));
	if (!state->queues)
		error_no_memory();
	queue = &state->queues[state->n_queues++];
	memset(queue, 0, sizeof(*queue));
	return queue;
}

void saved_state_free(struct saved_state *state)
{
	for (size_t i = 0; i < state->n_queues; i++)
		free(state->queues[i].inflight);
	description_free(&state->description);
	free(state->queues);
	free(state->private);
	free(state->device);
	memset(state, 0, sizeof(*state));
}
