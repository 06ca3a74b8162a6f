/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests about several devices, named in VDPA_ATTR_DEV_GROUP.
 */
#ifndef _VDPA_NL_GROUP_H
#define _VDPA_NL_GROUP_H

struct vdpa_entry;
struct vdpa_request;

int vdpa_nl_count_devices(struct vdpa_request *req, unsigned int *n);
struct vdpa_entry **vdpa_nl_find_devices(struct vdpa_request *req, unsigned int n);
void vdpa_nl_put_devices(struct vdpa_entry **entries, unsigned int n);

#endif
