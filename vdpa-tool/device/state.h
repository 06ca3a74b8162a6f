/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What devices are doing, in words. */
#ifndef VDPA_TOOL_STATE_H
#define VDPA_TOOL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/netlink.h>

#include "command/argument.h"
#include "output/output.h"

/* Ways to write an attribute (fields.h): the words of enum vdpa_dev_state and enum vdpa_cause, "state_N" for what is newer than us. */
void field_state(struct output *out, const char *key, const struct nlattr *attr);
void field_cause(struct output *out, const char *key, const struct nlattr *attr);

/* The number of such a word, uint8_t. */
extern const struct arg_type type_state;

/* Who holds a device suspended, a list. */
void field_holds(struct output *out, const char *key, const struct nlattr *attr);

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
