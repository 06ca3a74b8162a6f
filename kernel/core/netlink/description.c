// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration descriptions in netlink messages: see nl_description.h.
 */
#include <linux/err.h>
#include <net/netlink.h>
#include <uapi/linux/vdpa.h>

#include "migration/description.h"
#include "netlink/netlink.h"
#include "netlink/nl_description.h"
#include "netlink/nl_words.h"
#include "words.h"

#define TEXT(n)	{ .type = NLA_NUL_STRING, .len = VDPA_MIGRATION_ ## n ## _MAX }

static const struct nla_policy description_policy[VDPA_MIGRATION_ATTR + 1] = {
	[VDPA_MIGRATION_CLASS]		= { .type = NLA_U32 },
	/* may repeat: parsed where it is read */
	[VDPA_MIGRATION_ATTR]		= { .type = NLA_NESTED },
};

static const struct nla_policy attr_policy[VDPA_MIGRATION_ATTR_WORDS + 1] = {
	[VDPA_MIGRATION_ATTR_NAME]	= TEXT(NAME),
	[VDPA_MIGRATION_ATTR_TYPE]	= TEXT(TYPE),
	[VDPA_MIGRATION_ATTR_RULE]	= TEXT(RULE),
	[VDPA_MIGRATION_ATTR_PROVISION]	= { .type = NLA_FLAG },
	[VDPA_MIGRATION_ATTR_U64]	= { .type = NLA_U64 },
	[VDPA_MIGRATION_ATTR_STRING]	= TEXT(STRING),
	[VDPA_MIGRATION_ATTR_MEMBER]	= TEXT(MEMBER),
	[VDPA_MIGRATION_ATTR_FIRST]	= { .type = NLA_U64 },
	[VDPA_MIGRATION_ATTR_LAST]	= { .type = NLA_U64 },
	[VDPA_MIGRATION_ATTR_ACCEPTS]	= TEXT(STRING),
	[VDPA_MIGRATION_ATTR_WORDS]	= { .type = NLA_BINARY },
};

static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put_u64_64bit(msg, type, value, VDPA_MIGRATION_ATTR_PAD);
}

static int put_members(struct sk_buff *msg, const struct vdpa_migration_attribute *attr)
{
	unsigned int i;

	for (i = 0; i < attr->n_members; i++)
		if (nla_put_string(msg, VDPA_MIGRATION_ATTR_MEMBER, attr->members[i]))
			return -EMSGSIZE;
	return 0;
}

static int put_number(struct sk_buff *msg, const struct vdpa_migration_attribute *attr)
{
	struct vdpa_words words = { .word = { attr->num } };

	if (!attr->n_high)
		return put_u64(msg, VDPA_MIGRATION_ATTR_U64, attr->num);
	memcpy(&words.word[1], attr->high, attr->n_high * sizeof(*attr->high));
	return vdpa_nl_put_words(msg, VDPA_MIGRATION_ATTR_WORDS, &words);
}

static int put_value(struct sk_buff *msg, const struct vdpa_migration_attribute *attr)
{
	if (!attr->has_value)
		return 0;
	switch (vdpa_value_of(attr->type)) {
	case VDPA_VALUE_NUM:
		return put_number(msg, attr);
	case VDPA_VALUE_RANGE:
		return put_u64(msg, VDPA_MIGRATION_ATTR_FIRST, attr->first) ?:
		       put_u64(msg, VDPA_MIGRATION_ATTR_LAST, attr->last);
	case VDPA_VALUE_SET:
		return put_members(msg, attr);
	case VDPA_VALUE_VERSION:
		if (attr->accepts &&
		    nla_put_string(msg, VDPA_MIGRATION_ATTR_ACCEPTS, attr->accepts))
			return -EMSGSIZE;
		fallthrough;
	case VDPA_VALUE_STRING:
		return nla_put_string(msg, VDPA_MIGRATION_ATTR_STRING, attr->string);
	default:
		return 0;
	}
}

static int put_attr(struct sk_buff *msg, const struct vdpa_migration_attribute *attr)
{
	struct nlattr *nest = nla_nest_start(msg, VDPA_MIGRATION_ATTR);

	if (!nest || nla_put_string(msg, VDPA_MIGRATION_ATTR_NAME, attr->name) ||
	    nla_put_string(msg, VDPA_MIGRATION_ATTR_TYPE, attr->type) ||
	    nla_put_string(msg, VDPA_MIGRATION_ATTR_RULE, attr->rule) ||
	    (attr->provision && nla_put_flag(msg, VDPA_MIGRATION_ATTR_PROVISION)) ||
	    put_value(msg, attr))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Return: 0; -EMSGSIZE if it does not fit: then the caller has to trim the message. */
int vdpa_nl_put_description(struct sk_buff *msg, const struct vdpa_description *description)
{
	struct nlattr *nest = nla_nest_start(msg, VDPA_ATTR_MIGRATION);
	unsigned int i;

	if (!nest || nla_put_u32(msg, VDPA_MIGRATION_CLASS, description->class))
		return -EMSGSIZE;
	for (i = 0; i < description->n; i++)
		if (put_attr(msg, &description->attrs[i]))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static const char *text_of(const struct nlattr *attr)
{
	return attr ? nla_data(attr) : NULL;
}

/* Read the members of the set in @nest. Return: their number, or -E2BIG. */
static int read_members(const struct nlattr *nest, const char **members)
{
	const struct nlattr *attr;
	int left, n = 0;

	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != VDPA_MIGRATION_ATTR_MEMBER)
			continue;
		if (n == VDPA_MIGRATION_MEMBERS_MAX)
			return -E2BIG;
		members[n++] = nla_data(attr);
	}
	return n;
}

/**
 * struct storage - storage for the value of an attribute
 * @members: members of a set
 * @words: words of a bitmask
 */
struct storage {
	const char *members[VDPA_MIGRATION_MEMBERS_MAX];
	struct vdpa_words words;
};

/* A bitmask has one of two forms; both are read, never together. */
static int read_number(struct nlattr **tb, struct storage *storage,
		       struct vdpa_migration_attribute *attr, struct netlink_ext_ack *extack)
{
	const struct nlattr *words = tb[VDPA_MIGRATION_ATTR_WORDS];
	const struct nlattr *num = tb[VDPA_MIGRATION_ATTR_U64];
	int err;

	attr->has_value = num || words;
	if (num)
		attr->num = nla_get_u64(num);
	if (!words)
		return 0;
	if (num || strcmp(attr->type, "bitmask"))
		return -EINVAL;
	err = vdpa_nl_read_words(words, &storage->words, extack);
	attr->num = storage->words.word[0];
	attr->high = &storage->words.word[1];
	attr->n_high = vdpa_words_used(&storage->words) - 1;
	return err;
}

/* has_value stays false if the value for the type is missing. */
static int read_value(const struct nlattr *nest, struct nlattr **tb, struct storage *storage,
		      struct vdpa_migration_attribute *attr, struct netlink_ext_ack *extack)
{
	int n;

	switch (vdpa_value_of(attr->type)) {
	case VDPA_VALUE_NUM:
		return read_number(tb, storage, attr, extack);
	case VDPA_VALUE_RANGE:
		attr->has_value = tb[VDPA_MIGRATION_ATTR_FIRST] && tb[VDPA_MIGRATION_ATTR_LAST];
		if (attr->has_value) {
			attr->first = nla_get_u64(tb[VDPA_MIGRATION_ATTR_FIRST]);
			attr->last = nla_get_u64(tb[VDPA_MIGRATION_ATTR_LAST]);
		}
		return 0;
	case VDPA_VALUE_SET:
		n = read_members(nest, storage->members);
		if (n < 0)
			return n;
		attr->has_value = true;
		attr->members = storage->members;
		attr->n_members = n;
		return 0;
	case VDPA_VALUE_VERSION:
	case VDPA_VALUE_STRING:
		attr->has_value = tb[VDPA_MIGRATION_ATTR_STRING];
		attr->string = text_of(tb[VDPA_MIGRATION_ATTR_STRING]);
		attr->accepts = text_of(tb[VDPA_MIGRATION_ATTR_ACCEPTS]);
		return 0;
	default:
		return 0;
	}
}

static int read_attr(const struct nlattr *nest, struct storage *storage,
		     struct vdpa_description *description, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[ARRAY_SIZE(attr_policy)];
	struct vdpa_migration_attribute attr = {};
	int err;

	err = vdpa_nl_parse_nested(tb, VDPA_MIGRATION_ATTR_WORDS, nest, attr_policy, extack);
	if (err)
		return err;
	attr.name = text_of(tb[VDPA_MIGRATION_ATTR_NAME]);
	attr.type = text_of(tb[VDPA_MIGRATION_ATTR_TYPE]);
	attr.rule = text_of(tb[VDPA_MIGRATION_ATTR_RULE]);
	attr.provision = tb[VDPA_MIGRATION_ATTR_PROVISION];
	if (attr.type)
		err = read_value(nest, tb, storage, &attr, extack);
	if (err)
		description->fault = err == -E2BIG ? "it has too many members" :
						     "its words are not valid";
	else
		err = vdpa_description_add(description, &attr);
	if (err)
		NL_SET_ERR_MSG_ATTR_FMT(extack, nest, "malformed attribute %.20s: %s",
					attr.name ?: "", description->fault);
	return err ? -EINVAL : 0;
}

static int read_attrs(const struct nlattr *nest, struct vdpa_description *description,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	struct storage *storage;
	int left, err = 0;

	storage = kzalloc(sizeof(*storage), GFP_KERNEL);
	if (!storage)
		return -ENOMEM;
	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) == VDPA_MIGRATION_ATTR)
			err = read_attr(attr, storage, description, extack);
		if (err)
			break;
	}
	kfree(storage);
	return err;
}

/**
 * vdpa_nl_read_description - read a description from a request
 * @nest: VDPA_ATTR_MIGRATION
 * @extack: set on error, with the attribute at fault
 *
 * Context: may sleep.
 * Return: the description, to be freed with vdpa_description_free(); ERR_PTR(-EINVAL) if it is
 * malformed, ERR_PTR(-ENOMEM).
 */
struct vdpa_description *vdpa_nl_read_description(const struct nlattr *nest,
						  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[ARRAY_SIZE(description_policy)];
	struct vdpa_description *description;
	int err;

	/* Parse strictly: a truncated or unknown attribute might be the one that does not match. */
	err = vdpa_nl_parse_nested(tb, VDPA_MIGRATION_ATTR, nest, description_policy, extack);
	if (err)
		return ERR_PTR(err);
	if (!tb[VDPA_MIGRATION_CLASS]) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "the description names no class");
		return ERR_PTR(-EINVAL);
	}
	/* In memory a member needs one pointer more than its netlink header. */
	description = vdpa_description_new(nla_get_u32(tb[VDPA_MIGRATION_CLASS]),
					   3 * nla_len(nest));
	if (!description)
		return ERR_PTR(-ENOMEM);
	err = read_attrs(nest, description, extack);
	if (!err)
		return description;
	vdpa_description_free(description);
	return ERR_PTR(err);
}
