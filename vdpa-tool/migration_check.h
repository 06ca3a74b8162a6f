/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source and one target of this host, judged by us and by the kernel. */
#ifndef VDPA_TOOL_MIGRATION_CHECK_H
#define VDPA_TOOL_MIGRATION_CHECK_H

#include "migration.h"

/* The source of a migration, as a file has it. */
struct source {
	struct subject subject;
	struct description description;
};

/* Returns STATUS_DONE, or has said what is wrong with the file. */
enum status source_read(const char *file, struct source *source);
void source_free(struct source *source);

/*
 * All mismatches of @source and @target. Returns NULL with @err where the
 * target's description is malformed.
 */
json_t *migration_mismatches(const struct source *source, const struct subject *target,
			     struct nl_error *err);

enum status migration_check(struct vdpa *vdpa, int argc, char **argv);
enum status migration_find(struct vdpa *vdpa, int argc, char **argv);
enum status migration_plan(struct vdpa *vdpa, int argc, char **argv);

#endif
