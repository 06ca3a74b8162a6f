/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes to standard error: for people, or as JSON with -j. */
#ifndef VDPA_TOOL_ERROR_H
#define VDPA_TOOL_ERROR_H

#include "cli/vdpa.h"

/*
 * Says what is wrong with the command line and where to find help.
 * @vdpa: names the command; may be NULL for the options
 * Returns STATUS_USAGE.
 */
enum status error_usage(const struct vdpa *vdpa, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The kernel's reason: its own message, or a sentence for its error number. */
const char *error_reason(const struct nl_error *err);

/*
 * Says what the kernel refused, and why.
 * @subject: the device or management device it was about, or NULL; it is put
 *	before the kernel's own message where that does not name it
 * Returns STATUS_REFUSED.
 */
enum status error_refused(const char *subject, const struct nl_error *err);

/* Says that something on this side failed: @errnum, and what. */
void error_local(int errnum, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says what is wrong with a file. Returns STATUS_USAGE: nothing was sent. */
enum status error_file(const char *file, const struct nl_error *err);

/* Something that is worth knowing but does not change the exit status. */
void error_note(const char *message);

/* The same, with what it is about under @key with -j. */
void error_note_about(const char *message, const char *key, json_t *about);

/* The kernel has said that a list changed while it was read. */
void error_devices_changed(void);

/* There is no memory left: says so and ends the program. */
_Noreturn void error_no_memory(void);

#endif
