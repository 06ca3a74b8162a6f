// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "base/memory.h"
#include "migration/description_netlink.h"
#include "migration/saved_state.h"
#include "netlink/attrs.h"

/* --- from the kernel --- */

/* The first piece: what the device is, and of a state in rounds, which part this is. */
static int begin(struct saved_state *state, const struct nlattr **slots, struct nl_error *err)
{
	const struct nlattr *round = slots[VDPA_ATTR_STATE_ROUND];
	const struct nlattr *rounds = slots[VDPA_ATTR_STATE_ROUNDS];

	if (attrs_require(slots, VDPA_ATTR_MIGRATION, err) < 0)
		return -1;
	if (!round && !slots[VDPA_ATTR_STATE_FEATURES_WORDS] &&
	    attrs_require(slots, VDPA_ATTR_STATE_FEATURES, err) < 0)
		return -1;
	if (!round && attrs_require(slots, VDPA_ATTR_STATE_STATUS, err) < 0)
		return -1;
	state->begun = true;
	state->device = attr_copy(slots[VDPA_ATTR_DEV_NAME]);
	if (round || rounds) {
		state->part = round ? SAVED_STATE_ROUND : SAVED_STATE_REST;
		state->number = attr_uint(round ? round : rounds);
	}
	if (!round) {
		state->features = bits_of_reply(slots[VDPA_ATTR_STATE_FEATURES], slots[VDPA_ATTR_STATE_FEATURES_WORDS]);
		state->status = attr_uint(slots[VDPA_ATTR_STATE_STATUS]);
	}
	return description_take(slots[VDPA_ATTR_MIGRATION], &state->description, err);
}

static void take_inflight(const struct nlattr *attr, struct saved_queue *queue)
{
	size_t len = mnl_attr_get_payload_len(attr);

	queue->has_inflight = true;
	queue->n_inflight = len / sizeof(*queue->inflight);
	queue->inflight = malloc(len + 1);
	if (!queue->inflight)
		error_no_memory();
	memcpy(queue->inflight, mnl_attr_get_payload(attr), len);
}

static int take_queue(const struct nlattr *nest, struct saved_state *state, struct nl_error *err)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct saved_queue *queue;

	if (attrs_parse_nested(nest, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_QUEUE_INDEX, err) < 0)
		return -1;
	if (state->part == SAVED_STATE_ROUND)
		return nl_fail(err, EBADMSG, "malformed reply: a round with virtqueues in it");
	queue = saved_state_add_queue(state);
	queue->index = attr_uint(slots[VDPA_ATTR_DEV_QUEUE_INDEX]);
	queue->typed = slots[VDPA_ATTR_VQ_TYPE];
	if (queue->typed)
		queue->type = attr_uint(slots[VDPA_ATTR_VQ_TYPE]);
	for (size_t i = 0; i < SAVED_FIELDS; i++) {
		if (!slots[saved_fields[i].attr])
			continue;
		queue->given |= 1 << i;
		queue->values[i] = attr_uint(slots[saved_fields[i].attr]);
	}
	if (slots[VDPA_ATTR_VQ_INFLIGHT])
		take_inflight(slots[VDPA_ATTR_VQ_INFLIGHT], queue);
	return 0;
}

static int take_queues(struct saved_state *state, const struct nlmsghdr *nlh, struct nl_error *err)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == VDPA_ATTR_STATE_VQ && take_queue(attr, state, err) < 0)
			return -1;
	return 0;
}

static int take_private(struct saved_state *state, const struct nlattr *piece,
			const struct nlattr *offset, struct nl_error *err)
{
	size_t len = mnl_attr_get_payload_len(piece);

	if (offset && attr_uint(offset) != state->len)
		return nl_fail(err, EBADMSG, "malformed reply: private state with a gap in it");
	/* NOLINTNEXTLINE(bugprone-implicit-widening-of-multiplication-result): a constant that an int holds */
	if (state->len + len > VDPA_STATE_PRIVATE_MAX)
		return nl_fail(err, EBADMSG, "malformed reply: more than 64 MiB of private state");
	if (!len)
		return 0;
	if (state->len + len > state->size) {
		state->size = 2 * (state->len + len);
		state->private = realloc(state->private, state->size);
		if (!state->private)
			error_no_memory();
	}
	memcpy(state->private + state->len, mnl_attr_get_payload(piece), len);
	state->len += len;
	return 0;
}

/* A kernel that still collects the state sends the device's name, and nothing else. */
static bool is_empty(const struct nlattr **slots)
{
	return !slots[VDPA_ATTR_MIGRATION] && !slots[VDPA_ATTR_STATE_FEATURES] &&
	       !slots[VDPA_ATTR_STATE_FEATURES_WORDS] && !slots[VDPA_ATTR_STATE_STATUS] && !slots[VDPA_ATTR_STATE_VQ] &&
	       !slots[VDPA_ATTR_STATE_PRIVATE] && !slots[VDPA_ATTR_PRECOPY_INITIAL] &&
	       !slots[VDPA_ATTR_PRECOPY_DIRTY];
}

/* The last piece of a round. */
static void take_left(struct saved_state *state, const struct nlattr **slots)
{
	if (!slots[VDPA_ATTR_PRECOPY_INITIAL] || !slots[VDPA_ATTR_PRECOPY_DIRTY])
		return;
	state->told = true;
	state->initial = attr_uint(slots[VDPA_ATTR_PRECOPY_INITIAL]);
	state->dirty = attr_uint(slots[VDPA_ATTR_PRECOPY_DIRTY]);
}

int saved_state_take(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct saved_state *state = data;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	if (is_empty(slots))
		return 0;
	if ((!state->begun && begin(state, slots, err) < 0) || take_queues(state, nlh, err) < 0)
		return -1;
	take_left(state, slots);
	return slots[VDPA_ATTR_STATE_PRIVATE] ?
	       take_private(state, slots[VDPA_ATTR_STATE_PRIVATE], slots[VDPA_ATTR_STATE_OFFSET], err) : 0;
}

int saved_state_complete(const struct saved_state *state, struct nl_error *err)
{
	if (!state->begun)
		return nl_fail(err, EBADMSG, "malformed reply: there is no state in it");
	if (state->part == SAVED_STATE_ROUND && !state->told)
		return nl_fail(err, EBADMSG, "malformed reply: a round that does not say what is left");
	return 0;
}

/* --- to the kernel --- */

enum {
	END_ROOM = MNL_ATTR_HDRLEN,
	QUEUE_ROOM = 128,			/* more than a virtqueue takes, nested, but for what is in flight */
	PRIVATE_HEAD = 2 * MNL_ATTR_HDRLEN + sizeof(uint64_t),
	PRIVATE_LEAST = 4 * 1024,		/* what is worth a piece that is begun */
	PRIVATE_MOST = 48 * 1024,		/* the length of an attribute has 16 bits */
};

/* A message that is being written; the next begins where it has no room for more. */
struct piece {
	struct nl *nl;
	const char *device;
	const struct saved_state *state;
	struct nlmsghdr *nlh;
};

static void piece_begin(struct piece *piece)
{
	piece->nlh = nl_request(piece->nl, VDPA_CMD_DEV_STATE_SET, 0);
	mnl_attr_put_strz(piece->nlh, VDPA_ATTR_DEV_NAME, piece->device);
	if (piece->state->part == SAVED_STATE_ROUND)
		mnl_attr_put_u32(piece->nlh, VDPA_ATTR_STATE_ROUND, piece->state->number);
}

static size_t piece_room(const struct piece *piece)
{
	return NL_TX_SIZE - END_ROOM - piece->nlh->nlmsg_len;
}

static int piece_next(struct piece *piece, struct nl_error *err)
{
	if (nl_exchange(piece->nl, NULL, NULL, NULL, err) < 0)
		return -1;
	piece_begin(piece);
	return 0;
}

static int piece_need(struct piece *piece, size_t room, struct nl_error *err)
{
	return piece_room(piece) >= room ? 0 : piece_next(piece, err);
}

/* A core that takes nothing in flight has no use for an empty list either. */
static void put_queue(struct nlmsghdr *nlh, const struct saved_queue *queue)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VDPA_ATTR_STATE_VQ);

	mnl_attr_put_u32(nlh, VDPA_ATTR_DEV_QUEUE_INDEX, queue->index);
	if (queue->typed)
		mnl_attr_put_u8(nlh, VDPA_ATTR_VQ_TYPE, queue->type);
	for (size_t i = 0; i < SAVED_FIELDS; i++) {
		if (!(queue->given >> i & 1))
			continue;
		if (saved_fields[i].size == 1)
			mnl_attr_put_u8(nlh, saved_fields[i].attr, queue->values[i]);
		else
			mnl_attr_put_u16(nlh, saved_fields[i].attr, queue->values[i]);
	}
	if (queue->n_inflight)
		mnl_attr_put(nlh, VDPA_ATTR_VQ_INFLIGHT, queue->n_inflight * sizeof(*queue->inflight), queue->inflight);
	mnl_attr_nest_end(nlh, nest);
}

static int put_queues(struct piece *piece, const struct saved_state *state, struct nl_error *err)
{
	for (size_t i = 0; i < state->n_queues; i++) {
		const struct saved_queue *queue = &state->queues[i];

		if (piece_need(piece, QUEUE_ROOM + queue->n_inflight * sizeof(*queue->inflight), err) < 0)
			return -1;
		put_queue(piece->nlh, queue);
	}
	return 0;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int put_private(struct piece *piece, const struct saved_state *state, struct nl_error *err)
{
	size_t wanted = PRIVATE_HEAD + MNL_ALIGN(least(state->len, PRIVATE_LEAST));
	size_t at = 0;

	while (at < state->len) {
		size_t left = state->len - at;
		size_t len;

		/* One to a message: each has its offset. */
		if ((at ? piece_next(piece, err) : piece_need(piece, wanted, err)) < 0)
			return -1;
		len = least(left, least(piece_room(piece) - PRIVATE_HEAD, PRIVATE_MOST));
		mnl_attr_put_u64(piece->nlh, VDPA_ATTR_STATE_OFFSET, at);
		mnl_attr_put(piece->nlh, VDPA_ATTR_STATE_PRIVATE, len, state->private + at);
		at += len;
	}
	return 0;
}

static void put_features(struct nlmsghdr *nlh, const struct saved_state *state)
{
	if (bits_wide(&state->features))
		bits_put(nlh, nlh->nlmsg_len + BITS_TEXT_SIZE, VDPA_ATTR_STATE_FEATURES_WORDS, &state->features);
	else
		mnl_attr_put_u64(nlh, VDPA_ATTR_STATE_FEATURES, state->features.word[0]);
	mnl_attr_put_u8(nlh, VDPA_ATTR_STATE_STATUS, state->status);
}

int saved_state_send(struct nl *nl, const char *device, const struct saved_state *state, bool load,
		     struct nl_error *err)
{
	struct piece piece = { .nl = nl, .device = device, .state = state };

	piece_begin(&piece);
	description_put(piece.nlh, &state->description);
	if (state->part == SAVED_STATE_REST)
		mnl_attr_put_u32(piece.nlh, VDPA_ATTR_STATE_ROUNDS, state->number);
	if (state->part != SAVED_STATE_ROUND)
		put_features(piece.nlh, state);
	if (put_queues(&piece, state, err) < 0 || put_private(&piece, state, err) < 0)
		return -1;
	if (load)
		mnl_attr_put(piece.nlh, VDPA_ATTR_STATE_END, 0, NULL);
	return nl_exchange(nl, NULL, NULL, NULL, err);
}
