/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Migration descriptions: lists of attributes, of a device here or from a client.
 *
 * Every attribute is checked when it is added. So code that compares descriptions can rely on
 * well-formed ones.
 */
#ifndef _VDPA_DESCRIPTION_H
#define _VDPA_DESCRIPTION_H

#include <linux/vdpa_migration.h>
#include <uapi/linux/vdpa.h>

/* The kind of an attribute's value, by its type. */
enum vdpa_value {
	VDPA_VALUE_UNKNOWN,		/* unknown type */
	VDPA_VALUE_NUM,
	VDPA_VALUE_STRING,
	VDPA_VALUE_SET,
	VDPA_VALUE_RANGE,
	VDPA_VALUE_VERSION,
};

/**
 * struct vdpa_description - a migration description
 * @sink: interface through which parents add attributes
 * @class: virtio device ID
 * @n: number of attributes
 * @attrs: the attributes; their pointers point into @arena
 * @own: the parent's own attributes, which override the common part; or NULL
 * @fault: why an attribute was refused; the description is then invalid
 * @arena: memory for strings and members
 * @used: used bytes of @arena
 * @size: size of @arena in bytes
 *
 * Not locked: only one task may use it at a time.
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
