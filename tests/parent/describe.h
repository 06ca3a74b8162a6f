/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a management device and its devices say of themselves when it comes to
 * migration: any attributes, as a text in debugfs has them.
 */
#ifndef VDPA_TEST_PARENT_DESCRIBE_H
#define VDPA_TEST_PARENT_DESCRIBE_H

struct dentry;
struct vdpa_mgmt_dev;
struct vdpa_migration_ops;

int vtp_register_described(struct vdpa_mgmt_dev *mgmt, struct vdpa_migration_ops *ops);
void vtp_add_description(struct dentry *dir);
void vtp_free_description(void);

#endif
