// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vdpa monitor: what happens, as it happens.
 *
 * A follower wants the present state first, and then all that changes, without
 * a gap and without a double. Events have numbers, and so has the state that the
 * kernel reports: an event up to that number is in the state already. So we
 * join the group, read the state, remember its number for each device, and pass
 * over older events. After a loss the same is done again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "command/command.h"
#include "device/fields.h"
#include "device/mgmtdev.h"
#include "output/output.h"
#include "device/state.h"
#include "device/sysfs.h"

enum { OF_MGMTDEV = 1, OF_DEV = 2 };

/* By the numbers of enum vdpa_event. */
static const struct kind {
	const char *name;
	int of;
} kinds[] = {
	[VDPA_EVENT_MGMTDEV_ADDED] = { "mgmtdev_added", OF_MGMTDEV },
	[VDPA_EVENT_MGMTDEV_REMOVED] = { "mgmtdev_removed", OF_MGMTDEV },
	[VDPA_EVENT_DEV_ADDED] = { "dev_added", OF_DEV },
	[VDPA_EVENT_DEV_REMOVED] = { "dev_removed", OF_DEV },
	[VDPA_EVENT_DEV_STATE] = { "dev_state", OF_DEV },
	[VDPA_EVENT_DEV_CONFIG] = { "dev_config", OF_DEV },
	[VDPA_EVENT_DEV_DRIVER] = { .of = OF_DEV },	/* "dev_bound" or "dev_unbound" */
};

/* A driver is bound, and what came of it is not there yet: the event waits a little, alone. */
struct bound {
	struct bound *next;
	uint64_t until;		/* ms, CLOCK_MONOTONIC */
	struct nlmsghdr *message;	/* a copy of the event */
};

enum { PLACE_WAIT_MS = 2000, PLACE_LOOK_MS = 50 };

struct monitor {
	struct vdpa *vdpa;
	int of;			/* what is wanted */
	bool follow;		/* the state was shown, so events are held against it */
	void *known;		/* a tree of struct known */
	uint64_t seq;		/* of the last event, or of the state */
	struct bound *bound;	/* the oldest first */
};

/* --- output --- */

static void write_time(struct output *out, const struct nlattr *attr)
{
	uint64_t ns = attr_uint(attr);
	time_t seconds = ns / 1000000000;
	char date[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	out_bare(out);
	out_format(out, "time", "%s.%06" PRIu64 "Z", date, ns % 1000000000 / 1000);
}

static struct output *line_begin(struct monitor *monitor, const char *event, const struct nlattr *time)
{
	struct output *out = &monitor->vdpa->out;

	out_document(out);
	if (options.timestamp && time)
		write_time(out, time);
	out_bare(out);
	out_text(out, "event", event);
	return out;
}

/* A line at once, so that a reader need not wait for the next. The number is for programs. */
static int line_end(struct output *out, uint64_t seq, struct nl_error *err)
{
	if (out->json)
		out_number(out, "seq", seq);
	out_document_end(out);
	if (fflush(out->file) == 0 && !ferror(out->file))
		return 0;
	return nl_fail(err, errno, "standard output: %s", strerror(errno));
}

/* A line about the stream itself. */
static int print_word(struct monitor *monitor, const char *event, struct nl_error *err)
{
	return line_end(line_begin(monitor, event, NULL), monitor->seq, err);
}

static void write_subject(struct output *out, const struct nlattr **slots)
{
	char *mgmtdev = mgmtdev_bytes(slots);

	if (slots[VDPA_ATTR_DEV_NAME])
		field_text(out, "dev", slots[VDPA_ATTR_DEV_NAME]);
	out_text(out, "mgmtdev", mgmtdev);
	free(mgmtdev);
}

/* What the keys of events stand for, in this order. */
static const struct field event_fields[] = {
	{ VDPA_ATTR_DEV_STATE_OLD,	"old",		field_state },
	{ VDPA_ATTR_DEV_STATE,		"state",	field_state },
	{ VDPA_ATTR_EVENT_CAUSE,	"cause",	field_cause },
	{ VDPA_ATTR_DEV_SUSPENDED_BY,	"suspended_by",	field_holds },
	{ .key = NULL }
};

/*
 * Writes the driver, and what came of it. Returns whether that is all: false where it may come yet.
 * @out: NULL: nothing is written
 */
static bool write_driver(struct output *out, const struct nlattr **slots)
{
	char name[256], driver[256], node[NODE_SIZE];

	if (!slots[VDPA_ATTR_DEV_DRIVER] ||
	    !attr_bytes(slots[VDPA_ATTR_DEV_NAME], name, sizeof(name)) ||
	    !attr_bytes(slots[VDPA_ATTR_DEV_DRIVER], driver, sizeof(driver)))
		return true;
	return sysfs_place(name, driver, out, node);
}

static int print_event(struct monitor *monitor, const char *event, const struct nlattr **slots, struct nl_error *err)
{
	struct output *out = line_begin(monitor, event, slots[VDPA_ATTR_EVENT_TIME]);

	write_subject(out, slots);
	fields_write(out, event_fields, slots);
	if (slots[VDPA_ATTR_DEV_NAME])
		write_driver(out, slots);
	return line_end(out, attr_uint(slots[VDPA_ATTR_EVENT_SEQ]), err);
}

/* --- what is known --- */

struct known {
	char *key;		/* "dev NAME" or "mgmtdev NAME" */
	uint64_t seq;		/* of its last event */
};

static int known_compare(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->key, ((const struct known *)b)->key);
}

static void known_free(void *node)
{
	struct known *known = node;

	free(known->key);
	free(known);
}

static void known_clear(struct monitor *monitor)
{
	tdestroy(monitor->known, known_free);
	monitor->known = NULL;
}

/* "dev NAME" or "mgmtdev NAME"; the caller frees it. */
static char *subject_key(const struct nlattr **slots, int of)
{
	char *name = NULL, *key;
	const char *text;
	size_t len;

	if (of == OF_DEV) {
		text = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	} else {
		name = mgmtdev_bytes(slots);
		text = name;
		len = strlen(name);
	}
	if (asprintf(&key, "%s %.*s", of == OF_DEV ? "dev" : "mgmtdev", (int)len, text) < 0)
		error_no_memory();
	free(name);
	return key;
}

/* Takes @key over. */
static void known_set(struct monitor *monitor, char *key, uint64_t seq)
{
	struct known *known = malloc(sizeof(*known)), **found;

	if (!known)
		error_no_memory();
	*known = (struct known){ .key = key, .seq = seq };
	found = tsearch(known, &monitor->known, known_compare);
	if (!found)
		error_no_memory();
	if (*found == known)
		return;
	(*found)->seq = seq;
	known_free(known);
}

static void known_remove(struct monitor *monitor, char *key)
{
	struct known wanted = { .key = key }, **found = tfind(&wanted, &monitor->known, known_compare), *known;

	if (!found)
		return;
	known = *found;
	tdelete(&wanted, &monitor->known, known_compare);
	known_free(known);
}

/*
 * Whether an event tells something that the state shown before did not. What is
 * removed or changed without ever having been shown is nobody's business.
 */
static bool is_news(struct monitor *monitor, uint64_t event, const struct nlattr **slots, int of)
{
	bool added = event == VDPA_EVENT_DEV_ADDED || event == VDPA_EVENT_MGMTDEV_ADDED;
	bool removed = event == VDPA_EVENT_DEV_REMOVED || event == VDPA_EVENT_MGMTDEV_REMOVED;
	uint64_t seq = attr_uint(slots[VDPA_ATTR_EVENT_SEQ]);
	struct known wanted = { .key = subject_key(slots, of) };
	struct known *const *last = tfind(&wanted, &monitor->known, known_compare);
	bool news = last ? seq > (*last)->seq : added;

	if (news && !removed) {
		known_set(monitor, wanted.key, seq);
		return true;
	}
	if (news)
		known_remove(monitor, wanted.key);
	free(wanted.key);
	return news;
}

/* --- the present state --- */

static void note_seq(struct monitor *monitor, const struct nlattr **slots)
{
	uint64_t seq = attr_uint(slots[VDPA_ATTR_EVENT_SEQ]);

	if (seq > monitor->seq)
		monitor->seq = seq;
}

static int present(const struct nlmsghdr *nlh, struct nl_error *err, struct monitor *monitor, int of)
{
	const struct nlattr *slots[ATTR_SLOTS];

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_MGMTDEV_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_EVENT_SEQ, err) < 0 ||
	    (of == OF_DEV && attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0))
		return -1;
	known_set(monitor, subject_key(slots, of), attr_uint(slots[VDPA_ATTR_EVENT_SEQ]));
	note_seq(monitor, slots);
	if (!(monitor->of & of))
		return 0;
	return print_event(monitor, of == OF_DEV ? "dev_present" : "mgmtdev_present", slots, err);
}

static int present_mgmtdev(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	return present(nlh, err, data, OF_MGMTDEV);
}

static int present_dev(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	return present(nlh, err, data, OF_DEV);
}

/* On a socket of its own: events wait in the other one meanwhile. */
static int show_state(struct monitor *monitor, struct nl_error *err)
{
	struct nl *nl = &monitor->vdpa->nl;

	known_clear(monitor);
	nl_request(nl, VDPA_CMD_MGMTDEV_GET, NLM_F_DUMP);
	if (nl_exchange(nl, present_mgmtdev, monitor, NULL, err) < 0)
		return -1;
	nl_request(nl, VDPA_CMD_DEV_GET, NLM_F_DUMP);
	if (nl_exchange(nl, present_dev, monitor, NULL, err) < 0)
		return -1;
	monitor->follow = true;
	return print_word(monitor, "synced", err);
}

/* --- a driver's interface, disk or character device --- */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void bound_put(struct monitor *monitor, const struct nlmsghdr *nlh)
{
	struct bound *bound = malloc(sizeof(*bound)), **last = &monitor->bound;
	struct nlmsghdr *copy = malloc(nlh->nlmsg_len);

	if (!bound || !copy)
		error_no_memory();
	memcpy(copy, nlh, nlh->nlmsg_len);
	*bound = (struct bound){ .until = now_ms() + PLACE_WAIT_MS, .message = copy };
	while (*last)
		last = &(*last)->next;
	*last = bound;
}

static void bound_free(struct bound *bound)
{
	free(bound->message);
	free(bound);
}

static void bound_clear(struct monitor *monitor)
{
	while (monitor->bound) {
		struct bound *first = monitor->bound;

		monitor->bound = first->next;
		bound_free(first);
	}
}

/* Whether two messages tell of one device. */
static bool same_device(const struct nlattr *a, const struct nlattr *b)
{
	size_t len, other_len;
	const char *name = attr_text(a, &len), *other = attr_text(b, &other_len);

	return len == other_len && memcmp(name, other, len) == 0;
}

/*
 * Prints the events whose place has come, or is waited for no longer; and those of the device @of, which something else has
 * happened to (NULL: none).
 */
static int bound_print(struct monitor *monitor, const struct nlattr *of, struct nl_error *err)
{
	struct bound **link = &monitor->bound, *bound;

	while ((bound = *link)) {
		const struct nlattr *slots[ATTR_SLOTS];
		int failed;

		if (attrs_parse(bound->message, slots, err) < 0)
			return -1;
		if (now_ms() < bound->until && !(of && same_device(of, slots[VDPA_ATTR_DEV_NAME])) &&
		    !write_driver(NULL, slots)) {
			link = &bound->next;
			continue;
		}
		*link = bound->next;
		failed = print_event(monitor, "dev_bound", slots, err);
		bound_free(bound);
		if (failed)
			return -1;
	}
	return 0;
}

/* --- events --- */

static int take_driver(struct monitor *monitor, const struct nlmsghdr *nlh, const struct nlattr **slots, struct nl_error *err)
{
	if (!slots[VDPA_ATTR_DEV_DRIVER])
		return print_event(monitor, "dev_unbound", slots, err);
	if (write_driver(NULL, slots))
		return print_event(monitor, "dev_bound", slots, err);
	bound_put(monitor, nlh);
	return 0;
}

static int take_event(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct monitor *monitor = data;
	const struct kind *kind;
	uint64_t event;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_EVENT, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_EVENT_SEQ, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_MGMTDEV_DEV_NAME, err) < 0)
		return -1;
	event = attr_uint(slots[VDPA_ATTR_EVENT]);
	if (event >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[event].of)
		return 0;	/* a newer kernel's */
	kind = &kinds[event];
	if (kind->of == OF_DEV && attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	note_seq(monitor, slots);
	if (monitor->follow && !is_news(monitor, event, slots, kind->of))
		return 0;
	if (!(monitor->of & kind->of))
		return 0;
	if (event == VDPA_EVENT_DEV_REMOVED || event == VDPA_EVENT_DEV_DRIVER)
		if (bound_print(monitor, slots[VDPA_ATTR_DEV_NAME], err) < 0)
			return -1;
	if (event == VDPA_EVENT_DEV_DRIVER)
		return take_driver(monitor, nlh, slots, err);
	return print_event(monitor, kind->name, slots, err);
}

/*
 * Events were lost: say so, and begin anew from the state that is true now. Those
 * that were not lost are older than that; some tell of what is gone again.
 */
static int lost(struct monitor *monitor, struct nl *events, struct nl_error *err)
{
	if (print_word(monitor, "lost", err) < 0)
		return -1;
	bound_clear(monitor);
	nl_drain(events);
	return show_state(monitor, err);
}

/* Nobody reads what is printed any more: told here, where the error's number is known. */
static enum status ended(struct vdpa *vdpa, const struct nl_error *err)
{
	if (!ferror(stdout))
		return error_refused(vdpa, NULL, err);
	clearerr(stdout);
	return error_local(vdpa, err->errnum, "standard output");
}

static enum status follow(struct monitor *monitor, struct nl *events)
{
	struct nl_error err = { 0 };
	int failed = 0;

	while (!failed) {
		if (monitor->bound && !nl_wait(events, PLACE_LOOK_MS)) {
			failed = bound_print(monitor, NULL, &err);
			continue;
		}
		failed = nl_listen(events, take_event, monitor, &err);
		if (failed && err.errnum == ENOBUFS)
			failed = lost(monitor, events, &err);
	}
	return ended(monitor->vdpa, &err);
}

static enum status monitor_run(struct vdpa *vdpa, int of)
{
	struct monitor monitor = { .vdpa = vdpa, .of = of };
	struct nl_error err = { 0 };
	enum status status;
	struct nl events;

	/* Groups are not among the commands that the kernel lists. */
	if (!vdpa->nl.monitor_group) {
		nl_fail(&err, EOPNOTSUPP, "this kernel's vdpa core has no monitor command "
			"(needs the vdpa.ko that comes with this command)");
		return error_refused(vdpa, NULL, &err);
	}
	if (nl_open_like(&events, &vdpa->nl, &err) < 0)
		return error_refused(vdpa, NULL, &err);
	/* Lines, whatever JSON looks like elsewhere. */
	vdpa->out.pretty = false;
	if (nl_join(&events, &err) < 0 || (options.state && show_state(&monitor, &err) < 0))
		status = ended(vdpa, &err);
	else
		status = follow(&monitor, &events);
	nl_close(&events);
	bound_clear(&monitor);
	known_clear(&monitor);
	return status;
}

enum { MONITOR_MGMTDEV, MONITOR_DEV };

const struct argument monitor_arguments[] = {
	[MONITOR_MGMTDEV] = {
		.word = { .name = "mgmtdev", .first = true }, .choice = 1,
		.text = "events of management devices only",
	},
	[MONITOR_DEV] = {
		.word = { .name = "dev" }, .choice = 1,
		.text = "events of devices only",
	},
	{ .word.name = NULL }
};

enum status monitor(struct vdpa *vdpa, const void *values)
{
	if (was_given(values, MONITOR_MGMTDEV))
		return monitor_run(vdpa, OF_MGMTDEV);
	return monitor_run(vdpa, was_given(values, MONITOR_DEV) ? OF_DEV : OF_MGMTDEV | OF_DEV);
}
