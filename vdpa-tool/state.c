// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdio.h>

#include <linux/vdpa.h>

#include "attrs.h"
#include "output.h"
#include "state.h"

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

/* virtio 1.2, 2.1 */
static const struct bit status_bits[] = {
	{ 1, "acknowledge" },
	{ 2, "driver" },
	{ 8, "features_ok" },
	{ 4, "driver_ok" },
	{ 64, "needs_reset" },
	{ 128, "failed" },
};

static const struct bit cap_bits[] = {
	{ VDPA_DEV_CAP_SUSPEND, "suspend" },
	{ VDPA_DEV_CAP_RESUME, "resume" },
	{ VDPA_DEV_CAP_VQ_STATE, "vq_state" },
	{ VDPA_DEV_CAP_VSTATS, "vstats" },
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
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static json_t *word_json(const char *const *words, size_t count, const char *prefix, uint64_t value)
{
	char unknown[32];

	if (value < count && words[value])
		return json_string(words[value]);
	snprintf(unknown, sizeof(unknown), "%s_%llu", prefix, (unsigned long long)value);
	return json_string(unknown);
}

json_t *state_json(uint64_t state)
{
	return word_json(states, COUNT(states), "state", state);
}

json_t *cause_json(uint64_t cause)
{
	return word_json(causes, COUNT(causes), "cause", cause);
}

static json_t *bits_json(const struct bit *bits, size_t count, uint64_t value)
{
	json_t *array = output_array();

	for (size_t i = 0; i < count; i++)
		if (value & bits[i].mask)
			output_append(array, json_string(bits[i].name));
	return array;
}

void state_set(json_t *device, const struct nlattr **slots)
{
	if (slots[VDPA_ATTR_DEV_STATE])
		output_set(device, "state", state_json(attr_uint(slots[VDPA_ATTR_DEV_STATE])));
	if (slots[VDPA_ATTR_DEV_TRANSITIONS])
		output_set(device, "transitions", attr_json_uint(slots[VDPA_ATTR_DEV_TRANSITIONS]));
	for (size_t i = 0; i < COUNT(latencies); i++)
		if (slots[latencies[i].attr])
			output_set(device, latencies[i].key,
				   json_integer(attr_uint(slots[latencies[i].attr]) / 1000));
	if (slots[VDPA_ATTR_DEV_STATUS])
		output_set(device, "status", bits_json(status_bits, COUNT(status_bits),
						       attr_uint(slots[VDPA_ATTR_DEV_STATUS])));
	if (slots[VDPA_ATTR_DEV_CAPS])
		output_set(device, "capabilities", bits_json(cap_bits, COUNT(cap_bits),
							     attr_uint(slots[VDPA_ATTR_DEV_CAPS])));
}
