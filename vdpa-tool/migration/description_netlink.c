// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "cli/error.h"
#include "migration/description_netlink.h"
#include "output/output.h"
#include "device/virtio.h"

/* --- to the kernel --- */

/* A nested attribute's length has 16 bits; a header and a device's name come with it. */
enum { WIRE_MAX = 65000 };

static bool put_string(struct nlmsghdr *nlh, uint16_t type, const char *text)
{
	return mnl_attr_put_strz_check(nlh, WIRE_MAX, type, text);
}

static bool put_u64(struct nlmsghdr *nlh, uint16_t type, uint64_t value)
{
	return mnl_attr_put_u64_check(nlh, WIRE_MAX, type, value);
}

static bool put_members(struct nlmsghdr *nlh, const json_t *set)
{
	json_t *member;
	size_t i;

	json_array_foreach(set, i, member)
		if (!put_string(nlh, VDPA_MIGRATION_ATTR_MEMBER, json_string_value(member)))
			return false;
	return true;
}

static bool put_value(struct nlmsghdr *nlh, const struct attribute *attribute)
{
	if (!attribute->value)
		return true;
	switch (attribute->type) {
	case TYPE_U64:
		return put_u64(nlh, VDPA_MIGRATION_ATTR_U64, attribute->number);
	case TYPE_BITMASK:
		return bits_wide(&attribute->bits) ?
		       bits_put(nlh, WIRE_MAX, VDPA_MIGRATION_ATTR_WORDS, &attribute->bits) :
		       put_u64(nlh, VDPA_MIGRATION_ATTR_U64, attribute->bits.word[0]);
	case TYPE_STRING:
		return put_string(nlh, VDPA_MIGRATION_ATTR_STRING, attribute->string);
	case TYPE_SET:
		return put_members(nlh, attribute->value);
	case TYPE_RANGE:
		return put_u64(nlh, VDPA_MIGRATION_ATTR_FIRST, attribute->number) &&
		       put_u64(nlh, VDPA_MIGRATION_ATTR_LAST, attribute->last);
	case TYPE_VERSION:
		return put_string(nlh, VDPA_MIGRATION_ATTR_STRING, attribute->string) &&
		       (!attribute->accepts ||
			put_string(nlh, VDPA_MIGRATION_ATTR_ACCEPTS, attribute->accepts));
	case TYPE_UNKNOWN:
		return true;	/* no verdict depends on its value */
	}
	return false;
}

static bool put_attribute(struct nlmsghdr *nlh, const struct attribute *attribute)
{
	struct nlattr *nest = mnl_attr_nest_start_check(nlh, WIRE_MAX, VDPA_MIGRATION_ATTR);

	if (!nest || !put_string(nlh, VDPA_MIGRATION_ATTR_NAME, attribute->name) ||
	    !put_string(nlh, VDPA_MIGRATION_ATTR_TYPE, attribute->type_name) ||
	    !put_string(nlh, VDPA_MIGRATION_ATTR_RULE, attribute->rule))
		return false;
	if (attribute->provision &&
	    !mnl_attr_put_check(nlh, WIRE_MAX, VDPA_MIGRATION_ATTR_PROVISION, 0, NULL))
		return false;
	if (!put_value(nlh, attribute))
		return false;
	mnl_attr_nest_end(nlh, nest);
	return true;
}

static bool put(struct nlmsghdr *nlh, const struct description *description)
{
	struct nlattr *nest = mnl_attr_nest_start_check(nlh, WIRE_MAX, VDPA_ATTR_MIGRATION);

	if (!nest || !mnl_attr_put_u32_check(nlh, WIRE_MAX, VDPA_MIGRATION_CLASS,
					     description->class))
		return false;
	for (size_t i = 0; i < description->count; i++)
		if (!put_attribute(nlh, &description->attributes[i]))
			return false;
	mnl_attr_nest_end(nlh, nest);
	return true;
}

bool description_fits(const struct description *description)
{
	/* Headers, two names and whatever else a request has beside a description. */
	enum { BESIDE = 1024 };
	char *buf = malloc(WIRE_MAX);
	struct nlmsghdr *nlh;
	bool fits;

	if (!buf)
		error_no_memory();
	nlh = mnl_nlmsg_put_header(buf);
	mnl_nlmsg_put_extra_header(nlh, BESIDE);
	fits = put(nlh, description);
	free(buf);
	return fits;
}

void description_put(struct nlmsghdr *nlh, const struct description *description)
{
	put(nlh, description);
}

/* --- from the kernel --- */

enum { WIRE_SLOTS = 16 };	/* more than there are attributes in either nest */

static int malformed(struct nl_error *err, const char *what)
{
	return nl_fail(err, EBADMSG, "malformed reply: %s in a migration attribute", what);
}

static bool is_uint(const struct nlattr *attr)
{
	uint16_t len = mnl_attr_get_payload_len(attr);

	return len == sizeof(uint32_t) || len == sizeof(uint64_t);
}

/* Sorts what is in @nest by type, of several the last; unknown ones are passed over. */
static int sort(const struct nlattr *nest, const struct nlattr **slots, struct nl_error *err)
{
	const char *tail = (const char *)mnl_attr_get_payload(nest) + mnl_attr_get_payload_len(nest);
	const struct nlattr *attr;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): the slots are pointers */
	memset(slots, 0, WIRE_SLOTS * sizeof(*slots));
	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) < WIRE_SLOTS)
			slots[mnl_attr_get_type(attr)] = attr;
	if (tail - (const char *)attr >= (long)sizeof(*attr))
		return malformed(err, "an attribute that does not fit");
	return 0;
}

static json_t *string_json(const struct nlattr *attr)
{
	char *text;
	json_t *json;

	if (!attr)
		return NULL;
	text = attr_string(attr);
	json = json_string(text);
	free(text);
	return json;
}

static json_t *u64_json(const struct nlattr *const *slots, const struct nlattr *nest)
{
	const struct nlattr *attr = slots[VDPA_MIGRATION_ATTR_U64];

	(void)nest;
	return attr && is_uint(attr) ? description_u64(attr_uint(attr)) : NULL;
}

static json_t *bitmask_json(const struct nlattr *const *slots, const struct nlattr *nest)
{
	const struct nlattr *words = slots[VDPA_MIGRATION_ATTR_WORDS];
	const struct nlattr *attr = slots[VDPA_MIGRATION_ATTR_U64];
	struct bits bits;

	(void)nest;
	if (attr)
		return is_uint(attr) && !words ? description_hex(attr_uint(attr)) : NULL;
	return words && bits_read(words, &bits) ? bits_json(&bits) : NULL;
}

static json_t *text_json(const struct nlattr *const *slots, const struct nlattr *nest)
{
	(void)nest;
	return string_json(slots[VDPA_MIGRATION_ATTR_STRING]);
}

static json_t *set_json(const struct nlattr *const *slots, const struct nlattr *nest)
{
	const struct nlattr *attr;
	json_t *set = output_array();

	(void)slots;
	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == VDPA_MIGRATION_ATTR_MEMBER)
			output_append(set, string_json(attr));
	return set;
}

static json_t *range_json(const struct nlattr *const *slots, const struct nlattr *nest)
{
	const struct nlattr *first = slots[VDPA_MIGRATION_ATTR_FIRST];
	const struct nlattr *last = slots[VDPA_MIGRATION_ATTR_LAST];
	json_t *range;

	(void)nest;
	if (!first || !last || !is_uint(first) || !is_uint(last))
		return NULL;
	range = output_object();
	output_set(range, "first", description_hex(attr_uint(first)));
	output_set(range, "last", description_hex(attr_uint(last)));
	return range;
}

/* Each makes the value of an attribute, NULL where the kernel has given none, or no such one. */
static json_t *(*const values[])(const struct nlattr *const *slots, const struct nlattr *nest) = {
	[TYPE_U64] = u64_json,
	[TYPE_BITMASK] = bitmask_json,
	[TYPE_STRING] = text_json,
	[TYPE_SET] = set_json,
	[TYPE_RANGE] = range_json,
	[TYPE_VERSION] = text_json,
};

static bool has_value(const struct nlattr *const *slots)
{
	return slots[VDPA_MIGRATION_ATTR_U64] || slots[VDPA_MIGRATION_ATTR_WORDS] || slots[VDPA_MIGRATION_ATTR_STRING] ||
	       slots[VDPA_MIGRATION_ATTR_MEMBER] || slots[VDPA_MIGRATION_ATTR_FIRST];
}

/*
 * Of a type that is newer than us there is no value that we could tell, and of
 * what can be anything when a device is created there is none.
 */
static int value_set(json_t *json, const struct nlattr *const *slots, const struct nlattr *nest,
		     struct nl_error *err)
{
	enum value_type type = description_type(json_string_value(json_object_get(json, "type")));
	json_t *value;

	if (type == TYPE_UNKNOWN || (slots[VDPA_MIGRATION_ATTR_PROVISION] && !has_value(slots)))
		return 0;
	value = values[type](slots, nest);
	if (!value)
		return malformed(err, "no value, or a wrong one,");
	output_set(json, "value", value);
	if (type == TYPE_VERSION && slots[VDPA_MIGRATION_ATTR_ACCEPTS])
		output_set(json, "accepts", string_json(slots[VDPA_MIGRATION_ATTR_ACCEPTS]));
	return 0;
}

static json_t *attribute_json(const struct nlattr *nest, struct nl_error *err)
{
	const struct nlattr *slots[WIRE_SLOTS];
	json_t *json;

	if (sort(nest, slots, err) < 0)
		return NULL;
	if (!slots[VDPA_MIGRATION_ATTR_NAME] || !slots[VDPA_MIGRATION_ATTR_TYPE] ||
	    !slots[VDPA_MIGRATION_ATTR_RULE]) {
		malformed(err, "no name, type or rule");
		return NULL;
	}
	json = output_object();
	output_set(json, "name", string_json(slots[VDPA_MIGRATION_ATTR_NAME]));
	output_set(json, "type", string_json(slots[VDPA_MIGRATION_ATTR_TYPE]));
	output_set(json, "rule", string_json(slots[VDPA_MIGRATION_ATTR_RULE]));
	if (value_set(json, slots, nest, err) < 0) {
		json_decref(json);
		return NULL;
	}
	if (slots[VDPA_MIGRATION_ATTR_PROVISION])
		output_set(json, "provision", json_true());
	return json;
}

static int attributes_json(const struct nlattr *nest, json_t *list, struct nl_error *err)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		json_t *json;

		if (mnl_attr_get_type(attr) != VDPA_MIGRATION_ATTR)
			continue;
		json = attribute_json(attr, err);
		if (!json)
			return -1;
		output_append(list, json);
	}
	return 0;
}

json_t *description_wire_json(const struct nlattr *nest, struct nl_error *err)
{
	const struct nlattr *slots[WIRE_SLOTS];
	json_t *json, *list;

	if (sort(nest, slots, err) < 0)
		return NULL;
	if (!slots[VDPA_MIGRATION_CLASS] || !is_uint(slots[VDPA_MIGRATION_CLASS])) {
		nl_fail(err, EBADMSG, "malformed reply: a migration description without a class");
		return NULL;
	}
	json = output_object();
	list = output_array();
	output_set(json, "class", class_json(attr_uint(slots[VDPA_MIGRATION_CLASS])));
	output_set(json, "attributes", list);
	if (attributes_json(nest, list, err) == 0)
		return json;
	json_decref(json);
	return NULL;
}
