/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The descriptions of devices and management devices: what has to match at the
 * target of a migration. The common part is written here, of every parent; what a
 * parent adds by itself comes first.
 *
 * Parents may sleep in their part, so descriptions are made in workers.
 */
#ifndef _VDPA_MIGRATION_H
#define _VDPA_MIGRATION_H

#include <linux/types.h>

struct netlink_ext_ack;
struct vdpa_asker;
struct vdpa_entry;
struct vdpa_list;
struct vdpa_parent;

/**
 * struct vdpa_description - what there is to say about a device or management device
 * @n: lists
 * @lists: one for a device, one for each class for a management device
 */
struct vdpa_description {
	unsigned int n;
	struct vdpa_list *lists[] __counted_by(n);
};

struct vdpa_description *vdpa_describe_device(struct vdpa_entry *entry,
					      const struct vdpa_asker *asker,
					      struct netlink_ext_ack *extack);
struct vdpa_description *vdpa_describe_parent(struct vdpa_parent *parent,
					      struct netlink_ext_ack *extack);
void vdpa_description_free(struct vdpa_description *description);
struct vdpa_list *vdpa_description_of(const struct vdpa_description *description, u32 class);

int vdpa_judge(const struct vdpa_list *source, struct vdpa_entry *entry,
	       struct vdpa_parent *parent, const struct vdpa_asker *asker,
	       struct netlink_ext_ack *extack);

#endif
