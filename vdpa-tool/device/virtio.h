/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of virtio's device classes and feature bits. */
#ifndef VDPA_TOOL_VIRTIO_H
#define VDPA_TOOL_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink/bits.h"
#include "output/output.h"

/* Device IDs that the command itself treats in a way of their own. */
enum { CLASS_NONE = 0, CLASS_NET = 1, CLASS_BLOCK = 2 };

/* A device's type by its virtio device ID, e.g. "network"; or "type_99", in @unknown of @size bytes. */
enum { CLASS_SIZE = 16 };
const char *class_type(uint32_t id, char *unknown, size_t size);

/* The same by the name that management devices list, e.g. "net", or "class_99" in @unknown of @size bytes. */
const char *class_name(uint32_t id, char *unknown, size_t size);

/* The virtio device ID of such a name. */
bool class_id(const char *name, uint32_t *id);

/* The classes whose bits are set, as a management device lists them: ["net"]. */
void out_classes(struct output *out, const char *key, uint64_t classes);

/*
 * The class by whose names a management device's features are to be read: its
 * only one; "net" where that is among several, as iproute2 has it.
 */
uint32_t classes_naming(uint64_t classes);

/* A list of the names of the bits that are set, lowest first, for a device of class @id. */
void out_features(struct output *out, const char *key, const struct bits *features, uint32_t id);

/* The bit below 64 that out_features() names @name for a device of class @id. False where there is none. */
bool feature_bit(const char *name, uint32_t id, unsigned int *bit);

/* Whether that is so for any class. */
bool feature_exists(const char *name);

#endif
