// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ahead.h"
#include "cli/error.h"

static void *copy_of(const void *bytes, size_t len)
{
	void *copy = malloc(len);

	if (!copy)
		error_no_memory();
	return memcpy(copy, bytes, len);
}

/* Says what was refused as if the command were run now. */
static void settle(struct ahead *ahead, struct sent *sent, bool done)
{
	unsigned long line = options.line;

	if (!done) {
		enum status status;

		options.line = sent->line;
		status = error_refused(sent->err.errnum == ENODEV ? sent->where : sent->device, &sent->err);
		options.line = line;
		if (ahead->status == STATUS_DONE)
			ahead->status = status;
	}
	free(sent->device);
	free(sent->where);
	free(sent->request);
}

bool ahead_finish(struct ahead *ahead, const struct command *command)
{
	bool all_done = true;

	if (!ahead->count || command == ahead->command)
		return true;
	nl_await(ahead->nl, ahead->replies, ahead->count);
	for (size_t i = 0; i < ahead->count; i++) {
		bool done = ahead->replies[i].state == NL_DONE;

		settle(ahead, &ahead->sent[i], done);
		all_done &= done;
	}
	ahead->count = 0;
	return all_done;
}

void ahead_settle(struct vdpa *vdpa, const struct command *command)
{
	if (vdpa->ahead && !ahead_finish(vdpa->ahead, command))
		nl_close(&vdpa->nl);
}

static bool is_named(const struct ahead *ahead, const char *device)
{
	for (size_t i = 0; i < ahead->count; i++)
		if (strcmp(ahead->sent[i].device, device) == 0)
			return true;
	return false;
}

void ahead_send(struct ahead *ahead, const struct command *command, const char *device, const char *where)
{
	const struct nlmsghdr *nlh = (const void *)ahead->nl->tx;
	struct nl_reply *reply;
	struct sent *sent;

	if (ahead->count == AHEAD_MAX || is_named(ahead, device))
		ahead_finish(ahead, NULL);
	reply = &ahead->replies[ahead->count];
	sent = &ahead->sent[ahead->count];
	*sent = (struct sent) {
		.line = options.line,
		.device = copy_of(device, strlen(device) + 1),
		.where = copy_of(where, strlen(where) + 1),
		.request = copy_of(nlh, nlh->nlmsg_len),
	};
	*reply = (struct nl_reply) {
		.request = sent->request, .family = nlh->nlmsg_type, .err = &sent->err,
	};
	if (nl_send(ahead->nl, &sent->err) < 0)
		reply->state = NL_FAILED;
	ahead->command = command;
	ahead->count++;
}
