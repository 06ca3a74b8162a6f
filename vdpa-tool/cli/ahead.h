/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of a batch that are sent before the replies to earlier ones have come.
 *
 * Only with -force: without it, what follows a command that fails must not be done. And only where the outcome
 * cannot depend on the order: changes of one kind, to different devices. A parent that takes long for one
 * then keeps those of others from nothing.
 */
#ifndef VDPA_TOOL_AHEAD_H
#define VDPA_TOOL_AHEAD_H

#include "cli/vdpa.h"

enum { AHEAD_MAX = 64 };	/* whose replies fit into a socket's buffer */

/* A request that waits for its reply. */
struct sent {
	unsigned long line;		/* of the batch */
	char *device, *where;
	struct nlmsghdr *request;
	struct nl_error err;
};

struct ahead {
	struct nl *nl;
	const struct command *command;	/* which all of them are */
	size_t count;
	struct sent sent[AHEAD_MAX];
	struct nl_reply replies[AHEAD_MAX];	/* to each */
	enum status status;		/* of the first that failed */
};

/*
 * Sends the request prepared in ahead->nl, which changes @device, if need be after the replies to others. @where is what
 * is not there if the kernel says ENODEV.
 */
void ahead_send(struct ahead *ahead, const struct command *command, const char *device, const char *where);

/*
 * Waits for the replies to all requests, unless one of @command may join them; NULL: in any case. False where the
 * kernel has refused one of them.
 */
bool ahead_finish(struct ahead *ahead, const struct command *command);

/*
 * The same for a command of @vdpa that is about to connect. A socket that was refused something is not used again: the core
 * may have been loaded anew meanwhile.
 */
void ahead_settle(struct vdpa *vdpa, const struct command *command);

#endif
