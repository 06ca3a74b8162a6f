// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "base/memory.h"
#include "base/number.h"
#include "migration/description.h"
#include "migration/description_netlink.h"
#include "migration/software_version.h"

/* --- memory --- */

static void *grow(void *array, size_t count, size_t size)
{
	array = realloc(array, (count + 1) * size);
	if (!array)
		error_no_memory();
	return array;
}

void description_allocate(struct description *description, size_t count)
{
	description->attributes = calloc(count + 1, sizeof(struct attribute));
	if (!description->attributes)
		error_no_memory();
}

void *description_own(struct description *description, void *memory)
{
	if (!memory)
		error_no_memory();
	description->owned = grow(description->owned, description->n_owned, sizeof(void *));
	description->owned[description->n_owned++] = memory;
	return memory;
}

struct description *subject_add(struct subject *subject)
{
	struct description *description;

	subject->descriptions = grow(subject->descriptions, subject->count, sizeof(*description));
	description = &subject->descriptions[subject->count++];
	*description = (struct description){ .mgmtdev = subject->mgmtdev };
	return description;
}

struct description description_copy(const struct description *from)
{
	struct description copy = { .mgmtdev = from->mgmtdev, .class = from->class, .count = from->count };

	description_allocate(&copy, from->count);
	if (from->count)
		memcpy(copy.attributes, from->attributes, from->count * sizeof(*copy.attributes));
	return copy;
}

void description_free(struct description *description)
{
	for (size_t i = 0; i < description->n_owned; i++)
		free(description->owned[i]);
	free(description->owned);
	free(description->attributes);
	memset(description, 0, sizeof(*description));
}

void subject_free(struct subject *subject)
{
	for (size_t i = 0; i < subject->count; i++)
		description_free(&subject->descriptions[i]);
	free(subject->descriptions);
	free(subject->name);
	memset(subject, 0, sizeof(*subject));
}

/* --- values --- */

const char description_no_ranges[] =
	"what it accepts is not ranges of versions such as \"2.0.2-2.0.4,2.1.0-\"";

static const struct {
	const char *name;
	const char *wrong;
} types[] = {
	[TYPE_U64] = { "u64", "its value is not a whole number from 0 to 2^64 - 1" },
	[TYPE_BITMASK] = { "bitmask", "its value is not a whole number of 64 bits, nor a hexadecimal one of up to 512" },
	[TYPE_STRING] = { "string", "its value is not a string of at most 255 bytes" },
	[TYPE_SET] = { "set", "its value is not an array of strings of at most 63 bytes" },
	[TYPE_RANGE] = { "range", "its value is not a \"first\" and a \"last\" whole number from 0 to 2^64 - 1" },
	[TYPE_VERSION] = { "version", "its value is not a version such as \"2.0.1\"" },
};

enum value_type description_type(const char *name)
{
	for (size_t i = TYPE_UNKNOWN + 1; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return i;
	return TYPE_UNKNOWN;
}

const char *description_no_value(enum value_type type)
{
	return types[type].wrong;
}

static bool members_valid(const struct attribute *attribute)
{
	for (size_t i = 0; i < attribute->n_members; i++)
		if (strlen(attribute->members[i]) > VDPA_MIGRATION_MEMBER_MAX)
			return false;
	return true;
}

static bool version_valid(const struct attribute *attribute)
{
	struct software_version version;

	return strlen(attribute->string) <= VDPA_MIGRATION_STRING_MAX &&
	       software_version_parse(attribute->string, &version);
}

static bool ranges_valid(const char *ranges)
{
	return strlen(ranges) <= VDPA_MIGRATION_STRING_MAX && software_ranges_valid(ranges);
}

/* What is wrong with the value; NULL: nothing. */
static const char *value_fault(const struct attribute *attribute)
{
	bool valid = true;

	switch (attribute->type) {
	case TYPE_STRING:
		valid = strlen(attribute->string) <= VDPA_MIGRATION_STRING_MAX;
		break;
	case TYPE_SET:
		if (attribute->n_members > VDPA_MIGRATION_MEMBERS_MAX)
			return "its value has more than 256 members";
		valid = members_valid(attribute);
		break;
	case TYPE_RANGE:
		if (attribute->number > attribute->last)
			return "its first is larger than its last";
		break;
	case TYPE_VERSION:
		valid = version_valid(attribute);
		if (valid && attribute->accepts && !ranges_valid(attribute->accepts))
			return description_no_ranges;
		break;
	default:
		break;
	}
	return valid ? NULL : types[attribute->type].wrong;
}

/* --- all of it --- */

static int name_check(const char *name, struct nl_error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	if (strlen(name) > VDPA_MIGRATION_NAME_MAX)
		return nl_fail(err, EINVAL, "an attribute: its \"name\" is not a string of at most %d bytes",
			       VDPA_MIGRATION_NAME_MAX);
	if (!*name || name[strspn(name, allowed)])
		return nl_fail(err, EINVAL, "the name \"%s\" is not made of letters, digits, '_', '-' and '.'", name);
	return 0;
}

static int attribute_check(const struct attribute *attribute, struct nl_error *err)
{
	const char *fault;

	if (name_check(attribute->name, err) < 0)
		return -1;
	if (strlen(attribute->type_name) > VDPA_MIGRATION_TYPE_MAX)
		return nl_fail(err, EINVAL, "attribute %s: its \"type\" is not a string of at most %d bytes",
			       attribute->name, VDPA_MIGRATION_TYPE_MAX);
	if (strlen(attribute->rule) > VDPA_MIGRATION_RULE_MAX)
		return nl_fail(err, EINVAL, "attribute %s: its \"rule\" is not a string of at most %d bytes",
			       attribute->name, VDPA_MIGRATION_RULE_MAX);
	fault = attribute->has_value ? value_fault(attribute) : NULL;
	return fault ? nl_fail(err, EINVAL, "attribute %s: %s", attribute->name, fault) : 0;
}

const struct attribute *description_find(const struct description *description, const char *name)
{
	for (size_t i = 0; i < description->count; i++)
		if (strcmp(description->attributes[i].name, name) == 0)
			return &description->attributes[i];
	return NULL;
}

int description_check(const struct description *description, struct nl_error *err)
{
	if (description->count > VDPA_MIGRATION_ATTRS_MAX)
		return nl_fail(err, EINVAL, "there are more than %d attributes", VDPA_MIGRATION_ATTRS_MAX);
	for (size_t i = 0; i < description->count; i++) {
		const struct attribute *attribute = &description->attributes[i];

		if (attribute_check(attribute, err) < 0)
			return -1;
		if (description_find(description, attribute->name) != attribute)
			return nl_fail(err, EINVAL, "attribute %s is there twice", attribute->name);
	}
	/* What the kernel could not be asked about is not judged here either. */
	return description_fits(description) ? 0 : nl_fail(err, EFBIG, "has more attributes than fit into a request");
}

int subject_describe(const struct subject *subject, uint32_t class,
		     const struct description **description, struct nl_error *err)
{
	*description = NULL;
	if (!subject->available)
		return nl_fail(err, EAGAIN, "its parent does not answer");
	for (size_t i = 0; i < subject->count; i++) {
		const struct description *one = &subject->descriptions[i];

		if (description_check(one, err) < 0)
			return -1;
		if (subject->mgmtdev && one->class != class)
			continue;
		if (*description)
			return nl_fail(err, EINVAL, "one class is there twice");
		*description = one;
	}
	return *description != NULL;
}
