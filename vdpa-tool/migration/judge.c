// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "migration/judge.h"
#include "output/output.h"
#include "migration/software_version.h"
#include "device/virtio.h"

enum { REASON_SIZE = 160 };

/* --- the rules, for values of the same type that the rule fits --- */

static bool has_member(const json_t *set, const char *name)
{
	json_t *member;
	size_t i;

	json_array_foreach(set, i, member)
		if (strcmp(json_string_value(member), name) == 0)
			return true;
	return false;
}

/* The first member of @set that @other lacks; NULL where it has them all. */
static const char *first_lacking(const json_t *set, const json_t *other)
{
	json_t *member;
	size_t i;

	json_array_foreach(set, i, member)
		if (!has_member(other, json_string_value(member)))
			return json_string_value(member);
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
		return !first_lacking(source->value, target->value) &&
		       !first_lacking(target->value, source->value);
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
	snprintf(reason, REASON_SIZE, "is not the same");
	return same_value(source, target);
}

static bool superset_bits(const struct attribute *source, const struct attribute *target,
			  char *reason)
{
	struct bits lacking = bits_without(&source->bits, &target->bits);
	char text[BITS_TEXT_SIZE];

	snprintf(reason, REASON_SIZE, "the target lacks the bits %s", bits_text(&lacking, text));
	return bits_none(&lacking);
}

static bool rule_superset(const struct attribute *source, const struct attribute *target,
			  char *reason)
{
	const char *lacking;

	if (source->type == TYPE_BITMASK)
		return superset_bits(source, target, reason);
	lacking = first_lacking(source->value, target->value);
	if (lacking)
		snprintf(reason, REASON_SIZE, "the target lacks \"%s\"", lacking);
	return !lacking;
}

static bool rule_at_least(const struct attribute *source, const struct attribute *target,
			  char *reason)
{
	snprintf(reason, REASON_SIZE, "is smaller at the target");
	return target->number >= source->number;
}

static bool rule_at_most(const struct attribute *source, const struct attribute *target,
			 char *reason)
{
	snprintf(reason, REASON_SIZE, "is larger at the target");
	return target->number <= source->number;
}

static bool rule_contains(const struct attribute *source, const struct attribute *target,
			  char *reason)
{
	snprintf(reason, REASON_SIZE, "the target's range does not include it");
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
	snprintf(reason, REASON_SIZE, "needs the same major and no smaller minor%s%.80s",
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
		snprintf(reason, REASON_SIZE, "the types differ: %s and %s", source->type_name,
			 target->type_name);
	else if (!source->value || !target->value)
		snprintf(reason, REASON_SIZE, "there is no value to compare");
	else
		return rule->holds(source, target, reason);
	return false;
}

/* --- the verdict --- */

/* Both are set when a device is created: whether the management device takes the source's value. */
static bool judge_provision(const struct rule *rule, const struct attribute *source,
			    const struct attribute *target, char *reason)
{
	if (source->type == TYPE_U64 && target->type == TYPE_RANGE && source->value &&
	    target->value) {
		snprintf(reason, REASON_SIZE, "a device cannot be created with it");
		return target->number <= source->number && source->number <= target->last;
	}
	if (!target->value && source->type == target->type)
		return true;
	return judge_values(rule, source, target, reason);
}

static bool judge_attribute(const struct attribute *source, const struct attribute *target,
			    bool creates, char *reason)
{
	const struct rule *rule = rule_find(source->rule);

	if (rule && rule->holds == rule_info)
		return true;
	if (!rule)
		snprintf(reason, REASON_SIZE, "the rule is unknown");
	else if (source->type == TYPE_UNKNOWN)
		snprintf(reason, REASON_SIZE, "the type %s is unknown", source->type_name);
	else if (!(rule->fits >> source->type & 1))
		snprintf(reason, REASON_SIZE, "the rule does not fit the type %s", source->type_name);
	else if (!target)
		snprintf(reason, REASON_SIZE, "the target lacks it");
	else if (creates && source->provision && target->provision)
		return judge_provision(rule, source, target, reason);
	else
		return judge_values(rule, source, target, reason);
	return false;
}

bool judge_knows(const char *rule)
{
	return rule_find(rule);
}

bool judge_complies(const struct attribute *source, const struct attribute *target, bool creates)
{
	char reason[REASON_SIZE];

	return judge_attribute(source, target, creates, reason);
}

static json_t *value_or_null(json_t *value)
{
	return value ? json_incref(value) : json_null();
}

static json_t *mismatch(const char *name, const char *rule, json_t *source, json_t *target,
			const char *reason)
{
	json_t *json = output_object();

	output_set(json, "attribute", json_string(name));
	output_set(json, "rule", json_string(rule));
	output_set(json, "source", source);
	output_set(json, "target", target);
	output_set(json, "reason", json_string(reason));
	return json;
}

static void judge_class(const struct description *source, const struct description *target,
			json_t *mismatches)
{
	if (source->class != target->class)
		output_append(mismatches, mismatch("class", "equal", class_json(source->class),
						   class_json(target->class), "is not the same"));
}

json_t *judge(const struct description *source, const struct description *target)
{
	json_t *mismatches = output_array();

	judge_class(source, target, mismatches);
	for (size_t i = 0; i < source->count; i++) {
		const struct attribute *attribute = &source->attributes[i];
		const struct attribute *other = description_find(target, attribute->name);
		char reason[REASON_SIZE];

		if (judge_attribute(attribute, other, target->mgmtdev, reason))
			continue;
		output_append(mismatches, mismatch(attribute->name, attribute->rule,
						   value_or_null(attribute->value),
						   value_or_null(other ? other->value : NULL),
						   reason));
	}
	return mismatches;
}

json_t *judge_no_class(const struct description *source)
{
	json_t *mismatches = output_array();

	output_append(mismatches, mismatch("class", "equal", class_json(source->class), json_null(),
					   "the target has no devices of this class"));
	return mismatches;
}
