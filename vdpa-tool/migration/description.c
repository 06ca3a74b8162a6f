// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "cli/args.h"
#include "migration/description.h"
#include "cli/error.h"
#include "migration/software_version.h"
#include "device/virtio.h"

/* --- values --- */

json_t *description_hex(uint64_t value)
{
	return json_sprintf("0x%llx", (unsigned long long)value);
}

json_t *description_u64(uint64_t value)
{
	return value <= INT64_MAX ? json_integer(value) : description_hex(value);
}

bool description_number(const json_t *json, uint64_t *value)
{
	if (json_is_string(json))
		return args_number(json_string_value(json), 0, UINT64_MAX, value);
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return false;
	*value = json_integer_value(json);
	return true;
}

/* A string of at most @max bytes, or NULL. */
static const char *string_within(const json_t *json, size_t max)
{
	return json_is_string(json) && json_string_length(json) <= max ?
	       json_string_value(json) : NULL;
}

static const char *parse_number(const json_t *json, struct attribute *attribute)
{
	(void)json;
	return description_number(attribute->value, &attribute->number) ? NULL :
	       "its value is not a whole number from 0 to 2^64 - 1";
}

static const char *parse_bitmask(const json_t *json, struct attribute *attribute)
{
	(void)json;
	return bits_parse(attribute->value, &attribute->bits) ? NULL :
	       "its value is not a whole number of 64 bits, nor a hexadecimal one of up to 512";
}

static const char *parse_string(const json_t *json, struct attribute *attribute)
{
	(void)json;
	attribute->string = string_within(attribute->value, VDPA_MIGRATION_STRING_MAX);
	return attribute->string ? NULL : "its value is not a string of at most 255 bytes";
}

static const char *parse_set(const json_t *json, struct attribute *attribute)
{
	json_t *member;
	size_t i;

	(void)json;
	if (!json_is_array(attribute->value))
		return "its value is not an array of strings";
	if (json_array_size(attribute->value) > VDPA_MIGRATION_MEMBERS_MAX)
		return "its value has more than 256 members";
	json_array_foreach(attribute->value, i, member)
		if (!string_within(member, VDPA_MIGRATION_MEMBER_MAX))
			return "a member is not a string of at most 63 bytes";
	return NULL;
}

static const char *parse_range(const json_t *json, struct attribute *attribute)
{
	(void)json;
	if (!description_number(json_object_get(attribute->value, "first"), &attribute->number) ||
	    !description_number(json_object_get(attribute->value, "last"), &attribute->last))
		return "its value is not a \"first\" and a \"last\" whole number from 0 to 2^64 - 1";
	return attribute->number <= attribute->last ? NULL : "its first is larger than its last";
}

static const char *parse_version(const json_t *json, struct attribute *attribute)
{
	const json_t *accepts = json_object_get(json, "accepts");
	struct software_version version;

	attribute->string = string_within(attribute->value, VDPA_MIGRATION_STRING_MAX);
	if (!attribute->string || !software_version_parse(attribute->string, &version))
		return "its value is not a version such as \"2.0.1\"";
	if (!accepts)
		return NULL;
	attribute->accepts = string_within(accepts, VDPA_MIGRATION_STRING_MAX);
	if (!attribute->accepts || !software_ranges_valid(attribute->accepts))
		return "what it accepts is not ranges of versions such as \"2.0.2-2.0.4,2.1.0-\"";
	return NULL;
}

/* Each stores the value, and returns NULL or what is wrong with it. */
static const struct {
	const char *name;
	const char *(*parse)(const json_t *json, struct attribute *attribute);
} types[] = {
	[TYPE_U64] = { "u64", parse_number },
	[TYPE_BITMASK] = { "bitmask", parse_bitmask },
	[TYPE_STRING] = { "string", parse_string },
	[TYPE_SET] = { "set", parse_set },
	[TYPE_RANGE] = { "range", parse_range },
	[TYPE_VERSION] = { "version", parse_version },
};

enum value_type description_type(const char *name)
{
	for (size_t i = TYPE_UNKNOWN + 1; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return i;
	return TYPE_UNKNOWN;
}

/* --- one attribute --- */

/* The string behind @key, of at most @max bytes; NULL with @err where there is none. */
static const char *take_word(const json_t *json, const char *key, size_t max, const char *of,
			     struct nl_error *err)
{
	const json_t *value = json_object_get(json, key);
	const char *word = string_within(value, max);

	if (!value)
		nl_fail(err, EINVAL, "%s has no \"%s\"", of, key);
	else if (!word)
		nl_fail(err, EINVAL, "%s: its \"%s\" is not a string of at most %zu bytes", of, key, max);
	else
		return word;
	return NULL;
}

static int take_name(const json_t *json, struct attribute *attribute, struct nl_error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	attribute->name = take_word(json, "name", VDPA_MIGRATION_NAME_MAX, "an attribute", err);
	if (!attribute->name)
		return -1;
	if (!*attribute->name || attribute->name[strspn(attribute->name, allowed)])
		return nl_fail(err, EINVAL,
			       "the name \"%s\" is not made of letters, digits, '_', '-' and '.'",
			       attribute->name);
	return 0;
}

static int attribute_parse(const json_t *json, struct attribute *attribute, struct nl_error *err)
{
	const json_t *provision = json_object_get(json, "provision");
	const char *reason;
	char of[96];

	if (take_name(json, attribute, err) < 0)
		return -1;
	snprintf(of, sizeof(of), "attribute %s", attribute->name);
	attribute->type_name = take_word(json, "type", VDPA_MIGRATION_TYPE_MAX, of, err);
	attribute->rule = attribute->type_name ?
			  take_word(json, "rule", VDPA_MIGRATION_RULE_MAX, of, err) : NULL;
	if (!attribute->rule)
		return -1;
	if (provision && !json_is_boolean(provision))
		return nl_fail(err, EINVAL, "%s: its \"provision\" is neither true nor false", of);
	attribute->provision = json_is_true(provision);
	attribute->type = description_type(attribute->type_name);
	attribute->value = json_object_get(json, "value");
	if (attribute->type == TYPE_UNKNOWN)
		return 0;
	if (!attribute->value && attribute->provision)
		return 0;
	if (!attribute->value)
		return nl_fail(err, EINVAL, "%s has no \"value\"", of);
	reason = types[attribute->type].parse(json, attribute);
	return reason ? nl_fail(err, EINVAL, "%s: %s", of, reason) : 0;
}

/* --- all of them --- */

const struct attribute *description_find(const struct description *description, const char *name)
{
	for (size_t i = 0; i < description->count; i++)
		if (strcmp(description->attributes[i].name, name) == 0)
			return &description->attributes[i];
	return NULL;
}

static int attributes_parse(const json_t *list, struct description *description,
			    struct nl_error *err)
{
	json_t *json;
	size_t i;

	json_array_foreach(list, i, json) {
		struct attribute *attribute = &description->attributes[i];

		if (attribute_parse(json, attribute, err) < 0)
			return -1;
		/* Counted after the search, which would find itself. */
		if (description_find(description, attribute->name))
			return nl_fail(err, EINVAL, "attribute %s is there twice", attribute->name);
		description->count++;
	}
	return 0;
}

static int class_parse(const json_t *json, uint32_t *class, struct nl_error *err)
{
	const char *name = json_string_value(json);

	if (!name)
		return nl_fail(err, EINVAL, "there is no \"class\" with a string");
	if (!class_id(name, class))
		return nl_fail(err, EINVAL, "\"%s\" is no device class", name);
	return 0;
}

int description_parse(json_t *json, bool mgmtdev, struct description *description,
		      struct nl_error *err)
{
	const json_t *list = json_object_get(json, "attributes");

	memset(description, 0, sizeof(*description));
	description->mgmtdev = mgmtdev;
	if (class_parse(json_object_get(json, "class"), &description->class, err) < 0)
		return -1;
	if (!json_is_array(list))
		return nl_fail(err, EINVAL, "there is no \"attributes\" with an array");
	if (json_array_size(list) > VDPA_MIGRATION_ATTRS_MAX)
		return nl_fail(err, EINVAL, "there are more than %d attributes", VDPA_MIGRATION_ATTRS_MAX);
	description->attributes = calloc(json_array_size(list) + 1, sizeof(struct attribute));
	if (!description->attributes)
		error_no_memory();
	description->json = json_incref(json);
	if (attributes_parse(list, description, err) == 0)
		return 0;
	description_free(description);
	return -1;
}

struct description description_copy(const struct description *from)
{
	struct description copy = *from;

	copy.attributes = calloc(from->count + 1, sizeof(*copy.attributes));
	if (!copy.attributes)
		error_no_memory();
	if (from->count)
		memcpy(copy.attributes, from->attributes, from->count * sizeof(*copy.attributes));
	copy.json = json_incref(from->json);
	return copy;
}

void description_free(struct description *description)
{
	json_decref(description->json);
	free(description->attributes);
	memset(description, 0, sizeof(*description));
}
