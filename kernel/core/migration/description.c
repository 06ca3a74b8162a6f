// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptions: see description.h.
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
		return "its ranges are none";
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

static const char *value_fault(const struct vdpa_migration_attribute *attr)
{
	enum vdpa_value value = vdpa_value_of(attr->type);

	if (!attr->has_value)
		return attr->provision || value == VDPA_VALUE_UNKNOWN ? NULL : "it has no value";
	switch (value) {
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

static const char *attr_fault(const struct vdpa_list *list,
			      const struct vdpa_migration_attribute *attr)
{
	if (!attr->name || !attr->type || !attr->rule)
		return "a name, type or rule is missing";
	if (too_long(attr->name, VDPA_MIGRATION_NAME_MAX) || !valid_name(attr->name))
		return "its name is none";
	if (too_long(attr->type, VDPA_MIGRATION_TYPE_MAX))
		return "its type has more than 15 bytes";
	if (too_long(attr->rule, VDPA_MIGRATION_RULE_MAX))
		return "its rule has more than 31 bytes";
	if (vdpa_list_find(list, attr->name))
		return "it is there twice";
	return value_fault(attr);
}

/* Return: room for @len bytes, or NULL. */
static void *arena_take(struct vdpa_list *list, size_t len, size_t align)
{
	size_t start = ALIGN(list->used, align);

	if (start > list->size || len > list->size - start)
		return NULL;
	list->used = start + len;
	return list->arena + start;
}

/* Replaces *@s by a copy. Return: false if there is no room. */
static bool keep(struct vdpa_list *list, const char **s)
{
	size_t len = strlen(*s) + 1;
	char *copy = arena_take(list, len, 1);

	if (!copy)
		return false;
	*s = memcpy(copy, *s, len);
	return true;
}

static bool keep_members(struct vdpa_list *list, struct vdpa_migration_attribute *attr)
{
	const char **copy;
	unsigned int i;

	copy = arena_take(list, attr->n_members * sizeof(*copy), sizeof(*copy));
	if (!copy)
		return false;
	for (i = 0; i < attr->n_members; i++) {
		copy[i] = attr->members[i];
		if (!keep(list, &copy[i]))
			return false;
	}
	attr->members = copy;
	return true;
}

static bool keep_value(struct vdpa_list *list, struct vdpa_migration_attribute *attr)
{
	if (!attr->has_value)
		return true;
	switch (vdpa_value_of(attr->type)) {
	case VDPA_VALUE_UNKNOWN:
		attr->has_value = false;	/* nobody could make anything of it */
		return true;
	case VDPA_VALUE_VERSION:
		if (attr->accepts && !keep(list, &attr->accepts))
			return false;
		fallthrough;
	case VDPA_VALUE_STRING:
		return keep(list, &attr->string);
	case VDPA_VALUE_SET:
		return keep_members(list, attr);
	default:
		return true;
	}
}

/**
 * vdpa_list_add - add an attribute to a description
 * @list: the description
 * @attr: the attribute; all it points to is copied
 *
 * Return: 0; -EINVAL if it is malformed, -E2BIG if there is no room, both with the
 * list's @fault set.
 */
int vdpa_list_add(struct vdpa_list *list, const struct vdpa_migration_attribute *attr)
{
	struct vdpa_migration_attribute copy = *attr;
	const char *fault = attr_fault(list, attr);

	if (fault) {
		list->fault = fault;
		return -EINVAL;
	}
	if (list->n == ARRAY_SIZE(list->attrs) || !keep(list, &copy.name) ||
	    !keep(list, &copy.type) || !keep(list, &copy.rule) || !keep_value(list, &copy)) {
		list->fault = "the description is too long";
		return -E2BIG;
	}
	list->attrs[list->n++] = copy;
	return 0;
}

/* Add an attribute of the common part, or in its place what the parent has said. */
int vdpa_list_add_common(struct vdpa_list *list, const struct vdpa_migration_attribute *attr)
{
	return vdpa_list_add(list, vdpa_list_find(list->own, attr->name) ?: attr);
}

/* Add what the parent has said and is not in the list yet. */
int vdpa_list_add_rest(struct vdpa_list *list)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < list->own->n; i++)
		if (!vdpa_list_find(list, list->own->attrs[i].name))
			err = vdpa_list_add(list, &list->own->attrs[i]);
	return err;
}

static int sink_add(struct vdpa_migration_list *sink, const struct vdpa_migration_attribute *attr)
{
	return vdpa_list_add(container_of(sink, struct vdpa_list, sink), attr);
}

/**
 * vdpa_list_find - find an attribute
 * @list: the description
 * @name: its name
 *
 * Return: the attribute, or NULL.
 */
const struct vdpa_migration_attribute *vdpa_list_find(const struct vdpa_list *list,
						      const char *name)
{
	unsigned int i;

	for (i = 0; i < list->n; i++)
		if (!strcmp(list->attrs[i].name, name))
			return &list->attrs[i];
	return NULL;
}

/**
 * vdpa_list_new - begin a description
 * @class: virtio device ID
 * @size: bytes for its strings
 *
 * Return: the description, to be given to vdpa_list_free(), or NULL.
 */
struct vdpa_list *vdpa_list_new(u32 class, size_t size)
{
	struct vdpa_list *list = kvzalloc(struct_size(list, arena, size), GFP_KERNEL_ACCOUNT);

	if (!list)
		return NULL;
	list->sink.add = sink_add;
	list->class = class;
	list->size = size;
	return list;
}

void vdpa_list_free(struct vdpa_list *list)
{
	kvfree(list);
}
