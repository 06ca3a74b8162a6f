/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a suspended device, as it goes through a file:
 *
 *	{"vdpa_state": {"version": 1, "device": "n0",
 *	  "class": ..., "attributes": [...],		as "migration show" has it
 *	  "features": "0x...",				negotiated
 *	  "status": ["acknowledge", ...],
 *	  "virtqueues": [{"index": 0, "type": "rx", "ready": true, "size": 256, "avail_index": 7}, ...],
 *	  "private": "..."}}				the parent's own, base64
 *
 * One that was copied in rounds before the device was suspended is several documents of version 2:
 * a round each, with the private state that came with it and no more,
 *
 *	{"vdpa_state": {"version": 2, "device": "n0", "round": 0, "class": ..., "attributes": [...],
 *	  "private": "..."}}
 *
 * and, as above but for "version": 2 and "rounds": N, what comes after N rounds.
 *
 * A virtqueue has "inflight", an array of numbers, where the parent tells what is in flight.
 *
 * A state with something in it that a reader of version 1 would pass over is of version 2, and has
 * "needs", an array of words: what its reader has to know. A word that it does not know is an error.
 *
 *	inflight	chains that are in flight
 */
#ifndef VDPA_TOOL_SAVED_STATE_H
#define VDPA_TOOL_SAVED_STATE_H

#include "netlink/bits.h"
#include "migration/description.h"
#include "netlink/nl.h"

/* The latest; the first is written where nothing is needed. */
enum { SAVED_STATE_VERSION = 2 };

/* --- saving: from the kernel's pieces to a document --- */

struct saved_state_builder {
	json_t *state;			/* NULL before the first piece */
	json_t *queues;			/* part of it */
	json_t *needs;			/* an array of words, NULL for none */
	unsigned char *private;
	size_t len, size;
	bool told;			/* of a round: what is left after it, */
	uint64_t initial, dirty;	/* of what was there at the beginning, and of what changed: bytes */
};

/* Takes a piece; @data is the builder. A callback of nl_exchange(). */
int saved_state_add(const struct nlmsghdr *nlh, struct nl_error *err, void *data);

/* The document; all pieces have come. Returns NULL with @err where one is missing. */
json_t *saved_state_document(struct saved_state_builder *builder, struct nl_error *err);

void saved_state_builder_free(struct saved_state_builder *builder);

/* --- loading: from a document to the kernel's pieces --- */

enum saved_state_part {
	SAVED_STATE_WHOLE,
	SAVED_STATE_ROUND,
	SAVED_STATE_REST,		/* what comes after the rounds */
};

struct saved_state {
	enum saved_state_part part;
	uint32_t number;		/* of the round; of the rest: of rounds before it */
	struct description description;		/* a round has this and the private state alone */
	struct bits features;
	uint8_t status;
	json_t *queues;			/* each an object, in the right types and ranges */
	unsigned char *private;
	size_t len;
};

/* Takes all of @root, or returns -1 with @err that says what is malformed. Keeps references. */
int saved_state_parse(json_t *root, struct saved_state *state, struct nl_error *err);

void saved_state_free(struct saved_state *state);

/*
 * Sends it in pieces for @device, over a socket that has nothing else to do. The last one loads it
 * if @load, else it waits for VDPA_CMD_DEV_STATE_LOAD: nothing has changed on the device where this
 * returns -1, with @err. A round never changes the device; @load has it staged. Rounds and what comes
 * after them go over one socket.
 */
int saved_state_send(struct nl *nl, const char *device, const struct saved_state *state, bool load,
		     struct nl_error *err);

#endif
