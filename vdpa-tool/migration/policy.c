// SPDX-License-Identifier: GPL-2.0-or-later
/* Applying a policy: see policy.h. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "migration/judge.h"
#include "output/output.h"
#include "migration/policy.h"
#include "migration/software_version.h"

/* --- whether an entry is about a value --- */

/* These take a word of an entry and a value of the type. They return 1, or 0 where it is about another, -1 where it is none. */

static int matches_number(const char *word, const struct attribute *attribute)
{
	uint64_t number;

	if (!args_number(word, 0, UINT64_MAX, &number))
		return -1;
	return number == attribute->number;
}

static int matches_bits(const char *word, const struct attribute *attribute)
{
	json_t *json = output_string(word);
	struct bits bits;
	bool valid = bits_parse(json, &bits);

	json_decref(json);
	return valid ? bits_same(&bits, &attribute->bits) : -1;
}

static int matches_string(const char *word, const struct attribute *attribute)
{
	return strcmp(word, attribute->string) == 0;
}

/* Its members with commas between them, in any order. */
static int matches_set(const char *word, const struct attribute *attribute)
{
	size_t count = 0, found = 0;
	json_t *member;
	size_t i;

	for (const char *at = word; *at; at += strspn(at, ",")) {
		size_t len = strcspn(at, ",");

		count++;
		json_array_foreach(attribute->value, i, member)
			found += json_string_length(member) == len &&
				 strncmp(json_string_value(member), at, len) == 0;
		at += len;
	}
	return count == json_array_size(attribute->value) && found == count;
}

/* FIRST-LAST */
static int matches_range(const char *word, const struct attribute *attribute)
{
	const char *dash = strchr(word, '-');
	uint64_t first, last;
	char *head;
	bool valid;

	if (!dash)
		return -1;
	head = strndup(word, dash - word);
	if (!head)
		error_no_memory();
	valid = args_number(head, 0, UINT64_MAX, &first) && args_number(dash + 1, 0, UINT64_MAX, &last);
	free(head);
	return valid ? first == attribute->number && last == attribute->last : -1;
}

/* Ranges: a version alone is one. */
static int matches_version(const char *word, const struct attribute *attribute)
{
	struct software_version version;

	if (!software_ranges_valid(word))
		return -1;
	return software_version_parse(attribute->string, &version) && software_ranges_include(word, &version);
}

static int (*const matches[])(const char *word, const struct attribute *attribute) = {
	[TYPE_U64] = matches_number,
	[TYPE_BITMASK] = matches_bits,
	[TYPE_STRING] = matches_string,
	[TYPE_SET] = matches_set,
	[TYPE_RANGE] = matches_range,
	[TYPE_VERSION] = matches_version,
};

/* @word: NULL: of any. What is not there, or has no value, is "-". */
static int word_matches(const char *word, const struct attribute *attribute)
{
	if (!word)
		return 1;
	if (!attribute || !attribute->value)
		return strcmp(word, "-") == 0;
	return attribute->type == TYPE_UNKNOWN ? 0 : matches[attribute->type](word, attribute);
}

/* --- which entry is about an attribute --- */

static const char *parent_of(const struct description *source)
{
	const struct attribute *parent = description_find(source, "parent");

	return parent && parent->type == TYPE_STRING ? parent->string : NULL;
}

static bool is_for(const struct policy_entry *entry, const struct description *source, const char *parent)
{
	return parent && entry->class == source->class && strcmp(entry->words[POLICY_PARENT], parent) == 0;
}

bool policy_concerns(const struct policy *policy, const struct description *source)
{
	const char *parent = parent_of(source);

	for (size_t i = 0; i < policy->n_entries; i++)
		if (is_for(&policy->entries[i], source, parent))
			return true;
	return false;
}

/* Another type at the target is another value: what is malformed as the one may be meant for the other. */
static enum status entry_matches(const struct policy_entry *entry, const struct attribute *attribute,
				 const struct attribute *other, bool *match)
{
	int source = word_matches(entry->words[POLICY_SOURCE], attribute);
	int target = word_matches(entry->words[POLICY_TARGET], other);

	*match = source > 0 && target > 0;
	if (source >= 0 && (target >= 0 || !other || other->type != attribute->type))
		return STATUS_DONE;
	return policy_fault(entry, "%s \"%.128s\" is no %s", source < 0 ? "source" : "target",
			    entry->words[source < 0 ? POLICY_SOURCE : POLICY_TARGET], attribute->type_name);
}

/* @found: the one entry; NULL: there is none */
static enum status find_entry(const struct policy *policy, const struct description *source,
			      const struct attribute *attribute, const struct attribute *other,
			      const struct policy_entry **found)
{
	const char *parent = parent_of(source);
	bool match;

	*found = NULL;
	for (size_t i = 0; i < policy->n_entries; i++) {
		const struct policy_entry *entry = &policy->entries[i];

		if (!is_for(entry, source, parent) || strcmp(entry->words[POLICY_ATTRIBUTE], attribute->name) != 0)
			continue;
		if (entry_matches(entry, attribute, other, &match) != STATUS_DONE)
			return STATUS_USAGE;
		if (match && *found)
			return policy_fault(entry, "is about the same as %s:%u here", (*found)->file,
					    (*found)->line);
		if (match)
			*found = entry;
	}
	return STATUS_DONE;
}

/* --- applying it --- */

static json_t *value_or_null(const struct attribute *attribute)
{
	return attribute && attribute->value ? json_incref(attribute->value) : json_null();
}

static json_t *waiver(const struct policy_entry *entry, const struct attribute *attribute,
		      const struct attribute *other)
{
	json_t *json = output_object();

	output_set(json, "waived", json_string(attribute->name));
	output_set(json, "rule", json_string(attribute->rule));
	output_set(json, "becomes", json_string(entry->words[POLICY_RULE]));
	output_set(json, "source", value_or_null(attribute));
	output_set(json, "target", value_or_null(other));
	output_set(json, "file", output_string(entry->file));
	output_set(json, "line", json_integer(entry->line));
	output_set(json, "reason", json_string(entry->words[POLICY_REASON]));
	return json;
}

/* Only of "equal" it is known that whatever complies with it complies with the other rule, too; but for "info". */
static bool relaxes(const struct policy_entry *entry, const struct attribute *attribute)
{
	return strcmp(entry->words[POLICY_RULE], "info") == 0 || strcmp(attribute->rule, "equal") == 0;
}

static enum status apply_one(const struct policy *policy, const struct description *source,
			     struct attribute *attribute, const struct description *target, json_t *waivers)
{
	const struct attribute *other = description_find(target, attribute->name);
	struct attribute relaxed = *attribute;
	const struct policy_entry *entry;

	if (judge_complies(attribute, other, target->mgmtdev))
		return STATUS_DONE;
	if (find_entry(policy, source, attribute, other, &entry) != STATUS_DONE)
		return STATUS_USAGE;
	if (!entry)
		return STATUS_DONE;
	if (!relaxes(entry, attribute))
		return policy_fault(entry, "the rule of %s is %s, which only info relaxes", attribute->name,
				    attribute->rule);
	relaxed.rule = entry->words[POLICY_RULE];
	if (!judge_complies(&relaxed, other, target->mgmtdev))
		return STATUS_DONE;
	output_append(waivers, waiver(entry, attribute, other));
	attribute->rule = relaxed.rule;
	return STATUS_DONE;
}

enum status policy_apply(const struct policy *policy, struct description *source, const struct description *target,
			 json_t *waivers)
{
	enum status status = STATUS_DONE;

	for (size_t i = 0; status == STATUS_DONE && i < source->count; i++)
		status = apply_one(policy, source, &source->attributes[i], target, waivers);
	return status;
}

void policy_note(const char *target, const json_t *waivers)
{
	json_t *one;
	char *text;
	size_t i;

	json_array_foreach(waivers, i, one) {
		if (asprintf(&text, "%s: %s (%s) is waived by %s:%lld: %s", target,
			     json_string_value(json_object_get(one, "waived")),
			     json_string_value(json_object_get(one, "rule")),
			     json_string_value(json_object_get(one, "file")),
			     (long long)json_integer_value(json_object_get(one, "line")),
			     json_string_value(json_object_get(one, "reason"))) < 0)
			error_no_memory();
		error_note_about(text, "waiver", one);
		free(text);
	}
}
