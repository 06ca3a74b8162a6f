// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/description_json.h"
#include "migration/judge.h"
#include "migration/software_version.h"

/* --- the rules, for values of the same type that the rule fits --- */

static bool has_member(const struct attribute *set, const char *name)
{
	for (size_t i = 0; i < set->n_members; i++)
		if (strcmp(set->members[i], name) == 0)
			return true;
	return false;
}

/* The first member of @set that @other lacks; NULL where it has them all. */
static const char *first_lacking(const struct attribute *set, const struct attribute *other)
{
	for (size_t i = 0; i < set->n_members; i++)
		if (!has_member(other, set->members[i]))
			return set->members[i];
	return NULL;
}

static struct software_version version_of(const struct attribute *attribute)
{
	struct software_version version = { 0 };

	software_version_parse(attribute->string, &version);
	return version;
}

static bool same_version(const struct attribute *source, const struct attribute *target)
{
	struct software_version a = version_of(source), b = version_of(target);

	return software_version_compare(&a, &b) == 0;
}

static bool same_value(const struct attribute *source, const struct attribute *target)
{
	switch (source->type) {
	case TYPE_STRING:
		return strcmp(source->string, target->string) == 0;
	case TYPE_SET:
		return !first_lacking(source, target) &&
		       !first_lacking(target, source);
	case TYPE_VERSION:
		return same_version(source, target);
	case TYPE_BITMASK:
		return bits_same(&source->bits, &target->bits);
	default:
		return source->number == target->number && source->last == target->last;
	}
}

static bool rule_equal(const struct attribute *source, const struct attribute *target, char *reason)
{
	snprintf(reason, JUDGE_REASON_SIZE, "is not the same");
	return same_value(source, target);
}

static bool superset_bits(const struct attribute *source, const struct attribute *target,
			  char *reason)
{
	struct bits lacking = bits_without(&source->bits, &target->bits);
	char text[BITS_TEXT_SIZE];

	snprintf(reason, JUDGE_REASON_SIZE, "the target lacks the bits %s", bits_text(&lacking, text));
	return bits_none(&lacking);
}

static bool rule_superset(const struct attribute *source, const struct attribute *target,
			  char *reason)
{
	const char *lacking;

	if (source->type == TYPE_BITMASK)
		return superset_bits(source, target, reason);
	lacking = first_lacking(source, target);
	if (lacking)
		snprintf(reason, JUDGE_REASON_SIZE, "the target lacks \"%s\"", lacking);
	return !lacking;
}

static bool rule_at_least(const struct attribute *source, const struct attribute *target,
			  char *reason)
{
	snprintf(reason, JUDGE_REASON_SIZE, "is smaller at the target");
	return target->number >= source->number;
}

static bool rule_at_most(const struct attribute *source, const struct attribute *target,
			 char *reason)
{
	snprintf(reason, JUDGE_REASON_SIZE, "is larger at the target");
	return target->number <= source->number;
}

static bool rule_contains(const struct attribute *source, const struct attribute *target,
			  char *reason)
{
	snprintf(reason, JUDGE_REASON_SIZE, "the target's range does not include it");
	return target->number <= source->number && target->last >= source->last;
}

static bool rule_version(const struct attribute *source, const struct attribute *target,
			 char *reason)
{
	struct software_version have = version_of(source), here = version_of(target);

	if (here.major == have.major && here.minor >= have.minor)
		return true;
	if (target->accepts && software_ranges_include(target->accepts, &have))
		return true;
	/* Ranges may be longer than there is room for: what matters is that there are some. */
	snprintf(reason, JUDGE_REASON_SIZE, "needs the same major and no smaller minor%s%.80s",
		 target->accepts ? ", or to be within " : "", target->accepts ? target->accepts : "");
	return false;
}

static bool rule_info(const struct attribute *source, const struct attribute *target, char *reason)
{
	(void)source;
	(void)target;
	(void)reason;
	return true;
}

#define FITS(type) (1U << TYPE_##type)
#define FITS_ALL (~FITS(UNKNOWN))

/* Each returns whether the target complies, and leaves in @reason what is wrong where it does not. */
static const struct rule {
	const char *name;
	unsigned int fits;	/* the types that it is for */
	bool (*holds)(const struct attribute *source, const struct attribute *target, char *reason);
} rules[] = {
	{ "equal",	FITS_ALL,			rule_equal },
	{ "superset",	FITS(BITMASK) | FITS(SET),	rule_superset },
	{ "at-least",	FITS(U64),			rule_at_least },
	{ "at-most",	FITS(U64),			rule_at_most },
	{ "contains",	FITS(RANGE),			rule_contains },
	{ "version",	FITS(VERSION),			rule_version },
	{ "info",	FITS_ALL | FITS(UNKNOWN),	rule_info },
};

static const struct rule *rule_find(const char *name)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

static bool judge_values(const struct rule *rule, const struct attribute *source,
			 const struct attribute *target, char *reason)
{
	if (source->type != target->type)
		snprintf(reason, JUDGE_REASON_SIZE, "the types differ: %s and %s", source->type_name,
			 target->type_name);
	else if (!source->has_value || !target->has_value)
		snprintf(reason, JUDGE_REASON_SIZE, "there is no value to compare");
	else
		return rule->holds(source, target, reason);
	return false;
}

/* --- the verdict --- */

/* Both are set when a device is created: whether the management device takes the source's value. */
static bool judge_provision(const struct rule *rule, const struct attribute *source,
			    const struct attribute *target, char *reason)
{
	if (source->type == TYPE_U64 && target->type == TYPE_RANGE && source->has_value &&
	    target->has_value) {
		snprintf(reason, JUDGE_REASON_SIZE, "a device cannot be created with it");
		return target->number <= source->number && source->number <= target->last;
	}
	if (!target->has_value && source->type == target->type)
		return true;
	return judge_values(rule, source, target, reason);
}

/*
 * What every management device tells, if its devices have it. Anything else that it does not tell shows when there is a device:
 * parent drivers that know nothing of migration say neither how long their queues are nor what they can do.
 */
static bool is_told(const char *name)
{
	static const char *const told[] = { "device_api", "parent", "software_version", "inflight" };

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (strcmp(told[i], name) == 0)
			return true;
	return false;
}

enum match { MATCH_NOT, MATCH_UNTOLD, MATCH };

static enum match judge_attribute(const struct attribute *source, const struct attribute *target,
				  bool creates, char *reason)
{
	const struct rule *rule = rule_find(source->rule);

	if (rule && rule->holds == rule_info)
		return MATCH;
	if (!rule)
		snprintf(reason, JUDGE_REASON_SIZE, "the rule is unknown");
	else if (source->type == TYPE_UNKNOWN)
		snprintf(reason, JUDGE_REASON_SIZE, "the type %s is unknown", source->type_name);
	else if (!(rule->fits >> source->type & 1))
		snprintf(reason, JUDGE_REASON_SIZE, "the rule does not fit the type %s", source->type_name);
	else if (!target && creates && !source->provision && !is_told(source->name))
		return MATCH_UNTOLD;
	else if (!target)
		snprintf(reason, JUDGE_REASON_SIZE, "the target lacks it");
	else if (creates && source->provision && target->provision)
		return judge_provision(rule, source, target, reason) ? MATCH : MATCH_NOT;
	else
		return judge_values(rule, source, target, reason) ? MATCH : MATCH_NOT;
	return MATCH_NOT;
}

bool judge_knows(const char *rule)
{
	return rule_find(rule);
}

bool judge_complies(const struct attribute *source, const struct attribute *target, bool creates)
{
	char reason[JUDGE_REASON_SIZE];

	return judge_attribute(source, target, creates, reason) != MATCH_NOT;
}

static struct attribute class_attribute(uint32_t class, char *name)
{
	return (struct attribute){
		.type = TYPE_STRING, .has_value = true, .string = class_name(class, name, CLASS_SIZE),
	};
}

static void judge_class(const struct description *source, const struct description *target,
			struct mismatches *mismatches)
{
	struct mismatch *mismatch = &mismatches->list[mismatches->count];

	if (target && target->class == source->class)
		return;
	mismatch->attribute = "class";
	mismatch->rule = "equal";
	mismatch->source = class_attribute(source->class, mismatch->source_class);
	if (target)
		mismatch->target = class_attribute(target->class, mismatch->target_class);
	snprintf(mismatch->reason, JUDGE_REASON_SIZE, "%s", target ? "is not the same" :
		 "the target has no devices of this class");
	mismatches->count++;
}

struct mismatches judge(struct description *source, const struct description *target)
{
	/* Room for all there can be: names of classes stay where they are. */
	struct mismatches mismatches = { .list = calloc(source->count + 1, sizeof(*mismatches.list)) };

	if (!mismatches.list)
		error_no_memory();
	judge_class(source, target, &mismatches);
	for (size_t i = 0; target && i < source->count; i++) {
		struct attribute *attribute = &source->attributes[i];
		const struct attribute *other = description_find(target, attribute->name);
		struct mismatch *mismatch = &mismatches.list[mismatches.count];
		enum match match = judge_attribute(attribute, other, target->mgmtdev, mismatch->reason);

		attribute->untold = match == MATCH_UNTOLD;
		if (match != MATCH_NOT)
			continue;
		mismatch->attribute = attribute->name;
		mismatch->rule = attribute->rule;
		mismatch->source = *attribute;
		if (other)
			mismatch->target = *other;
		mismatches.count++;
	}
	return mismatches;
}

void mismatches_write(struct output *out, const struct mismatches *mismatches)
{
	out_table(out, "mismatches");
	for (size_t i = 0; i < mismatches->count; i++) {
		const struct mismatch *mismatch = &mismatches->list[i];

		out_row(out);
		out_text(out, "attribute", mismatch->attribute);
		out_text(out, "rule", mismatch->rule);
		value_write(out, "source", &mismatch->source);
		value_write(out, "target", &mismatch->target);
		out_text(out, "reason", mismatch->reason);
		out_row_end(out);
	}
	out_table_end(out);
}

size_t untold_count(const struct description *source)
{
	size_t count = 0;

	for (size_t i = 0; i < source->count; i++)
		count += source->attributes[i].untold;
	return count;
}

void untold_write(struct output *out, const struct description *source)
{
	if (!untold_count(source))
		return;
	out_list(out, "unknown");
	for (size_t i = 0; i < source->count; i++)
		if (source->attributes[i].untold)
			out_text(out, NULL, source->attributes[i].name);
	out_list_end(out);
}
