/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source and one target of this host, judged by us and by the kernel. */
#ifndef VDPA_TOOL_CHECK_H
#define VDPA_TOOL_CHECK_H

#include "migration/judge.h"
#include "migration/migration.h"
#include "migration/policy.h"

/* The source of a migration, as a file has it, and the policy for it. */
struct source {
	struct subject subject;
	const struct description *description;
	struct policy policy;
};

/* @policy: NULL: none was given. Returns STATUS_DONE, or has said what is wrong with the file or the policy. */
enum status source_read(struct vdpa *vdpa, const char *file, const char *policy, struct source *source);
void source_free(struct source *source);

/* What comes of a source and a target. */
struct judgement {
	bool judged;			/* false: the target's description is malformed */
	struct description source;	/* with the rules that count, for the kernel as well */
	const struct description *target;	/* NULL: there is none for the source's class */
	struct mismatches mismatches;
	struct waivers waivers;		/* what the policy has changed */
};

/*
 * Judges @source and @target, both of which have to outlive @judgement. Returns STATUS_DONE, with @err where the target's
 * description is malformed; or has said what is wrong with the policy.
 */
enum status migration_judge(const struct source *source, const struct subject *target, struct judgement *judgement,
			    struct nl_error *err);

/* Of one that is all zero, as well. */
void judgement_free(struct judgement *judgement);

/* --- the commands, by their arguments --- */

struct check {
	uint32_t given;
	const char *source;
	const char *file;	/* NULL: the target is of this host */
	struct target target;
	const char *policy;
};

struct find {
	uint32_t given;
	const char *source;
	const char *policy;
};

struct plan {
	uint32_t given;
	const char *source;
	struct target target;
	const char *name;
	const char *policy;
};

struct estimate {
	uint32_t given;
	const char *device;
	uint32_t interval;	/* ms */
};

extern const struct argument check_arguments[], find_arguments[], plan_arguments[], estimate_arguments[];
extern const struct estimate estimate_defaults;

enum status check_check(struct vdpa *vdpa, const void *values);
enum status check_plan(struct vdpa *vdpa, const void *values);

enum status migration_check(struct vdpa *vdpa, const void *values);
enum status migration_find(struct vdpa *vdpa, const void *values);
enum status migration_plan(struct vdpa *vdpa, const void *values);
enum status migration_estimate(struct vdpa *vdpa, const void *values);

#endif
