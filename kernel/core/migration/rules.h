/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether one description fits the other: the rules of <uapi/linux/vdpa.h>.
 */
#ifndef _VDPA_COMPAT_H
#define _VDPA_COMPAT_H

#include <linux/vdpa_migration.h>

struct vdpa_description;

/**
 * struct vdpa_mismatch - what does not fit
 * @source: the source's attribute; NULL: the classes differ
 * @target: the target's, NULL if it has none of that name
 * @why: a few words, for people
 */
struct vdpa_mismatch {
	const struct vdpa_migration_attribute *source;
	const struct vdpa_migration_attribute *target;
	const char *why;
};

bool vdpa_compatible(const struct vdpa_description *source, const struct vdpa_description *target,
		     bool creates, struct vdpa_mismatch *mismatch);

#endif
