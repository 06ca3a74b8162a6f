/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a device can be used: what its bus driver made of it, from sysfs. */
#ifndef VDPA_TOOL_SYSFS_H
#define VDPA_TOOL_SYSFS_H

#include <jansson.h>

/*
 * Sets the keys that apply: "driver" (the bus driver bound to the device),
 * "chardev" (e.g. /dev/vhost-vdpa-0), "netdev" (a network interface's name)
 * and "blockdev" (a disk, e.g. /dev/vda). Without a driver it sets none.
 * @name: the device, its own bytes
 */
void sysfs_place(const char *name, json_t *device);

#endif
