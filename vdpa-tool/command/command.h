/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command is: a row of a table. It has the command's words, its arguments, the kernel command that it needs, how its
 * request is filled in and how its reply is printed. Parsing, help, completion and the check of the man pages go by
 * the rows.
 *
 * A new command is a row in the table of its object, and the functions that the row names.
 */
#ifndef VDPA_TOOL_COMMAND_H
#define VDPA_TOOL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/options.h"
#include "command/argument.h"
#include "command/fault.h"
#include "command/keyword.h"
#include "command/status.h"
#include "netlink/nl.h"
#include "output/output.h"

/* One run of a command. */
struct vdpa {
	const struct command *command;
	char path[48];			/* its words, e.g. "dev config show" */
	char help[48];			/* the words of its object, e.g. "dev config" */
	const char *dev, *mgmtdev;	/* what its arguments name; NULL: none, or several */
	struct nl nl;
	struct output out;
	struct faults faults;		/* what went wrong so far */
	void (*tell)(struct vdpa *vdpa);	/* says that, see faults_tell(); NULL: it is said when the command is done */
};

typedef enum status (*command_fn)(struct vdpa *vdpa, const void *values);

/* Options that not every command takes. */
enum { TAKES_STATE = 1, TAKES_TIMESTAMP = 2, TAKES_DRY_RUN = 4, TAKES_PRUNE = 8, TAKES_WATCH = 16 };

struct command {
	struct word word;		/* must be first: keyword_find() looks for it */
	const struct command *below;	/* the commands of an object; nothing but @bare and @text goes with it */
	const char *bare;		/* the command meant by the object alone, NULL: help */
	const char *text;		/* what it does, in one line */

	const struct argument *arguments;
	size_t size;			/* of the structure that the arguments fill in, which begins with a uint32_t: bit i
					 * of it is 1 where arguments[i] was given */
	const void *defaults;		/* such a structure; NULL: all zero */
	unsigned int takes;		/* TAKES_ */
	bool alone;			/* does not end by itself: not in a batch */

	uint8_t needs;			/* the kernel command that this one cannot do without */
	const char *needs_text;		/* what brings that command */
	bool local;			/* @run connects, where it has to: command_connect() */

	/* Before anything is sent. Returns STATUS_DONE, or has said what is wrong. May be NULL. */
	enum status (*check)(struct vdpa *vdpa, const void *values);
	/* Before the request, on an open socket; may change @values. The same otherwise. */
	enum status (*prepare)(struct vdpa *vdpa, void *values);

	/* Of a plain command: */
	void (*put)(struct nlmsghdr *nlh, const void *values);	/* the request's attributes */
	nl_cb print;			/* prints a message of the reply; @data is the struct output. NULL: it changes
					 * something, and the reply is an acknowledgement */
	const char *section;		/* the key of what is printed */
	/* Of one that changes something; not where a batch does not wait. May be NULL. */
	command_fn after;		/* it is done: prints what came of it */
	/* Says more than the kernel does about why not. */
	void (*explain)(const void *values, struct nl_error *err);

	/* Of any other: does all of it. */
	command_fn run;
};

/* What brings the kernel commands that mainline lacks. */
#define NEEDS_OURS "the vdpa.ko that comes with this command"

/* The tables, each in the file of its object; the last line has no name. */
extern const struct command commands[];
extern const struct command mgmtdev_commands[];
extern const struct command dev_commands[];
extern const struct command dev_config_commands[];
extern const struct command dev_vstats_commands[];
extern const struct command dev_vq_commands[];
extern const struct command dev_migration_commands[];
extern const struct command dev_state_commands[];
extern const struct command dev_dirty_commands[];
extern const struct command mgmtdev_migration_commands[];
extern const struct command migration_commands[];

/* The commands that are objects themselves. */
struct doctor_values {
	uint32_t given;
	const char *root;	/* NULL: this host */
};

extern const struct argument monitor_arguments[], doctor_arguments[];
enum status monitor(struct vdpa *vdpa, const void *values);
enum status doctor(struct vdpa *vdpa, const void *values);

/*
 * Opens the socket, unless it is open, and makes sure that the kernel knows the command that the row needs. Called
 * after the arguments have been checked: nothing wrong gets as far as a socket.
 */
enum status command_connect(struct vdpa *vdpa);

/*
 * Ends the document that is shown. If the kernel has @failed, it is not complete: JSON has a key for that, and with text a
 * warning says so. @interrupted: the devices changed while they were listed. Returns STATUS_DONE or STATUS_REFUSED.
 */
enum status command_end(struct vdpa *vdpa, bool failed, bool interrupted, const char *subject, const struct nl_error *err);

/*
 * Runs the request prepared in vdpa->nl, a dump or not; @print, with @data,
 * writes what comes as entries of vdpa->out, one section named @section.
 * @subject is what the request is about, NULL when it is about everything.
 */
enum status command_show(struct vdpa *vdpa, const char *section, const char *subject,
			 nl_cb print, void *data);

#endif
