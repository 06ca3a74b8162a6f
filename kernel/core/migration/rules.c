// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing two migration descriptions: see rules.h.
 *
 * Pure functions of two well-formed lists of bounded size.
 */
#include <linux/string.h>

#include "migration/description.h"
#include "migration/rules.h"
#include "migration/version.h"

static bool members_include(const struct vdpa_migration_attribute *a, const char *member)
{
	unsigned int i;

	for (i = 0; i < a->n_members; i++)
		if (!strcmp(a->members[i], member))
			return true;
	return false;
}

static bool set_includes(const struct vdpa_migration_attribute *a,
			 const struct vdpa_migration_attribute *b)
{
	unsigned int i;

	for (i = 0; i < b->n_members; i++)
		if (!members_include(a, b->members[i]))
			return false;
	return true;
}

static bool same_version(const struct vdpa_migration_attribute *a,
			 const struct vdpa_migration_attribute *b)
{
	struct vdpa_version va, vb;

	return vdpa_version_parse(a->string, &va) && vdpa_version_parse(b->string, &vb) &&
	       !vdpa_version_cmp(&va, &vb);
}

/* Return: whether @b has all bits beyond 63 that @a has. */
static bool high_within(const struct vdpa_migration_attribute *a,
			const struct vdpa_migration_attribute *b)
{
	unsigned int i;

	for (i = 0; i < a->n_high; i++)
		if (a->high[i] & ~(i < b->n_high ? b->high[i] : 0))
			return false;
	return true;
}

static bool equal(const struct vdpa_migration_attribute *source,
		  const struct vdpa_migration_attribute *target)
{
	switch (vdpa_value_of(source->type)) {
	case VDPA_VALUE_NUM:
		return target->num == source->num && high_within(source, target) &&
		       high_within(target, source);
	case VDPA_VALUE_STRING:
		return !strcmp(target->string, source->string);
	case VDPA_VALUE_SET:
		return set_includes(target, source) && set_includes(source, target);
	case VDPA_VALUE_RANGE:
		return target->first == source->first && target->last == source->last;
	case VDPA_VALUE_VERSION:
		return same_version(target, source);
	default:
		return false;
	}
}

static bool superset_bits(const struct vdpa_migration_attribute *source,
			  const struct vdpa_migration_attribute *target)
{
	return !(source->num & ~target->num) && high_within(source, target);
}

static bool superset_set(const struct vdpa_migration_attribute *source,
			 const struct vdpa_migration_attribute *target)
{
	return set_includes(target, source);
}

static bool is_at_least(const struct vdpa_migration_attribute *source,
			const struct vdpa_migration_attribute *target)
{
	return target->num >= source->num;
}

static bool is_at_most(const struct vdpa_migration_attribute *source,
		       const struct vdpa_migration_attribute *target)
{
	return target->num <= source->num;
}

static bool contains(const struct vdpa_migration_attribute *source,
		     const struct vdpa_migration_attribute *target)
{
	return target->first <= source->first && source->last <= target->last;
}

/* The bugfix number counts only in the ranges that the target accepts. */
static bool version(const struct vdpa_migration_attribute *source,
		    const struct vdpa_migration_attribute *target)
{
	struct vdpa_version theirs, ours;

	if (!vdpa_version_parse(source->string, &theirs) ||
	    !vdpa_version_parse(target->string, &ours))
		return false;
	if (ours.major == theirs.major && ours.minor >= theirs.minor)
		return true;
	return target->accepts && vdpa_ranges_include(target->accepts, &theirs);
}

/* The rules by name and type; @type NULL: any type. */
static const struct rule {
	const char *name;
	const char *type;
	bool (*fits)(const struct vdpa_migration_attribute *source,
		     const struct vdpa_migration_attribute *target);
} rules[] = {
	{ "equal",	NULL,		equal },
	{ "superset",	"bitmask",	superset_bits },
	{ "superset",	"set",		superset_set },
	{ "at-least",	"u64",		is_at_least },
	{ "at-most",	"u64",		is_at_most },
	{ "contains",	"range",	contains },
	{ "version",	"version",	version },
};

static const struct rule *find_rule(const struct vdpa_migration_attribute *source)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (!strcmp(rules[i].name, source->rule) &&
		    (!rules[i].type || !strcmp(rules[i].type, source->type)))
			return &rules[i];
	return NULL;
}

/* The judge functions return NULL on a match, else the reason. The source's rule must be known. */
static const char *judge_by_rule(const struct vdpa_migration_attribute *source,
				 const struct vdpa_migration_attribute *target)
{
	if (vdpa_value_of(source->type) == VDPA_VALUE_UNKNOWN)
		return "unknown type";
	if (strcmp(source->type, target->type))
		return "types differ";
	if (!source->has_value || !target->has_value)
		return "no value to judge";
	return find_rule(source)->fits(source, target) ? NULL : "does not fit";
}

/* The target is a management device that can set the attribute when it creates a device. */
static const char *judge_provision(const struct vdpa_migration_attribute *source,
				   const struct vdpa_migration_attribute *target)
{
	if (!strcmp(source->type, "u64") && !strcmp(target->type, "range") && source->has_value &&
	    target->has_value)
		return target->first <= source->num && source->num <= target->last ?
		       NULL : "cannot be set to that";
	if (target->has_value)
		return judge_by_rule(source, target);
	if (vdpa_value_of(source->type) == VDPA_VALUE_UNKNOWN)
		return "unknown type";
	return strcmp(source->type, target->type) ? "types differ" : NULL;
}

static const char *judge(const struct vdpa_migration_attribute *source,
			 const struct vdpa_migration_attribute *target, bool creates)
{
	if (!strcmp(source->rule, "info"))
		return NULL;
	if (!find_rule(source))
		return "unknown rule, or not one of its type";
	if (!target)
		return "not there";
	if (creates && source->provision && target->provision)
		return judge_provision(source, target);
	return judge_by_rule(source, target);
}

/**
 * vdpa_compatible - check whether a device can be migrated
 * @source: description of the source
 * @target: description of the target
 * @creates: the target is a management device, which creates the device
 * @mismatch: set to the first mismatch, if any
 *
 * Return: true if it can.
 */
bool vdpa_compatible(const struct vdpa_description *source, const struct vdpa_description *target,
		     bool creates, struct vdpa_mismatch *mismatch)
{
	unsigned int i;

	*mismatch = (struct vdpa_mismatch){};
	if (source->class != target->class) {
		mismatch->why = "another class";
		return false;
	}
	for (i = 0; i < source->n; i++) {
		mismatch->source = &source->attrs[i];
		mismatch->target = vdpa_description_find(target, source->attrs[i].name);
		mismatch->why = judge(mismatch->source, mismatch->target, creates);
		if (mismatch->why)
			return false;
	}
	return true;
}
