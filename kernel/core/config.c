// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration space of devices: see config.h.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/vdpa.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <uapi/linux/vdpa.h>

#include "config.h"
#include "device.h"

/**
 * struct field - a field of a class's configuration space
 * @attr: its attribute, VDPA_ATTR_*
 * @features: present if the device offers one of these; 0: always
 * @offset: in bytes, in the class's structure, which is little-endian
 * @type: its type
 * @name: its name in a migration description; NULL: not in it
 * @rule: its migration rule
 */
struct field {
	u16 attr;
	u64 features;
	u16 offset;
	enum vdpa_field_type type;
	const char *name;
	const char *rule;
};

#define F(bit)	BIT_ULL(VIRTIO_##bit)
#define NET(field)	offsetof(struct virtio_net_config, field)
#define BLK(field)	offsetof(struct virtio_blk_config, field)

static const struct field net_fields[] = {
	{ VDPA_ATTR_DEV_NET_CFG_MTU, F(NET_F_MTU), NET(mtu), VDPA_FIELD_U16,
	  "mtu", "equal" },
	{ VDPA_ATTR_DEV_NET_CFG_MACADDR, F(NET_F_MAC), NET(mac), VDPA_FIELD_MAC,
	  "mac", "equal" },
	{ VDPA_ATTR_DEV_NET_STATUS, F(NET_F_STATUS), NET(status), VDPA_FIELD_U16 },
	{ VDPA_ATTR_DEV_NET_CFG_MAX_VQP, F(NET_F_MQ) | F(NET_F_RSS),
	  NET(max_virtqueue_pairs), VDPA_FIELD_U16,
	  "max_vqp", "equal" },
};

static const struct field blk_fields[] = {
	{ VDPA_ATTR_DEV_BLK_CFG_CAPACITY, 0, BLK(capacity), VDPA_FIELD_U64,
	  "capacity", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_SIZE_MAX, F(BLK_F_SIZE_MAX), BLK(size_max), VDPA_FIELD_U32,
	  "size_max", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE, F(BLK_F_BLK_SIZE), BLK(blk_size), VDPA_FIELD_U32,
	  "blk_size", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_SEG_MAX, F(BLK_F_SEG_MAX), BLK(seg_max), VDPA_FIELD_U32,
	  "seg_max", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES, F(BLK_F_MQ), BLK(num_queues), VDPA_FIELD_U16,
	  "num_queues", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_PHY_BLK_EXP, F(BLK_F_TOPOLOGY),
	  BLK(physical_block_exp), VDPA_FIELD_U8,
	  "physical_block_exp", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_ALIGN_OFFSET, F(BLK_F_TOPOLOGY),
	  BLK(alignment_offset), VDPA_FIELD_U8,
	  "alignment_offset", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_MIN_IO_SIZE, F(BLK_F_TOPOLOGY), BLK(min_io_size), VDPA_FIELD_U16,
	  "min_io_size", "info" },
	{ VDPA_ATTR_DEV_BLK_CFG_OPT_IO_SIZE, F(BLK_F_TOPOLOGY), BLK(opt_io_size), VDPA_FIELD_U32,
	  "opt_io_size", "info" },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEC, F(BLK_F_DISCARD),
	  BLK(max_discard_sectors), VDPA_FIELD_U32,
	  "max_discard_sectors", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEG, F(BLK_F_DISCARD),
	  BLK(max_discard_seg), VDPA_FIELD_U32,
	  "max_discard_seg", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_DISCARD_SEC_ALIGN, F(BLK_F_DISCARD),
	  BLK(discard_sector_alignment), VDPA_FIELD_U32,
	  "discard_sector_alignment", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEC, F(BLK_F_WRITE_ZEROES),
	  BLK(max_write_zeroes_sectors), VDPA_FIELD_U32,
	  "max_write_zeroes_sectors", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEG, F(BLK_F_WRITE_ZEROES),
	  BLK(max_write_zeroes_seg), VDPA_FIELD_U32,
	  "max_write_zeroes_seg", "at-least" },
};

/* Features that have an attribute of their own, sent as 0 or 1. */
struct flag {
	u16 attr;
	u64 feature;
	const char *lacking;	/* name in a description; 1: not offered; NULL: not in it */
};

static const struct flag blk_flags[] = {
	{ VDPA_ATTR_DEV_BLK_READ_ONLY, F(BLK_F_RO), "writable" },
	{ VDPA_ATTR_DEV_BLK_FLUSH, F(BLK_F_FLUSH) },
};

struct class_fields {
	u32 device_id;
	size_t config_size;
	const struct field *fields;
	unsigned int nfields;
	const struct flag *flags;
	unsigned int nflags;
};

static const struct class_fields classes[] = {
	{
		.device_id = VIRTIO_ID_NET,
		.config_size = sizeof(struct virtio_net_config),
		.fields = net_fields,
		.nfields = ARRAY_SIZE(net_fields),
	}, {
		.device_id = VIRTIO_ID_BLOCK,
		.config_size = sizeof(struct virtio_blk_config),
		.fields = blk_fields,
		.nfields = ARRAY_SIZE(blk_fields),
		.flags = blk_flags,
		.nflags = ARRAY_SIZE(blk_flags),
	},
};

/* Room for the largest configuration space above. */
union config {
	struct virtio_net_config net;
	struct virtio_blk_config blk;
};

/**
 * vdpa_config_read - read a device's configuration space
 * @entry: the device, with its cf_lock held
 * @config: destination; fields that the device does not have are zero
 * @size: bytes that the class defines
 */
void vdpa_config_read(struct vdpa_entry *entry, void *config, size_t size)
{
	memset(config, 0, size);
	size = min(size, entry->ops.get_config_size(entry->vdev));
	entry->ops.get_config(entry->vdev, 0, config, size);
}

static const struct class_fields *find_class(u32 device_id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].device_id == device_id)
			return &classes[i];
	return NULL;
}

static struct vdpa_field_value field_value(const struct field *field, const void *config)
{
	struct vdpa_field_value value = {
		.attr = field->attr,
		.type = field->type,
		.name = field->name,
		.rule = field->rule,
	};
	const void *p = config + field->offset;

	switch (field->type) {
	case VDPA_FIELD_U8:
		value.num = *(const u8 *)p;
		break;
	case VDPA_FIELD_U16:
		value.num = get_unaligned_le16(p);
		break;
	case VDPA_FIELD_U32:
		value.num = get_unaligned_le32(p);
		break;
	case VDPA_FIELD_U64:
		value.num = get_unaligned_le64(p);
		break;
	default:
		value.mac = p;
	}
	return value;
}

static struct vdpa_field_value flag_value(const struct flag *flag, u64 features)
{
	return (struct vdpa_field_value){
		.attr = flag->attr,
		.type = VDPA_FIELD_FLAG,
		.num = !!(features & flag->feature),
		.name = flag->lacking,
		.rule = "at-least",
	};
}

/**
 * vdpa_config_walk - walk the fields of a device's configuration space
 * @entry: the device, with its cf_lock held
 * @features: the features that it offers
 * @take: called for each present field; an error ends the walk
 * @data: for @take
 *
 * Return: 0 or what @take returns.
 */
int vdpa_config_walk(struct vdpa_entry *entry, u64 features, vdpa_field_take_t take, void *data)
{
	const struct class_fields *class = find_class(entry->device_id);
	struct vdpa_field_value value;
	union config config;
	unsigned int i;
	int err = 0;

	if (!class)
		return 0;
	vdpa_config_read(entry, &config, class->config_size);
	for (i = 0; !err && i < class->nfields; i++) {
		const struct field *field = &class->fields[i];

		if (field->features && !(features & field->features))
			continue;
		value = field_value(field, &config);
		err = take(data, &value);
	}
	for (i = 0; !err && i < class->nflags; i++) {
		value = flag_value(&class->flags[i], features);
		err = take(data, &value);
	}
	return err;
}
