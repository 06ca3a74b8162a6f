/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of a batch that are under way: with -parallel N, up to N of them are sent before the replies to those before them
 * have come (netlink/window.h).
 *
 * Only where the outcome does not depend on the order: changes by one command, to different devices. They have a socket
 * of their own, on which the kernel gets them in the order of the lines.
 */
#ifndef VDPA_TOOL_INFLIGHT_H
#define VDPA_TOOL_INFLIGHT_H

#include "cli/run.h"
#include "netlink/window.h"

enum { INFLIGHT_MAX = WINDOW_MAX };	/* N at most */

/* Told of each request that is done. @faults: to be freed by the callee; they are empty where it has succeeded. */
typedef void (*inflight_done)(void *data, unsigned long line, enum status status, struct faults *faults);

struct inflight;

/* @count: at most so many at a time. */
struct inflight *inflight_new(size_t count, inflight_done done, void *data);

/* Of which line the next request is. */
void inflight_line(struct inflight *inflight, unsigned long line);

/* Waits until @command may run with what is under way: with @dev, which it is about, NULL: with none of it. */
void inflight_admit(struct inflight *inflight, const struct command *command, const char *dev);

/*
 * Sends the request of vdpa->command with @values, after a reply if there is no room. Returns STATUS_SENT, or has said why
 * it could not be sent.
 */
int inflight_send(struct inflight *inflight, struct vdpa *vdpa, const void *values);

/* Waits for all that is under way. */
void inflight_wait(struct inflight *inflight);

/* Frees it, NULL as well; nothing is under way. */
void inflight_free(struct inflight *inflight);

#endif
