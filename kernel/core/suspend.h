/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Suspending and resuming devices, one or a group of them, in parallel.
 *
 * Suspending is all or nothing: if one of the group fails, or the deadline
 * passes, those that are suspended are resumed; one whose parent is still at it
 * is resumed when it ends. The request is answered when all that is done, but at
 * the deadline in any case. Its sender's death changes nothing.
 */
#ifndef _VDPA_SUSPEND_H
#define _VDPA_SUSPEND_H

#include <uapi/linux/vdpa.h>

struct vdpa_entry;
struct vdpa_group;
struct vdpa_request;

struct vdpa_group *vdpa_group_new(struct vdpa_request *req, enum vdpa_dev_state via,
				  unsigned int max, bool force);
int vdpa_group_add(struct vdpa_group *group, struct vdpa_entry *entry);
int vdpa_group_start(struct vdpa_group *group, u32 deadline);
void vdpa_group_put(struct vdpa_group *group);

int vdpa_groups_init(void);
void vdpa_groups_exit(void);

#endif
