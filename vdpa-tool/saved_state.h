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
 */
#ifndef VDPA_TOOL_SAVED_STATE_H
#define VDPA_TOOL_SAVED_STATE_H

#include "bits.h"
#include "description.h"
#include "nl.h"

enum { SAVED_STATE_VERSION = 1 };

/* --- saving: from the kernel's pieces to a document --- */

struct saved_state_builder {
	json_t *state;			/* NULL before the first piece */
	json_t *queues;			/* part of it */
	unsigned char *private;
	size_t len, size;
};

/* Takes a piece; @data is the builder. A callback of nl_exchange(). */
int saved_state_add(const struct nlmsghdr *nlh, struct nl_error *err, void *data);

/* The document; all pieces have come. Returns NULL with @err where one is missing. */
json_t *saved_state_document(struct saved_state_builder *builder, struct nl_error *err);

void saved_state_builder_free(struct saved_state_builder *builder);

/* --- loading: from a document to the kernel's pieces --- */

struct saved_state {
	struct description description;
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
 * returns -1, with @err.
 */
int saved_state_send(struct nl *nl, const char *device, const struct saved_state *state, bool load,
		     struct nl_error *err);

#endif
