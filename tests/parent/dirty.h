/* SPDX-License-Identifier: GPL-2.0-only */
/* A parent that notes which pages its devices write, as tests want it to. */
#ifndef VTP_DIRTY_H
#define VTP_DIRTY_H

#include <linux/atomic.h>

struct dentry;
struct vdpa_mgmt_dev;

int vtp_register_dirty(struct vdpa_mgmt_dev *mgmt);
void vtp_add_dirty(struct dentry *dir, atomic_t *waiting);

#endif
