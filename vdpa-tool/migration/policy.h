/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operator knows of migrations beyond the rules: files with entries, each of which replaces the rule of one
 * attribute, of devices of one parent and class, by one that more targets comply with. vdpa-migration(8) has the format.
 */
#ifndef VDPA_TOOL_POLICY_H
#define VDPA_TOOL_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "migration/description.h"
#include "migration/document.h"
#include "command/command.h"

/* What applies where no policy is given: the files in it, if it is there. */
#define POLICY_DIRECTORY "/etc/vdpa/compat.d"

enum policy_key {
	POLICY_PARENT,
	POLICY_CLASS,
	POLICY_ATTRIBUTE,
	POLICY_SOURCE,
	POLICY_TARGET,
	POLICY_RULE,
	POLICY_REASON,
	POLICY_KEYS,
};

struct policy_entry {
	const char *file;
	unsigned int line;		/* where it begins, from 1 */
	uint32_t class;			/* virtio device ID */
	const char *words[POLICY_KEYS];	/* NULL: not given */
};

struct policy_file {
	struct policy_file *next;
	struct document_text text;	/* has the words of the entries */
	char name[];
};

struct policy {
	struct vdpa *vdpa;		/* who reads it: is told what is wrong with it */
	struct policy_file *files;
	size_t n_entries;
	struct policy_entry *entries;
};

/*
 * Reads the files that apply. @path: a file, or a directory with files; NULL: POLICY_DIRECTORY, which need not be there.
 * Returns STATUS_DONE, or has said what is wrong, with file and line: nothing is waived then.
 */
enum status policy_read(struct vdpa *vdpa, const char *path, struct policy *policy);

/* Says what is wrong with an entry, with file and line. Returns STATUS_USAGE. */
enum status policy_fault(const struct policy *policy, const struct policy_entry *entry, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Of one that was never read, all zero, as well. */
void policy_free(struct policy *policy);

/* Whether there is an entry for devices such as @source: else policy_apply() changes nothing. */
bool policy_concerns(const struct policy *policy, const struct description *source);

/* A rule that an entry has replaced. */
struct waiver {
	const struct policy_entry *entry;
	const struct attribute *source;		/* with the new rule */
	const struct attribute *target;		/* NULL: the target lacks it */
	const char *rule;			/* the source's own */
};

struct waivers {
	size_t count;
	struct waiver *list;			/* to be freed */
};

/*
 * Replaces rules of @source with which @target does not comply where an entry says so, and it complies with that one's rule.
 * Each is added to @waivers, which is empty. Returns STATUS_DONE, or has said what is wrong with the policy.
 */
enum status policy_apply(const struct policy *policy, struct description *source, const struct description *target,
			 struct waivers *waivers);

/*
 * Writes a table of {"waived": ATTRIBUTE, "rule", "becomes", "source": VALUE, "target": VALUE or null, "file", "line", "reason"},
 * if there is any waiver.
 */
void waivers_write(struct output *out, const struct waivers *waivers);

/* Tells of @waivers where a command has no output that they could be part of. */
void policy_note(struct vdpa *vdpa, const char *target, const struct waivers *waivers);

#endif
