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
struct vdpa_description;
struct vdpa_mgmtdev;

/**
 * struct vdpa_descriptions - what there is to say about a device or management device
 * @n: lists
 * @list: one for a device, one for each class for a management device
 */
struct vdpa_descriptions {
	unsigned int n;
	struct vdpa_description *list[] __counted_by(n);
};

struct vdpa_descriptions *vdpa_describe_device(struct vdpa_entry *entry,
					       const struct vdpa_asker *asker,
					       struct netlink_ext_ack *extack);
struct vdpa_descriptions *vdpa_describe_mgmtdev(struct vdpa_mgmtdev *mgmtdev,
						struct netlink_ext_ack *extack);
void vdpa_descriptions_free(struct vdpa_descriptions *descriptions);
struct vdpa_description *vdpa_descriptions_find(const struct vdpa_descriptions *descriptions,
						u32 class);

int vdpa_judge(const struct vdpa_description *source, struct vdpa_entry *entry,
	       struct vdpa_mgmtdev *mgmtdev, const struct vdpa_asker *asker,
	       struct netlink_ext_ack *extack);

#endif
