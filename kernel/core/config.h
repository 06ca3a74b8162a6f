/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration space of devices, field by field.
 *
 * One table for each class gives each field's offset, the feature that it needs, its netlink
 * attribute, and its migration rule.
 */
#ifndef _VDPA_CONFIG_H
#define _VDPA_CONFIG_H

#include <linux/types.h>

struct vdpa_entry;

/* The type of a field, as stored and as sent. */
enum vdpa_field_type {
	VDPA_FIELD_U8,
	VDPA_FIELD_U16,
	VDPA_FIELD_U32,
	VDPA_FIELD_U64,
	VDPA_FIELD_MAC,
	VDPA_FIELD_FLAG,	/* whether a feature is offered, as 0 or 1 */
};

/**
 * struct vdpa_field_value - the value of a field
 * @attr: its attribute, VDPA_ATTR_*
 * @type: its type
 * @num: the value, for all types but VDPA_FIELD_MAC
 * @mac: for VDPA_FIELD_MAC: six bytes
 * @name: its name in a migration description, for a flag the name of its absence; NULL: not in it
 * @rule: its migration rule
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
