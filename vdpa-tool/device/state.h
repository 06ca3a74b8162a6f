/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What devices are doing, in words. */
#ifndef VDPA_TOOL_STATE_H
#define VDPA_TOOL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <linux/netlink.h>

#include "output/output.h"

/* The words of enum vdpa_dev_state and enum vdpa_cause; "state_N" for what is newer than us. */
json_t *state_json(uint64_t state);
json_t *cause_json(uint64_t cause);

/* Names of those who hold a device suspended. */
json_t *holds_json(uint64_t holds);

/* Writes the names of virtio status bits; bits without a name are one number, e.g. "0x10". */
void status_write(struct output *out, const char *key, uint64_t status);

/* Takes one such name. */
bool status_bit(const char *name, uint64_t *bits);

/*
 * Writes the keys that tell what a device is doing: "state", "status" (names of
 * the virtio status bits), "capabilities", "transitions" and the latencies in
 * microseconds. What the kernel does not say is left out.
 */
void state_write(struct output *out, const struct nlattr **slots);

#endif
