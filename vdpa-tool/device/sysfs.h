/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a device can be used: what its bus driver made of it, from sysfs. */
#ifndef VDPA_TOOL_SYSFS_H
#define VDPA_TOOL_SYSFS_H

#include <stdbool.h>
#include <stddef.h>

#include "output/output.h"

/*
 * The bus driver that is bound to the device, in @name of @size bytes: for kernels that do not say it. False
 * where there is none.
 * @device: its name, its own bytes
 */
bool sysfs_driver(const char *device, char *name, size_t size);

enum { NODE_SIZE = 64 };

/*
 * Writes the keys that apply: "driver" (the bus driver bound to the device),
 * "chardev" (e.g. /dev/vhost-vdpa-0), "netdev" (a network interface's name)
 * and "blockdev" (a disk, e.g. /dev/vda).
 * @name, @driver: the device and its driver, their own bytes
 * @out: NULL: nothing is written
 * @node: becomes the path of its character device, "" if it has none
 *
 * Returns false where something may come of the driver yet.
 */
bool sysfs_place(const char *name, const char *driver, struct output *out, char node[NODE_SIZE]);

/* The path of its character device, in @node. False where it has none. */
bool sysfs_chardev(const char *device, char node[NODE_SIZE]);

/* The address of the PCI function that it lies below, in @address of @size bytes. False where it is below none. */
bool sysfs_pci(const char *device, char *address, size_t size);

#endif
