// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "base/memory.h"
#include "migration/description_netlink.h"

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

static bool put_members(struct nlmsghdr *nlh, const struct attribute *attribute)
{
	for (size_t i = 0; i < attribute->n_members; i++)
		if (!put_string(nlh, VDPA_MIGRATION_ATTR_MEMBER, attribute->members[i]))
			return false;
	return true;
}

static bool put_value(struct nlmsghdr *nlh, const struct attribute *attribute)
{
	if (!attribute->has_value)
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
		return put_members(nlh, attribute);
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
		if (!description->attributes[i].untold && !put_attribute(nlh, &description->attributes[i]))
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

/* A string that the description keeps; NULL where there is none. */
static const char *keep_string(struct description *description, const struct nlattr *attr)
{
	return attr ? description_own(description, attr_copy(attr)) : NULL;
}

static bool take_number(const struct nlattr *attr, uint64_t *number)
{
	if (!attr || !is_uint(attr))
		return false;
	*number = attr_uint(attr);
	return true;
}

static bool take_bits(const struct nlattr *attr, const struct nlattr *words, struct bits *bits)
{
	if (!attr)
		return words && bits_read(words, bits);
	*bits = bits_of(0);
	return !words && take_number(attr, &bits->word[0]);
}

static void take_members(const struct nlattr *nest, struct attribute *attribute, struct description *description)
{
	const struct nlattr *attr;
	size_t n = 0;

	mnl_attr_for_each_nested(attr, nest)
		n += mnl_attr_get_type(attr) == VDPA_MIGRATION_ATTR_MEMBER;
	attribute->members = description_own(description, calloc(n + 1, sizeof(*attribute->members)));
	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == VDPA_MIGRATION_ATTR_MEMBER)
			attribute->members[attribute->n_members++] = keep_string(description, attr);
}

/* Returns false where there is no value, or none of the type. */
static bool take_value(const struct nlattr *const *slots, const struct nlattr *nest, struct attribute *attribute,
		       struct description *description)
{
	switch (attribute->type) {
	case TYPE_U64:
		return take_number(slots[VDPA_MIGRATION_ATTR_U64], &attribute->number);
	case TYPE_BITMASK:
		return take_bits(slots[VDPA_MIGRATION_ATTR_U64], slots[VDPA_MIGRATION_ATTR_WORDS], &attribute->bits);
	case TYPE_SET:
		take_members(nest, attribute, description);
		return true;
	case TYPE_RANGE:
		return take_number(slots[VDPA_MIGRATION_ATTR_FIRST], &attribute->number) &&
		       take_number(slots[VDPA_MIGRATION_ATTR_LAST], &attribute->last);
	case TYPE_VERSION:
		attribute->accepts = keep_string(description, slots[VDPA_MIGRATION_ATTR_ACCEPTS]);
		/* fallthrough */
	default:
		attribute->string = keep_string(description, slots[VDPA_MIGRATION_ATTR_STRING]);
		return attribute->string;
	}
}

static bool is_valued(const struct nlattr *const *slots)
{
	return slots[VDPA_MIGRATION_ATTR_U64] || slots[VDPA_MIGRATION_ATTR_WORDS] || slots[VDPA_MIGRATION_ATTR_STRING] ||
	       slots[VDPA_MIGRATION_ATTR_MEMBER] || slots[VDPA_MIGRATION_ATTR_FIRST];
}

static int take_attribute(const struct nlattr *nest, struct description *description, struct nl_error *err)
{
	struct attribute *attribute = &description->attributes[description->count];
	const struct nlattr *slots[WIRE_SLOTS];

	if (sort(nest, slots, err) < 0)
		return -1;
	if (!slots[VDPA_MIGRATION_ATTR_NAME] || !slots[VDPA_MIGRATION_ATTR_TYPE] || !slots[VDPA_MIGRATION_ATTR_RULE])
		return malformed(err, "no name, type or rule");
	attribute->name = keep_string(description, slots[VDPA_MIGRATION_ATTR_NAME]);
	attribute->type_name = keep_string(description, slots[VDPA_MIGRATION_ATTR_TYPE]);
	attribute->rule = keep_string(description, slots[VDPA_MIGRATION_ATTR_RULE]);
	attribute->type = description_type(attribute->type_name);
	attribute->provision = slots[VDPA_MIGRATION_ATTR_PROVISION];
	/* What can be anything when a device is created has no value. */
	attribute->has_value = attribute->type != TYPE_UNKNOWN && (!attribute->provision || is_valued(slots));
	if (attribute->has_value && !take_value(slots, nest, attribute, description))
		return malformed(err, "no value, or a wrong one,");
	description->count++;
	return 0;
}

int description_take(const struct nlattr *nest, struct description *description, struct nl_error *err)
{
	const struct nlattr *slots[WIRE_SLOTS];
	const struct nlattr *attr;
	size_t n = 0;

	if (sort(nest, slots, err) < 0)
		return -1;
	if (!slots[VDPA_MIGRATION_CLASS] || !is_uint(slots[VDPA_MIGRATION_CLASS]))
		return nl_fail(err, EBADMSG, "malformed reply: a migration description without a class");
	description->class = attr_uint(slots[VDPA_MIGRATION_CLASS]);
	mnl_attr_for_each_nested(attr, nest)
		n += mnl_attr_get_type(attr) == VDPA_MIGRATION_ATTR;
	description_allocate(description, n);
	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == VDPA_MIGRATION_ATTR && take_attribute(attr, description, err) < 0)
			return -1;
	return 0;
}
