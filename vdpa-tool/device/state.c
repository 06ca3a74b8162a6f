// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/vdpa.h>

#include "command/command.h"
#include "netlink/attrs.h"
#include "output/output.h"
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

/* Latencies come in ns and are shown in us. */
static const struct {
	uint16_t attr;
	const char *key;
} latencies[] = {
	{ VDPA_ATTR_DEV_SUSPEND_LAST,	"suspend_last_us" },
	{ VDPA_ATTR_DEV_SUSPEND_MAX,	"suspend_max_us" },
	{ VDPA_ATTR_DEV_RESUME_LAST,	"resume_last_us" },
	{ VDPA_ATTR_DEV_RESUME_MAX,	"resume_max_us" },
	{ VDPA_ATTR_DEV_SUSPEND_ESTIMATE, "suspend_estimate_us" },
	{ VDPA_ATTR_DEV_RESUME_ESTIMATE, "resume_estimate_us" },
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

json_t *state_json(uint64_t state)
{
	char unknown[UNKNOWN_SIZE];

	return json_string(word(states, COUNT(states), "state", state, unknown));
}

json_t *cause_json(uint64_t cause)
{
	char unknown[UNKNOWN_SIZE];

	return json_string(word(causes, COUNT(causes), "cause", cause, unknown));
}

/* Bits without a name, of a newer kernel, come last as one number. */
static void each_bit(const struct bit *bits, size_t count, uint64_t value,
		     void (*take)(void *data, const char *name), void *data)
{
	char unknown[UNKNOWN_SIZE];

	for (size_t i = 0; i < count; i++) {
		if (value & bits[i].mask)
			take(data, bits[i].name);
		value &= ~(uint64_t)bits[i].mask;
	}
	if (!value)
		return;
	snprintf(unknown, sizeof(unknown), "0x%llx", (unsigned long long)value);
	take(data, unknown);
}

static void append_bit(void *array, const char *name)
{
	output_append(array, json_string(name));
}

json_t *holds_json(uint64_t holds)
{
	json_t *array = output_array();

	each_bit(hold_bits, COUNT(hold_bits), holds, append_bit, array);
	return array;
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

static void write_bit(void *out, const char *name)
{
	out_text(out, NULL, name);
}

static void write_bits(struct output *out, const char *key, const struct bit *bits, size_t count,
		       uint64_t value)
{
	out_list(out, key);
	each_bit(bits, count, value, write_bit, out);
	out_list_end(out);
}

void status_write(struct output *out, const char *key, uint64_t status)
{
	write_bits(out, key, status_bits, COUNT(status_bits), status);
}

void state_write(struct output *out, const struct nlattr **slots)
{
	char unknown[UNKNOWN_SIZE];

	if (slots[VDPA_ATTR_DEV_STATE])
		out_text(out, "state", word(states, COUNT(states), "state",
					       attr_uint(slots[VDPA_ATTR_DEV_STATE]), unknown));
	if (slots[VDPA_ATTR_DEV_TRANSITIONS])
		out_number(out, "transitions", attr_uint(slots[VDPA_ATTR_DEV_TRANSITIONS]));
	for (size_t i = 0; i < COUNT(latencies); i++)
		if (slots[latencies[i].attr])
			out_number(out, latencies[i].key, attr_uint(slots[latencies[i].attr]) / 1000);
	if (slots[VDPA_ATTR_DEV_STATUS])
		status_write(out, "status", attr_uint(slots[VDPA_ATTR_DEV_STATUS]));
	if (slots[VDPA_ATTR_DEV_CAPS])
		write_bits(out, "capabilities", cap_bits, COUNT(cap_bits),
			   attr_uint(slots[VDPA_ATTR_DEV_CAPS]));
	if (slots[VDPA_ATTR_DEV_SUSPENDED_BY])
		write_bits(out, "suspended_by", hold_bits, COUNT(hold_bits),
			   attr_uint(slots[VDPA_ATTR_DEV_SUSPENDED_BY]));
}
