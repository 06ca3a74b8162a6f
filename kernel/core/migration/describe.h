/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making the migration descriptions of devices and management devices: what must match at the
 * target.
 *
 * The core adds the common part for every parent. A parent's own attributes override it.
 *
 * Parents may sleep, so workers make the descriptions.
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
 * struct vdpa_descriptions - the descriptions of a device or management device
 * @n: number of descriptions
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
