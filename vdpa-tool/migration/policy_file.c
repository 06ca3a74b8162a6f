// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading policy files: see policy.h. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/vdpa.h>

#include "migration/judge.h"
#include "migration/policy.h"
#include "migration/trusted_file.h"
#include "output/text.h"
#include "device/virtio.h"

enum {
	FILE_SIZE_MAX = 1024 * 1024,	/* bytes */
	REASON_MAX = 255,
};

enum status policy_fault(const struct policy *policy, const struct policy_entry *entry, const char *format, ...)
{
	struct nl_error err = { .errnum = EINVAL };
	enum status status;
	va_list args;
	char *place;

	va_start(args, format);
	vsnprintf(err.message, sizeof(err.message), format, args);
	va_end(args);
	if (asprintf(&place, "%s:%u", entry->file, entry->line) < 0)
		error_no_memory();
	status = error_file(policy->vdpa, place, &err);
	free(place);
	return status;
}

/* --- words --- */

static const char blanks[] = " \t";

static const struct {
	const char *name;
	bool required;
} keys[POLICY_KEYS] = {
	[POLICY_PARENT] = { "parent", true },
	[POLICY_CLASS] = { "class", true },
	[POLICY_ATTRIBUTE] = { "attribute", true },
	[POLICY_SOURCE] = { "source", false },
	[POLICY_TARGET] = { "target", false },
	[POLICY_RULE] = { "rule", true },
	[POLICY_REASON] = { "reason", true },
};

/* Takes a word in double quotes that begins at @at, in place. Returns what follows it; NULL: it is malformed. */
static char *take_quoted(char *at, char **word)
{
	char *to = at;

	*word = at;
	for (at++; *at != '"'; *to++ = *at++) {
		if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		if (!*at)
			return NULL;
	}
	at++;
	if (*at && !strchr(blanks, *at))
		return NULL;
	*to = '\0';
	return at;
}

/* Takes the next word of a line, up to a comment. Returns what follows it; @word becomes NULL where there is none. */
static char *take_word(char *at, char **word)
{
	at += strspn(at, blanks);
	*word = NULL;
	if (!*at || *at == '#')
		return at;
	if (*at == '"')
		return take_quoted(at, word);
	*word = at;
	at += strcspn(at, blanks);
	if (*at)
		*at++ = '\0';
	return at;
}

static int find_key(const char *word)
{
	for (int i = 0; i < POLICY_KEYS; i++)
		if (strcmp(keys[i].name, word) == 0)
			return i;
	return -1;
}

/* @place: the entry's file, and the line that is being read */
static enum status take_pair(const struct policy *policy, const struct policy_entry *place, struct policy_entry *entry, const char *key,
			     const char *value)
{
	int i = find_key(key);

	if (i < 0)
		return policy_fault(policy, place, "\"%.64s\" is none of parent, class, attribute, source, target, rule and reason", key);
	if (!value)
		return policy_fault(policy, place, "%s: a value is missing", key);
	if (!text_plain(value))
		return policy_fault(policy, place, "%s is not printable UTF-8", key);
	if (entry->words[i])
		return policy_fault(policy, place, "%s is given twice", key);
	entry->words[i] = value;
	return STATUS_DONE;
}

static enum status take_pairs(const struct policy *policy, const struct policy_entry *place, struct policy_entry *entry, char *line)
{
	enum status status = STATUS_DONE;

	while (status == STATUS_DONE) {
		char *key, *value = NULL;

		line = take_word(line, &key);
		if (line && !key)
			return STATUS_DONE;
		if (line)
			line = take_word(line, &value);
		if (!line)
			return policy_fault(policy, place, "a quotation does not end, or something follows it without a blank");
		status = take_pair(policy, place, entry, key, value);
	}
	return status;
}

/* --- entries --- */

static bool same(const char *a, const char *b)
{
	return !a || !b || strcmp(a, b) == 0;
}

/* What is not given is anything. */
static bool overlap(const struct policy_entry *a, const struct policy_entry *b)
{
	return a->class == b->class && same(a->words[POLICY_PARENT], b->words[POLICY_PARENT]) &&
	       same(a->words[POLICY_ATTRIBUTE], b->words[POLICY_ATTRIBUTE]) &&
	       same(a->words[POLICY_SOURCE], b->words[POLICY_SOURCE]) &&
	       same(a->words[POLICY_TARGET], b->words[POLICY_TARGET]);
}

static enum status check_entry(const struct policy *policy, struct policy_entry *entry)
{
	const char *const *words = entry->words;

	for (int i = 0; i < POLICY_KEYS; i++)
		if (keys[i].required && (!words[i] || !*words[i]))
			return policy_fault(policy, entry, "the entry has no %s", keys[i].name);
	if (!class_id(words[POLICY_CLASS], &entry->class))
		return policy_fault(policy, entry, "\"%.64s\" is no device class", words[POLICY_CLASS]);
	if (!judge_knows(words[POLICY_RULE]))
		return policy_fault(policy, entry, "\"%.64s\" is no rule", words[POLICY_RULE]);
	/* Whatever a target has would do: what it has is part of what somebody knows. */
	if (strcmp(words[POLICY_RULE], "info") == 0 && (!words[POLICY_SOURCE] || !words[POLICY_TARGET]))
		return policy_fault(policy, entry, "an entry with the rule info needs source and target");
	if (strlen(words[POLICY_REASON]) > REASON_MAX)
		return policy_fault(policy, entry, "the reason is longer than %d bytes", REASON_MAX);
	return STATUS_DONE;
}

/* The entry that was read last is complete. */
static enum status end_entry(struct policy *policy)
{
	struct policy_entry *entry = &policy->entries[policy->n_entries - 1];
	enum status status = check_entry(policy, entry);

	for (size_t i = 0; status == STATUS_DONE && i + 1 < policy->n_entries; i++)
		if (overlap(entry, &policy->entries[i]))
			return policy_fault(policy, entry, "is about the same as %s:%u", policy->entries[i].file,
				    policy->entries[i].line);
	return status;
}

static struct policy_entry *begin_entry(struct policy *policy, const struct policy_entry *place)
{
	policy->entries = realloc(policy->entries, (policy->n_entries + 1) * sizeof(*policy->entries));
	if (!policy->entries)
		error_no_memory();
	policy->entries[policy->n_entries] = *place;
	return &policy->entries[policy->n_entries++];
}

/* --- files --- */

/* An entry begins at the beginning of a line; lines that begin with a blank go on with it. */
static enum status take_line(struct policy *policy, const struct policy_entry *place, size_t before, char *line)
{
	bool open = policy->n_entries > before;
	enum status status = STATUS_DONE;

	if (!line[strspn(line, blanks)] || line[strspn(line, blanks)] == '#')
		return STATUS_DONE;
	if (strchr(blanks, *line)) {
		if (!open)
			return policy_fault(policy, place, "goes on with an entry, and there is none");
		return take_pairs(policy, place, &policy->entries[policy->n_entries - 1], line);
	}
	if (open)
		status = end_entry(policy);
	return status == STATUS_DONE ? take_pairs(policy, place, begin_entry(policy, place), line) : status;
}

static enum status take_text(struct policy *policy, const char *file, struct document_text *text)
{
	struct policy_entry place = { .file = file };
	size_t before = policy->n_entries;
	enum status status = STATUS_DONE;
	char *line, *next = text->bytes;

	while (status == STATUS_DONE && next < text->bytes + text->len) {
		line = next;
		next = strchrnul(line, '\n');
		place.line++;
		if (!*next && next < text->bytes + text->len)
			return policy_fault(policy, &place, "has a NUL in it");
		*next++ = '\0';
		status = take_line(policy, &place, before, line);
	}
	return status == STATUS_DONE && policy->n_entries > before ? end_entry(policy) : status;
}

static struct policy_file *begin_file(struct policy *policy, const char *path)
{
	size_t size = strlen(path) + 1;
	struct policy_file *file = calloc(1, sizeof(*file) + size);

	if (!file)
		error_no_memory();
	memcpy(file->name, path, size);
	file->next = policy->files;
	policy->files = file;
	return file;
}

/* @fd is closed here. */
static enum status read_file(struct policy *policy, const char *path, int fd)
{
	struct policy_file *file = begin_file(policy, path);
	struct nl_error err = { 0 };
	int failed = document_read_all(fd, FILE_SIZE_MAX, &file->text, &err);

	close(fd);
	return failed ? error_file(policy->vdpa, path, &err) : take_text(policy, file->name, &file->text);
}

static enum status read_one(struct policy *policy, const char *path)
{
	struct nl_error err = { 0 };
	struct stat st = { 0 };
	int fd = trusted_file_open(path, &st, &err);

	if (fd >= 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		fd = nl_fail(&err, EISDIR, "%s", strerror(EISDIR));
	}
	return fd < 0 ? error_file(policy->vdpa, path, &err) : read_file(policy, path, fd);
}

/* --- directories --- */

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Those that begin with a point are none of ours. */
static int is_visible(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

static enum status read_directory(struct policy *policy, const char *path)
{
	enum status status = STATUS_DONE;
	struct dirent **entries;
	int count = scandir(path, &entries, is_visible, compare_names);
	char *file;

	if (count < 0)
		return error_file(policy->vdpa, path, &(struct nl_error){ .errnum = errno });
	for (int i = 0; i < count; i++) {
		if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			error_no_memory();
		if (status == STATUS_DONE)
			status = read_one(policy, file);
		free(file);
		free(entries[i]);
	}
	free(entries);
	return status;
}

enum status policy_read(struct vdpa *vdpa, const char *path, struct policy *policy)
{
	const char *from = path ? path : POLICY_DIRECTORY;
	struct nl_error err = { 0 };
	struct stat st = { 0 };
	enum status status;
	int fd;

	*policy = (struct policy) { .vdpa = vdpa };
	fd = trusted_file_open(from, &st, &err);
	if (fd < 0)
		return !path && err.errnum == ENOENT ? STATUS_DONE : error_file(policy->vdpa, from, &err);
	if (S_ISDIR(st.st_mode)) {
		close(fd);
		status = read_directory(policy, from);
	} else {
		status = read_file(policy, from, fd);
	}
	if (status != STATUS_DONE)
		policy_free(policy);
	return status;
}

void policy_free(struct policy *policy)
{
	while (policy->files) {
		struct policy_file *file = policy->files;

		policy->files = file->next;
		document_text_free(&file->text);
		free(file);
	}
	free(policy->entries);
	memset(policy, 0, sizeof(*policy));
}
