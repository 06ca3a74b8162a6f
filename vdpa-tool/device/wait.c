// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vdpa dev wait: until a device is as it is wanted. The events say when to look again: who has begun to listen before he
 * looks misses nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include <linux/vdpa.h>

#include "device/dev.h"
#include "device/state.h"
#include "device/sysfs.h"
#include "netlink/attrs.h"

enum { WAIT_DEV, WAIT_STATE, WAIT_CHARDEV, WAIT_GONE, WAIT_TIMEOUT };

const struct argument wait_arguments[] = {
	[WAIT_DEV] = {
		.word.name = "DEV", .positional = true, .required = true, .type = &type_device,
		.text = "the device, which need not exist yet", .offset = offsetof(struct wait_values, name),
	},
	[WAIT_STATE] = {
		.word = { .name = "state", .full = true }, .choice = 1, .required = true, .type = &type_state,
		.text = "until it is in this state", .offset = offsetof(struct wait_values, state),
	},
	[WAIT_CHARDEV] = {
		.word = { .name = "chardev", .full = true }, .choice = 1, .required = true,
		.text = "until it has its character device",
	},
	[WAIT_GONE] = {
		.word = { .name = "gone", .full = true }, .choice = 1, .required = true,
		.text = "until it does not exist any more",
	},
	[WAIT_TIMEOUT] = {
		.word = { .name = "timeout", .full = true }, .type = &type_ms,
		.text = "for so long at most; for ever without it", .offset = offsetof(struct wait_values, timeout),
	},
	{ .word.name = NULL }
};

struct wait {
	struct vdpa *vdpa;
	const struct wait_values *values;
	struct nl events;
	int nodes;		/* tells of nodes that come into /dev */
	bool exists;		/* the last time that it was looked for */
	uint8_t state;		/* then */
	bool look;		/* something has happened to it */
	int64_t end;		/* ms on the clock of now_ms(); 0: never */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- what it is like --- */

static int take_state(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct wait *wait = data;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_STATE, err) < 0)
		return -1;
	wait->state = attr_uint(slots[VDPA_ATTR_DEV_STATE]);
	return 0;
}

/* Returns -1 with @err. */
static int look(struct wait *wait, struct nl_error *err)
{
	struct nl *nl = &wait->vdpa->nl;

	wait->look = false;
	mnl_attr_put_strz(nl_request(nl, VDPA_CMD_DEV_GET, 0), VDPA_ATTR_DEV_NAME, wait->values->name);
	wait->exists = nl_exchange(nl, take_state, wait, NULL, err) == 0;
	return wait->exists || err->errnum == ENODEV ? 0 : -1;
}

static bool is_as_wanted(const struct wait *wait)
{
	char node[NODE_SIZE];

	if (was_given(wait->values, WAIT_GONE))
		return !wait->exists;
	if (was_given(wait->values, WAIT_CHARDEV))
		return wait->exists && sysfs_chardev(wait->values->name, node) && access(node, F_OK) == 0;
	return wait->exists && wait->state == wait->values->state;
}

/* --- what happens --- */

static int take_event(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct wait *wait = data;
	const char *name;
	size_t len;

	if (attrs_parse(nlh, slots, err) < 0)
		return -1;
	if (!slots[VDPA_ATTR_DEV_NAME])
		return 0;
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	wait->look |= len == strlen(wait->values->name) && memcmp(name, wait->values->name, len) == 0;
	return 0;
}

/* Whose events are lost looks again in any case. Returns -1 with @err. */
static int read_events(struct wait *wait, struct nl_error *err)
{
	if (nl_listen(&wait->events, take_event, wait, err) == 0)
		return 0;
	if (err->errnum != ENOBUFS)
		return -1;
	wait->look = true;
	return 0;
}

/* How long to sleep, in ms; -1: for ever. */
static int patience(const struct wait *wait)
{
	int64_t left = wait->end - now_ms();

	if (!wait->end)
		return -1;
	return left > 0 ? left : 0;
}

/* Sleeps until something may have happened. Returns 0 at the end of the time, -1 with @err. */
static int sleep_until_event(struct wait *wait, struct nl_error *err)
{
	struct pollfd fds[] = {
		{ .fd = mnl_socket_get_fd(wait->events.socket), .events = POLLIN },
		{ .fd = wait->nodes, .events = POLLIN },
	};
	char dropped[4096];
	int n = poll(fds, 2, patience(wait));

	if (n < 0 && errno != EINTR)
		return nl_fail(err, errno, "poll: %s", strerror(errno));
	if (n <= 0)
		return n < 0 ? 1 : 0;
	if (fds[1].revents && read(wait->nodes, dropped, sizeof(dropped)) > 0)
		wait->look = true;
	return fds[0].revents && read_events(wait, err) < 0 ? -1 : 1;
}

static int in_vain(const struct wait *wait, struct nl_error *err)
{
	const struct wait_values *values = wait->values;
	const char *what = was_given(values, WAIT_GONE) ? "is still there" :
			   was_given(values, WAIT_CHARDEV) ? "has no character device" : "is not in that state";

	return nl_fail(err, ETIMEDOUT, "device %s %s after %u ms", values->name,
		       wait->exists ? what : "does not exist", values->timeout);
}

/* Returns -1 with @err. */
static int wait_for(struct wait *wait, struct nl_error *err)
{
	int awake = 1;

	while (awake > 0) {
		if (wait->look && look(wait, err) < 0)
			return -1;
		if (is_as_wanted(wait))
			return 0;
		awake = sleep_until_event(wait, err);
	}
	return awake < 0 ? -1 : in_vain(wait, err);
}

static int watch_nodes(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd >= 0)
		inotify_add_watch(fd, "/dev", IN_CREATE | IN_MOVED_TO);
	return fd;
}

enum status dev_wait(struct vdpa *vdpa, const void *values)
{
	struct wait wait = { .vdpa = vdpa, .values = values, .look = true };
	struct nl_error err = { 0 };
	int failed;

	if (was_given(values, WAIT_TIMEOUT))
		wait.end = now_ms() + wait.values->timeout;
	if (nl_open_like(&wait.events, &vdpa->nl, &err) < 0)
		return error_refused(vdpa, NULL, &err);
	wait.nodes = watch_nodes();
	failed = nl_join(&wait.events, &err);
	if (!failed)
		failed = wait_for(&wait, &err);
	if (wait.nodes >= 0)
		close(wait.nodes);
	nl_close(&wait.events);
	return failed ? error_refused(vdpa, vdpa->dev, &err) : STATUS_DONE;
}
