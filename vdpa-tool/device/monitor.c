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
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "command/command.h"
#include "device/mgmtdev.h"
#include "output/output.h"
#include "device/state.h"
#include "output/text.h"

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
};

struct monitor {
	struct vdpa *vdpa;
	int of;			/* what is wanted */
	bool follow;		/* the state was shown, so events are held against it */
	json_t *known;		/* "dev NAME" or "mgmtdev NAME": number of its last event */
};

/* --- output --- */

static json_t *time_json(const struct nlattr *attr)
{
	uint64_t ns = attr_uint(attr);
	time_t seconds = ns / 1000000000;
	struct tm tm;
	char date[40], text[64];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%06" PRIu64 "Z", date, ns % 1000000000 / 1000);
	return json_string(text);
}

/* A string, or several. */
static void print_value(const json_t *value)
{
	const char *separator = "";
	json_t *element;
	size_t i;

	if (json_is_string(value)) {
		text_print(stdout, json_string_value(value));
		return;
	}
	json_array_foreach(value, i, element) {
		fputs(separator, stdout);
		text_print(stdout, json_string_value(element));
		separator = ",";
	}
}

/* A line at once, so that a reader need not wait for the next. */
static int print(json_t *line, struct nl_error *err)
{
	const char *separator = "";
	json_t *value;
	const char *key;

	if (options.json) {
		json_dumpf(line, stdout, JSON_COMPACT);
	} else {
		json_object_foreach(line, key, value) {
			fputs(separator, stdout);
			if (strcmp(key, "event") != 0 && strcmp(key, "time") != 0)
				printf("%s ", key);
			print_value(value);
			separator = " ";
		}
	}
	putchar('\n');
	json_decref(line);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return nl_fail(err, errno, "standard output: %s", strerror(errno));
}

static json_t *line_begin(const char *event, const struct nlattr *time)
{
	json_t *line = output_object();

	if (options.timestamp && time)
		output_set(line, "time", time_json(time));
	output_set(line, "event", json_string(event));
	return line;
}

static void set_string(json_t *line, const char *key, const struct nlattr *attr)
{
	char *text;

	if (!attr)
		return;
	text = attr_string(attr);
	output_set(line, key, json_string(text));
	free(text);
}

static void set_subject(json_t *line, const struct nlattr **slots)
{
	char *mgmtdev;

	set_string(line, "dev", slots[VDPA_ATTR_DEV_NAME]);
	if (!slots[VDPA_ATTR_MGMTDEV_DEV_NAME])
		return;
	mgmtdev = mgmtdev_name(slots);
	output_set(line, "mgmtdev", json_string(mgmtdev));
	free(mgmtdev);
}

static void set_holds(json_t *line, const struct nlattr **slots)
{
	const struct nlattr *attr = slots[VDPA_ATTR_DEV_SUSPENDED_BY];

	if (attr)
		output_set(line, "suspended_by", holds_json(attr_uint(attr)));
}

static int print_event(const struct kind *kind, const struct nlattr **slots,
		       struct nl_error *err)
{
	json_t *line = line_begin(kind->name, slots[VDPA_ATTR_EVENT_TIME]);

	set_subject(line, slots);
	if (slots[VDPA_ATTR_DEV_STATE_OLD])
		output_set(line, "old", state_json(attr_uint(slots[VDPA_ATTR_DEV_STATE_OLD])));
	if (slots[VDPA_ATTR_DEV_STATE])
		output_set(line, "state", state_json(attr_uint(slots[VDPA_ATTR_DEV_STATE])));
	if (slots[VDPA_ATTR_EVENT_CAUSE])
		output_set(line, "cause", cause_json(attr_uint(slots[VDPA_ATTR_EVENT_CAUSE])));
	set_holds(line, slots);
	return print(line, err);
}

/* --- what is known --- */

/* "dev NAME" or "mgmtdev NAME"; the caller frees it. */
static char *subject_key(const struct nlattr **slots, int of)
{
	char *name = of == OF_DEV ? attr_string(slots[VDPA_ATTR_DEV_NAME]) : mgmtdev_name(slots);
	size_t size = strlen(name) + 16;
	char *key = malloc(size);

	if (!key)
		error_no_memory();
	snprintf(key, size, "%s %s", of == OF_DEV ? "dev" : "mgmtdev", name);
	free(name);
	return key;
}

/*
 * Whether an event tells something that the state shown before did not. What is
 * removed or changed without ever having been shown is nobody's business.
 */
static bool is_news(struct monitor *monitor, uint64_t event, const struct nlattr **slots, int of)
{
	bool added = event == VDPA_EVENT_DEV_ADDED || event == VDPA_EVENT_MGMTDEV_ADDED;
	bool removed = event == VDPA_EVENT_DEV_REMOVED || event == VDPA_EVENT_MGMTDEV_REMOVED;
	json_int_t seq = attr_uint(slots[VDPA_ATTR_EVENT_SEQ]);
	char *key = subject_key(slots, of);
	json_t *last = json_object_get(monitor->known, key);
	bool news = last ? seq > json_integer_value(last) : added;

	if (news && removed)
		json_object_del(monitor->known, key);
	else if (news)
		output_set(monitor->known, key, json_integer(seq));
	free(key);
	return news;
}

/* --- the present state --- */

static int present(const struct nlmsghdr *nlh, struct nl_error *err, struct monitor *monitor, int of)
{
	const struct nlattr *slots[ATTR_SLOTS];
	json_t *line;
	char *key;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_MGMTDEV_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_EVENT_SEQ, err) < 0 ||
	    (of == OF_DEV && attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0))
		return -1;
	key = subject_key(slots, of);
	output_set(monitor->known, key, attr_json_uint(slots[VDPA_ATTR_EVENT_SEQ]));
	free(key);
	if (!(monitor->of & of))
		return 0;
	line = line_begin(of == OF_DEV ? "dev_present" : "mgmtdev_present", NULL);
	set_subject(line, slots);
	if (slots[VDPA_ATTR_DEV_STATE])
		output_set(line, "state", state_json(attr_uint(slots[VDPA_ATTR_DEV_STATE])));
	set_holds(line, slots);
	return print(line, err);
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

	json_object_clear(monitor->known);
	nl_request(nl, VDPA_CMD_MGMTDEV_GET, NLM_F_DUMP);
	if (nl_exchange(nl, present_mgmtdev, monitor, NULL, err) < 0)
		return -1;
	nl_request(nl, VDPA_CMD_DEV_GET, NLM_F_DUMP);
	if (nl_exchange(nl, present_dev, monitor, NULL, err) < 0)
		return -1;
	monitor->follow = true;
	return 0;
}

/* --- events --- */

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
	if (event >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[event].name)
		return 0;	/* a newer kernel's */
	kind = &kinds[event];
	if (kind->of == OF_DEV && attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	if (monitor->follow && !is_news(monitor, event, slots, kind->of))
		return 0;
	if (monitor->of & kind->of)
		return print_event(kind, slots, err);
	return 0;
}

/*
 * Events were lost: say so, and begin anew from the state that is true now. Those
 * that were not lost are older than that; some tell of what is gone again.
 */
static int lost(struct monitor *monitor, struct nl *events, struct nl_error *err)
{
	if (print(line_begin("lost", NULL), err) < 0)
		return -1;
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
	monitor.known = output_object();
	if (nl_join(&events, &err) < 0 || (options.state && show_state(&monitor, &err) < 0))
		status = ended(vdpa, &err);
	else
		status = follow(&monitor, &events);
	nl_close(&events);
	json_decref(monitor.known);
	return status;
}

enum { MONITOR_MGMTDEV, MONITOR_DEV };

const struct argument monitor_arguments[] = {
	[MONITOR_MGMTDEV] = {
		.word = { .name = "mgmtdev", .first = true }, .choice = 1,
		.text = "what happens to management devices only",
	},
	[MONITOR_DEV] = {
		.word = { .name = "dev" }, .choice = 1,
		.text = "what happens to devices only",
	},
	{ .word.name = NULL }
};

enum status monitor(struct vdpa *vdpa, const void *values)
{
	if (was_given(values, MONITOR_MGMTDEV))
		return monitor_run(vdpa, OF_MGMTDEV);
	return monitor_run(vdpa, was_given(values, MONITOR_DEV) ? OF_DEV : OF_MGMTDEV | OF_DEV);
}
