// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa migration estimate */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/vdpa.h>

#include "command/command.h"
#include "netlink/attrs.h"
#include "command/command.h"
#include "migration/check.h"
#include "device/state.h"

/* What the kernel has said, at one moment. */
struct sample {
	char *message;		/* a copy of it */
	struct timespec at;
	bool told;		/* the parent tells what there is to carry: */
	uint64_t bytes;		/* now */
	uint64_t changed;	/* so far */
};

static int take(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct sample *sample = data;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	sample->told = slots[VDPA_ATTR_ESTIMATE_BYTES] && slots[VDPA_ATTR_ESTIMATE_CHANGED];
	if (sample->told) {
		sample->bytes = attr_uint(slots[VDPA_ATTR_ESTIMATE_BYTES]);
		sample->changed = attr_uint(slots[VDPA_ATTR_ESTIMATE_CHANGED]);
	}
	free(sample->message);
	sample->message = malloc(nlh->nlmsg_len);
	if (!sample->message)
		error_no_memory();
	memcpy(sample->message, nlh, nlh->nlmsg_len);
	return 0;
}

static int ask(struct vdpa *vdpa, const char *device, struct sample *sample, struct nl_error *err)
{
	struct nlmsghdr *nlh = nl_request(&vdpa->nl, VDPA_CMD_MIGRATION_ESTIMATE, 0);

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, device);
	if (nl_exchange(&vdpa->nl, take, sample, NULL, err) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &sample->at);
	return sample->message ? 0 : nl_fail(err, EBADMSG, "malformed reply: there is no estimate in it");
}

static uint64_t per_second(const struct sample *first, const struct sample *last)
{
	uint64_t us = (last->at.tv_sec - first->at.tv_sec) * 1000000 +
		      (last->at.tv_nsec - first->at.tv_nsec) / 1000;
	uint64_t changed = last->changed > first->changed ? last->changed - first->changed : 0;

	/* In floating point: no number of bytes is too large for it. */
	return us ? (uint64_t)((double)changed * 1e6 / (double)us) : 0;
}

static void print(struct vdpa *vdpa, const struct sample *first, const struct sample *last)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct nl_error err;
	const char *name;
	size_t len;

	/* It was found well-formed. */
	attrs_parse((const struct nlmsghdr *)last->message, slots, &err);
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	out_begin(&vdpa->out, "estimate");
	out_entry(&vdpa->out, name, len);
	if (last->told) {
		out_number(&vdpa->out, "bytes", last->bytes);
		out_number(&vdpa->out, "bytes_per_second", per_second(first, last));
	} else {
		out_text(&vdpa->out, "private_state", "untold");
	}
	state_write(&vdpa->out, slots);
	out_entry_end(&vdpa->out);
	out_end(&vdpa->out, true);
}

static void wait_ms(uint32_t ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

const struct argument estimate_arguments[] = {
	ARGUMENT_DEVICE(struct estimate, device, true),
	{
		.word = { .name = "interval", .full = true }, .type = &type_ms,
		.text = "how long to watch what changes", .offset = offsetof(struct estimate, interval),
	},
	{ .word.name = NULL }
};

const struct estimate estimate_defaults = { .interval = 1000 };

/* Only where there is something to compare is there something to wait for. */
static enum status show(struct vdpa *vdpa, const char *device, uint32_t interval)
{
	struct sample first = { 0 }, last = { 0 };
	struct nl_error err = { 0 };
	int failed = ask(vdpa, device, &first, &err);

	if (!failed && first.told)
		wait_ms(interval);
	if (!failed)
		failed = ask(vdpa, device, &last, &err);
	if (!failed)
		print(vdpa, &first, &last);
	free(first.message);
	free(last.message);
	return failed ? error_refused(vdpa, device, &err) : STATUS_DONE;
}

enum status migration_estimate(struct vdpa *vdpa, const void *values)
{
	const struct estimate *estimate = values;

	return show(vdpa, estimate->device, estimate->interval);
}
