// SPDX-License-Identifier: GPL-2.0-or-later
#define _DEFAULT_SOURCE
#include <errno.h>
#include <resolv.h>		/* b64_ntop(), b64_pton() */
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "device/dev.h"
#include "migration/document.h"
#include "cli/error.h"
#include "migration/description_netlink.h"
#include "migration/saved_state.h"
#include "device/state.h"

/* --- virtqueues --- */

/* What a saved queue has beside its index and type: a number, or true and false where the largest is 1. */
static const struct field {
	const char *key;
	uint16_t attr;
	uint8_t size;		/* of the attribute, in bytes */
	bool boolean;
	bool required;
} fields[] = {
	{ "ready",		VDPA_ATTR_VQ_READY,		1, true, true },
	{ "size",		VDPA_ATTR_VQ_SIZE,		2, false, false },
	{ "avail_index",	VDPA_ATTR_VQ_AVAIL_INDEX,	2, false, false },
	{ "avail_counter",	VDPA_ATTR_VQ_AVAIL_COUNTER,	1, true, false },
	{ "used_index",		VDPA_ATTR_VQ_USED_INDEX,	2, false, false },
	{ "used_counter",	VDPA_ATTR_VQ_USED_COUNTER,	1, true, false },
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static json_t *field_json(const struct field *field, const struct nlattr *attr)
{
	return field->attr == VDPA_ATTR_VQ_READY ? attr_json_bool(attr) : attr_json_uint(attr);
}

static json_t *queue_json(const struct nlattr **slots)
{
	json_t *queue = output_object();

	output_set(queue, "index", attr_json_uint(slots[VDPA_ATTR_DEV_QUEUE_INDEX]));
	if (slots[VDPA_ATTR_VQ_TYPE])
		output_set(queue, "type", vq_type_json(slots[VDPA_ATTR_VQ_TYPE]));
	for (size_t i = 0; i < FIELDS; i++)
		if (slots[fields[i].attr])
			output_set(queue, fields[i].key, field_json(&fields[i], slots[fields[i].attr]));
	if (slots[VDPA_ATTR_VQ_INFLIGHT])
		output_set(queue, "inflight", attr_json_u16s(slots[VDPA_ATTR_VQ_INFLIGHT]));
	return queue;
}

static bool inflight_valid(const json_t *chains)
{
	json_t *chain;
	uint64_t value;
	size_t i;

	if (!json_is_array(chains) || json_array_size(chains) > VDPA_VQ_INFLIGHT_MAX)
		return false;
	json_array_foreach(chains, i, chain)
		if (!description_number(chain, &value) || value > UINT16_MAX)
			return false;
	return true;
}

static bool field_number(const struct field *field, const json_t *json, uint64_t *value)
{
	uint64_t max = field->boolean ? 1 : UINT16_MAX;

	if (field->attr == VDPA_ATTR_VQ_READY) {
		*value = json_is_true(json);
		return json_is_boolean(json);
	}
	return description_number(json, value) && *value <= max;
}

static int queue_check(const json_t *queue, struct nl_error *err)
{
	const json_t *inflight = json_object_get(queue, "inflight");
	const json_t *type = json_object_get(queue, "type");
	uint64_t index, value;
	uint8_t number;

	if (!description_number(json_object_get(queue, "index"), &index) || index > UINT16_MAX)
		return nl_fail(err, EINVAL, "a virtqueue has no \"index\" from 0 to 65535");
	if (type && !vq_type_number(type, &number))
		return nl_fail(err, EINVAL, "virtqueue %u: its \"type\" is unknown", (unsigned int)index);
	for (size_t i = 0; i < FIELDS; i++) {
		const json_t *json = json_object_get(queue, fields[i].key);

		if (json ? !field_number(&fields[i], json, &value) : fields[i].required)
			return nl_fail(err, EINVAL, "virtqueue %u: \"%s\" is missing or out of range",
				       (unsigned int)index, fields[i].key);
	}
	if (inflight && !inflight_valid(inflight))
		return nl_fail(err, EINVAL, "virtqueue %u: \"inflight\" is no array of at most %u numbers from 0 to 65535",
			       (unsigned int)index, VDPA_VQ_INFLIGHT_MAX);
	return 0;
}

/* A core that takes nothing in flight has no use for an empty list either. */
static void put_inflight(struct nlmsghdr *nlh, const json_t *chains)
{
	uint16_t heads[VDPA_VQ_INFLIGHT_MAX];
	size_t n = json_array_size(chains);
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		description_number(json_array_get(chains, i), &value);
		heads[i] = value;
	}
	if (n)
		mnl_attr_put(nlh, VDPA_ATTR_VQ_INFLIGHT, n * sizeof(*heads), heads);
}

static void put_queue(struct nlmsghdr *nlh, const json_t *queue)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VDPA_ATTR_STATE_VQ);
	const json_t *type = json_object_get(queue, "type");
	uint64_t value = 0;
	uint8_t number;

	description_number(json_object_get(queue, "index"), &value);
	mnl_attr_put_u32(nlh, VDPA_ATTR_DEV_QUEUE_INDEX, value);
	if (type && vq_type_number(type, &number))
		mnl_attr_put_u8(nlh, VDPA_ATTR_VQ_TYPE, number);
	for (size_t i = 0; i < FIELDS; i++) {
		const json_t *json = json_object_get(queue, fields[i].key);

		if (!json || !field_number(&fields[i], json, &value))
			continue;
		if (fields[i].size == 1)
			mnl_attr_put_u8(nlh, fields[i].attr, value);
		else
			mnl_attr_put_u16(nlh, fields[i].attr, value);
	}
	put_inflight(nlh, json_object_get(queue, "inflight"));
	mnl_attr_nest_end(nlh, nest);
}

/* --- saving --- */

/* Which device it is of, and of a state in rounds, which part. */
static void set_head(json_t *state, const struct nlattr **slots)
{
	const struct nlattr *round = slots[VDPA_ATTR_STATE_ROUND];
	const struct nlattr *rounds = slots[VDPA_ATTR_STATE_ROUNDS];
	char *name = attr_string(slots[VDPA_ATTR_DEV_NAME]);

	output_set(state, "version", json_integer(round || rounds ? SAVED_STATE_VERSION : 1));
	output_set(state, "device", json_string(name));
	if (round)
		output_set(state, "round", attr_json_uint(round));
	else if (rounds)
		output_set(state, "rounds", attr_json_uint(rounds));
	free(name);
}

/* The document has something that a reader of the first version would pass over. */
static void need(struct saved_state_builder *builder, const char *word)
{
	json_t *known;
	size_t i;

	if (!builder->needs) {
		builder->needs = output_array();
		output_set(builder->state, "version", json_integer(SAVED_STATE_VERSION));
		output_set(builder->state, "needs", builder->needs);
	}
	json_array_foreach(builder->needs, i, known)
		if (strcmp(json_string_value(known), word) == 0)
			return;
	output_append(builder->needs, json_string(word));
}

/* The first piece: what the device is. */
static int begin(struct saved_state_builder *builder, const struct nlattr **slots,
		 struct nl_error *err)
{
	bool round = slots[VDPA_ATTR_STATE_ROUND];
	json_t *description;
	struct bits features;

	if (attrs_require(slots, VDPA_ATTR_MIGRATION, err) < 0)
		return -1;
	if (!round && !slots[VDPA_ATTR_STATE_FEATURES_WORDS] &&
	    attrs_require(slots, VDPA_ATTR_STATE_FEATURES, err) < 0)
		return -1;
	if (!round && attrs_require(slots, VDPA_ATTR_STATE_STATUS, err) < 0)
		return -1;
	description = description_wire_json(slots[VDPA_ATTR_MIGRATION], err);
	if (!description)
		return -1;
	builder->state = output_object();
	set_head(builder->state, slots);
	if (json_object_update(builder->state, description) < 0)
		error_no_memory();
	json_decref(description);
	if (round)
		return 0;
	builder->queues = output_array();
	features = bits_of_reply(slots[VDPA_ATTR_STATE_FEATURES], slots[VDPA_ATTR_STATE_FEATURES_WORDS]);
	output_set(builder->state, "features", bits_json(&features));
	output_set(builder->state, "status", status_json(attr_uint(slots[VDPA_ATTR_STATE_STATUS])));
	output_set(builder->state, "virtqueues", builder->queues);
	return 0;
}

static int add_queues(struct saved_state_builder *builder, const struct nlmsghdr *nlh,
		      struct nl_error *err)
{
	const struct nlattr *slots[ATTR_SLOTS];
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != VDPA_ATTR_STATE_VQ)
			continue;
		if (attrs_parse_nested(attr, slots, err) < 0 ||
		    attrs_require(slots, VDPA_ATTR_DEV_QUEUE_INDEX, err) < 0)
			return -1;
		if (!builder->queues)
			return nl_fail(err, EBADMSG, "malformed reply: a round with virtqueues in it");
		output_append(builder->queues, queue_json(slots));
		if (slots[VDPA_ATTR_VQ_INFLIGHT] &&
		    mnl_attr_get_payload_len(slots[VDPA_ATTR_VQ_INFLIGHT]))
			need(builder, "inflight");
	}
	return 0;
}

static int add_private(struct saved_state_builder *builder, const struct nlattr *piece,
		       const struct nlattr *offset, struct nl_error *err)
{
	size_t len = mnl_attr_get_payload_len(piece);

	if (offset && attr_uint(offset) != builder->len)
		return nl_fail(err, EBADMSG, "malformed reply: private state with a gap in it");
	/* NOLINTNEXTLINE(bugprone-implicit-widening-of-multiplication-result): a constant that an int holds */
	if (builder->len + len > VDPA_STATE_PRIVATE_MAX)
		return nl_fail(err, EBADMSG, "malformed reply: more than 64 MiB of private state");
	if (!len)
		return 0;
	if (builder->len + len > builder->size) {
		builder->size = 2 * (builder->len + len);
		builder->private = realloc(builder->private, builder->size);
		if (!builder->private)
			error_no_memory();
	}
	memcpy(builder->private + builder->len, mnl_attr_get_payload(piece), len);
	builder->len += len;
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
static void take_left(struct saved_state_builder *builder, const struct nlattr **slots)
{
	if (!slots[VDPA_ATTR_PRECOPY_INITIAL] || !slots[VDPA_ATTR_PRECOPY_DIRTY])
		return;
	builder->told = true;
	builder->initial = attr_uint(slots[VDPA_ATTR_PRECOPY_INITIAL]);
	builder->dirty = attr_uint(slots[VDPA_ATTR_PRECOPY_DIRTY]);
}

int saved_state_add(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct saved_state_builder *builder = data;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	if (is_empty(slots))
		return 0;
	if (!builder->state && begin(builder, slots, err) < 0)
		return -1;
	if (add_queues(builder, nlh, err) < 0)
		return -1;
	take_left(builder, slots);
	if (!slots[VDPA_ATTR_STATE_PRIVATE])
		return 0;
	return add_private(builder, slots[VDPA_ATTR_STATE_PRIVATE], slots[VDPA_ATTR_STATE_OFFSET],
			   err);
}

static json_t *base64_json(const unsigned char *bytes, size_t len)
{
	size_t size = 4 * ((len + 2) / 3) + 1;
	char *text = malloc(size);
	json_t *json;

	if (!text || b64_ntop(bytes, len, text, size) < 0)
		error_no_memory();
	json = json_string(text);
	free(text);
	return json;
}

json_t *saved_state_document(struct saved_state_builder *builder, struct nl_error *err)
{
	static const unsigned char none[1];
	json_t *root;

	if (!builder->state) {
		nl_fail(err, EBADMSG, "malformed reply: there is no state in it");
		return NULL;
	}
	if (!builder->queues && !builder->told) {
		nl_fail(err, EBADMSG, "malformed reply: a round that does not say what is left");
		return NULL;
	}
	output_set(builder->state, "private",
		   base64_json(builder->private ? builder->private : none, builder->len));
	root = output_object();
	output_set(root, "vdpa_state", json_incref(builder->state));
	return root;
}

void saved_state_builder_free(struct saved_state_builder *builder)
{
	json_decref(builder->state);
	free(builder->private);
	memset(builder, 0, sizeof(*builder));
}

/* --- taking a document --- */

static int parse_private(const json_t *json, struct saved_state *state, struct nl_error *err)
{
	const char *text = json_string_value(json);
	size_t size = json_string_length(json) / 4 * 3 + 3;
	int len;

	if (!text)
		return nl_fail(err, EINVAL, "there is no \"private\" with a string");
	state->private = malloc(size);
	if (!state->private)
		error_no_memory();
	len = b64_pton(text, state->private, size);
	if (len < 0)
		return nl_fail(err, EINVAL, "\"private\" is not base64");
	if (len > VDPA_STATE_PRIVATE_MAX)
		return nl_fail(err, EFBIG, "\"private\" is more than 64 MiB");
	state->len = len;
	return 0;
}

static int parse_queues(json_t *queues, struct saved_state *state, struct nl_error *err)
{
	json_t *queue;
	size_t i;

	if (!json_is_array(queues))
		return nl_fail(err, EINVAL, "there is no \"virtqueues\" with an array");
	json_array_foreach(queues, i, queue)
		if (queue_check(queue, err) < 0)
			return -1;
	state->queues = json_incref(queues);
	return 0;
}

/* Which part of a state that was copied in rounds it is. */
static int parse_part(const json_t *json, struct saved_state *state, struct nl_error *err)
{
	const json_t *round = json_object_get(json, "round");
	const json_t *rounds = json_object_get(json, "rounds");
	uint64_t number;

	if (round && rounds)
		return nl_fail(err, EINVAL, "has both \"round\" and \"rounds\"");
	if (!description_number(round ? round : rounds, &number) || number > UINT32_MAX)
		return nl_fail(err, EINVAL, "there is no \"%s\" with a number of 32 bits",
			       round ? "round" : "rounds");
	state->part = round ? SAVED_STATE_ROUND : SAVED_STATE_REST;
	state->number = number;
	return 0;
}

/* What has to be known to take the document whole. */
static int parse_needs(const json_t *needs, struct nl_error *err)
{
	static const char *const known[] = { "inflight" };
	json_t *word;
	size_t i, k;

	if (!json_is_array(needs))
		return nl_fail(err, EINVAL, "there is no \"needs\" with an array");
	json_array_foreach(needs, i, word) {
		for (k = 0; k < sizeof(known) / sizeof(*known); k++)
			if (json_is_string(word) && strcmp(json_string_value(word), known[k]) == 0)
				break;
		if (k == sizeof(known) / sizeof(*known))
			return nl_fail(err, EINVAL, "needs \"%.63s\", which this command does not know",
				       json_is_string(word) ? json_string_value(word) : "");
	}
	return 0;
}

/* It has one thing at least that a reader of version 1 would not know. */
static int parse_second(const json_t *json, struct saved_state *state, struct nl_error *err)
{
	const json_t *needs = json_object_get(json, "needs");
	bool part = json_object_get(json, "round") || json_object_get(json, "rounds");

	if (!needs && !part)
		return nl_fail(err, EINVAL, "is of version 2, and has none of \"needs\", \"round\" and \"rounds\"");
	if (needs && parse_needs(needs, err) < 0)
		return -1;
	return part ? parse_part(json, state, err) : 0;
}

static int parse_version(const json_t *json, struct saved_state *state, struct nl_error *err)
{
	const json_t *version = json_object_get(json, "version");

	if (!json_is_integer(version))
		return nl_fail(err, EINVAL, "is no saved state: it has no \"version\"");
	switch (json_integer_value(version)) {
	case 1:
		return 0;
	case SAVED_STATE_VERSION:
		return parse_second(json, state, err);
	default:
		return nl_fail(err, EINVAL, "is a saved state of version %lld, known are versions 1 and %d",
			       (long long)json_integer_value(version), SAVED_STATE_VERSION);
	}
}

static int parse_state(json_t *json, struct saved_state *state, struct nl_error *err)
{
	if (parse_version(json, state, err) < 0)
		return -1;
	if (description_parse(json, false, &state->description, err) < 0)
		return -1;
	if (!description_fits(&state->description))
		return nl_fail(err, EFBIG, "has more attributes than fit into a request");
	if (state->part == SAVED_STATE_ROUND)
		return parse_private(json_object_get(json, "private"), state, err);
	if (!bits_parse(json_object_get(json, "features"), &state->features))
		return nl_fail(err, EINVAL, "there is no \"features\" with a number of 64 bits, or hexadecimal up to 512");
	if (!status_number(json_object_get(json, "status"), &state->status))
		return nl_fail(err, EINVAL, "there is no \"status\" with an array of known names");
	if (parse_queues(json_object_get(json, "virtqueues"), state, err) < 0)
		return -1;
	return parse_private(json_object_get(json, "private"), state, err);
}

int saved_state_parse(json_t *root, struct saved_state *state, struct nl_error *err)
{
	json_t *json = json_object_get(root, "vdpa_state");

	memset(state, 0, sizeof(*state));
	if (!json_is_object(json))
		return nl_fail(err, EINVAL, "is no saved state: there is no \"vdpa_state\" with an object");
	if (parse_state(json, state, err) == 0)
		return 0;
	saved_state_free(state);
	return -1;
}

void saved_state_free(struct saved_state *state)
{
	description_free(&state->description);
	json_decref(state->queues);
	free(state->private);
	memset(state, 0, sizeof(*state));
}

/* --- sending it --- */

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

static int put_queues(struct piece *piece, const json_t *queues, struct nl_error *err)
{
	const json_t *queue;
	size_t i;

	json_array_foreach(queues, i, queue) {
		size_t chains = json_array_size(json_object_get(queue, "inflight"));

		if (piece_need(piece, QUEUE_ROOM + chains * sizeof(uint16_t), err) < 0)
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
	if (put_queues(&piece, state->queues, err) < 0 || put_private(&piece, state, err) < 0)
		return -1;
	if (load)
		mnl_attr_put(piece.nlh, VDPA_ATTR_STATE_END, 0, NULL);
	return nl_exchange(nl, NULL, NULL, NULL, err);
}
