/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module and the build of a parent driver.
 */
#ifndef _VDPA_BUILD_H
#define _VDPA_BUILD_H

#include <linux/types.h>

struct vdpa_mgmtdev;

void vdpa_build_module(const struct vdpa_mgmtdev *mgmtdev, char *buf, size_t size);
void vdpa_build_identity(const struct vdpa_mgmtdev *mgmtdev, char *buf, size_t size);

#endif
