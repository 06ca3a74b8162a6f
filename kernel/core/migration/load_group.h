/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading saved states into several devices, all or nothing.
 *
 * All are loaded in parallel, each in its own line. If one fails, the loaded ones get their old
 * state back, unless their driver has reset or started them meanwhile. The client need not wait.
 *
 * Meanwhile the group owns the devices: no other request can load them, set their virtqueues, or
 * suspend or resume them. Once a device's parent is done, the group is no longer a user of the
 * device.
 */
#ifndef _VDPA_LOAD_GROUP_H
#define _VDPA_LOAD_GROUP_H

#include <linux/types.h>

struct vdpa_entry;
struct vdpa_request;
struct vdpa_upload;

int vdpa_load_group_start(struct vdpa_request *req, struct vdpa_entry *const *entries,
			  struct vdpa_upload *const *uploads, unsigned int n);

#endif
