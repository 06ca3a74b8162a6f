/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of "dev state" share. */
#ifndef VDPA_TOOL_SAVE_H
#define VDPA_TOOL_SAVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "command/command.h"

/*
 * Has @write write to @path, "-" for standard output; a regular file appears when it is complete (new_file.h).
 * Returns 0, or -1 with errno.
 */
int dev_state_write_file(const char *path, int (*write)(FILE *file, const void *data), const void *data);

/* Says that @path could not be written, for the reason in errno. */
enum status dev_state_write_failed(struct vdpa *vdpa, const char *path);

/* How to save a device that works. */
struct precopy {
	uint32_t rounds;	/* at most, once all was copied for the first time */
	uint64_t below;		/* bytes that are few enough to stand still for */
	uint32_t deadline;	/* of the suspend, in ms */
};

struct save_values {
	uint32_t given;
	struct names devices;
	const char *file;
	struct precopy precopy;
};

struct load_values {
	uint32_t given;
	struct names devices;	/* or DEV=FILE */
	const char *file;
	const char *policy;
};

extern const struct argument save_arguments[], load_arguments[];
extern const struct save_values save_defaults;

enum status check_save(struct vdpa *vdpa, const void *values);

/*
 * Copies the state of a device that works in rounds, suspends it, and writes the rest. It stays suspended
 * where that was done; else it goes on.
 */
enum status dev_state_precopy(struct vdpa *vdpa, const char *device, const struct precopy *precopy,
			      const char *path);

#endif
