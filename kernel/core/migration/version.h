/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Versions ("major.minor.bugfix") and ranges of versions ("2.0.2-2.0.4,2.1.0-").
 * <uapi/linux/vdpa.h> defines the format.
 */
#ifndef _VDPA_VERSION_H
#define _VDPA_VERSION_H

#include <linux/types.h>

struct vdpa_version {
	u32 major;
	u32 minor;
	u32 bugfix;
};

bool vdpa_version_parse(const char *text, struct vdpa_version *version);
int vdpa_version_cmp(const struct vdpa_version *a, const struct vdpa_version *b);
bool vdpa_ranges_valid(const char *ranges);
bool vdpa_ranges_include(const char *ranges, const struct vdpa_version *version);

#endif
