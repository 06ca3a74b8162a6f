// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/vdpa.h>

#include "command/command.h"
#include "netlink/attrs.h"
#include "device/fields.h"
#include "device/state.h"

/* By the numbers of enum vdpa_dev_state. */
static const char *const states[] = {
	[VDPA_DEV_STATE_INACTIVE] = "inactive",
	[VDPA_DEV_STATE_ACTIVE] = "active",
	[VDPA_DEV_STATE_SUSPENDING] = "suspending",
	[VDPA_DEV_STATE_SUSPENDED] = "suspended",
	[VDPA_DEV_STATE_RESUMING] = "resuming",
	[VDPA_DEV_STATE_FAILED] = "failed",
	[VDPA_DEV_STATE_REMOVING] = "removing",
};

static const char *const causes[] = {
	[VDPA_CAUSE_DRIVER] = "driver",
	[VDPA_CAUSE_MANAGEMENT] = "management",
	[VDPA_CAUSE_DEVICE] = "device",
};

struct bit {
	uint32_t mask;
	const char *name;
};

/* virtio 1.4, 2.1 */
static const struct bit status_bits[] = {
	{ 1, "acknowledge" },
	{ 2, "driver" },
	{ 8, "features_ok" },
	{ 4, "driver_ok" },
	{ 16, "suspend" },
	{ 64, "needs_reset" },
	{ 128, "failed" },
};

static const struct bit hold_bits[] = {
	{ VDPA_HOLD_DRIVER, "driver" },
	{ VDPA_HOLD_MANAGEMENT, "management" },
};

static const struct bit cap_bits[] = {
	{ VDPA_DEV_CAP_SUSPEND, "suspend" },
	{ VDPA_DEV_CAP_RESUME, "resume" },
	{ VDPA_DEV_CAP_VQ_STATE, "vq_state" },
	{ VDPA_DEV_CAP_VSTATS, "vstats" },
	{ VDPA_DEV_CAP_PRECOPY, "precopy" },
	{ VDPA_DEV_CAP_DIRTY_TRACKING, "dirty_tracking" },
	{ VDPA_DEV_CAP_INFLIGHT, "inflight" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { UNKNOWN_SIZE = 32 };

static const char *word(const char *const *words, size_t count, const char *prefix, uint64_t value,
			char *unknown)
{
	if (value < count && words[value])
		return words[value];
	snprintf(unknown, UNKNOWN_SIZE, "%s_%llu", prefix, (unsigned long long)value);
	return unknown;
}

void field_state(struct output *out, const char *key, const struct nlattr *attr)
{
	char unknown[UNKNOWN_SIZE];

	out_word(out, key, word(states, COUNT(states), "state", attr_uint(attr), unknown));
}

static const char *take_state(const char *text, void *value)
{
	for (size_t i = 0; i < COUNT(states); i++) {
		if (strcmp(states[i], text) == 0) {
			*(uint8_t *)value = i;
			return NULL;
		}
	}
	return "is none of inactive, active, suspending, suspended, resuming, failed and removing";
}

const struct arg_type type_state = { .name = "STATE", .what = "state", .take = take_state };

void field_cause(struct output *out, const char *key, const struct nlattr *attr)
{
	char unknown[UNKNOWN_SIZE];

	out_word(out, key, word(causes, COUNT(causes), "cause", attr_uint(attr), unknown));
}

bool status_bit(const char *name, uint64_t *bits)
{
	for (size_t i = 0; i < COUNT(status_bits); i++) {
		*bits = status_bits[i].mask;
		if (strcmp(status_bits[i].name, name) == 0)
			return true;
	}
	return args_number(name, 1, UINT8_MAX, bits);
}

/* Bits without a name, of a newer kernel, come last as one number. */
static void write_bits(struct output *out, const char *key, const struct bit *bits, size_t count,
		       uint64_t value)
{
	out_list(out, key);
	for (size_t i = 0; i < count; i++) {
		if (value & bits[i].mask)
			out_word(out, NULL, bits[i].name);
		value &= ~(uint64_t)bits[i].mask;
	}
	if (value)
		out_hex(out, NULL, value);
	out_list_end(out);
}

void status_write(struct output *out, const char *key, uint64_t status)
{
	write_bits(out, key, status_bits, COUNT(status_bits), status);
}

static void field_status(struct output *out, const char *key, const struct nlattr *attr)
{
	status_write(out, key, attr_uint(attr));
}

void field_holds(struct output *out, const char *key, const struct nlattr *attr)
{
	write_bits(out, key, hold_bits, COUNT(hold_bits), attr_uint(attr));
}

static void field_caps(struct output *out, const char *key, const struct nlattr *attr)
{
	write_bits(out, key, cap_bits, COUNT(cap_bits), attr_uint(attr));
}

/* Latencies come in ns and are shown in us. */
static void field_latency(struct output *out, const char *key, const struct nlattr *attr)
{
	out_number(out, key, attr_uint(attr) / 1000);
}

void state_write(struct output *out, const struct nlattr **slots)
{
	static const struct field fields[] = {
		{ VDPA_ATTR_DEV_STATE,			"state",		field_state },
		{ VDPA_ATTR_DEV_TRANSITIONS,		"transitions",		field_uint },
		{ VDPA_ATTR_DEV_SUSPEND_LAST,		"suspend_last_us",	field_latency },
		{ VDPA_ATTR_DEV_SUSPEND_MAX,		"suspend_max_us",	field_latency },
		{ VDPA_ATTR_DEV_RESUME_LAST,		"resume_last_us",	field_latency },
		{ VDPA_ATTR_DEV_RESUME_MAX,		"resume_max_us",	field_latency },
		{ VDPA_ATTR_DEV_SUSPEND_ESTIMATE,	"suspend_estimate_us",	field_latency },
		{ VDPA_ATTR_DEV_RESUME_ESTIMATE,	"resume_estimate_us",	field_latency },
		{ VDPA_ATTR_DEV_STATUS,			"status",		field_status },
		{ VDPA_ATTR_DEV_CAPS,			"capabilities",		field_caps },
		{ VDPA_ATTR_DEV_SUSPENDED_BY,		"suspended_by",		field_holds },
		{ .key = NULL }
	};

	fields_write(out, fields, slots);
}
