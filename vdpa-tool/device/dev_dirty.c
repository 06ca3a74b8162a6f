// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev dirty: which pages a device writes */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "command/command.h"
#include "netlink/attrs.h"
#include "device/dev.h"

enum { WORD_PAGES = 64 };

/* --- the arguments --- */

struct ranges {
	unsigned int n;
	struct {
		uint32_t asid;
		uint64_t first, last;
	} range[VDPA_DIRTY_RANGES_MAX];
};

/* [ASID:]FIRST-LAST, as "dirty show" prints it: one more of them. */
static const char *arg_range(const char *text, void *value)
{
	const char *colon = strchr(text, ':'), *dash = strchr(text, '-');
	struct ranges *ranges = value;
	uint64_t asid = 0, first, last;
	char part[2][32];

	if (ranges->n == VDPA_DIRTY_RANGES_MAX)
		return "is one more than the 64 that there may be";
	if (!dash || (colon && colon > dash))
		return "is not [ASID:]FIRST-LAST";
	if (colon && (size_t)(colon - text) < sizeof(part[0])) {
		memcpy(part[0], text, colon - text);
		part[0][colon - text] = '\0';
		if (!args_number(part[0], 0, UINT32_MAX, &asid))
			return "has no address space before the ':'";
	} else if (colon) {
		return "has no address space before the ':'";
	}
	text = colon ? colon + 1 : text;
	if ((size_t)(dash - text) >= sizeof(part[1]))
		return "has no address before the '-'";
	memcpy(part[1], text, dash - text);
	part[1][dash - text] = '\0';
	if (!args_number(part[1], 0, UINT64_MAX, &first))
		return "has no address before the '-'";
	if (!args_number(dash + 1, 0, UINT64_MAX, &last))
		return "has no address behind the '-'";
	if (first > last)
		return "ends before it begins";
	ranges->range[ranges->n].asid = asid;
	ranges->range[ranges->n].first = first;
	ranges->range[ranges->n++].last = last;
	return NULL;
}

static const struct arg_type type_range = { .name = "[ASID:]FIRST-LAST", .what = "range", .take = arg_range };

/* Which of them the parent takes the kernel knows. */
static const char *arg_page_size(const char *text, void *value)
{
	uint64_t size;

	if (!args_number(text, VDPA_DIRTY_PAGE_SIZE_MIN, VDPA_DIRTY_PAGE_SIZE_MAX, &size) ||
	    size & (size - 1))
		return "is not a power of two from 4096 to 1073741824";
	*(uint64_t *)value = size;
	return NULL;
}

static const struct arg_type type_page_size = {
	.name = "N", .what = "page size", .unit = "bytes", .take = arg_page_size,
};

/* --- start, stop --- */

struct start {
	uint32_t given;
	const char *name;
	uint64_t page_size;
	struct ranges ranges;
};

enum { START_NAME, START_PAGE_SIZE, START_RANGE };

static const struct argument start_arguments[] = {
	[START_NAME] = ARGUMENT_DEVICE(struct start, name, true),
	[START_PAGE_SIZE] = {
		.word = { .name = "page_size", .full = true }, .type = &type_page_size,
		.text = "bytes of a page, a power of two", .offset = offsetof(struct start, page_size),
	},
	[START_RANGE] = {
		.word = { .name = "range", .full = true }, .repeats = true, .type = &type_range,
		.text = "addresses to watch; default: all", .offset = offsetof(struct start, ranges),
	},
	{ .word.name = NULL }
};

static void put_range(struct nlmsghdr *nlh, uint32_t asid, uint64_t first, uint64_t last)
{
	if (asid)
		mnl_attr_put_u32(nlh, VDPA_ATTR_DIRTY_ASID, asid);
	mnl_attr_put_u64(nlh, VDPA_ATTR_DIRTY_FIRST, first);
	mnl_attr_put_u64(nlh, VDPA_ATTR_DIRTY_LAST, last);
}

static void put_start(struct nlmsghdr *nlh, const void *values)
{
	const struct start *start = values;

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, start->name);
	if (was_given(start, START_PAGE_SIZE))
		mnl_attr_put_u64(nlh, VDPA_ATTR_DIRTY_PAGE_SIZE, start->page_size);
	for (unsigned int i = 0; i < start->ranges.n; i++) {
		struct nlattr *nest = mnl_attr_nest_start(nlh, VDPA_ATTR_DIRTY_RANGE);

		put_range(nlh, start->ranges.range[i].asid, start->ranges.range[i].first, start->ranges.range[i].last);
		mnl_attr_nest_end(nlh, nest);
	}
}

/* --- show: what is tracked --- */

struct tracked {
	uint64_t page_size;
	struct ranges ranges;
};

static int check_page_size(uint64_t size, struct nl_error *err)
{
	if (size >= VDPA_DIRTY_PAGE_SIZE_MIN && size <= VDPA_DIRTY_PAGE_SIZE_MAX && !(size & (size - 1)))
		return 0;
	return nl_fail(err, EBADMSG, "malformed reply: a page size of %llu bytes", (unsigned long long)size);
}

static int take_range(const struct nlattr *nest, struct ranges *ranges, struct nl_error *err)
{
	const struct nlattr *slots[ATTR_SLOTS];

	if (attrs_parse_nested(nest, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DIRTY_ASID, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DIRTY_FIRST, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DIRTY_LAST, err) < 0)
		return -1;
	if (ranges->n == VDPA_DIRTY_RANGES_MAX)
		return nl_fail(err, EBADMSG, "malformed reply: more than %u ranges", VDPA_DIRTY_RANGES_MAX);
	ranges->range[ranges->n].asid = attr_uint(slots[VDPA_ATTR_DIRTY_ASID]);
	ranges->range[ranges->n].first = attr_uint(slots[VDPA_ATTR_DIRTY_FIRST]);
	ranges->range[ranges->n++].last = attr_uint(slots[VDPA_ATTR_DIRTY_LAST]);
	return 0;
}

static int tracked_cb(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS], *attr;
	struct tracked *tracked = data;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DIRTY_PAGE_SIZE, err) < 0)
		return -1;
	tracked->page_size = attr_uint(slots[VDPA_ATTR_DIRTY_PAGE_SIZE]);
	if (check_page_size(tracked->page_size, err) < 0)
		return -1;
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == VDPA_ATTR_DIRTY_RANGE &&
		    take_range(attr, &tracked->ranges, err) < 0)
			return -1;
	return 0;
}

/* --- show: pages --- */

/* Pages that follow each other are one range, in however many words and messages they come. */
struct reading {
	struct output *out;
	const char *name;
	const struct tracked *tracked;
	bool begun;		/* something was written */
	uint32_t asid;		/* what was asked for */
	uint64_t first, last;
	uint64_t come;		/* up to there it was answered */
	bool some;		/* there is a range that is not written yet */
	uint64_t run_first, run_last;
	uint64_t pages;		/* so far */
};

static void write_run(struct reading *r)
{
	if (r->some)
		out_range(r->out, r->asid, r->run_first, r->run_last);
	r->some = false;
}

static void take_page(struct reading *r, uint64_t first)
{
	r->pages++;
	if (!r->some || r->run_last + 1 != first) {
		write_run(r);
		r->run_first = first;
	}
	r->some = true;
	r->run_last = first + (r->tracked->page_size - 1);
}

/* Nothing is written before the first answer: what fails at once leaves no trace. */
static void begin(struct reading *r)
{
	const struct ranges *ranges = &r->tracked->ranges;

	if (r->begun)
		return;
	r->begun = true;
	out_entry(r->out, r->name, strlen(r->name));
	out_number(r->out, "page_size", r->tracked->page_size);
	out_list(r->out, "ranges");
	for (unsigned int i = 0; i < ranges->n; i++)
		out_range(r->out, ranges->range[i].asid, ranges->range[i].first, ranges->range[i].last);
	out_list_end(r->out);
	out_list(r->out, "dirty");
}

static void end(struct reading *r)
{
	if (!r->begun)
		return;
	write_run(r);
	out_list_end(r->out);
	out_number(r->out, "pages", r->pages);
	out_entry_end(r->out);
}

/* @iova: of the word; a page that was not asked for is none. */
static int take_word(struct reading *r, uint64_t iova, uint64_t word, struct nl_error *err)
{
	while (word) {
		uint64_t first = iova + __builtin_ctzll(word) * r->tracked->page_size;

		if (first < iova || first < r->first || first > r->come)
			return nl_fail(err, EBADMSG, "malformed reply: a page that was not asked for");
		take_page(r, first);
		word &= word - 1;
	}
	return 0;
}

/* @next: behind what was taken so far; set to behind this stretch. */
static int take_stretch(struct reading *r, const struct nlattr *nest, uint64_t *next, struct nl_error *err)
{
	uint64_t iova, bytes = WORD_PAGES * r->tracked->page_size, word;
	const struct nlattr *slots[ATTR_SLOTS], *bitmap;
	const char *at;
	uint16_t len;

	if (attrs_parse_nested(nest, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DIRTY_FIRST, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DIRTY_BITMAP, err) < 0)
		return -1;
	iova = attr_uint(slots[VDPA_ATTR_DIRTY_FIRST]);
	bitmap = slots[VDPA_ATTR_DIRTY_BITMAP];
	at = mnl_attr_get_payload(bitmap);
	len = mnl_attr_get_payload_len(bitmap);
	if (iova % bytes || iova < *next || len % sizeof(word) || !len)
		return nl_fail(err, EBADMSG, "malformed reply: a stretch of a bitmap that is none");
	for (; len; len -= sizeof(word), at += sizeof(word), iova += bytes) {
		memcpy(&word, at, sizeof(word));
		if (take_word(r, iova, word, err) < 0)
			return -1;
	}
	*next = iova;
	return 0;
}

static int pages_cb(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS], *attr;
	struct reading *r = data;
	uint64_t next = 0;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DIRTY_PAGE_SIZE, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DIRTY_FIRST, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DIRTY_LAST, err) < 0)
		return -1;
	if (attr_uint(slots[VDPA_ATTR_DIRTY_PAGE_SIZE]) != r->tracked->page_size)
		return nl_fail(err, EAGAIN, "somebody else has stopped it, and started it with other pages");
	r->come = attr_uint(slots[VDPA_ATTR_DIRTY_LAST]);
	if (attr_uint(slots[VDPA_ATTR_DIRTY_FIRST]) != r->first || r->come < r->first || r->come > r->last)
		return nl_fail(err, EBADMSG, "malformed reply: not the range that was asked for");
	begin(r);
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == VDPA_ATTR_DIRTY_STRETCH &&
		    take_stretch(r, attr, &next, err) < 0)
			return -1;
	return 0;
}

/* Answer by answer. Returns 0, or -1 with @err. */
static int read_range(struct vdpa *vdpa, struct reading *r, bool keep, struct nl_error *err)
{
	struct nlmsghdr *nlh;

	do {
		nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_DIRTY_GET, 0);
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, r->name);
		put_range(nlh, r->asid, r->first, r->last);
		if (keep)
			mnl_attr_put(nlh, VDPA_ATTR_DIRTY_KEEP, 0, NULL);
		r->come = r->last;
		if (nl_exchange(&vdpa->nl, pages_cb, r, NULL, err) < 0)
			return -1;
		r->first = r->come + 1;
	} while (r->come != r->last);
	write_run(r);
	return 0;
}

/* --- show --- */

struct show {
	uint32_t given;
	const char *name;
	struct ranges ranges;
};

enum { SHOW_NAME, SHOW_RANGE, SHOW_KEEP };

static const struct argument show_arguments[] = {
	[SHOW_NAME] = ARGUMENT_DEVICE(struct show, name, true),
	[SHOW_RANGE] = {
		.word = { .name = "range", .full = true }, .repeats = true, .type = &type_range,
		.text = "addresses to read; all that are watched without it", .offset = offsetof(struct show, ranges),
	},
	[SHOW_KEEP] = {
		.word = { .name = "keep", .full = true },
		.text = "do not clear the pages that are shown",
	},
	{ .word.name = NULL }
};

static enum status show(struct vdpa *vdpa, const char *name, const struct ranges *ranges, bool keep)
{
	struct tracked tracked = { 0 };
	struct reading r = { .out = &vdpa->out, .name = name, .tracked = &tracked };
	struct nl_error err = { 0 };
	int failed;

	mnl_attr_put_strz(nl_request(&vdpa->nl, VDPA_CMD_DEV_DIRTY_GET, 0), VDPA_ATTR_DEV_NAME, name);
	if (nl_exchange(&vdpa->nl, tracked_cb, &tracked, NULL, &err) < 0)
		return error_refused(vdpa, name, &err);
	if (!ranges->n)
		ranges = &tracked.ranges;
	out_begin(&vdpa->out, "dirty");
	failed = tracked.page_size ? 0 : nl_fail(&err, EBADMSG, "malformed reply: there is none");
	for (unsigned int i = 0; !failed && i < ranges->n; i++) {
		r.asid = ranges->range[i].asid;
		r.first = ranges->range[i].first;
		r.last = ranges->range[i].last;
		failed = read_range(vdpa, &r, keep, &err);
	}
	end(&r);
	return command_end(vdpa, failed, false, name, &err);
}

static enum status dirty_show(struct vdpa *vdpa, const void *values)
{
	const struct show *wanted = values;

	return show(vdpa, wanted->name, &wanted->ranges, was_given(wanted, SHOW_KEEP));
}

const struct command dev_dirty_commands[] = {
	{
		.word = { .name = "start" },
		.text = "Begins to track which pages a device writes.",
		.arguments = start_arguments, .size = sizeof(struct start),
		.needs = VDPA_CMD_DEV_DIRTY_START, .needs_text = NEEDS_OURS,
		.put = put_start,
	},
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.text = "Shows the pages that a device has written since they were last shown.",
		.arguments = show_arguments, .size = sizeof(struct show),
		.needs = VDPA_CMD_DEV_DIRTY_GET, .needs_text = NEEDS_OURS,
		.run = dirty_show,
	},
	{
		.word = { .name = "stop" },
		.text = "Ends the tracking.",
		.arguments = one_device, .size = sizeof(struct one_device),
		.needs = VDPA_CMD_DEV_DIRTY_STOP, .needs_text = NEEDS_OURS,
		.put = put_one_device,
	},
	{ .word.name = NULL }
};
