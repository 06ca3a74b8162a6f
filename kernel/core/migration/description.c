// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration descriptions: see description.h.
 */
#include <linux/ctype.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "migration/description.h"
#include "migration/version.h"

static const struct {
	const char *type;
	enum vdpa_value value;
} types[] = {
	{ "u64",	VDPA_VALUE_NUM },
	{ "bitmask",	VDPA_VALUE_NUM },
	{ "string",	VDPA_VALUE_STRING },
	{ "set",	VDPA_VALUE_SET },
	{ "range",	VDPA_VALUE_RANGE },
	{ "version",	VDPA_VALUE_VERSION },
};

enum vdpa_value vdpa_value_of(const char *type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].type, type))
			return types[i].value;
	return VDPA_VALUE_UNKNOWN;
}

static bool too_long(const char *s, size_t max)
{
	return strnlen(s, max + 1) > max;
}

static bool valid_name(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isascii(*c) || !(isalnum(*c) || strchr("_-.", *c)))
			return false;
	return c > name;
}

static const char *string_fault(const struct vdpa_migration_attribute *attr)
{
	if (!attr->string)
		return "it has no value";
	if (too_long(attr->string, VDPA_MIGRATION_STRING_MAX))
		return "its value has more than 255 bytes";
	return NULL;
}

static const char *version_fault(const struct vdpa_migration_attribute *attr)
{
	struct vdpa_version version;
	const char *fault = string_fault(attr);

	if (fault)
		return fault;
	if (!vdpa_version_parse(attr->string, &version))
		return "its version is not like 1.2.3";
	if (attr->accepts && too_long(attr->accepts, VDPA_MIGRATION_STRING_MAX))
		return "its ranges are too long";
	if (attr->accepts && !vdpa_ranges_valid(attr->accepts))
		return "its ranges are not valid";
	return NULL;
}

static const char *set_fault(const struct vdpa_migration_attribute *attr)
{
	unsigned int i;

	if (attr->n_members > VDPA_MIGRATION_MEMBERS_MAX)
		return "it has more than 256 members";
	for (i = 0; i < attr->n_members; i++)
		if (too_long(attr->members[i], VDPA_MIGRATION_MEMBER_MAX))
			return "a member has more than 63 bytes";
	return NULL;
}

static const char *number_fault(const struct vdpa_migration_attribute *attr)
{
	return !strcmp(attr->type, "bitmask") && attr->n_high > VDPA_HIGH_WORDS ?
	       "it has more than 512 bits" : NULL;
}

static const char *value_fault(const struct vdpa_migration_attribute *attr)
{
	enum vdpa_value value = vdpa_value_of(attr->type);

	if (!attr->has_value)
		return attr->provision || value == VDPA_VALUE_UNKNOWN ? NULL : "it has no value";
	switch (value) {
	case VDPA_VALUE_NUM:
		return number_fault(attr);
	case VDPA_VALUE_STRING:
		return string_fault(attr);
	case VDPA_VALUE_VERSION:
		return version_fault(attr);
	case VDPA_VALUE_RANGE:
		return attr->first > attr->last ? "its range ends before it begins" : NULL;
	case VDPA_VALUE_SET:
		return set_fault(attr);
	default:
		return NULL;
	}
}

static const char *attr_fault(const struct vdpa_description *description,
			      const struct vdpa_migration_attribute *attr)
{
	if (!attr->name || !attr->type || !attr->rule)
		return "a name, type or rule is missing";
	if (too_long(attr->name, VDPA_MIGRATION_NAME_MAX) || !valid_name(attr->name))
		return "its name is not valid";
	if (too_long(attr->type, VDPA_MIGRATION_TYPE_MAX))
		return "its type has more than 15 bytes";
	if (too_long(attr->rule, VDPA_MIGRATION_RULE_MAX))
		return "its rule has more than 31 bytes";
	if (vdpa_description_find(description, attr->name))
		return "it is there twice";
	return value_fault(attr);
}

/* Return: @len bytes of the arena, or NULL if it is full. */
static void *arena_take(struct vdpa_description *description, size_t len, size_t align)
{
	size_t start = ALIGN(description->used, align);

	if (start > description->size || len > description->size - start)
		return NULL;
	description->used = start + len;
	return description->arena + start;
}

/* Replace *@s by a copy. Return: false if the arena is full. */
static bool keep(struct vdpa_description *description, const char **s)
{
	size_t len = strlen(*s) + 1;
	char *copy = arena_take(description, len, 1);

	if (!copy)
		return false;
	*s = memcpy(copy, *s, len);
	return true;
}

static bool keep_members(struct vdpa_description *description,
			 struct vdpa_migration_attribute *attr)
{
	const char **copy;
	unsigned int i;

	copy = arena_take(description, attr->n_members * sizeof(*copy), sizeof(*copy));
	if (!copy)
		return false;
	for (i = 0; i < attr->n_members; i++) {
		copy[i] = attr->members[i];
		if (!keep(description, &copy[i]))
			return false;
	}
	attr->members = copy;
	return true;
}

/* Copy the words up to the last non-zero one. */
static bool keep_words(struct vdpa_description *description, struct vdpa_migration_attribute *attr)
{
	u64 *copy;

	if (strcmp(attr->type, "bitmask"))
		attr->n_high = 0;
	while (attr->n_high && !attr->high[attr->n_high - 1])
		attr->n_high--;
	copy = arena_take(description, attr->n_high * sizeof(*copy), sizeof(*copy));
	if (!copy)
		return false;
	memcpy(copy, attr->high, attr->n_high * sizeof(*copy));
	attr->high = copy;
	return true;
}

static bool keep_value(struct vdpa_description *description, struct vdpa_migration_attribute *attr)
{
	if (!attr->has_value)
		return true;
	switch (vdpa_value_of(attr->type)) {
	case VDPA_VALUE_UNKNOWN:
		attr->has_value = false;	/* a value of unknown type is not kept */
		return true;
	case VDPA_VALUE_NUM:
		return keep_words(description, attr);
	case VDPA_VALUE_VERSION:
		if (attr->accepts && !keep(description, &attr->accepts))
			return false;
		fallthrough;
	case VDPA_VALUE_STRING:
		return keep(description, &attr->string);
	case VDPA_VALUE_SET:
		return keep_members(description, attr);
	default:
		return true;
	}
}

/**
 * vdpa_description_add - add an attribute to a description
 * @description: the description
 * @attr: the attribute, which is copied deeply
 *
 * Return: 0; -EINVAL if it is malformed, -E2BIG if there is no room; on error @description->fault
 * is set.
 */
int vdpa_description_add(struct vdpa_description *description,
			 const struct vdpa_migration_attribute *attr)
{
	struct vdpa_migration_attribute copy = *attr;
	const char *fault = attr_fault(description, attr);

	if (fault) {
		description->fault = fault;
		return -EINVAL;
	}
	if (description->n == ARRAY_SIZE(description->attrs) || !keep(description, &copy.name) ||
	    !keep(description, &copy.type) || !keep(description, &copy.rule) ||
	    !keep_value(description, &copy)) {
		description->fault = "the description is too long";
		return -E2BIG;
	}
	description->attrs[description->n++] = copy;
	return 0;
}

/* Add an attribute of the common part, or the parent's own attribute of that name instead. */
int vdpa_description_add_common(struct vdpa_description *description,
				const struct vdpa_migration_attribute *attr)
{
	return vdpa_description_add(description,
				    vdpa_description_find(description->own, attr->name) ?: attr);
}

/* Add the parent's own attributes that are not in the description yet. */
int vdpa_description_add_rest(struct vdpa_description *description)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < description->own->n; i++)
		if (!vdpa_description_find(description, description->own->attrs[i].name))
			err = vdpa_description_add(description, &description->own->attrs[i]);
	return err;
}

static int sink_add(struct vdpa_migration_list *sink, const struct vdpa_migration_attribute *attr)
{
	return vdpa_description_add(container_of(sink, struct vdpa_description, sink), attr);
}

/**
 * vdpa_description_find - find an attribute
 * @description: the description
 * @name: its name
 *
 * Return: the attribute, or NULL.
 */
const struct vdpa_migration_attribute *
vdpa_description_find(const struct vdpa_description *description, const char *name)
{
	unsigned int i;

	for (i = 0; i < description->n; i++)
		if (!strcmp(description->attrs[i].name, name))
			return &description->attrs[i];
	return NULL;
}

/**
 * vdpa_description_new - allocate an empty description
 * @class: virtio device ID
 * @size: bytes for strings and members
 *
 * Return: the description, to be freed with vdpa_description_free(), or NULL.
 */
struct vdpa_description *vdpa_description_new(u32 class, size_t size)
{
	struct vdpa_description *description = kvzalloc(struct_size(description, arena, size),
							GFP_KERNEL_ACCOUNT);

	if (!description)
		return NULL;
	description->sink.add = sink_add;
	description->class = class;
	description->size = size;
	return description;
}

void vdpa_description_free(struct vdpa_description *description)
{
	kvfree(description);
}
