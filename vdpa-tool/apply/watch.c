// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vdpa apply -watch. The events are listened to before the first pass: no management device comes unseen between the two. One
 * that comes has its devices created; what somebody deletes stays deleted, until SIGHUP asks for all there should be.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <linux/vdpa.h>

#include "apply/apply.h"
#include "device/mgmtdev.h"
#include "netlink/attrs.h"

struct watch {
	struct vdpa *vdpa;
	const struct names *paths;
	struct nl events;
	int signals;			/* SIGHUP */
	struct apply_scope come;	/* management devices, since the last pass */
	bool all;			/* the next pass is about all devices */
};

/* --- what has come --- */

static void forget(struct watch *watch)
{
	for (size_t i = 0; i < watch->come.count; i++)
		free(watch->come.names[i]);
	free(watch->come.names);
	watch->come = (struct apply_scope) { 0 };
}

static int take_event(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct watch *watch = data;
	struct apply_scope *come = &watch->come;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_EVENT, err) < 0)
		return -1;
	if (attr_uint(slots[VDPA_ATTR_EVENT]) != VDPA_EVENT_MGMTDEV_ADDED)
		return 0;
	if (attrs_require(slots, VDPA_ATTR_MGMTDEV_DEV_NAME, err) < 0)
		return -1;
	come->names = reallocarray(come->names, come->count + 1, sizeof(*come->names));
	if (!come->names)
		error_no_memory();
	come->names[come->count++] = mgmtdev_bytes(slots);
	return 0;
}

/* Of events that were lost, any may have told of one. */
static int read_events(struct watch *watch, struct nl_error *err)
{
	while (nl_wait(&watch->events, 0)) {
		if (nl_listen(&watch->events, take_event, watch, err) == 0)
			continue;
		if (err->errnum != ENOBUFS)
			return -1;
		watch->all = true;
	}
	return 0;
}

/* Returns -1 with @err. */
static int sleep_until_something(struct watch *watch, struct nl_error *err)
{
	struct pollfd fds[] = {
		{ .fd = mnl_socket_get_fd(watch->events.socket), .events = POLLIN },
		{ .fd = watch->signals, .events = POLLIN },
	};
	struct signalfd_siginfo info;

	if (poll(fds, 2, -1) < 0 && errno != EINTR)
		return nl_fail(err, errno, "poll: %s", strerror(errno));
	while (read(watch->signals, &info, sizeof(info)) > 0)
		watch->all = true;
	return read_events(watch, err);
}

/* --- signals --- */

/* Also in the middle of a pass: what the kernel has been asked for comes, or is called off with this process. */
static void end(int signal)
{
	(void)signal;
	_exit(STATUS_DONE);
}

static int take_signals(struct watch *watch, struct nl_error *err)
{
	struct sigaction action = { .sa_handler = end };
	sigset_t set;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	watch->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch->signals < 0 ? nl_fail(err, errno, "signalfd: %s", strerror(errno)) : 0;
}

/* --- the watch --- */

/* What is refused is said, and may be different when the next management device comes. */
static int watch_on(struct watch *watch, struct nl_error *err)
{
	struct vdpa *vdpa = watch->vdpa;

	watch->all = true;
	for (;;) {
		if (watch->all || watch->come.count)
			apply_pass(vdpa, watch->paths, watch->all ? NULL : &watch->come, options.prune && watch->all);
		watch->all = false;
		forget(watch);
		if (fflush(vdpa->out.file) != 0 || ferror(vdpa->out.file))
			return nl_fail(err, errno, "standard output: %s", strerror(errno));
		if (sleep_until_something(watch, err) < 0)
			return -1;
	}
}

enum status apply_watch(struct vdpa *vdpa, const struct names *paths)
{
	struct watch watch = { .vdpa = vdpa, .paths = paths, .signals = -1 };
	enum status status = command_connect(vdpa);
	struct nl_error err = { 0 };

	if (status != STATUS_DONE)
		return status;
	if (!vdpa->nl.monitor_group) {
		nl_fail(&err, EOPNOTSUPP, "this kernel's vdpa core tells of no management devices that come (needs " NEEDS_OURS ")");
		return error_refused(vdpa, NULL, &err);
	}
	if (nl_open_like(&watch.events, &vdpa->nl, &err) < 0)
		return error_refused(vdpa, NULL, &err);
	vdpa->out.pretty = false;
	if (nl_join(&watch.events, &err) == 0 && take_signals(&watch, &err) == 0)
		watch_on(&watch, &err);
	forget(&watch);
	if (watch.signals >= 0)
		close(watch.signals);
	nl_close(&watch.events);
	return error_refused(vdpa, NULL, &err);
}
