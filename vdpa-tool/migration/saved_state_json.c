// SPDX-License-Identifier: GPL-2.0-or-later
#define _DEFAULT_SOURCE
#include <errno.h>
#include <resolv.h>		/* b64_ntop(), b64_pton() */
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "base/memory.h"
#include "device/queues.h"
#include "device/state.h"
#include "migration/description_json.h"
#include "migration/document.h"
#include "migration/saved_state.h"

/* --- virtqueues, from a file --- */

/* What stands behind @key, or behind the key that it had before; @key becomes the one that is there. */
static const json_t *either(const json_t *queue, const char **key, const char *before)
{
	const json_t *json = json_object_get(queue, *key), *old = json_object_get(queue, before);

	if (!json && old)
		*key = before;
	return json ? json : old;
}

static bool u16_number(const json_t *json, uint16_t max, uint16_t *value)
{
	uint64_t number;

	if (!document_number(json, &number) || number > max)
		return false;
	*value = number;
	return true;
}

static bool parse_inflight(const json_t *chains, struct saved_queue *queue)
{
	size_t n = json_array_size(chains);

	if (!json_is_array(chains) || n > VDPA_VQ_INFLIGHT_MAX)
		return false;
	queue->has_inflight = true;
	queue->inflight = calloc(n + 1, sizeof(*queue->inflight));
	if (!queue->inflight)
		error_no_memory();
	for (; queue->n_inflight < n; queue->n_inflight++)
		if (!u16_number(json_array_get(chains, queue->n_inflight), UINT16_MAX, &queue->inflight[queue->n_inflight]))
			return false;
	return true;
}

static bool parse_field(const struct saved_field *field, const json_t *json, uint16_t *value)
{
	if (!field->truth)
		return u16_number(json, field->max, value);
	*value = json_is_true(json);
	return json_is_boolean(json);
}

static int parse_fields(const json_t *json, struct saved_queue *queue, struct nl_error *err)
{
	for (size_t i = 0; i < SAVED_FIELDS; i++) {
		const json_t *value = json_object_get(json, saved_fields[i].key);

		if (value ? !parse_field(&saved_fields[i], value, &queue->values[i]) : saved_fields[i].required)
			return nl_fail(err, EINVAL, "virtqueue %u: \"%s\" is missing or out of range",
				       queue->index, saved_fields[i].key);
		if (value)
			queue->given |= 1 << i;
	}
	return 0;
}

static int parse_queue(const json_t *json, struct saved_queue *queue, struct nl_error *err)
{
	const char *index_key = "qidx", *type_key = "queue_type";
	const json_t *inflight = json_object_get(json, "inflight");
	const json_t *type;
	uint16_t index;

	if (!u16_number(either(json, &index_key, "index"), UINT16_MAX, &index))
		return nl_fail(err, EINVAL, "a virtqueue has no \"%s\" from 0 to 65535", index_key);
	queue->index = index;
	type = either(json, &type_key, "type");
	queue->typed = type;
	if (type && (!json_is_string(type) || !queue_type_number(json_string_value(type), &queue->type)))
		return nl_fail(err, EINVAL, "virtqueue %u: its \"%s\" is unknown", queue->index, type_key);
	if (parse_fields(json, queue, err) < 0)
		return -1;
	if (inflight && !parse_inflight(inflight, queue))
		return nl_fail(err, EINVAL, "virtqueue %u: \"inflight\" is no array of at most %u numbers from 0 to 65535",
			       queue->index, VDPA_VQ_INFLIGHT_MAX);
	return 0;
}

static int parse_queues(const json_t *queues, struct saved_state *state, struct nl_error *err)
{
	json_t *queue;
	size_t i;

	if (!json_is_array(queues))
		return nl_fail(err, EINVAL, "there is no \"virtqueues\" with an array");
	json_array_foreach(queues, i, queue)
		if (parse_queue(queue, saved_state_add_queue(state), err) < 0)
			return -1;
	return 0;
}

/* --- all of it --- */

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

static bool parse_status(const json_t *names, uint8_t *status)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name) {
		uint64_t bits;

		if (!json_is_string(name) || !status_bit(json_string_value(name), &bits))
			return false;
		*status |= bits;
	}
	return json_is_array(names);
}

/* Which part of a state that was copied in rounds it is. */
static int parse_part(const json_t *json, struct saved_state *state, struct nl_error *err)
{
	const json_t *round = json_object_get(json, "round");
	const json_t *rounds = json_object_get(json, "rounds");
	uint64_t number;

	if (round && rounds)
		return nl_fail(err, EINVAL, "has both \"round\" and \"rounds\"");
	if (!document_number(round ? round : rounds, &number) || number > UINT32_MAX)
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

static int parse_state(const json_t *json, struct saved_state *state, struct nl_error *err)
{
	state->device = document_string(json_object_get(json, "device"));
	if (parse_version(json, state, err) < 0)
		return -1;
	if (description_parse(json, &state->description, err) < 0 || description_check(&state->description, err) < 0)
		return -1;
	if (state->part == SAVED_STATE_ROUND)
		return parse_private(json_object_get(json, "private"), state, err);
	if (!document_bits(json_object_get(json, "features"), &state->features))
		return nl_fail(err, EINVAL, "there is no \"features\" with a number of 64 bits, or hexadecimal up to 512");
	if (!parse_status(json_object_get(json, "status"), &state->status))
		return nl_fail(err, EINVAL, "there is no \"status\" with an array of known names");
	if (parse_queues(json_object_get(json, "virtqueues"), state, err) < 0)
		return -1;
	return parse_private(json_object_get(json, "private"), state, err);
}

int saved_state_parse(const json_t *root, struct saved_state *state, struct nl_error *err)
{
	const json_t *json = json_object_get(root, "vdpa_state");

	memset(state, 0, sizeof(*state));
	if (!json_is_object(json))
		return nl_fail(err, EINVAL, "is no saved state: there is no \"vdpa_state\" with an object");
	if (parse_state(json, state, err) == 0)
		return 0;
	saved_state_free(state);
	return -1;
}

/* --- to a file --- */

/* What a reader has to know; it would pass over it else. */
static bool needs_inflight(const struct saved_state *state)
{
	for (size_t i = 0; i < state->n_queues; i++)
		if (state->queues[i].n_inflight)
			return true;
	return false;
}

static void write_queue(struct output *out, const struct saved_queue *queue)
{
	out_row(out);
	out_number(out, "qidx", queue->index);
	if (queue->typed)
		out_text(out, "queue_type", queue_type(queue->type));
	for (size_t i = 0; i < SAVED_FIELDS; i++) {
		if (!(queue->given >> i & 1))
			continue;
		if (saved_fields[i].truth)
			out_bool(out, saved_fields[i].key, queue->values[i]);
		else
			out_number(out, saved_fields[i].key, queue->values[i]);
	}
	if (queue->has_inflight) {
		out_list(out, "inflight");
		for (size_t i = 0; i < queue->n_inflight; i++)
			out_number(out, NULL, queue->inflight[i]);
		out_list_end(out);
	}
	out_row_end(out);
}

static void write_head(struct output *out, const struct saved_state *state, bool needs)
{
	out_number(out, "version", needs || state->part != SAVED_STATE_WHOLE ? SAVED_STATE_VERSION : 1);
	out_text(out, "device", state->device);
	if (state->part != SAVED_STATE_WHOLE)
		out_number(out, state->part == SAVED_STATE_ROUND ? "round" : "rounds", state->number);
	description_write(out, &state->description);
}

static void write_driver(struct output *out, const struct saved_state *state)
{
	char features[BITS_TEXT_SIZE];

	out_text(out, "features", bits_text(&state->features, features));
	status_write(out, "status", state->status);
	out_table(out, "virtqueues");
	for (size_t i = 0; i < state->n_queues; i++)
		write_queue(out, &state->queues[i]);
	out_table_end(out);
}

/* A piece at a time: there may be much of it. */
static void write_private(struct output *out, const struct saved_state *state)
{
	enum { PIECE = 3 * 1024 };
	char text[PIECE / 3 * 4 + 1];

	out_text_begin(out, "private");
	for (size_t at = 0; at < state->len; at += PIECE) {
		size_t left = state->len - at;

		out_part(out, text, b64_ntop(state->private + at, left < PIECE ? left : PIECE, text, sizeof(text)));
	}
	out_text_end(out);
}

int saved_state_write(FILE *file, const struct saved_state *state)
{
	bool needs = needs_inflight(state);
	struct output out;

	out_open(&out, file, true, options.pretty);
	out_document(&out);
	out_object(&out, "vdpa_state");
	write_head(&out, state, needs);
	if (state->part != SAVED_STATE_ROUND)
		write_driver(&out, state);
	if (needs) {
		out_list(&out, "needs");
		out_text(&out, NULL, "inflight");
		out_list_end(&out);
	}
	write_private(&out, state);
	out_object_end(&out);
	out_document_end(&out);
	return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}
