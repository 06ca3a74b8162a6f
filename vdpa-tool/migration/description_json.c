// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "base/memory.h"
#include "device/virtio.h"
#include "migration/description_json.h"
#include "migration/document.h"
#include "output/text.h"

/* --- values --- */

/* A string that the description keeps; NULL where it is none. */
static const char *keep_string(struct description *description, const json_t *json)
{
	return json_is_string(json) ? description_own(description, document_string(json)) : NULL;
}

static bool parse_members(const json_t *json, struct attribute *attribute, struct description *description)
{
	size_t n = json_array_size(json);

	attribute->members = description_own(description, calloc(n + 1, sizeof(*attribute->members)));
	for (; attribute->n_members < n; attribute->n_members++) {
		const char *member = keep_string(description, json_array_get(json, attribute->n_members));

		if (!member)
			return false;
		attribute->members[attribute->n_members] = member;
	}
	return json_is_array(json);
}

static bool parse_value(const json_t *json, struct attribute *attribute, struct description *description)
{
	switch (attribute->type) {
	case TYPE_U64:
		return document_number(json, &attribute->number);
	case TYPE_BITMASK:
		return document_bits(json, &attribute->bits);
	case TYPE_SET:
		return parse_members(json, attribute, description);
	case TYPE_RANGE:
		return document_number(json_object_get(json, "first"), &attribute->number) &&
		       document_number(json_object_get(json, "last"), &attribute->last);
	default:
		attribute->string = keep_string(description, json);
		return attribute->string;
	}
}

/* --- one attribute --- */

/* The string behind @key; NULL with @err where there is none. */
static const char *take_word(const json_t *json, const char *key, const char *of, struct description *description,
			     struct nl_error *err)
{
	const json_t *value = json_object_get(json, key);

	if (!value)
		nl_fail(err, EINVAL, "%s has no \"%s\"", of, key);
	else if (!json_is_string(value))
		nl_fail(err, EINVAL, "%s: its \"%s\" is not a string", of, key);
	return keep_string(description, value);
}

static int take_value(const json_t *json, const char *of, struct attribute *attribute,
		      struct description *description, struct nl_error *err)
{
	const json_t *value = json_object_get(json, "value");
	const json_t *accepts = json_object_get(json, "accepts");

	/* Of a type that is newer than us there is no value that we could tell. */
	if (attribute->type == TYPE_UNKNOWN || (!value && attribute->provision))
		return 0;
	if (!value)
		return nl_fail(err, EINVAL, "%s has no \"value\"", of);
	if (!parse_value(value, attribute, description))
		return nl_fail(err, EINVAL, "%s: %s", of, description_no_value(attribute->type));
	attribute->has_value = true;
	if (attribute->type != TYPE_VERSION || !accepts)
		return 0;
	attribute->accepts = keep_string(description, accepts);
	return attribute->accepts ? 0 : nl_fail(err, EINVAL, "%s: %s", of, description_no_ranges);
}

static int take_attribute(const json_t *json, struct description *description, struct nl_error *err)
{
	struct attribute *attribute = &description->attributes[description->count];
	const json_t *provision = json_object_get(json, "provision");
	char of[96];

	attribute->name = take_word(json, "name", "an attribute", description, err);
	if (!attribute->name)
		return -1;
	snprintf(of, sizeof(of), "attribute %s", attribute->name);
	attribute->type_name = take_word(json, "type", of, description, err);
	attribute->rule = attribute->type_name ? take_word(json, "rule", of, description, err) : NULL;
	if (!attribute->rule)
		return -1;
	if (provision && !json_is_boolean(provision))
		return nl_fail(err, EINVAL, "%s: its \"provision\" is neither true nor false", of);
	attribute->provision = json_is_true(provision);
	attribute->type = description_type(attribute->type_name);
	if (take_value(json, of, attribute, description, err) < 0)
		return -1;
	description->count++;
	return 0;
}

/* --- a description --- */

static int class_parse(const json_t *json, uint32_t *class, struct nl_error *err)
{
	const char *name = json_string_value(json);

	if (!name)
		return nl_fail(err, EINVAL, "there is no \"class\" with a string");
	if (!class_id(name, class))
		return nl_fail(err, EINVAL, "\"%s\" is no device class", name);
	return 0;
}

int description_parse(const json_t *json, struct description *description, struct nl_error *err)
{
	const json_t *list = json_object_get(json, "attributes");
	json_t *one;
	size_t i;

	if (class_parse(json_object_get(json, "class"), &description->class, err) < 0)
		return -1;
	if (!json_is_array(list))
		return nl_fail(err, EINVAL, "there is no \"attributes\" with an array");
	if (json_array_size(list) > VDPA_MIGRATION_ATTRS_MAX)
		return nl_fail(err, EINVAL, "there are more than %d attributes", VDPA_MIGRATION_ATTRS_MAX);
	description_allocate(description, json_array_size(list));
	json_array_foreach(list, i, one)
		if (take_attribute(one, description, err) < 0)
			return -1;
	return 0;
}

/* --- what a document is about --- */

/* The only pair of an object; NULL where it is none, or has more or less. */
static const char *only_key(json_t *object, const json_t **value)
{
	void *pair;

	if (!json_is_object(object) || json_object_size(object) != 1)
		return NULL;
	pair = json_object_iter(object);
	*value = json_object_iter_value(pair);
	return json_object_iter_key(pair);
}

static int take_classes(struct subject *subject, const json_t *list, struct nl_error *err)
{
	json_t *json;
	size_t i;

	if (!json_is_array(list))
		return nl_fail(err, EINVAL, "there is no \"classes\" with an array");
	json_array_foreach(list, i, json)
		if (description_parse(json, subject_add(subject), err) < 0)
			return -1;
	return 0;
}

static int subject_parse(json_t *root, struct subject *subject, struct nl_error *err)
{
	const json_t *section = NULL, *body = NULL;
	const char *kind = only_key(root, &section);
	const char *key;

	if (!kind || (strcmp(kind, "dev") != 0 && strcmp(kind, "mgmtdev") != 0 && strcmp(kind, "vdpa_state") != 0))
		return nl_fail(err, EINVAL,
			       "is none of {\"dev\": ...}, {\"mgmtdev\": ...} and {\"vdpa_state\": ...}");
	subject->available = true;
	subject->mgmtdev = strcmp(kind, "mgmtdev") == 0;
	if (strcmp(kind, "vdpa_state") == 0) {
		body = section;
		subject->name = document_string(json_object_get(body, "device"));
	} else {
		key = only_key((json_t *)section, &body);
		subject->name = key ? text_bytes(key) : NULL;
	}
	if (!subject->name)
		return nl_fail(err, EINVAL, "%s", body == section ? "the saved state names no \"device\"" : subject->mgmtdev ?
			       "is not about exactly one management device" : "is not about exactly one device");
	return subject->mgmtdev ? take_classes(subject, json_object_get(body, "classes"), err) :
				  description_parse(body, subject_add(subject), err);
}

/* A state that was copied in rounds: the others and what comes after them are in the same file. */
static bool is_round(const json_t *root)
{
	return json_object_get(json_object_get(root, "vdpa_state"), "round");
}

int subject_read(const char *file, struct subject *subject, struct nl_error *err)
{
	struct document_stream stream;
	json_t *root, *more = NULL;

	memset(subject, 0, sizeof(*subject));
	if (document_stream_open(file, DOCUMENT_SIZE_MAX, &stream, err) < 0)
		return -1;
	root = document_stream_next(&stream, DOCUMENT_SIZE_MAX, err);
	if (root && !is_round(root))
		more = document_stream_next(&stream, DOCUMENT_SIZE_MAX, err);
	document_stream_close(&stream);
	if (!root && !err->errnum)
		nl_fail(err, EINVAL, "is empty");
	else if (more)
		nl_fail(err, EINVAL, "has more than one document");
	else if (!err->errnum)
		subject_parse(root, subject, err);
	json_decref(more);
	json_decref(root);
	if (!err->errnum)
		return 0;
	subject_free(subject);
	return -1;
}

/* --- writing --- */

static void write_members(struct output *out, const char *key, const struct attribute *attribute)
{
	out_list(out, key);
	for (size_t i = 0; i < attribute->n_members; i++)
		out_text(out, NULL, attribute->members[i]);
	out_list_end(out);
}

void value_write(struct output *out, const char *key, const struct attribute *attribute)
{
	char text[BITS_TEXT_SIZE];

	if (!attribute || !attribute->has_value) {
		out_null(out, key);
		return;
	}
	switch (attribute->type) {
	case TYPE_U64:
		out_number(out, key, attribute->number);
		break;
	case TYPE_BITMASK:
		out_text(out, key, bits_text(&attribute->bits, text));
		break;
	case TYPE_SET:
		write_members(out, key, attribute);
		break;
	case TYPE_RANGE:
		out_object(out, key);
		out_hex(out, "first", attribute->number);
		out_hex(out, "last", attribute->last);
		out_object_end(out);
		break;
	default:
		out_text(out, key, attribute->string);
	}
}

static void attribute_write(struct output *out, const struct attribute *attribute)
{
	out_row(out);
	out_text(out, "name", attribute->name);
	out_text(out, "type", attribute->type_name);
	out_text(out, "rule", attribute->rule);
	if (attribute->has_value)
		value_write(out, "value", attribute);
	if (attribute->accepts)
		out_text(out, "accepts", attribute->accepts);
	if (attribute->provision)
		out_bool(out, "provision", true);
	out_row_end(out);
}

void description_write(struct output *out, const struct description *description)
{
	char unknown[CLASS_SIZE];

	out_text(out, "class", class_name(description->class, unknown, sizeof(unknown)));
	out_table(out, "attributes");
	for (size_t i = 0; i < description->count; i++)
		attribute_write(out, &description->attributes[i]);
	out_table_end(out);
}

void subject_write(struct output *out, const struct subject *subject)
{
	if (!subject->available) {
		out_bool(out, "available", false);
		out_text(out, "reason", "its parent does not answer");
		if (subject->unanswered)
			out_bool(out, "unanswered", true);
		return;
	}
	if (!subject->mgmtdev) {
		description_write(out, subject->descriptions);
		return;
	}
	out_table(out, "classes");
	for (size_t i = 0; i < subject->count; i++) {
		out_row(out);
		description_write(out, &subject->descriptions[i]);
		out_row_end(out);
	}
	out_table_end(out);
}
