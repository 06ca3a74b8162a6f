/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a suspended device, as it goes through a file:
 *
 *	{"vdpa_state": {"version": 1, "device": "n0",
 *	  "class": ..., "attributes": [...],		as "migration show" has it
 *	  "features": "0x...",				negotiated
 *	  "status": ["acknowledge", ...],
 *	  "virtqueues": [{"qidx": 0, "queue_type": "rx", "ready": true, "size": 256, "avail_index": 7}, ...],
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
 * A virtqueue has "index" and "type" instead of the first two in states that older versions of this command have saved.
 * It has "inflight", an array of numbers, where the parent tells what is in flight.
 *
 * A state with something in it that a reader of version 1 would pass over is of version 2, and has
 * "needs", an array of words: what its reader has to know. A word that it does not know is an error.
 *
 *	inflight	chains that are in flight
 */
#ifndef VDPA_TOOL_SAVED_STATE_H
#define VDPA_TOOL_SAVED_STATE_H

#include <stdio.h>

#include <jansson.h>

#include "migration/description.h"
#include "netlink/bits.h"
#include "netlink/nl.h"

/* The latest; the first is written where nothing is needed. */
enum { SAVED_STATE_VERSION = 2 };

/* What a virtqueue has beside its index and type. */
enum { SAVED_READY, SAVED_SIZE, SAVED_AVAIL_INDEX, SAVED_AVAIL_COUNTER, SAVED_USED_INDEX, SAVED_USED_COUNTER, SAVED_FIELDS };

struct saved_field {
	const char *key;
	uint16_t attr;
	uint8_t size;		/* of the attribute, in bytes */
	uint16_t max;
	bool truth;		/* in JSON true or false */
	bool required;
};

extern const struct saved_field saved_fields[SAVED_FIELDS];

struct saved_queue {
	uint32_t index;
	bool typed;
	uint8_t type;		/* enum vdpa_vq_type */
	uint8_t given;		/* bit i: it has saved_fields[i] */
	uint16_t values[SAVED_FIELDS];
	bool has_inflight;
	size_t n_inflight;
	uint16_t *inflight;	/* the heads of chains */
};

enum saved_state_part {
	SAVED_STATE_WHOLE,
	SAVED_STATE_ROUND,
	SAVED_STATE_REST,		/* what comes after the rounds */
};

struct saved_state {
	char *device;			/* the one that it is of; NULL: it does not say */
	enum saved_state_part part;
	uint32_t number;		/* of the round; of the rest: of rounds before it */
	struct description description;	/* a round has this and the private state alone */
	struct bits features;
	uint8_t status;
	size_t n_queues;
	struct saved_queue *queues;
	unsigned char *private;
	size_t len, size;		/* of private, in bytes; the latter is how many it has room for */

	/* While it comes from the kernel: */
	bool begun;
	bool told;			/* of a round: what is left after it, */
	uint64_t initial, dirty;	/* of what was there at the beginning, and of what changed: bytes */
};

/* Makes room for one more virtqueue. */
struct saved_queue *saved_state_add_queue(struct saved_state *state);

/* Of one that is all zero, as well. */
void saved_state_free(struct saved_state *state);

/* --- as JSON --- */

/* Takes all of @root, or returns -1 with @err that says what is malformed. */
int saved_state_parse(const json_t *root, struct saved_state *state, struct nl_error *err);

/* Writes a document, which ends with a line feed. Returns 0, or -1 with errno. */
int saved_state_write(FILE *file, const struct saved_state *state);

/* --- from and to the kernel --- */

/* Takes a piece; @data is the state, at first all zero. A callback of nl_exchange(). */
int saved_state_take(const struct nlmsghdr *nlh, struct nl_error *err, void *data);

/* Whether all pieces have come: returns 0, or -1 with @err where one is missing. */
int saved_state_complete(const struct saved_state *state, struct nl_error *err);

/*
 * Sends it in pieces for @device, over a socket that has nothing else to do. The last one loads it
 * if @load, else it waits for VDPA_CMD_DEV_STATE_LOAD: nothing has changed on the device where this
 * returns -1, with @err. A round never changes the device; @load has it staged. Rounds and what comes
 * after them go over one socket.
 */
int saved_state_send(struct nl *nl, const char *device, const struct saved_state *state, bool load,
		     struct nl_error *err);

#endif
