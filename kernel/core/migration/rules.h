/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparing two migration descriptions by the rules of <uapi/linux/vdpa.h>.
 */
#ifndef _VDPA_COMPAT_H
#define _VDPA_COMPAT_H

#include <linux/vdpa_migration.h>

struct vdpa_description;

/**
 * struct vdpa_mismatch - an attribute that does not match
 * @source: the source's attribute; NULL: the classes differ
 * @target: the target's attribute; NULL if it has none of that name
 * @why: the reason, for people
 */
struct vdpa_mismatch {
	const struct vdpa_migration_attribute *source;
	const struct vdpa_migration_attribute *target;
	const char *why;
};

bool vdpa_compatible(const struct vdpa_description *source, const struct vdpa_description *target,
		     bool creates, struct vdpa_mismatch *mismatch);

#endif
