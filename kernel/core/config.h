/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration space of devices, field by field.
 *
 * One table a class says where each field is, which feature it needs, by which attribute it goes
 * over the wire, and by which rule it has to match at the target of a migration.
 */
#ifndef _VDPA_CONFIG_H
#define _VDPA_CONFIG_H

#include <linux/types.h>

struct vdpa_entry;

/* How a field is stored, and so how it is sent. */
enum vdpa_field_type {
	VDPA_FIELD_U8,
	VDPA_FIELD_U16,
	VDPA_FIELD_U32,
	VDPA_FIELD_U64,
	VDPA_FIELD_MAC,
	VDPA_FIELD_FLAG,	/* whether a feature is offered, as 0 or 1 */
};

/**
 * struct vdpa_field_value - what a device has in a field
 * @attr: VDPA_ATTR_* that it is sent as
 * @type: how it is sent
 * @num: all but VDPA_FIELD_MAC: the number
 * @mac: VDPA_FIELD_MAC: six bytes
 * @name: in a description for migration; NULL: it has no part in that. Of a flag: of its absence
 * @rule: by which it has to match there
 */
struct vdpa_field_value {
	u16 attr;
	enum vdpa_field_type type;
	u64 num;
	const u8 *mac;
	const char *name;
	const char *rule;
};

typedef int (*vdpa_field_take_t)(void *data, const struct vdpa_field_value *value);

void vdpa_config_read(struct vdpa_entry *entry, void *config, size_t size);
int vdpa_config_walk(struct vdpa_entry *entry, u64 features, vdpa_field_take_t take, void *data);

#endif
