// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev config */
#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "netlink/bits.h"
#include "device/dev.h"
#include "device/fields.h"
#include "device/virtio.h"

/* Bits of VDPA_ATTR_DEV_NET_STATUS, the status field of struct virtio_net_config. */
enum { NET_LINK_UP = 1, NET_ANNOUNCE = 2 };

static void write_link(struct output *out, const char *key, const struct nlattr *attr)
{
	out_text(out, key, attr_uint(attr) & NET_LINK_UP ? "up" : "down");
}

static void write_announce(struct output *out, const char *key, const struct nlattr *attr)
{
	out_bool(out, key, attr_uint(attr) & NET_ANNOUNCE);
}

/* What is shown of the attributes that a device has, in this order. */
static const struct field fields[] = {
	{ VDPA_ATTR_DEV_NET_CFG_MACADDR,		"mac",			field_mac },
	{ VDPA_ATTR_DEV_NET_STATUS,			"link",			write_link },
	{ VDPA_ATTR_DEV_NET_STATUS,			"link_announce",	write_announce },
	{ VDPA_ATTR_DEV_NET_CFG_MAX_VQP,		"max_vq_pairs",		field_uint },
	{ VDPA_ATTR_DEV_NET_CFG_MTU,			"mtu",			field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_CAPACITY,		"capacity",		field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_SIZE_MAX,		"size_max",		field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE,		"blk_size",		field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_SEG_MAX,		"seg_max",		field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES,		"num_queues",		field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_PHY_BLK_EXP,		"phy_blk_exp",		field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_ALIGN_OFFSET,		"align_offset",		field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_MIN_IO_SIZE,		"min_io_size",		field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_OPT_IO_SIZE,		"opt_io_size",		field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEC,	"max_discard_sec",	field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEG,	"max_discard_seg",	field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_DISCARD_SEC_ALIGN,	"discard_sec_align",	field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEC,	"max_write_zeroes_sec",	field_uint },
	{ VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEG,	"max_write_zeroes_seg",	field_uint },
	{ VDPA_ATTR_DEV_BLK_READ_ONLY,			"read_only",		field_bool },
	{ VDPA_ATTR_DEV_BLK_FLUSH,			"flush",		field_bool },
	{ .key = NULL }
};

/* What the driver accepted comes first, then what the device offers. */
static const struct {
	uint16_t attr;
	uint16_t words;
	const char *key;
} feature_sets[] = {
	{ VDPA_ATTR_DEV_NEGOTIATED_FEATURES, VDPA_ATTR_DEV_NEGOTIATED_FEATURES_WORDS, "negotiated_features" },
	{ VDPA_ATTR_DEV_FEATURES, VDPA_ATTR_DEV_FEATURES_WORDS, "dev_features" },
};

static void write_config(struct output *out, const struct nlattr **slots)
{
	uint32_t id = attr_uint(slots[VDPA_ATTR_DEV_ID]);

	fields_write(out, fields, slots);
	for (size_t i = 0; i < sizeof(feature_sets) / sizeof(feature_sets[0]); i++) {
		const struct nlattr *attr = slots[feature_sets[i].attr];
		struct bits features;

		if (!attr)
			continue;
		features = bits_of_reply(attr, slots[feature_sets[i].words]);
		out_features(out, feature_sets[i].key, &features, id);
	}
	if (slots[VDPA_ATTR_DEV_UNANSWERED])
		out_bool(out, "unanswered", true);
}

int dev_config_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	const char *name;
	size_t len;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_ID, err) < 0)
		return -1;
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	out_entry(data, name, len);
	write_config(data, slots);
	out_entry_end(data);
	return 0;
}

const struct command dev_config_commands[] = {
	{
		.word = { .name = "show", .alias = "list" },
		.text = "Shows the configuration of a device, or of all devices.",
		.arguments = any_device, .size = sizeof(struct one_device),
		.needs = VDPA_CMD_DEV_CONFIG_GET, .needs_text = "Linux 5.16",
		.put = put_one_device, .print = dev_config_print, .section = "config",
	},
	{ .word.name = NULL }
};
