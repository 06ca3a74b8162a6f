/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptions: lists of attributes, checked as they are made, be it of what this
 * kernel tells of itself or of what a client has sent. What is in a list is well
 * formed, so that comparing two of them need not think of that any more.
 */
#ifndef _VDPA_DESCRIPTION_H
#define _VDPA_DESCRIPTION_H

#include <linux/vdpa_migration.h>
#include <uapi/linux/vdpa.h>

/* What a value consists of. */
enum vdpa_value {
	VDPA_VALUE_UNKNOWN,		/* the type is not in the table */
	VDPA_VALUE_NUM,
	VDPA_VALUE_STRING,
	VDPA_VALUE_SET,
	VDPA_VALUE_RANGE,
	VDPA_VALUE_VERSION,
};

/**
 * struct vdpa_description - a description
 * @sink: what parents add to it by
 * @class: virtio device ID
 * @n: attributes
 * @attrs: the attributes; all that they point to lies in @arena
 * @own: what the parent has said: it goes before the common part; or NULL
 * @fault: what is wrong with an attribute that was not taken; the list then is of no use
 * @arena: memory for strings and members
 * @used: bytes of @arena
 * @size: bytes of @arena
 *
 * Used by one at a time.
 */
struct vdpa_description {
	struct vdpa_migration_list sink;
	u32 class;
	unsigned int n;
	const struct vdpa_description *own;
	const char *fault;
	struct vdpa_migration_attribute attrs[VDPA_MIGRATION_ATTRS_MAX];
	size_t used;
	size_t size;
	u8 arena[] __counted_by(size) __aligned(8);
};

struct vdpa_description *vdpa_description_new(u32 class, size_t size);
void vdpa_description_free(struct vdpa_description *description);
int vdpa_description_add(struct vdpa_description *description,
			 const struct vdpa_migration_attribute *attr);
int vdpa_description_add_common(struct vdpa_description *description,
				const struct vdpa_migration_attribute *attr);
int vdpa_description_add_rest(struct vdpa_description *description);
const struct vdpa_migration_attribute *
vdpa_description_find(const struct vdpa_description *description, const char *name);
enum vdpa_value vdpa_value_of(const char *type);

#endif
