/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules: whether a target can take what a source is. */
#ifndef VDPA_TOOL_JUDGE_H
#define VDPA_TOOL_JUDGE_H

#include "device/virtio.h"
#include "migration/description.h"
#include "output/output.h"

enum { JUDGE_REASON_SIZE = 160 };

/* One thing that does not match. */
struct mismatch {
	const char *attribute, *rule;
	struct attribute source, target;	/* the values; of what is not there, all zero */
	char reason[JUDGE_REASON_SIZE];
	char source_class[CLASS_SIZE], target_class[CLASS_SIZE];	/* where the classes differ: their names */
};

struct mismatches {
	size_t count;
	struct mismatch *list;		/* to be freed; the strings are those of source and target */
};

/*
 * Compares @source, a device, with @target, by the source's rules, and lists all mismatches. What a management device cannot
 * tell is none: it is marked in @source as untold.
 * @target: NULL: a management device that has no devices of the source's class at all
 */
struct mismatches judge(struct description *source, const struct description *target);

/* How many attributes of a source that was judged are untold. */
size_t untold_count(const struct description *source);

/* Writes their names, as a list, if there are any. */
void untold_write(struct output *out, const struct description *source);

/* Writes a table of {"attribute", "rule", "source", "target", "reason"}. */
void mismatches_write(struct output *out, const struct mismatches *mismatches);

/* Whether there is a rule of that name. */
bool judge_knows(const char *rule);

/*
 * Whether @target, NULL where it has no such attribute, complies with the rule of @source, as far as it is told.
 * @creates: it is a management device's
 */
bool judge_complies(const struct attribute *source, const struct attribute *target, bool creates);

#endif
