// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa migration estimate */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include <linux/vdpa.h>

#include "command/command.h"
#include "device/state.h"
#include "migration/check.h"
#include "netlink/attrs.h"

/* What the kernel says of a device, at one moment. */
struct sample {
	struct output *out;		/* to be written to; NULL: it is the first of two */
	const struct sample *first;
	struct timespec at;
	bool told;			/* the parent tells what there is to carry: bytes so far changed */
	uint64_t changed;
};

static uint64_t per_second(const struct sample *first, const struct sample *last)
{
	uint64_t us = (last->at.tv_sec - first->at.tv_sec) * 1000000 +
		      (last->at.tv_nsec - first->at.tv_nsec) / 1000;
	uint64_t changed = last->changed > first->changed ? last->changed - first->changed : 0;

	/* In floating point: no number of bytes is too large for it. */
	return us ? (uint64_t)((double)changed * 1e6 / (double)us) : 0;
}

static void write_sample(const struct sample *sample, const struct nlattr **slots)
{
	struct output *out = sample->out;
	size_t len;
	const char *name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);

	out_begin(out, "estimate");
	out_entry(out, name, len);
	if (sample->told) {
		out_number(out, "bytes", attr_uint(slots[VDPA_ATTR_ESTIMATE_BYTES]));
		out_number(out, "bytes_per_second", per_second(sample->first, sample));
	} else {
		out_text(out, "private_state", "untold");
	}
	state_write(out, slots);
	out_entry_end(out);
	out_end(out, true);
}

static int take(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct sample *sample = data;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &sample->at);
	sample->told = slots[VDPA_ATTR_ESTIMATE_BYTES] && slots[VDPA_ATTR_ESTIMATE_CHANGED];
	if (sample->told)
		sample->changed = attr_uint(slots[VDPA_ATTR_ESTIMATE_CHANGED]);
	if (sample->out)
		write_sample(sample, slots);
	return 0;
}

static int ask(struct vdpa *vdpa, const char *device, struct sample *sample, struct nl_error *err)
{
	struct nlmsghdr *nlh = nl_request(&vdpa->nl, VDPA_CMD_MIGRATION_ESTIMATE, 0);

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, device);
	if (nl_exchange(&vdpa->nl, take, sample, NULL, err) < 0)
		return -1;
	return sample->at.tv_sec || sample->at.tv_nsec ? 0 :
	       nl_fail(err, EBADMSG, "malformed reply: there is no estimate in it");
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
		.text = "how long to measure what changes", .offset = offsetof(struct estimate, interval),
	},
	{ .word.name = NULL }
};

const struct estimate estimate_defaults = { .interval = 1000 };

enum status migration_estimate(struct vdpa *vdpa, const void *values)
{
	const struct estimate *estimate = values;
	struct sample first = { .out = NULL }, last = { .out = &vdpa->out, .first = &first };
	struct nl_error err = { 0 };
	int failed = ask(vdpa, estimate->device, &first, &err);

	/* Only where there is something to compare is there something to wait for. */
	if (!failed && first.told)
		wait_ms(estimate->interval);
	if (!failed)
		failed = ask(vdpa, estimate->device, &last, &err);
	return failed ? error_refused(vdpa, estimate->device, &err) : STATUS_DONE;
}
