// SPDX-License-Identifier: GPL-2.0-or-later
/* Applying a policy: see policy.h. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "migration/description_json.h"
#include "migration/judge.h"
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
	struct bits bits;

	return bits_parse(word, &bits) ? bits_same(&bits, &attribute->bits) : -1;
}

static int matches_string(const char *word, const struct attribute *attribute)
{
	return strcmp(word, attribute->string) == 0;
}

/* Its members with commas between them, in any order. */
static int matches_set(const char *word, const struct attribute *attribute)
{
	size_t count = 0, found = 0;

	for (const char *at = word; *at; at += strspn(at, ",")) {
		size_t len = strcspn(at, ",");

		count++;
		for (size_t i = 0; i < attribute->n_members; i++)
			found += strlen(attribute->members[i]) == len && strncmp(attribute->members[i], at, len) == 0;
		at += len;
	}
	return count == attribute->n_members && found == count;
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

/* @word: NULL: of any. What is not there, or has no value, is "-"; of an unknown type none is. */
static int word_matches(const char *word, const struct attribute *attribute)
{
	if (!word)
		return 1;
	if (attribute && attribute->type == TYPE_UNKNOWN)
		return 0;
	if (!attribute || !attribute->has_value)
		return strcmp(word, "-") == 0;
	return matches[attribute->type](word, attribute);
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
static enum status entry_matches(const struct policy *policy, const struct policy_entry *entry, const struct attribute *attribute,
				 const struct attribute *other, bool *match)
{
	int source = word_matches(entry->words[POLICY_SOURCE], attribute);
	int target = word_matches(entry->words[POLICY_TARGET], other);

	*match = source > 0 && target > 0;
	if (source >= 0 && (target >= 0 || !other || other->type != attribute->type))
		return STATUS_DONE;
	return policy_fault(policy, entry, "%s \"%.128s\" is no %s", source < 0 ? "source" : "target",
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
		if (entry_matches(policy, entry, attribute, other, &match) != STATUS_DONE)
			return STATUS_USAGE;
		if (match && *found)
			return policy_fault(policy, entry, "is about the same as %s:%u here", (*found)->file,
					    (*found)->line);
		if (match)
			*found = entry;
	}
	return STATUS_DONE;
}

/* --- applying it --- */

/* Only of "equal" it is known that whatever complies with it complies with the other rule, too; but for "info". */
static bool relaxes(const struct policy_entry *entry, const struct attribute *attribute)
{
	return strcmp(entry->words[POLICY_RULE], "info") == 0 || strcmp(attribute->rule, "equal") == 0;
}

static enum status apply_one(const struct policy *policy, const struct description *source,
			     struct attribute *attribute, const struct description *target, struct waivers *waivers)
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
		return policy_fault(policy, entry, "the rule of %s is %s, which only info relaxes", attribute->name,
				    attribute->rule);
	relaxed.rule = entry->words[POLICY_RULE];
	if (!judge_complies(&relaxed, other, target->mgmtdev))
		return STATUS_DONE;
	waivers->list[waivers->count++] = (struct waiver){
		.entry = entry, .source = attribute, .target = other, .rule = attribute->rule,
	};
	attribute->rule = relaxed.rule;
	return STATUS_DONE;
}

enum status policy_apply(const struct policy *policy, struct description *source, const struct description *target,
			 struct waivers *waivers)
{
	enum status status = STATUS_DONE;

	waivers->list = calloc(source->count + 1, sizeof(*waivers->list));
	if (!waivers->list)
		error_no_memory();
	for (size_t i = 0; status == STATUS_DONE && i < source->count; i++)
		status = apply_one(policy, source, &source->attributes[i], target, waivers);
	return status;
}

/* --- telling of it --- */

static void waiver_write(struct output *out, const struct waiver *waiver)
{
	out_text(out, "waived", waiver->source->name);
	out_text(out, "rule", waiver->rule);
	out_text(out, "becomes", waiver->source->rule);
	value_write(out, "source", waiver->source);
	value_write(out, "target", waiver->target);
	out_text(out, "file", waiver->entry->file);
	out_number(out, "line", waiver->entry->line);
	out_text(out, "reason", waiver->entry->words[POLICY_REASON]);
}

void waivers_write(struct output *out, const struct waivers *waivers)
{
	if (!waivers->count)
		return;
	out_table(out, "waivers");
	for (size_t i = 0; i < waivers->count; i++) {
		out_row(out);
		waiver_write(out, &waivers->list[i]);
		out_row_end(out);
	}
	out_table_end(out);
}

/* With -j a note has the waiver as data. The caller frees it. */
static char *waiver_json(const struct waiver *waiver)
{
	struct output out;
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		error_no_memory();
	out_open(&out, file, true, false);
	out_document(&out);
	waiver_write(&out, waiver);
	out_document_end(&out);
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

void policy_note(struct vdpa *vdpa, const char *target, const struct waivers *waivers)
{
	for (size_t i = 0; i < waivers->count; i++) {
		const struct waiver *waiver = &waivers->list[i];
		char *json = waiver_json(waiver);
		char *text;

		if (asprintf(&text, "%s: %s (%s) is waived by %s:%u: %s", target, waiver->source->name, waiver->rule,
			     waiver->entry->file, waiver->entry->line, waiver->entry->words[POLICY_REASON]) < 0)
			error_no_memory();
		error_note(vdpa, text, "waiver", json);
		free(json);
		free(text);
	}
}
