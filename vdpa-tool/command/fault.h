/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went wrong, as values: a command adds to the faults of its run, and what they are is printed at one place, for people
 * or as JSON (cli/report.h).
 */
#ifndef VDPA_TOOL_FAULT_H
#define VDPA_TOOL_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "command/status.h"
#include "netlink/nl.h"

struct vdpa;

struct fault {
	bool warning;		/* the exit status stays as it is */
	bool usage;		/* of the command line: help is pointed at */
	int errnum;		/* an errno, 0: none */
	char *message;
	char *attribute;	/* of the kernel's, at fault or missing; NULL: none */
	char *subject;		/* what the text names before the message; NULL: nothing */
	char *dev, *mgmtdev;	/* NULL: it is about none, or about several */
	char *path;		/* the file that is wrong; NULL: none */
	char *command;		/* its words; NULL: none was found yet */
	const char *key;	/* more of it for JSON, under this key; NULL: nothing */
	char *about;		/* JSON */
};

struct faults {
	struct fault *list;
	size_t count;
};

void faults_free(struct faults *faults);

/* Each of these copies what it is given. */

/* Something is wrong with the command line. Returns STATUS_USAGE. */
enum status error_usage(struct vdpa *vdpa, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The kernel's reason: its own message, or a sentence for its error number. */
const char *error_reason(const struct nl_error *err);

/*
 * The kernel has refused something.
 * @subject: the device or management device it was about; NULL: it is about the host
 * Returns STATUS_REFUSED.
 */
enum status error_refused(struct vdpa *vdpa, const char *subject, const struct nl_error *err);

/* The same of the request that changes what the command's arguments name: a device, and perhaps a management device. */
enum status error_change(struct vdpa *vdpa, const struct nl_error *err);

/* Something on this side failed: @errnum, and what. Returns STATUS_USAGE. */
enum status error_local(struct vdpa *vdpa, int errnum, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Something is wrong with a file. Returns STATUS_USAGE: nothing was sent. */
enum status error_file(struct vdpa *vdpa, const char *file, const struct nl_error *err);

/*
 * All faults from the one numbered @since on are found at @place, as FILE:LINE, in a file, and about what they name besides: that
 * a command has said them of its arguments is not told.
 */
void error_place(struct vdpa *vdpa, size_t since, const char *place);

/* Says now what went wrong so far, and forgets it; in a batch nothing happens. For a command that goes on after errors. */
void faults_tell(struct vdpa *vdpa);

/* Something that is worth knowing but does not change the exit status; with -j also @about, which is JSON, under @key, if not NULL. */
void error_note(struct vdpa *vdpa, const char *message, const char *key, const char *about);

/* The kernel has said that a list changed while it was read. */
void error_devices_changed(struct vdpa *vdpa);

#endif
