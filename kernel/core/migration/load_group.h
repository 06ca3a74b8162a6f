/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving several devices the states of others, all or none of them.
 *
 * All are loaded at the same time, each in its own line. If one is refused, those that were loaded
 * get back what they had. A device that its driver has reset meanwhile, or has gone on with, has
 * nothing to get back. Whether the client waits for it plays no part.
 *
 * From the beginning to the end the devices belong to the group: nobody else loads them, writes
 * their virtqueues or has them resumed. It is no user of a device whose parent has done its part.
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
