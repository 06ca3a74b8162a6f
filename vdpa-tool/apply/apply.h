/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vdpa apply: one pass over the files. Devices are asked for as they are read, many at a time and without asking first whether they
 * are there: the kernel says so, also where somebody else has just created them, and only then are they looked at. So a pass
 * needs no more memory for more files.
 */
#ifndef VDPA_TOOL_APPLY_H
#define VDPA_TOOL_APPLY_H

#include "command/command.h"

#define APPLY_DIRECTORY	"/etc/vdpa"

/* Of which devices a pass takes care: those of the management devices @names; NULL: all. */
struct apply_scope {
	char **names;
	size_t count;
};

/* A pass. It deletes what no file names if @prune. Returns the worst of what happened, and has said it. */
enum status apply_pass(struct vdpa *vdpa, const struct names *paths, const struct apply_scope *scope, bool prune);

/* Passes again each time that management devices have come, until a signal ends it. */
enum status apply_watch(struct vdpa *vdpa, const struct names *paths);

/* vdpa apply, vdpa save: the rows of cli/table.c */
struct apply_values {
	uint32_t given;
	struct names paths;
};

struct save_file_values {
	uint32_t given;
	struct names devices;
	const char *file;	/* NULL: standard output */
};

extern const struct argument apply_arguments[], save_file_arguments[];

enum status apply(struct vdpa *vdpa, const void *values);
enum status save_file(struct vdpa *vdpa, const void *values);

#endif
