// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration of devices over netlink, field by field.
 */
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "migration/description.h"
#include "netlink/netlink.h"
#include "registry.h"
#include "request.h"

/*
 * How long a dump waits, in all, for devices whose parents are in an operation,
 * in ms: its first round is a doit, of which request.h says why it must not wait.
 */
#define DUMP_PATIENCE_MS	50

/* How a field is stored, and so how it is sent. */
enum field_type {
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_MAC,
};

/**
 * struct field - a field of a class's configuration space
 * @attr: the attribute it is sent as
 * @features: it is there if the device offers one of these; 0: always
 * @offset: in the class's structure, where it is little-endian, in bytes
 * @type: how it is stored
 * @name: in a description for migration; NULL: it has no part in that
 * @rule: by which it has to match there
 */
struct field {
	u16 attr;
	u64 features;
	u16 offset;
	enum field_type type;
	const char *name;
	const char *rule;
};

#define F(bit)	BIT_ULL(VIRTIO_##bit)
#define NET(field)	offsetof(struct virtio_net_config, field)
#define BLK(field)	offsetof(struct virtio_blk_config, field)

static const struct field net_fields[] = {
	{ VDPA_ATTR_DEV_NET_CFG_MTU, F(NET_F_MTU), NET(mtu), FIELD_U16,
	  "mtu", "equal" },
	{ VDPA_ATTR_DEV_NET_CFG_MACADDR, F(NET_F_MAC), NET(mac), FIELD_MAC,
	  "mac", "equal" },
	{ VDPA_ATTR_DEV_NET_STATUS, F(NET_F_STATUS), NET(status), FIELD_U16 },
	{ VDPA_ATTR_DEV_NET_CFG_MAX_VQP, F(NET_F_MQ) | F(NET_F_RSS),
	  NET(max_virtqueue_pairs), FIELD_U16,
	  "max_vqp", "equal" },
};

static const struct field blk_fields[] = {
	{ VDPA_ATTR_DEV_BLK_CFG_CAPACITY, 0, BLK(capacity), FIELD_U64,
	  "capacity", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_SIZE_MAX, F(BLK_F_SIZE_MAX), BLK(size_max), FIELD_U32,
	  "size_max", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE, F(BLK_F_BLK_SIZE), BLK(blk_size), FIELD_U32,
	  "blk_size", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_SEG_MAX, F(BLK_F_SEG_MAX), BLK(seg_max), FIELD_U32,
	  "seg_max", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES, F(BLK_F_MQ), BLK(num_queues), FIELD_U16,
	  "num_queues", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_PHY_BLK_EXP, F(BLK_F_TOPOLOGY),
	  BLK(physical_block_exp), FIELD_U8,
	  "physical_block_exp", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_ALIGN_OFFSET, F(BLK_F_TOPOLOGY), BLK(alignment_offset), FIELD_U8,
	  "alignment_offset", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_MIN_IO_SIZE, F(BLK_F_TOPOLOGY), BLK(min_io_size), FIELD_U16,
	  "min_io_size", "info" },
	{ VDPA_ATTR_DEV_BLK_CFG_OPT_IO_SIZE, F(BLK_F_TOPOLOGY), BLK(opt_io_size), FIELD_U32,
	  "opt_io_size", "info" },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEC, F(BLK_F_DISCARD),
	  BLK(max_discard_sectors), FIELD_U32,
	  "max_discard_sectors", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEG, F(BLK_F_DISCARD),
	  BLK(max_discard_seg), FIELD_U32,
	  "max_discard_seg", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_DISCARD_SEC_ALIGN, F(BLK_F_DISCARD),
	  BLK(discard_sector_alignment), FIELD_U32,
	  "discard_sector_alignment", "equal" },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEC, F(BLK_F_WRITE_ZEROES),
	  BLK(max_write_zeroes_sectors), FIELD_U32,
	  "max_write_zeroes_sectors", "at-least" },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEG, F(BLK_F_WRITE_ZEROES),
	  BLK(max_write_zeroes_seg), FIELD_U32,
	  "max_write_zeroes_seg", "at-least" },
};

/* Features of a class that are sent as attributes of their own, as 0 or 1. */
struct flag {
	u16 attr;
	u64 feature;
	const char *lacking;	/* name in a description, 1: not offered; NULL: not in it */
};

static const struct flag blk_flags[] = {
	{ VDPA_ATTR_DEV_BLK_READ_ONLY, F(BLK_F_RO), "writable" },
	{ VDPA_ATTR_DEV_BLK_FLUSH, F(BLK_F_FLUSH) },
};

struct vdpa_class {
	u32 device_id;
	size_t config_size;
	const struct field *fields;
	unsigned int nfields;
	const struct flag *flags;
	unsigned int nflags;
};

static const struct vdpa_class classes[] = {
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
 * vdpa_nl_read_config - read a device's configuration space
 * @entry: the device, with its cf_lock held
 * @config: where to; what the device does not have reads as zeroes
 * @size: bytes that the class defines
 */
void vdpa_nl_read_config(struct vdpa_entry *entry, void *config, size_t size)
{
	memset(config, 0, size);
	size = min(size, entry->ops.get_config_size(entry->vdev));
	entry->ops.get_config(entry->vdev, 0, config, size);
}

static int put_field(struct sk_buff *msg, const struct field *field, const void *config)
{
	const void *p = config + field->offset;

	switch (field->type) {
	case FIELD_U8:
		return nla_put_u8(msg, field->attr, *(const u8 *)p);
	case FIELD_U16:
		return nla_put_u16(msg, field->attr, get_unaligned_le16(p));
	case FIELD_U32:
		return nla_put_u32(msg, field->attr, get_unaligned_le32(p));
	case FIELD_U64:
		return nla_put_u64_64bit(msg, field->attr, get_unaligned_le64(p), VDPA_ATTR_PAD);
	case FIELD_MAC:
		return nla_put(msg, field->attr, ETH_ALEN, p);
	}
	return -EINVAL;
}

static int put_class(struct sk_buff *msg, const struct vdpa_class *class,
		     const union config *config, u64 features)
{
	unsigned int i;

	for (i = 0; i < class->nfields; i++) {
		const struct field *field = &class->fields[i];

		if (field->features && !(features & field->features))
			continue;
		if (put_field(msg, field, config))
			return -EMSGSIZE;
	}
	for (i = 0; i < class->nflags; i++)
		if (nla_put_u8(msg, class->flags[i].attr, !!(features & class->flags[i].feature)))
			return -EMSGSIZE;
	return 0;
}

static const struct vdpa_class *find_class(u32 device_id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].device_id == device_id)
			return &classes[i];
	return NULL;
}

static u64 field_number(const struct field *field, const void *config)
{
	const void *p = config + field->offset;

	switch (field->type) {
	case FIELD_U8:
		return *(const u8 *)p;
	case FIELD_U16:
		return get_unaligned_le16(p);
	case FIELD_U32:
		return get_unaligned_le32(p);
	default:
		return get_unaligned_le64(p);
	}
}

static int describe_field(struct vdpa_entry *entry, const struct field *field,
			  const void *config, struct vdpa_description *description)
{
	u64 mask = entry->mgmtdev->mdev->config_attr_mask;
	struct vdpa_migration_attribute attr = {
		.name = field->name,
		.rule = field->rule,
		.provision = mask & BIT_ULL(field->attr),
		.has_value = true,
	};
	char mac[sizeof("00:00:00:00:00:00")];

	if (field->type == FIELD_MAC) {
		snprintf(mac, sizeof(mac), "%pM", config + field->offset);
		attr.type = "string";
		attr.string = mac;
	} else {
		attr.type = "u64";
		attr.num = field_number(field, config);
	}
	return vdpa_description_add_common(description, &attr);
}

static int describe_flag(const struct flag *flag, u64 features, struct vdpa_description *description)
{
	struct vdpa_migration_attribute attr = {
		.name = flag->lacking,
		.type = "u64",
		.rule = "at-least",
		.has_value = true,
		.num = !(features & flag->feature),
	};

	return vdpa_description_add_common(description, &attr);
}

/**
 * vdpa_nl_describe_config - add a device's configuration to its description
 * @entry: the device, with its cf_lock held
 * @description: the description; what it has already is left as it is
 *
 * Return: as vdpa_description_add().
 */
int vdpa_nl_describe_config(struct vdpa_entry *entry, struct vdpa_description *description)
{
	const struct vdpa_class *class = find_class(entry->device_id);
	u64 features = entry->ops.get_device_features(entry->vdev);
	union config config;
	unsigned int i;
	int err = 0;

	if (!class)
		return 0;
	vdpa_nl_read_config(entry, &config, class->config_size);
	for (i = 0; !err && i < class->nfields; i++) {
		const struct field *field = &class->fields[i];

		if (field->name && (!field->features || (features & field->features)))
			err = describe_field(entry, field, &config, description);
	}
	for (i = 0; !err && i < class->nflags; i++)
		if (class->flags[i].lacking)
			err = describe_flag(&class->flags[i], features, description);
	return err;
}

/* All that the parent is asked for. The device's cf_lock is held. */
static int put_config(struct vdpa_entry *entry, struct sk_buff *msg)
{
	const struct vdpa_class *class = find_class(entry->device_id);
	struct vdpa_device *vdev = entry->vdev;
	union config config;
	u64 features;

	/* What the driver has chosen is settled with FEATURES_OK, not before. */
	if ((entry->ops.get_status(vdev) & VIRTIO_CONFIG_S_FEATURES_OK) &&
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_NEGOTIATED_FEATURES,
			      entry->ops.get_driver_features(vdev), VDPA_ATTR_PAD))
		return -EMSGSIZE;
	features = entry->ops.get_device_features(vdev);
	if (nla_put_u64_64bit(msg, VDPA_ATTR_DEV_FEATURES, features, VDPA_ATTR_PAD))
		return -EMSGSIZE;
	if (!class)
		return 0;
	vdpa_nl_read_config(entry, &config, class->config_size);
	return put_class(msg, class, &config, features);
}

static void *config_begin(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq,
			  int flags, struct netlink_callback *cb)
{
	void *hdr;

	hdr = genlmsg_put(msg, portid, seq, &vdpa_nl_family, flags, VDPA_CMD_DEV_CONFIG_GET);
	if (!hdr)
		return NULL;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(entry)) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_ID, entry->device_id)) {
		genlmsg_cancel(msg, hdr);
		return NULL;
	}
	return hdr;
}

/* The device's cf_lock is held. */
static int config_fill(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq,
		       int flags, struct netlink_callback *cb)
{
	void *hdr = config_begin(entry, msg, portid, seq, flags, cb);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = put_config(entry, msg);
	if (err) {
		genlmsg_cancel(msg, hdr);
		return err;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/* For a device whose parent keeps cf_lock from us: what can be said without it. */
static int config_fill_busy(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq,
			    int flags, struct netlink_callback *cb)
{
	void *hdr = config_begin(entry, msg, portid, seq, flags, cb);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_flag(msg, VDPA_ATTR_DEV_UNANSWERED)) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/*
 * @waited: jiffies that the dump has spent here so far
 * @until: how long it may at all, in jiffies
 */
static bool dump_lock(struct rw_semaphore *sem, long *waited, unsigned long until)
{
	while (!down_read_trylock(sem)) {
		if (*waited >= msecs_to_jiffies(DUMP_PATIENCE_MS) ||
		    time_after_eq(jiffies, until) || fatal_signal_pending(current))
			return false;
		schedule_timeout_killable(1);
		++*waited;
	}
	return true;
}

/*
 * One device that is stuck in its parent must not hide all others: a dump lists
 * it without what only the parent knows.
 */
static int config_dump_fill(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq,
			    int flags, struct netlink_callback *cb)
{
	unsigned long until = cb->args[2] ? jiffies + HZ : vdpa_patience(cb->skb);
	struct rw_semaphore *sem = &entry->vdev->cf_lock;
	int err;

	if (!dump_lock(sem, &cb->args[1], until))
		return config_fill_busy(entry, msg, portid, seq, flags, cb);
	err = config_fill(entry, msg, portid, seq, flags, cb);
	up_read(sem);
	return err;
}

static int config_get_late(struct vdpa_request *req)
{
	struct rw_semaphore *sem = &req->entry->vdev->cf_lock;
	int err;

	err = vdpa_request_down_read(req, sem);
	if (err)
		return err;
	err = vdpa_nl_reply_late(req, config_fill);
	up_read(sem);
	return err;
}

int vdpa_nl_dev_config_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	struct rw_semaphore *sem = &entry->vdev->cf_lock;
	int err;

	if (!down_read_trylock(sem))
		return vdpa_request_run_with(skb, info, entry, config_get_late, NULL);
	err = vdpa_nl_reply(info, entry, config_fill);
	up_read(sem);
	return err;
}

int vdpa_nl_dev_config_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	int err = vdpa_nl_dump_devices(msg, cb, config_dump_fill);

	cb->args[2] = 1;	/* the first round is over */
	return err;
}
