// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio's feature bits: see features.h. The bits are literal numbers, because older kernel headers
 * do not define all of them.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <uapi/linux/virtio_ids.h>

#include "features.h"

static const char *const common_names[64] = {
	[28] = "RING_INDIRECT_DESC", [29] = "RING_EVENT_IDX", [32] = "VERSION_1",
	[33] = "ACCESS_PLATFORM", [34] = "RING_PACKED", [35] = "IN_ORDER", [36] = "ORDER_PLATFORM",
	[37] = "SR_IOV", [38] = "NOTIFICATION_DATA", [39] = "NOTIF_CONFIG_DATA",
	[40] = "RING_RESET", [41] = "ADMIN_VQ", [43] = "SUSPEND",
};

static const char *const net_names[64] = {
	[0] = "CSUM", [1] = "GUEST_CSUM", [2] = "CTRL_GUEST_OFFLOADS", [3] = "MTU", [5] = "MAC",
	[6] = "GSO", [7] = "GUEST_TSO4", [8] = "GUEST_TSO6", [9] = "GUEST_ECN", [10] = "GUEST_UFO",
	[11] = "HOST_TSO4", [12] = "HOST_TSO6", [13] = "HOST_ECN", [14] = "HOST_UFO",
	[15] = "MRG_RXBUF", [16] = "STATUS", [17] = "CTRL_VQ", [18] = "CTRL_RX",
	[19] = "CTRL_VLAN", [20] = "CTRL_RX_EXTRA", [21] = "GUEST_ANNOUNCE", [22] = "MQ",
	[23] = "CTRL_MAC_ADDR", [52] = "VQ_NOTF_COAL", [53] = "NOTF_COAL", [54] = "GUEST_USO4",
	[55] = "GUEST_USO6", [56] = "HOST_USO", [57] = "HASH_REPORT", [59] = "GUEST_HDRLEN",
	[60] = "RSS", [61] = "RSC_EXT", [62] = "STANDBY", [63] = "SPEED_DUPLEX",
};

static const char *const block_names[64] = {
	[1] = "SIZE_MAX", [2] = "SEG_MAX", [4] = "GEOMETRY", [5] = "RO", [6] = "BLK_SIZE",
	[9] = "FLUSH", [10] = "TOPOLOGY", [11] = "CONFIG_WCE", [12] = "MQ", [13] = "DISCARD",
	[14] = "WRITE_ZEROES", [15] = "LIFETIME", [16] = "SECURE_ERASE", [17] = "ZONED",
};

static const char *feature_name(u32 device_id, unsigned int bit)
{
	if (device_id == VIRTIO_ID_NET && net_names[bit])
		return net_names[bit];
	if (device_id == VIRTIO_ID_BLOCK && block_names[bit])
		return block_names[bit];
	return common_names[bit];
}

/**
 * vdpa_features_text - write the names of features for a message
 * @device_id: virtio device ID of the device; 0: unknown
 * @features: the features
 * @text: set to a list like "MAC,MQ"; unnamed bits are "bit_5"; ",..." at the end if there are more
 */
void vdpa_features_text(u32 device_id, u64 features, char text[VDPA_FEATURES_TEXT])
{
	size_t used = 0, room;
	unsigned int bit;
	const char *name;
	char number[8];

	text[0] = '\0';
	for (bit = 0; bit < 64; bit++) {
		if (!(features & BIT_ULL(bit)))
			continue;
		snprintf(number, sizeof(number), "bit_%u", bit);
		name = feature_name(device_id, bit) ?: number;
		/* Leave room for ",..." if more bits follow. */
		room = VDPA_FEATURES_TEXT - used - (features >> bit > 1 ? sizeof(",...") : 1);
		if (strlen(name) + !!used > room) {
			sprintf(text + used, "%s", used ? ",..." : "...");
			return;
		}
		used += sprintf(text + used, "%s%s", used ? "," : "", name);
	}
}

#define NET(bit, needs)	{ VIRTIO_ID_NET, bit, needs }

#define CTRL_VQ		BIT_ULL(17)
#define GUEST_CSUM	BIT_ULL(1)
#define GUEST_TSO	(BIT_ULL(7) | BIT_ULL(8))
#define CSUM		BIT_ULL(0)
#define HOST_TSO	(BIT_ULL(11) | BIT_ULL(12))

/* virtio 1.3, 5.1.3.1 and 6.1: features that a device must not offer without others. */
static const struct vdpa_feature_need needs[] = {
	{ 0, VDPA_FEATURE_ALWAYS, BIT_ULL(32) },
	NET(7, GUEST_CSUM), NET(8, GUEST_CSUM), NET(9, GUEST_TSO), NET(10, GUEST_CSUM),
	NET(54, GUEST_CSUM), NET(55, GUEST_CSUM),
	NET(11, CSUM), NET(12, CSUM), NET(13, HOST_TSO), NET(14, CSUM), NET(56, CSUM),
	NET(18, CTRL_VQ), NET(19, CTRL_VQ), NET(21, CTRL_VQ), NET(22, CTRL_VQ), NET(23, CTRL_VQ),
	NET(52, CTRL_VQ), NET(53, CTRL_VQ), NET(57, CTRL_VQ), NET(60, CTRL_VQ),
	NET(61, HOST_TSO),
};

/**
 * vdpa_features_lack - find an unmet dependency of features
 * @device_id: virtio device ID of the device; 0: unknown
 * @features: the features
 *
 * Return: the first unmet dependency, or NULL.
 */
const struct vdpa_feature_need *vdpa_features_lack(u32 device_id, u64 features)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct vdpa_feature_need *need = &needs[i];

		if (need->device_id && need->device_id != device_id)
			continue;
		if (need->bit != VDPA_FEATURE_ALWAYS && !(features & BIT_ULL(need->bit)))
			continue;
		if (!(features & need->needs))
			return need;
	}
	return NULL;
}
